"""Which copies of a signal are found, by what happened to them, and how many records are taken for copies.

Repeat with ``python -m benchmarks copies``.

Windows are those of simulated people. Some training records stand in the test set as well, under other names, 100 s
later and in a disguise; either set holds a random part of a record's windows.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.disguises import DISGUISES, SAMPLES_PER_BEAT, Disguise
from benchmarks.material import FS
from benchmarks.table import Measurement
from cuffless.config import SimulatorOptions, SplitOptions, WindowOptions
from cuffless.designs.duplicates import copied_records, near_duplicates
from cuffless.records import from_arrays
from cuffless.simulator import simulate_subject
from cuffless.windows import cut_windows
from cuffless.windows.materialize import write_set

PEOPLE, MINUTES = 60, 15
COPIED, TRAINING = 12, 36  # records of the first people
DRAWN = 0.7
LATER = 100.0  # s


def copies() -> Iterator[Measurement]:
    """By disguise, the share of copied windows that are found, each by itself and by records; no false finds."""
    windows, places = people(PEOPLE, MINUTES)
    false = 0
    for name, disguise in DISGUISES.items():
        with tempfile.TemporaryDirectory() as temporary:
            found = search(Path(temporary), windows, places, disguise, copied=COPIED, training=TRAINING)
        single, by_record, records, others = found
        false += others
        yield Measurement(f"copies: {name}, single windows", single, "of the copied windows")
        yield Measurement(f"copies: {name}, by records", by_record, "of the copied windows")
        yield Measurement(f"copies: {name}, records", records, f"of {COPIED} records")
    yield Measurement("copies_false", false, "pairs of records", at_most=0)


def people(number: int, minutes: float) -> tuple[np.ndarray, pd.DataFrame]:
    """Windows of simulated people, and of each the number of its person and its start."""
    parts, places = [], []
    for person in range(number):
        subject = simulate_subject(person, SimulatorOptions(minutes=minutes, seed=5))
        cut = cut_windows(from_arrays(subject.name, subject.ppg, subject.abp, FS), WindowOptions())
        parts.append(cut.ppg)
        places.append(pd.DataFrame({"person": person, "start": cut.kept.start}))
    return np.concatenate(parts), pd.concat(places, ignore_index=True)


def search(
    folder: Path, windows: np.ndarray, places: pd.DataFrame, disguise: Disguise, *, copied: int, training: int
) -> tuple[float, float, int, int]:
    """Shares of the copied windows that are found one by one and by records, copied records found, and others."""
    rng = np.random.default_rng(0)
    drawn = rng.random((2, len(windows))) < DRAWN
    person = places["person"].to_numpy()
    original, copy = (person < training) & drawn[0], (person < copied) & drawn[1]
    strangers = (person >= training) & drawn[1]
    signal = disguise(windows[copy].astype(float), rng)
    signal = (signal - signal.mean(axis=1, keepdims=True)) / signal.std(axis=1, keepdims=True)
    rows = [
        places[original].assign(subset="train", record=person[original]),
        places[copy].assign(subset="test", record=person[copy] + 1000, start=lambda t: t["start"] + LATER),
        places[strangers].assign(subset="test", record=person[strangers]),
    ]
    manifest = pd.concat(rows, ignore_index=True)
    manifest["position"] = manifest.groupby("subset").cumcount()
    sets = {"train": windows[original], "test": np.concatenate([signal.astype(np.float16), windows[strangers]])}
    paths = {name: folder / f"{name}.zarr.zip" for name in sets}
    attributes = {"windows": {"samples_per_beat": SAMPLES_PER_BEAT}}
    for name, ppg in sets.items():
        write_set(paths[name], np.zeros((len(ppg), 2), np.float32), [ppg], ppg.shape[1], attributes)
    both = int((original & copy).sum())
    pairs = near_duplicates(paths, threshold=SplitOptions().duplicate_correlation)
    found = copied_records(manifest, paths)
    right = (found["record"].astype(int) - found["other_record"].astype(int)).abs() == 1000
    return len(pairs) / both, found[right]["windows"].sum() / both, int(right.sum()), int((~right).sum())
