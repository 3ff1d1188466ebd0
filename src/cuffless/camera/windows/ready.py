"""Windows of rPPG that others cut, in the layout of the data set that the paper's authors released."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from cuffless.camera.errors import RppgError
from cuffless.camera.windows.files import NO_PRESSURE, Gathered, write_gathered
from cuffless.config import WindowOptions
from cuffless.config.rppg import RppgOptions
from cuffless.demands import MEMORY_GB
from cuffless.errors import some_of
from cuffless.records import Record
from cuffless.records.demands import check_dataset
from cuffless.records.formats.containers import hdf5
from cuffless.records.record import ReadyWindows, check_rate
from cuffless.windows import cut_windows

READY_FS = 125.0
"""Sampling rate in Hz of windows whose file does not tell it in an attribute ``fs``."""
KEYS = ("rppg", "label", "subject_idx")


def read_ready(path: str | Path, windows: WindowOptions) -> list[Gathered]:
    """Read windows that others cut, and judge them as windows of PPG that others cut are judged.

    Parameters
    ----------
    path : path
        HDF5 file with ``rppg`` (samples, n), ``label`` (2, n), SBP and DBP in mmHg, and ``subject_idx`` of n whole
        numbers; or with the first two transposed.
    windows : WindowOptions
        The windowing that the networks were trained with. Each window is brought to its length, whatever beats or
        seconds it holds, and the rules apply that need no beats of a pressure wave.

    Returns
    -------
    list of Gathered
        One a subject, in the order of their numbers. Windows follow each other as in the file, which tells no times;
        a window of other length than the network's is noted.

    Raises
    ------
    RppgError
        If the file holds other arrays, of other shapes, or numbers of subjects that are not whole.
    RecordError
        If it is no HDF5 file or is damaged.

    Notes
    -----
    Schrumpf et al. (2021), section 3.6.1. Pulse rate and SNR are measured in the time base of the file.
    """
    path = Path(path)
    rppg, label, subject, fs = _arrays(path)
    check_rate(path.name, fs)
    notes = []
    if rppg.shape[1] != windows.samples:
        notes.append(f"windows of {rppg.shape[1]} samples resampled to {windows.samples}, the networks' length")
    numbers, whose = np.unique(subject, return_inverse=True)
    digits = len(str(numbers.max()))
    gathered = []
    for which, number in enumerate(numbers):
        own = np.flatnonzero(whose == which)
        name = f"{number:0{digits}d}"
        record = _record(name, path, rppg[own], label[own], fs)
        cut = cut_windows(record, windows)
        cut.rejected[NO_PRESSURE] = 0  # windows without a label count as missing
        gathered.append(Gathered(name, name, record.seconds, "", cut, notes=list(notes)))
    return gathered


def gather_ready(
    path: str | Path,
    options: RppgOptions,
    windows: WindowOptions,
    *,
    store: str | Path,
    index: str | Path,
    quality: str | Path,
    log: Callable[[str], object] = print,
) -> None:
    """Write windows that others cut as one set; files as of `cuffless.camera.windows.cutting.gather_windows`.

    Parameters
    ----------
    path : path
        As for `read_ready`.
    options : RppgOptions
    windows : WindowOptions
        The windowing that the networks were trained with.
    store, index, quality : path
        See `write_gathered`.
    log : callable
        Gets one line a subject, and one if windows are resampled.

    Raises
    ------
    RppgError, RecordError
        As of `read_ready`.
    """
    gathered = read_ready(path, windows)
    for note in dict.fromkeys(note for own in gathered for note in own.notes):
        log(f"{Path(path).name}: {note}")
    for own in gathered:
        log(f"subject {own.subject}: {own.verdict}")
    write_gathered(gathered, options, windows, store=store, index=index, quality=quality)


def _record(name: str, path: Path, rppg, label, fs: float) -> Record:
    ready = ReadyWindows(
        len(rppg), fs, rppg.shape[1], lambda start, stop: (rppg[start:stop], *label[start:stop].T), filtered=True
    )
    return Record(name, str(path), fs, ("rppg",), ready.seconds, (), ready=ready)


def _arrays(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Windows (n, samples), labels (n, 2), subjects (n,) and the sampling rate."""
    with hdf5(path) as file:
        if missing := [key for key in KEYS if key not in file]:
            raise RppgError(
                f"{path.name}: lacks {', '.join(missing)}, holds {some_of(sorted(file)) or 'nothing'}; windows of "
                "rPPG are wanted as rppg (samples, n), label (2, n), subject_idx (n)"
            )
        rppg, label, subject = (file[key] for key in KEYS)
        n = subject.size
        upright = rppg.ndim == 2 and rppg.shape[1] == n and label.shape == (2, n)
        transposed = rppg.ndim == 2 and rppg.shape[0] == n and label.shape == (n, 2)
        if not n or not (upright or transposed):
            raise RppgError(
                f"{path.name}: rppg {rppg.shape}, label {label.shape} and subject_idx {subject.shape} must be "
                "(samples, n), (2, n) and (n)"
            )
        for dataset in (rppg, label, subject):
            check_dataset(path, dataset, MEMORY_GB)
        fs = float(np.asarray(rppg.attrs.get("fs", file.attrs.get("fs", READY_FS))).flat[0])
        rppg, label, subject = np.asarray(rppg[()], np.float32), np.asarray(label[()], float), subject[()].ravel()
    if subject.dtype.kind not in "iuf" or not np.all(np.mod(subject, 1) == 0):
        raise RppgError(f"{path.name}: subject_idx holds what is no whole number; give each window its subject's")
    if upright:
        rppg, label = rppg.T, label.T
    return np.ascontiguousarray(rppg), label, subject.astype(np.int64), fs
