"""What the benchmarks work on: simulated signals, records and stores of windows."""

from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.config import SimulatorOptions, WindowOptions
from cuffless.records import from_arrays
from cuffless.simulator import SimulatedSubject, record_name, simulate_subject, write_subject
from cuffless.windows import WindowStore, cut_windows
from cuffless.windows.materialize import materialize

SUBJECT = 7
FS = 125.0


def one_piece(hours: float) -> SimulatorOptions:
    """Options of a recording with artefacts, in one segment."""
    return SimulatorOptions(minutes=60 * hours, multi_segment=0.0)


def simulated(hours: float) -> SimulatedSubject:
    """One simulated subject's PPG and ABP at 125 Hz."""
    return simulate_subject(SUBJECT, one_piece(hours))


def write_record(folder: Path, subject: SimulatedSubject, hours: float, *, repeats: int = 1) -> Path:
    """Write a subject as a WFDB record, the same signal several times over.

    Parameters
    ----------
    folder : Path
        Root of the data set.
    subject : SimulatedSubject
        As from `simulated`.
    hours : float
        Length that it was simulated with.
    repeats : int
        Times the signal stands in the record: long records without their simulation.

    Returns
    -------
    Path
        Of the record, without extension.
    """
    options = one_piece(hours)
    files = write_subject(subject, folder, options)
    name = record_name(subject.name, options)
    header = next(path for path in files if path.name == f"{name}.hea")
    signals = header.with_suffix(".dat")
    digits = np.fromfile(signals, "<i2")
    with signals.open("wb") as file:
        for _ in range(repeats):
            digits.tofile(file)
    first, *rest = header.read_text(encoding="ascii").splitlines()
    fields = first.split()
    fields[3] = str(int(fields[3]) * repeats)
    header.write_text("\n".join([" ".join(fields), *rest, ""]), encoding="ascii")
    return header.with_suffix("")


def window_store(folder: Path, n_windows: int) -> Path:
    """Write a shard of records, each with the windows of the same simulated hour, `n_windows` at least in all."""
    subject, options = simulated(1), WindowOptions()
    windows = cut_windows(from_arrays("hour", subject.ppg, subject.abp, FS), options)
    store = folder / "shard.zarr.zip"
    with WindowStore(store, folder / "shard.parquet", folder / "shard.quality.csv", options) as opened:
        for number in range(-(-n_windows // len(windows.kept))):
            opened.add({"record": f"r{number:06d}", "subject": f"s{number:06d}"}, [windows])
    return store


def manifest(store: Path, sizes: dict[str, int], seed: int = 0) -> pd.DataFrame:
    """Draw windows of a shard at random into sets of given sizes, as a split's manifest has them."""
    index = pd.read_parquet(store.with_name("shard.parquet"))
    order = iter(np.random.default_rng(seed).permutation(len(index)))
    parts = [
        index.iloc[list(islice(order, n))].assign(subset=subset, position=np.arange(n)) for subset, n in sizes.items()
    ]
    return pd.concat(parts, ignore_index=True)


def materialized(folder: Path, sizes: dict[str, int]) -> dict[str, Path]:
    """Materialize sets of given sizes, windows of 875 samples; paths by the set's name."""
    store = window_store(folder, sum(sizes.values()))
    outputs = {subset: folder / f"{subset}.zarr.zip" for subset in sizes}
    materialize(manifest(store, sizes), [str(store)], {name: str(path) for name, path in outputs.items()})
    return outputs
