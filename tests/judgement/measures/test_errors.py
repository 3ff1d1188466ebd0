"""Figures of merit against values worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuffless.config import EvaluationOptions
from cuffless.judgement.measures.errors import mae_tables
from cuffless.judgement.table.predictions import align_predictions

QUICK = EvaluationOptions(bootstrap=400)


def _tables(predictions, options=QUICK):
    (judged,) = align_predictions(predictions).values()
    return mae_tables(judged, options)


def _row(table, network, pressure="SBP", average="pooled"):
    rows = table[(table[["network", "pressure", "average"]] == [network, pressure, average]).all(axis=1)]
    assert len(rows) == 1
    return rows.iloc[0]


def test_errors_of_two_subjects_are_as_worked_out_by_hand(predictions_of):
    # Errors +10, -2 (subject a) and +3 (subject b); references 100, 120, 140.
    mae, _ = _tables(predictions_of(["a", "a", "b"], [100, 120, 140], [110, 118, 143]))
    pooled = _row(mae, "mine")
    assert pooled["mae"] == pytest.approx(5)
    assert pooled["me"] == pytest.approx(11 / 3)
    assert pooled["rmse"] == pytest.approx(np.sqrt(113 / 3))
    assert pooled["sd"] == pytest.approx(np.std([10, -2, 3]))
    assert pooled["slope"] == pytest.approx(np.polyfit([100, 120, 140], [10, -2, 3], 1)[0])
    assert (pooled["n_subjects"], pooled["n_windows"]) == (2, 3)
    by_subject = _row(mae, "mine", average="subject")
    assert by_subject["mae"] == pytest.approx((6 + 3) / 2)
    assert by_subject["me"] == pytest.approx((4 + 3) / 2)
    assert _row(mae, "mine", "DBP")["mae"] == pytest.approx(2.5)


def test_a_perfect_predictor_has_no_error_and_no_slope(predictions_of):
    rng = np.random.default_rng(0)
    reference = rng.normal(115, 18, 400)
    mae, overall = _tables(predictions_of(np.repeat(np.arange(20), 20), reference, reference))
    for table in (mae, overall):
        assert (table[["mae", "lower", "upper", "rmse", "me", "sd"]] == 0).all(axis=None)
        np.testing.assert_allclose(table["slope"], 0, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(constant=st.floats(40, 200), seed=st.integers(0, 100))
def test_a_constant_prediction_has_a_slope_of_exactly_minus_one(constant, seed):
    reference = np.random.default_rng(seed).normal(115, 18, 50)
    subject = np.repeat(np.arange(10), 5).astype(str)
    columns = {"subject": subject, "record": subject, "start": np.arange(50.0), "network": "mean", "seed": 0}
    pressures = {"sbp_ref": reference, "dbp_ref": reference / 2, "sbp": constant, "dbp": constant / 2}
    mae, _ = _tables(pd.DataFrame({**columns, **pressures, "split": "nonmixed"}))
    assert (mae["slope"] == -1).all()


def test_a_reference_that_never_changes_has_no_slope(predictions_of):
    mae, _ = _tables(predictions_of(["a", "b"], [100, 100], [110, 118]))
    assert mae["slope"].isna().all()


def test_skill_is_the_share_of_the_mean_regressors_error_removed(predictions_of):
    reference = np.tile([90.0, 110.0, 130.0, 150.0], 15)
    subject = np.repeat(np.arange(15), 4)
    table = pd.concat(
        [
            predictions_of(subject, reference, 120.0 + 0 * reference, network="mean"),
            predictions_of(subject, reference, 0.75 * reference + 30, network="half"),
        ]
    )
    mae, _ = _tables(table)
    network = _row(mae, "half")
    assert network["skill"] == pytest.approx(0.75)  # its error is a quarter of the mean regressor's
    assert network["skill_lower"] == pytest.approx(0.75)
    assert _row(mae, "mean")["skill"] == 0


def test_the_skills_interval_pairs_the_network_with_its_baseline(predictions_of):
    """Subjects hard for one are hard for the other, so the skill is far surer than either MAE."""
    rng = np.random.default_rng(1)
    subject = np.repeat(np.arange(60), 10)
    reference = rng.normal(115, 18, 60)[subject] + rng.normal(0, 5, 600)
    table = pd.concat(
        [
            predictions_of(subject, reference, np.full(600, 115.0), network="mean"),
            predictions_of(subject, reference, 115 + 0.1 * (reference - 115), network="shrunk"),
        ]
    )
    mae, _ = _tables(table, EvaluationOptions())
    row = _row(mae, "shrunk")
    assert row["skill"] == pytest.approx(0.1)
    assert row["skill_upper"] - row["skill_lower"] < 0.05 * (row["upper"] - row["lower"]) / row["mae"]


def test_without_a_mean_regressor_there_is_no_skill(make_predictions):
    mae, _ = _tables(make_predictions(subjects=6, networks=("lstm",), splits=("mixed",)))
    assert mae["skill"].isna().all()
    assert (mae["skill_interval"] == "no mean regressor").all()


def test_few_subjects_get_no_interval_and_the_cell_says_so(make_predictions):
    mae, overall = _tables(make_predictions(subjects=5, splits=("nonmixed",)))
    for table in (mae, overall):
        assert table[["lower", "upper", "skill_lower", "skill_upper"]].isna().all(axis=None)
        assert (table["interval"] == "too few subjects").all()


def test_an_mae_is_never_below_zero(predictions_of):
    error = np.r_[np.zeros(19), 60.0]
    mae, _ = _tables(predictions_of(np.arange(20), 100 + np.arange(20), 100 + np.arange(20) + error))
    assert (mae["lower"] >= 0).all()


def test_seeds_are_averaged_and_their_spread_is_kept(make_predictions):
    mae, overall = _tables(make_predictions(subjects=10, seeds=(0, 1, 2), splits=("nonmixed",)))
    assert len(mae) == 3 * len(overall)
    each = mae[(mae["network"] == "lstm") & (mae["pressure"] == "SBP") & (mae["average"] == "pooled")]
    row = _row(overall, "lstm")
    assert row["seeds"] == 3
    for column in ("mae", "rmse", "slope", "skill"):
        assert row[column] == pytest.approx(each[column].mean())
    assert (row["mae_min"], row["mae_max"]) == (each["mae"].min(), each["mae"].max())


def test_bias_and_spread_make_up_the_rms_error(make_predictions):
    mae, _ = _tables(make_predictions(subjects=12, splits=("nonmixed",)))
    np.testing.assert_allclose(mae["rmse"] ** 2, mae["me"] ** 2 + mae["sd"] ** 2)
