"""Windowing beside the least that its numerics cost.

Repeat with ``python -m benchmarks windowing wfdb_to_store``.

Floor and windowing take turns, and the median of the ratios of their CPU times is reported: what else the machine
does slows both alike.
"""

import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from scipy import fft, signal

from benchmarks.material import FS, SUBJECT, simulated, write_record
from benchmarks.table import Measurement
from cuffless.config import WindowOptions
from cuffless.records import from_arrays, open_record
from cuffless.windows import Windows, WindowStore, cut_windows, iter_windows

REPEATS = 15
BLOCK, HOP, KEEP_EVERY = 2000, 1000, 5  # 16 s and 8 s at 125 Hz; the rate is searched at 25 Hz
FFT_POINTS = 4096
PROMINENCE_MMHG, WLEN = 10, 251


def windowing() -> Iterator[Measurement]:
    """One hour of PPG and ABP in memory: at most 1.6 times the floor's CPU time."""
    subject, options = simulated(1), WindowOptions()
    record = from_arrays("hour", subject.ppg, subject.abp, FS)
    floor = _floor(subject.ppg, subject.abp, cut_windows(record, options))
    floor_ms, whole_ms, ratio = _paired(floor, lambda: cut_windows(record, options))
    yield Measurement("windowing_over_floor", ratio, "CPU ratio", at_most=1.6)
    yield Measurement("windowing_hour", whole_ms, "CPU ms")
    yield Measurement("windowing_floor", floor_ms, "CPU ms")


def wfdb_to_store() -> Iterator[Measurement]:
    """One hour from a WFDB file to a Zarr store, index and quality table: at most 2.2 times the same floor."""
    subject, options = simulated(1), WindowOptions()
    record = from_arrays("hour", subject.ppg, subject.abp, FS)
    floor = _floor(subject.ppg, subject.abp, cut_windows(record, options))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        path = write_record(folder, subject, 1)
        row = {"record": path.name, "subject": f"p{SUBJECT:06d}"}

        def store() -> None:
            with WindowStore(folder / "w.zarr.zip", folder / "w.parquet", folder / "w.csv", options) as opened:
                opened.add(row, iter_windows(open_record(path), options))

        _, whole_ms, ratio = _paired(floor, store)
    yield Measurement("wfdb_to_store_over_floor", ratio, "CPU ratio", at_most=2.2)
    yield Measurement("wfdb_to_store_hour", whole_ms, "CPU ms")


def _floor(ppg: np.ndarray, abp: np.ndarray, windows: Windows) -> Callable[[], None]:
    """One band-pass, one peak search, one batched FFT, one interpolation of the windows that are cut, and no more."""
    options = WindowOptions()
    ppg, abp = np.nan_to_num(ppg), np.nan_to_num(abp, nan=float(np.nanmedian(abp)))
    sos = signal.butter(options.filter_order, options.band, "bandpass", fs=FS, output="sos")
    time_of_sample = np.arange(len(ppg)) / FS
    phase = np.linspace(0, 1, options.samples, endpoint=False)

    def run() -> None:
        filtered = signal.sosfiltfilt(sos, ppg)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # shoulders without prominence are no peaks
            signal.find_peaks(abp, prominence=PROMINENCE_MMHG, wlen=WLEN)
        blocks = np.lib.stride_tricks.sliding_window_view(filtered.astype(np.float32), BLOCK)[::HOP, ::KEEP_EVERY]
        fft.rfft(blocks, FFT_POINTS, axis=1)
        cut = windows.candidates
        np.interp(cut.start[:, None] + cut.seconds[:, None] * phase, time_of_sample, filtered)

    return run


def _paired(floor: Callable[[], None], whole: Callable[[], object]) -> tuple[float, float, float]:
    """Median CPU ms of both, and the median of their ratios."""
    floor(), whole()
    pairs = np.array([(_cpu_ms(floor), _cpu_ms(whole)) for _ in range(REPEATS)])
    return *np.median(pairs, axis=0), float(np.median(pairs[:, 1] / pairs[:, 0]))


def _cpu_ms(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return 1e3 * (time.process_time() - begin)
