"""Only what keeps the contract is judged."""

import numpy as np
import pandas as pd
import pytest

from cuffless.judgement import make_cases, read_table
from cuffless.judgement.table.predictions import PredictionError, align_predictions


@pytest.fixture
def write(tmp_path):
    def write(table, name="predictions.parquet"):
        path = tmp_path / name
        if path.suffix == ".csv":
            table.to_csv(path, index=False)
        else:
            table.to_parquet(path, index=False)
        return path

    return write


@pytest.fixture
def table(make_predictions):
    return make_predictions(subjects=4, windows=5, networks=("lstm",), splits=("nonmixed",))


@pytest.mark.parametrize("name", ["predictions.parquet", "predictions.csv"])
def test_only_test_windows_are_judged(table, write, name):
    training = table.assign(subset="train", sbp=np.nan, dbp=np.nan, subject="p999999")
    [case] = make_cases(read_table([write(pd.concat([training, table]), name)]))
    assert len(case.windows) == len(table)
    assert "p999999" not in set(case.windows["subject"])
    np.testing.assert_allclose(case.judged.predicted["lstm", 0][:, 0], table["sbp"])


def test_a_missing_column_is_named_with_its_file(table, write):
    path = write(table.drop(columns=["sbp_ref", "dbp_ref"]))
    with pytest.raises(PredictionError, match=r"predictions.parquet: no column sbp_ref, dbp_ref"):
        read_table([path])


def test_an_unpredicted_test_window_is_named(table, write):
    table.loc[3, "sbp"] = np.nan
    with pytest.raises(PredictionError, match=r"column sbp is not a finite number in 1 row \(line 4\)"):
        read_table([write(table)])


def test_a_table_without_test_rows_cannot_be_judged(table, write):
    with pytest.raises(PredictionError, match="no row with subset 'test'"):
        read_table([write(table.assign(subset="val"))])


def test_a_window_cannot_be_judged_twice(table, write):
    with pytest.raises(PredictionError, match="1 test windows occur twice"):
        read_table([write(pd.concat([table, table.iloc[:1]]))])


def test_a_training_cannot_be_given_twice(table, write):
    with pytest.raises(PredictionError, match=rf"again.parquet: {len(table)} test windows occur twice"):
        read_table([write(table), write(table, "again.parquet")])


def test_no_table_at_all_is_an_error():
    with pytest.raises(PredictionError, match="no prediction table"):
        read_table([])


def test_networks_judged_on_different_windows_are_not_compared(make_predictions):
    table = make_predictions(subjects=5, windows=5, splits=("nonmixed",))
    kept = table.drop(index=table.index[table["network"] == "lstm"][0])
    with pytest.raises(PredictionError, match=r"lstm seed 0 .* do not have the same windows"):
        align_predictions(kept)


def test_windows_are_matched_whatever_their_order(make_predictions):
    table = make_predictions(subjects=5, windows=5, splits=("nonmixed",))
    ordered = align_predictions(table)["nonmixed"]
    shuffled = align_predictions(table.sample(frac=1, random_state=1))["nonmixed"]
    np.testing.assert_array_equal(ordered.reference, shuffled.reference)
    for training, predicted in ordered.predicted.items():
        np.testing.assert_array_equal(predicted, shuffled.predicted[training])
