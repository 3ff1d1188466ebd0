"""Names of people, folds and seeds."""

import numpy as np
import pandas as pd
import pytest

from cuffless.judgement import make_cases, read_table
from cuffless.judgement.evidence.baselines import make_baselines
from cuffless.judgement.leaks import leak_table
from cuffless.judgement.table.predictions import PredictionError


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.parquet"])
def test_people_may_be_called_as_missing_values_are(make_table, write, name):
    called = ["NA", "None", "null", "nan", "N/A", "007", "7", "p, 1"]
    rows = make_table()
    order = pd.factorize(rows["subject"])[0]
    names = [called[k] for k in order]
    table = read_table([write(rows.assign(subject=names, record=names, network="None"), name)])
    assert table.rows["subject"].tolist() == names
    assert set(table.rows["network"]) == {"None"}
    assert any("subject 'NA', 'None', 'null', 'nan', 'N/A' in 60 rows (lines " in note for note in table.notes)
    assert table.warnings == []
    if name.endswith(".parquet"):
        held = rows.assign(subject=pd.Series(names).where(order > 0), record=names)
        with pytest.raises(PredictionError, match=r"column subject is empty in 12 rows \(lines 1, 2,"):
            read_table([write(held, name)])


@pytest.mark.parametrize("dtype", ["category", "Int64", "int64", "float64", "string"])
def test_columns_of_any_type_are_read(make_table, write, dtype):
    rows = make_table().assign(subject=lambda t: pd.factorize(t["subject"])[0])
    rows["subject"] = rows["subject"].astype(dtype)
    rows["record"] = rows["subject"]
    rows["age"] = pd.Series([50] * 48 + [pd.NA] * 48, dtype="Int64")
    rows["seed"] = rows["seed"].astype("category")
    rows["start"] = rows["start"].astype("category")
    table = read_table([write(rows, "t.parquet")])
    assert set(table.rows["subject"]) == set(map(str, range(8)))
    assert table.rows["age"].notna().sum() == 48


def folded(make_table, names):
    """Cross-validation by subjects: every row once as a test row, and in the other folds as a training row."""
    rows = make_table(subjects=12)
    of = pd.factorize(rows["subject"])[0] % len(names)
    tests = [rows[of == k].assign(fold=name) for k, name in enumerate(names)]
    trained = [rows[of != k].assign(fold=name, subset="train") for k, name in enumerate(names)]
    return pd.concat([*tests, *trained], ignore_index=True)


def judged(table):
    [case] = make_cases(table)
    leaks = leak_table(case).set_index("kind")["verdict"]
    return make_baselines(case).predicted["population_mean"], leaks


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
@pytest.mark.parametrize(
    "names",
    [["fold0", "fold1", "fold2"], ["A", "B", "C"], ["0", "b", "2.5"], ["1e0", "02", "x"], [1.0, 2.0, 3.0], [1, 2, 4]],
)
def test_folds_may_have_any_names(make_table, write, names, name):
    numbers, leaks = judged(read_table([write(folded(make_table, [0, 1, 2]), name)]))
    assert set(leaks[["shared_subject", "shared_record", "overlapping_windows"]]) == {"none"}
    if name == "t.parquet":
        names = [*map(type(names[0]), names)]
    table = read_table([write(folded(make_table, names), name)])
    again, same = judged(table)
    np.testing.assert_array_equal(numbers, again)
    pd.testing.assert_series_equal(leaks, same)
    assert table.warnings == []


def test_test_rows_without_a_fold_are_named(make_table, write):
    rows = folded(make_table, ["a", "b", "c"])
    rows.loc[[4, 6], "fold"] = np.nan
    with pytest.raises(PredictionError, match=r"column fold is empty in 2 rows \(lines 6, 8\).*--without fold"):
        read_table([write(rows)])
    assert read_table([write(rows)], without=["fold"]).rows["subset"].eq("test").sum() == 144


def test_training_rows_without_a_fold_belong_to_every_one(make_table, write):
    rows = folded(make_table, ["a", "b", "c"])
    more = make_table(subjects=3, first=500, subset="train")
    table = read_table([write(pd.concat([rows, more]))])
    assert any("fold is empty in 36 rows" in note for note in table.notes)
    everywhere = pd.concat([rows, *(more.assign(fold=name) for name in "abc")])
    np.testing.assert_array_equal(judged(table)[0], judged(read_table([write(everywhere)]))[0])
    assert judged(table)[1]["shared_subject"] == "none"


def test_folds_of_test_rows_that_nobody_trained_are_named(make_table, write):
    rows = folded(make_table, ["a", "b", "c"])
    rows.loc[(rows["subset"] == "test") & (rows["fold"] == "b"), "fold"] = "fold b"
    [warning] = read_table([write(rows)]).warnings
    assert warning.startswith("nonmixed: fold 'fold b' of 48 rows")
    assert "training rows have 'a', 'b', 'c'" in warning


@pytest.mark.parametrize(
    ("seeds", "numbers"),
    [(["seed0", "seed1"], {0, 1}), (["run-12", "run-7"], {12, 7}), (["a", "b"], {0, 1}), ([0.25, 0.5], {0, 1})],
)
def test_seeds_may_have_any_names(make_table, write, seeds, numbers):
    rows = pd.concat([make_table().assign(seed=seed) for seed in seeds])
    table = read_table([write(rows)])
    assert set(table.rows["seed"]) == numbers
    assert any(note.startswith("seeds are numbered: ") for note in table.notes)
    rows = make_table().astype({"seed": object})
    rows.loc[3, "seed"] = None
    with pytest.raises(PredictionError, match=r"column seed is empty in 1 row \(line 5\).*--without seed"):
        read_table([write(rows)])


def test_seeds_of_many_digits_stay_apart(make_table, write):
    seeds = ("12345678901234567891", "12345678901234567892")
    table = read_table([write(pd.concat([make_table().assign(seed=seed) for seed in seeds]))])
    assert set(table.rows["seed"]) == {0, 1}


def test_a_broken_date_or_time_is_named_with_its_line(make_table, write):
    for held in ("2024-02-31 10:00:00", "2024-13-01T10:00:00", "10:61:00", "12/31/2024"):
        rows = make_table().astype({"start": object})
        rows.loc[2, "start"] = held
        said = rf"column start .*1 row \(line 4\) \(the first holds {held}\); give seconds from .*--without start"
        with pytest.raises(PredictionError, match=said):
            read_table([write(rows)])


def test_lines_with_more_cells_than_names_are_refused_and_an_index_is_a_column(make_table, write, tmp_path):
    path = tmp_path / "t.csv"
    rows = make_table()
    text = rows.to_csv(index=False)
    path.write_text("\n".join([text.splitlines()[0], *(f"{line},1" for line in text.splitlines()[1:])]))
    with pytest.raises(PredictionError, match=r"more cells than the header has columns \(13\)"):
        read_table([path])
    rows.set_index(["subject", "start"]).to_parquet(tmp_path / "t.parquet")
    read = read_table([tmp_path / "t.parquet"])
    assert read.rows["subject"].tolist() == rows["subject"].tolist()
    assert "start" not in read.missing
