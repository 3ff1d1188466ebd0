"""Judging a table of a quarter of a million predictions, page and figures included.

Repeat with ``python -m benchmarks judging``.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.processes import two_cores
from benchmarks.table import Measurement
from cuffless.config import EvaluationOptions

SUBJECTS, WINDOWS = 500, 500
MOST_SECONDS, MOST_MB = 30, 8


def judging() -> Iterator[Measurement]:
    """Seconds from the file to the page, at most 30 on two cores, and the size of the page."""
    from cuffless.judgement import judge, read_table
    from cuffless.report.judgement.folder import write_judgement

    options = EvaluationOptions()
    with tempfile.TemporaryDirectory() as temporary, two_cores():
        path = Path(temporary) / "predictions.parquet"
        _predictions().to_parquet(path)
        begin = time.perf_counter()
        table = read_table([path])
        page = write_judgement(judge(table, options), Path(temporary) / "out", source=table.source, options=options)
        seconds, size = time.perf_counter() - begin, page.stat().st_size / 1e6
    yield Measurement(f"judging_{SUBJECTS * WINDOWS}", seconds, "s", at_most=MOST_SECONDS)
    yield Measurement(f"judging_{SUBJECTS * WINDOWS}_page", size, "MB", at_most=MOST_MB)


def _predictions() -> pd.DataFrame:
    """A predictor that follows its subjects by a part."""
    rng = np.random.default_rng(0)
    n = SUBJECTS * WINDOWS
    sbp = np.repeat(rng.normal(120, 15, SUBJECTS), WINDOWS) + rng.normal(0, 6, n)
    subject = np.repeat([f"p{k:04d}" for k in range(SUBJECTS)], WINDOWS)
    rows = {"subject": subject, "record": subject, "start": np.tile(7.0 * np.arange(WINDOWS), SUBJECTS), "seconds": 7.0}
    said = {"sbp": 120 + 0.4 * (sbp - 120) + rng.normal(0, 8, n), "dbp": 60 + rng.normal(0, 5, n)}
    return pd.DataFrame({**rows, "sbp_ref": sbp, "dbp_ref": 0.5 * sbp, **said, "hr": 70 + rng.normal(0, 5, n)})
