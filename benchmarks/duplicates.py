"""Near-duplicates among 100,000 windows are found in seconds, in bounded memory, and nothing else is.

Repeat with ``python -m benchmarks duplicates``.

Windows are those of simulated people, each an hour; some of the test windows are copies of training windows, noisy by
1 % of their SD, quantized in 8 bits and half a sample late. No record is a copy.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.material import FS
from benchmarks.processes import in_fresh_process, peak_megabytes, two_cores
from benchmarks.table import Measurement
from cuffless.config import SimulatorOptions, SplitOptions, WindowOptions
from cuffless.records import from_arrays
from cuffless.simulator import simulate_subject
from cuffless.windows import cut_windows
from cuffless.windows.materialize import write_set

WINDOWS = 100_000
SHARES = {"train": 0.75, "val": 0.125, "test": 0.125}
COPIES = 200
MOST_SECONDS, MOST_MEGABYTES = 12, 2000


def duplicates() -> Iterator[Measurement]:
    """At most 12 s and 2 GB on two cores; every planted copy is found, and no other window is taken for one."""
    with tempfile.TemporaryDirectory() as temporary, two_cores():
        paths = in_fresh_process(_sets, Path(temporary))
        seconds, cpu_seconds, megabytes, found, records, share = in_fresh_process(_search, paths)
        missed = set(range(COPIES)) - {position for subset, position in found if subset == "test"}
        yield Measurement(f"duplicates_{WINDOWS}", seconds, "s", at_most=MOST_SECONDS)
        yield Measurement(f"duplicates_{WINDOWS}_cpu", cpu_seconds, "s of CPU")
        yield Measurement(f"duplicates_{WINDOWS}_memory", megabytes, "MB", at_most=MOST_MEGABYTES)
        yield Measurement("duplicates_missed", len(missed), f"of {COPIES} copies", at_most=0)
        yield Measurement("duplicates_false", len(found) - COPIES + len(missed), "windows", at_most=0)
        yield Measurement("duplicates_false_records", records, "pairs of records", at_most=0)
        yield Measurement("duplicates_records_share", share, "of the seconds, for copied records")


def _search(paths: dict[str, Path]) -> tuple[float, float, float, list[tuple[str, int]], int, float]:
    from cuffless.designs.duplicates import copied_records, near_duplicates

    manifest = pd.read_parquet(paths.pop("manifest"))
    begin, cpu_begin = time.perf_counter(), time.process_time()
    pairs = near_duplicates(paths, threshold=SplitOptions().duplicate_correlation)
    between = time.perf_counter()
    records = copied_records(manifest, paths)
    seconds, cpu_seconds = time.perf_counter() - begin, time.process_time() - cpu_begin
    found = list(zip(pairs["subset"], pairs["position"].tolist(), strict=True))
    return seconds, cpu_seconds, peak_megabytes(), found, len(records), 1 - (between - begin) / seconds


def _sets(folder: Path) -> dict[str, Path]:
    """Write the sets: windows of all people mixed, the test set's first ones copies from the training set."""
    rng = np.random.default_rng(0)
    windows, record, start = _windows()
    order = rng.permutation(WINDOWS)
    windows = windows[order]
    sizes = [round(share * WINDOWS) for share in SHARES.values()]
    sets = dict(zip(SHARES, np.split(windows, np.cumsum(sizes)[:-1]), strict=True))
    sets["test"][:COPIES] = _copied(sets["train"][rng.choice(sizes[0], COPIES, replace=False)].astype(float), rng)
    attributes = {"windows": WindowOptions().model_dump(mode="json")}
    paths = {name: folder / f"{name}.zarr.zip" for name in sets}
    for name, ppg in sets.items():
        write_set(paths[name], np.zeros((len(ppg), 2), np.float32), [ppg], ppg.shape[1], attributes)
    places = pd.DataFrame({"subset": np.repeat(list(SHARES), sizes), "record": record[order], "start": start[order]})
    paths["manifest"] = folder / "manifest.parquet"
    places.assign(position=places.groupby("subset").cumcount()).to_parquet(paths["manifest"])
    return paths


def _windows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Windows, and of each the record and start."""
    parts, starts, number, count = [], [], 0, 0
    while count < WINDOWS:
        subject = simulate_subject(number, SimulatorOptions(minutes=60, artefacts=False))
        cut = cut_windows(from_arrays(subject.name, subject.ppg, subject.abp, FS))
        parts.append(cut.ppg)
        starts.append(cut.kept.start)
        number, count = number + 1, count + len(parts[-1])
    record = np.repeat(np.arange(len(parts)).astype(str), [len(part) for part in parts])
    return np.concatenate(parts)[:WINDOWS], record[:WINDOWS], np.concatenate(starts)[:WINDOWS]


def _copied(windows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    late = 0.5 * (windows + np.roll(windows, -1, axis=1))  # half a sample late; signals end far below the sampling rate
    noisy = late + 0.01 * rng.standard_normal(windows.shape)
    step = np.ptp(noisy, axis=1, keepdims=True) / 2**8
    return (np.round(noisy / step) * step).astype(np.float16)
