"""Out-of-fold predictions are joined to one table, in which each subject is tested once."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cuffless.errors import CufflessError
from cuffless.judgement import judge, make_cases, read_table
from cuffless.judgement.evidence.baselines import make_baselines
from cuffless.training.tables.joining import METADATA, join_predictions

FOLDS = 3


@pytest.fixture
def folds():
    """Predictions of a network of each fold of 12 subjects: four test, two validate, six train."""
    rng = np.random.default_rng(0)
    subjects = [f"p{k:02d}" for k in range(12)]
    n = 10
    rows = pd.DataFrame(
        {
            "subject": np.repeat(subjects, n),
            "record": np.repeat([f"r{40 * k}" for k in rng.permutation(12)], n),
            "start": np.tile(np.arange(n) * 10.0, 12),
            "seconds": 7.0,
            "sbp_ref": np.repeat(rng.normal(120, 15, 12), n) + rng.normal(0, 4, 12 * n),
            "hr": 70.0,
            "network": "alexnet",
            "seed": 0,
        }
    )
    rows["dbp_ref"] = 0.5 * rows["sbp_ref"]
    tables = []
    for fold in range(FOLDS):
        turned = [*subjects[4 * fold :], *subjects[: 4 * fold]]
        subset = dict(zip(turned, ["test"] * 4 + ["val"] * 2 + ["train"] * 6, strict=True))
        table = rows.assign(subset=rows["subject"].map(subset), split=f"kfold.fold{fold + 1}")
        known = table["subset"].ne("train")
        table["sbp"] = np.where(known, 118 + fold + 0.1 * table["sbp_ref"], np.nan)
        table["dbp"] = np.where(known, 60.0 + rng.normal(0, 1, len(table)), np.nan)
        tables.append(table.sample(frac=1, random_state=fold))
    return tables


@pytest.fixture
def join(tmp_path):
    """Write the tables of folds, each with its metadata, and join them: the joined file's path."""

    def write(tables, facts=()):
        paths = []
        for k, table in enumerate(tables, 1):
            made = pa.Table.from_pandas(table, preserve_index=False)
            if k <= len(facts) and facts[k - 1]:
                made = made.replace_schema_metadata({**made.schema.metadata, METADATA: json.dumps(facts[k - 1])})
            paths.append(tmp_path / f"fold{k}.parquet")
            pq.write_table(made, paths[-1])
        path = tmp_path / "joined" / "predictions.parquet"
        join_predictions(paths, path, split="kfold")
        return path

    return write


def test_all_rows_of_all_folds_are_there_with_their_fold(folds, join):
    table = pd.read_parquet(join(folds))
    assert table["split"].eq("kfold").all()
    for fold, own in enumerate(folds, 1):
        part = table[table["fold"] == fold].drop(columns=["fold", "split"])
        pd.testing.assert_frame_equal(part.reset_index(drop=True), own.drop(columns="split").reset_index(drop=True))
    tested = table[table["subset"] == "test"]
    assert tested.groupby("subject")["fold"].agg(set).map(len).eq(1).all()
    assert len(tested) == 120


def test_intervals_of_validation_and_test_rows_are_kept_with_their_level(folds, join):
    for table in folds[:2]:  # too few people validated in the last fold
        table["sbp_lo"], table["sbp_hi"] = table["sbp"] - 20, table["sbp"] + 20
    facts = [{"level": 0.8, "kind": "plain", "persons": k} for k in (9, 10)]
    path = join(folds, facts)
    assert json.loads(pq.read_schema(path).metadata[METADATA]) == {"level": 0.8, "kind": "plain"}
    table = pd.read_parquet(path)
    assert (table.loc[table["fold"] < 3, "sbp_lo"].notna() == table.loc[table["fold"] < 3, "sbp"].notna()).all()
    assert table.loc[table["fold"] == 3, ["sbp_lo", "sbp_hi"]].isna().all(axis=None)
    assert table.loc[table["subset"] == "val", "sbp"].notna().all()


def test_folds_that_do_not_belong_together_are_not_joined(folds, join):
    with pytest.raises(CufflessError, match=r"fold1.parquet.*intervals of different levels \(0.8, 0.9\)"):
        join(folds, [{"level": 0.9}, {"level": 0.8}])
    with pytest.raises(CufflessError, match=r"fold3.parquet: column hr is .*string, but double in .*fold1.parquet"):
        join([*folds[:2], folds[2].assign(hr="70")])
    with pytest.raises(CufflessError, match=r"fold3.parquet: subject p\d+ is also tested in .*fold1.parquet"):
        join([*folds[:2], folds[0]])


def test_nothing_is_left_of_a_table_that_cannot_be_joined(folds, join, tmp_path):
    with pytest.raises(CufflessError):
        join([*folds[:2], folds[0]])
    assert not list((tmp_path / "joined").iterdir())


def test_the_judge_fits_its_baselines_in_each_fold_and_finds_no_leak(folds, join):
    table = read_table([join(folds)])
    [case] = make_cases(table)
    assert len(case.judged.subjects) == 12
    mean = make_baselines(case).predicted["population_mean"]
    for fold, own in enumerate(folds, 1):
        training = own[own["subset"] == "train"]
        here = case.windows["fold"].to_numpy() == fold
        assert mean[here, 0] == pytest.approx(training["sbp_ref"].mean())
    judged = judge(table)
    assert set(judged.leaks["verdict"]) <= {"none", "not assessable"}
    assert judged.cases["n_subjects"].tolist() == judged.cases["n_training_subjects"].tolist() == [12]
    assert judged.cases["n_training_windows"].tolist() == [120], "each window once, in however many folds it trains"
    assert judged.cases["baselines_fitted_on"].tolist() == ["training rows"]


def test_the_judge_finds_a_leak_within_one_fold(folds, join):
    tested = folds[1][folds[1]["subset"] == "test"]
    known = tested[tested["subject"] == tested["subject"].iloc[0]]
    folds[1] = pd.concat([folds[1], known.assign(subset="train", sbp=np.nan, dbp=np.nan)])
    leaks = judge(read_table([join(folds)])).leaks.set_index("kind")
    assert leaks.loc["shared_subject", "verdict"] == "found"
    assert leaks.loc["shared_subject", "count"] == 1
    assert leaks.loc["shared_subject", "examples"] == known["subject"].iloc[0]
    assert leaks.loc["overlapping_windows", "count"] == 10
