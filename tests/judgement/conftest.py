"""Prediction tables that look like those of a study."""

import numpy as np
import pandas as pd
import pytest

from cuffless.judgement.table.predicted import Predicted


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


def _people(subjects, windows, rng, first=0):
    """Test windows of subjects whose pressures differ between and within them."""
    counts = np.maximum(2, rng.lognormal(np.log(windows), 0.5, subjects).astype(int))
    owner = np.repeat(np.arange(subjects), counts)
    n = len(owner)
    sbp = np.clip(rng.normal(116, 17, subjects)[owner] + rng.normal(0, 8, n), 75, 165)
    dbp = np.clip(rng.normal(59, 8, subjects)[owner] + rng.normal(0, 4, n), 40, 80)
    names = np.array([f"p{first + s:06d}" for s in range(subjects)])[owner]
    return pd.DataFrame(
        {
            "subject": names,
            "record": names,
            "start": np.arange(n) * 7.0,
            "seconds": 7.0,
            "subset": "test",
            "sbp_ref": sbp,
            "dbp_ref": dbp,
            "hr": 80.0,
        }
    )


def _predict(table, network, split, seed, rng):
    """Mixed windows are known well; on strangers a network leans on the mean, subject by subject."""
    table = table.assign(network=network, split=split, seed=seed)
    offset_of = dict(zip(table["subject"].unique(), rng.normal(0, 1, table["subject"].nunique()), strict=True))
    offset = table["subject"].map(offset_of).to_numpy()
    for name, mean, scale in (("sbp", 116.0, 10.0), ("dbp", 59.0, 5.0)):
        reference = table[f"{name}_ref"].to_numpy()
        if network == "mean":
            table[name] = mean
        elif split == "mixed":
            table[name] = mean + 0.8 * (reference - mean) + rng.normal(0, 0.7 * scale, len(table))
        else:
            table[name] = mean + 0.3 * (reference - mean) + scale * (0.7 * offset + rng.normal(0, 0.4, len(table)))
    return table


@pytest.fixture
def make_predictions():
    """Factory of prediction tables (test rows): splits x networks x seeds."""

    def make(
        subjects=60,
        windows=20,
        networks=("alexnet", "lstm", "mean"),
        seeds=(0,),
        splits=("nonmixed", "mixed"),
    ):
        rng = np.random.default_rng(7)
        tables = []
        for split in splits:
            people = _people(subjects, windows, rng)
            tables += [_predict(people, network, split, seed, rng) for network in networks for seed in seeds]
        return pd.concat(tables, ignore_index=True)

    return make


@pytest.fixture
def predictions_of():
    """Factory: table of one network from arrays of subjects, references and predictions."""

    def make(subject, sbp_ref, sbp, *, network="mine", split="nonmixed", seed=0):
        n = len(subject)
        return pd.DataFrame(
            {
                "subject": np.asarray(subject, dtype=str),
                "record": np.asarray(subject, dtype=str),
                "start": np.arange(n) * 7.0,
                "seconds": 7.0,
                "subset": "test",
                "sbp_ref": np.asarray(sbp_ref, dtype=float),
                "dbp_ref": np.asarray(sbp_ref, dtype=float) / 2,
                "sbp": np.asarray(sbp, dtype=float),
                "dbp": np.asarray(sbp, dtype=float) / 2,
                "hr": 80.0,
                "network": network,
                "split": split,
                "seed": seed,
            }
        )

    return make


@pytest.fixture
def predictor_of():
    """Factory: one predictor from its windows' subjects, references and predictions of SBP; those of DBP are half."""

    def make(subject, sbp_ref, sbp, *, record=None, since=None):
        owner, subjects = pd.factorize(np.asarray(subject))
        sbp_ref, sbp = np.asarray(sbp_ref, dtype=float), np.asarray(sbp, dtype=float)
        return Predicted(
            subjects=subjects.astype(str),
            owner=owner,
            record=owner if record is None else np.asarray(record),
            start=np.arange(len(owner)) * 7.0,
            seconds=np.full(len(owner), 7.0),
            reference=np.stack([sbp_ref, sbp_ref / 2], axis=1),
            prediction=np.stack([sbp, sbp / 2], axis=1),
            since=None if since is None else np.asarray(since, dtype=float),
        )

    return make


@pytest.fixture
def reference_path(pytestconfig):
    """The paper's results."""
    return pytestconfig.rootpath / "resources" / "reference_results.csv"
