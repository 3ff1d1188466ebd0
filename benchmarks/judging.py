"""Judging a table of a quarter of a million predictions, page and figures included.

Repeat with ``python -m benchmarks judging``.
"""

import os
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.processes import in_fresh_process, two_cores
from benchmarks.table import Measurement
from cuffless.config import EvaluationOptions

SUBJECTS, WINDOWS = 500, 500
MOST_CPU_SECONDS, MOST_MB = 3, 8
_LATE = (
    "fontTools.subset",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_pdf",
    "matplotlib.style",
    "PIL.GifImagePlugin",
    "PIL.JpegImagePlugin",
    "PIL.PpmImagePlugin",
    "pandas.io.formats.csvs",
    "plotly.offline",
    "psutil",
    "pyarrow.parquet",
    "scipy.special",
)
"""Packages' modules that a judgement imports where it needs them; imports are not part of the figure."""


def judging() -> Iterator[Measurement]:
    """Seconds of CPU from the file to the page, at most 3 on two cores, and the size of the page.

    The same with an interval for each prediction has a limit for the page alone.
    """
    name, rows = f"judging_{SUBJECTS * WINDOWS}", _predictions()
    yield from _measured(name, rows, MOST_CPU_SECONDS)
    yield from _measured(f"{name}_intervals", _with_intervals(rows), None)


def _measured(name: str, rows: pd.DataFrame, most_seconds: float | None) -> Iterator[Measurement]:
    with tempfile.TemporaryDirectory() as temporary, two_cores():
        path = Path(temporary) / "predictions.parquet"
        rows.to_parquet(path)
        work, process, size = in_fresh_process(_judge, path, Path(temporary) / "out")
    yield Measurement(name, work, "s of CPU", at_most=most_seconds)
    yield Measurement(f"{name}_process", process, "s of CPU, imports included")
    yield Measurement(f"{name}_page", size, "MB", at_most=MOST_MB)


def _judge(path: Path, folder: Path) -> tuple[float, float, float]:
    """CPU seconds of judging and of the whole process, and the size of the page in MB."""
    for name in _LATE:
        import_module(name)
    from cuffless.judgement import judge, read_table
    from cuffless.report.judgement.folder import write_judgement

    options, begin = EvaluationOptions(), _cpu_seconds()
    table = read_table([path])
    page = write_judgement(judge(table, options), folder, source=table.source, options=options)
    end = _cpu_seconds()
    return end - begin, end, page.stat().st_size / 1e6


def _cpu_seconds() -> float:
    """User and system time of this process and the children that it has waited for."""
    return sum(os.times()[:4])


def _predictions() -> pd.DataFrame:
    """A predictor that follows its subjects by a part."""
    rng = np.random.default_rng(0)
    n = SUBJECTS * WINDOWS
    sbp = np.repeat(rng.normal(120, 15, SUBJECTS), WINDOWS) + rng.normal(0, 6, n)
    subject = np.repeat([f"p{k:04d}" for k in range(SUBJECTS)], WINDOWS)
    rows = {"subject": subject, "record": subject, "start": np.tile(7.0 * np.arange(WINDOWS), SUBJECTS), "seconds": 7.0}
    said = {"sbp": 120 + 0.4 * (sbp - 120) + rng.normal(0, 8, n), "dbp": 60 + rng.normal(0, 5, n)}
    return pd.DataFrame({**rows, "sbp_ref": sbp, "dbp_ref": 0.5 * sbp, **said, "hr": 70 + rng.normal(0, 5, n)})


def _with_intervals(rows: pd.DataFrame) -> pd.DataFrame:
    """The predictor states how uncertain it is, as far as it knows."""
    half = np.random.default_rng(1).uniform(5, 18, (2, len(rows)))
    limits = {
        f"{name}_{end}": rows[name] + sign * own
        for name, own in zip(("sbp", "dbp"), half, strict=True)
        for end, sign in (("lo", -1), ("hi", 1))
    }
    return rows.assign(**limits)
