"""Peak memory of windowing does not grow with the record.

Repeat with ``python -m benchmarks long_records``.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.material import simulated, write_record
from benchmarks.processes import in_fresh_process, peak_megabytes
from benchmarks.table import Measurement

SHORT_HOURS, REPEATS = 2, 24


def long_records() -> Iterator[Measurement]:
    """A record of 48 h takes at most 1.15 times the peak memory of one of 2 h, each in a process of its own."""
    with tempfile.TemporaryDirectory() as temporary:
        subject = simulated(SHORT_HOURS)
        peaks = []
        for repeats in (1, REPEATS):
            folder = Path(temporary) / f"repeats{repeats}"
            path = write_record(folder, subject, SHORT_HOURS, repeats=repeats)
            peaks.append(in_fresh_process(_peak_of_windowing, path, folder))
    short, long = peaks
    yield Measurement("memory_48h_over_2h", long / short, "peak memory ratio", at_most=1.15)
    yield Measurement("memory_2h", short, "MB")
    yield Measurement("memory_48h", long, "MB")


def _peak_of_windowing(path: Path, folder: Path) -> float:
    """Cut a record into a store, and give this process's peak memory in MB."""
    from cuffless.config import WindowOptions
    from cuffless.records import open_record
    from cuffless.windows import WindowStore, iter_windows

    options = WindowOptions()
    with WindowStore(folder / "w.zarr.zip", folder / "w.parquet", folder / "w.csv", options) as store:
        store.add({"record": path.name, "subject": "p"}, iter_windows(open_record(path), options))
    return peak_megabytes()
