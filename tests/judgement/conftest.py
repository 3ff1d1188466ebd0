import numpy as np
import pandas as pd
import pytest


def table(subjects=8, windows=12, *, network="alexnet", seed=0, error=5.0, subset="test", first=0, **columns):
    """A prediction table: each subject has a level of its own that the predictor follows by half."""
    rng = np.random.default_rng([seed, first])
    level = rng.normal(120, 15, subjects)
    subject = np.repeat([f"p{first + k:03d}" for k in range(subjects)], windows)
    sbp = np.repeat(level, windows) + rng.normal(0, 4, subjects * windows)
    dbp = 0.5 * sbp + rng.normal(0, 2, len(sbp))
    rows = pd.DataFrame(
        {
            "subject": subject,
            "record": subject,
            "start": np.tile(np.arange(windows) * 10.0, subjects),
            "seconds": 7.0,
            "subset": subset,
            "sbp_ref": sbp,
            "dbp_ref": dbp,
            "hr": 60 + 0.1 * sbp + rng.normal(0, 3, len(sbp)),
            "network": network,
            "split": "nonmixed",
            "seed": seed,
        }
    )
    if subset == "test":
        rows["sbp"] = 120 + 0.5 * (sbp - 120) + rng.normal(0, error, len(sbp))
        rows["dbp"] = 60 + 0.5 * (dbp - 60) + rng.normal(0, error, len(sbp))
    return rows.assign(**columns)


@pytest.fixture
def make_table():
    return table


@pytest.fixture
def write(tmp_path):
    """Write a table and give its path."""

    def make(rows, name="predictions.csv"):
        path = tmp_path / name
        rows.to_parquet(path) if name.endswith(".parquet") else rows.to_csv(path, index=False)
        return path

    return make
