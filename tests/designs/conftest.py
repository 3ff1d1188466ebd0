import numpy as np
import pandas as pd
import pytest

from cuffless.config import SimulatorOptions, WindowOptions
from cuffless.records import from_arrays
from cuffless.simulator import simulate_subject
from cuffless.windows import cut_windows
from cuffless.windows.materialize import write_set
from cuffless.windows.zarr_file import SHARD_ROWS


@pytest.fixture(scope="session")
def cohort():
    """Windows of simulated subjects of 10 minutes, 125 samples a beat: ppg, and an index as from the windows stage."""
    ppg, rows = [], []
    for number in range(1, 25):
        subject = simulate_subject(number, SimulatorOptions(minutes=10, seed=5))
        record = from_arrays(subject.name, subject.ppg, subject.abp, subject.fs)
        windows = cut_windows(record, WindowOptions())
        ppg.append(windows.ppg)
        kept = windows.kept
        columns = {name: getattr(kept, name) for name in ("start", "seconds", "sbp", "dbp", "hr", "snr")}
        n = len(kept.start)
        rows.append(
            pd.DataFrame({"record": f"{subject.name}a", "subject": subject.name, "row": np.arange(n), **columns})
        )
    return np.concatenate(ppg), pd.concat(rows, ignore_index=True)


@pytest.fixture
def write_sets(tmp_path):
    """Write materialized sets: write_sets(name=windows, ...) -> paths by name."""

    def write(samples_per_beat=125, **sets):
        paths = {}
        for name, ppg in sets.items():
            paths[name] = tmp_path / f"{name}.zarr.zip"
            blocks = (ppg[first : first + SHARD_ROWS].astype(np.float16) for first in range(0, len(ppg), SHARD_ROWS))
            attributes = {"windows": {"samples_per_beat": samples_per_beat}}
            write_set(paths[name], np.zeros((len(ppg), 2), np.float32), blocks, ppg.shape[1], attributes)
        return paths

    return write
