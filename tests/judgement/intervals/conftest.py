"""Tables whose intervals cover what is known beforehand."""

import numpy as np
import pandas as pd
import pytest

from cuffless.config import EvaluationOptions
from cuffless.judgement import judge, read_table

QUICK = EvaluationOptions(bootstrap=400)


def public_figure(subjects=40, windows=20, share=0.8, half=10.0, **columns):
    """Predictions as a paper might publish them, whose intervals hold exactly `share` of each person's windows.

    References lie 3 mmHg from the middle of their interval where it holds them, and 5 mmHg beyond its end elsewhere.
    """
    rng = np.random.default_rng(3)
    n = subjects * windows
    level = np.repeat(rng.uniform(95, 150, subjects), windows)
    reference = level + rng.normal(0, 4, n)
    holds = np.tile(np.arange(windows) < round(share * windows), subjects)
    middle = reference - np.where(holds, 3.0, half + 5)
    person = np.repeat([f"p{k:03d}" for k in range(subjects)], windows)
    return pd.DataFrame(
        {
            "subject": person, "start": np.tile(10.0 * np.arange(windows), subjects), "seconds": 7.0,
            "sbp_ref": reference, "dbp_ref": reference / 2, "sbp": middle, "dbp": middle / 2,
            "sbp_lo": middle - half, "sbp_hi": middle + half, "dbp_lo": (middle - half) / 2,
            "dbp_hi": (middle + half) / 2,
        }
    ).assign(**columns)  # fmt: skip


@pytest.fixture
def make_figure():
    return public_figure


@pytest.fixture
def judged(write):
    """Judge tables, written as parquet."""

    def make(*tables, level=None, **options):
        path = write(pd.concat(tables, ignore_index=True), "t.parquet")
        return judge(read_table([path], level=level), QUICK, **options)

    return make


@pytest.fixture
def row_of():
    """The only row of a table with these values."""

    def find(table, **wanted):
        wanted = {"pressure": "SBP", **({"average": "subject"} if "average" in table else {}), **wanted}
        rows = table[np.logical_and.reduce([table[name] == value for name, value in wanted.items()])]
        assert len(rows) == 1, f"{len(rows)} rows of {wanted}"
        return rows.iloc[0]

    return find
