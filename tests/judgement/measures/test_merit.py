"""Figures of merit against values worked out by hand or by another library."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.bootstrap import subject_interval
from cuffless.judgement.evidence.ratios import positive_interval
from cuffless.judgement.measures.merit import merit_rows

QUICK = EvaluationOptions(bootstrap=400)
COLUMNS = ["average", "pressure", "seeds", "n_subjects", "n_windows", "mae", "mae_lower", "mae_upper"]
COLUMNS += ["me", "me_lower", "me_upper", "sd", "rmse", "within10", "within10_lower", "within10_upper", "slope"]
COLUMNS += ["sd_ratio", "r2", "within_r", "concordance", "n_changes", "explained", "interval", "confidence"]


def _row(predictors, pressure="SBP", average="pooled", options=QUICK):
    table = merit_rows(predictors if isinstance(predictors, list) else [predictors], options)
    [(_, row)] = table[(table["pressure"] == pressure) & (table["average"] == average)].iterrows()
    return row


def _people(seed, subjects=12, windows=25, unequal=True):
    """Owner, reference and a noisy prediction of subjects whose levels differ."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(2, 2 * windows, subjects) if unequal else np.full(subjects, windows)
    owner = np.repeat(np.arange(subjects), counts)
    reference = rng.normal(120, 15, subjects)[owner] + rng.normal(0, 8, len(owner))
    said = 0.4 * reference + 70 + rng.normal(0, 6, subjects)[owner] + rng.normal(0, 7, len(owner))
    return owner, reference, said


def test_one_row_an_average_and_pressure(predictor_of):
    table = merit_rows([predictor_of(*_people(0))], QUICK)
    assert list(table.columns) == COLUMNS
    assert table[["average", "pressure"]].to_numpy().tolist() == [
        ["pooled", "SBP"],
        ["pooled", "DBP"],
        ["subject", "SBP"],
        ["subject", "DBP"],
    ]


def test_figures_of_two_subjects_are_as_worked_out_by_hand(predictor_of):
    # Errors +12, -2 (subject a) and +3 (subject b); references 100, 120, 140.
    one = predictor_of(["a", "a", "b"], [100, 120, 140], [112, 118, 143])
    pooled, by_subject = _row(one), _row(one, average="subject")
    assert (pooled["n_subjects"], pooled["n_windows"], pooled["seeds"]) == (2, 3, 1)
    assert pooled["mae"] == pytest.approx(17 / 3)
    assert pooled["me"] == pytest.approx(13 / 3)
    assert pooled["rmse"] == pytest.approx(np.sqrt(157 / 3))
    assert pooled["within10"] == pytest.approx(2 / 3)
    assert pooled["r2"] == pytest.approx(1 - 157 / 800)
    assert pooled["sd_ratio"] == pytest.approx(np.std([112, 118, 143]) / np.std([100, 120, 140]))
    assert pooled["explained"] == pytest.approx(np.std([100, 120, 140]) / np.std([12, -2, 3]))
    assert (pooled["concordance"], pooled["n_changes"]) == (1, 1)
    assert by_subject["mae"] == pytest.approx((7 + 3) / 2)
    assert by_subject["within10"] == pytest.approx((1 / 2 + 1) / 2)
    assert by_subject["me"] == pytest.approx((5 + 3) / 2)


@pytest.mark.parametrize("average", ["pooled", "subject"])
def test_figures_are_those_of_weighted_windows(predictor_of, average):
    owner, reference, said = _people(1)
    row = _row(predictor_of(owner, reference, said), average=average)
    weight = 1 / np.bincount(owner)[owner] if average == "subject" else np.ones(len(owner))
    fit = np.polyfit(reference, said - reference, 1, w=np.sqrt(weight))
    assert row["slope"] == pytest.approx(fit[0])
    mean = np.average(reference, weights=weight)
    sse, sst = (weight * (said - reference) ** 2).sum(), (weight * (reference - mean) ** 2).sum()
    assert row["r2"] == pytest.approx(1 - sse / sst)
    assert row["rmse"] ** 2 == pytest.approx(row["me"] ** 2 + row["sd"] ** 2)


def test_within_subject_correlation_is_that_of_an_analysis_of_covariance(predictor_of):
    """Bland & Altman (1995): the subject is a factor; r^2 is the share of the residual variance that is explained."""
    owner, reference, said = _people(2)
    design = (owner[:, None] == np.arange(owner.max() + 1)).astype(float)

    def residual(columns):
        return said - columns @ np.linalg.lstsq(columns, said, rcond=None)[0]

    without, with_reference = residual(design), residual(np.column_stack([design, reference]))
    explained = 1 - (with_reference**2).sum() / (without**2).sum()
    assert _row(predictor_of(owner, reference, said))["within_r"] == pytest.approx(np.sqrt(explained))


def test_between_subject_differences_are_no_within_subject_correlation(predictor_of):
    """A predictor that knows everyone's level and none of its changes."""
    rng = np.random.default_rng(3)
    owner = np.repeat(np.arange(40), 30)
    level = rng.normal(120, 20, 40)[owner]
    one = predictor_of(owner, level + rng.normal(0, 5, 1200), level + rng.normal(0, 5, 1200))
    assert stats.pearsonr(one.reference[:, 0], one.prediction[:, 0]).statistic > 0.9
    for average in ("pooled", "subject"):
        assert abs(_row(one, average=average)["within_r"]) < 0.1


@pytest.mark.parametrize(("error", "share"), [(9.9, 1), (10.0, 1), (10.1, 0)])
def test_an_error_of_10_is_small_whatever_the_digits(predictor_of, error, share):
    reference = np.repeat(np.arange(700) / 10 + 90.0, 2).reshape(-1, 2)
    one = predictor_of(np.arange(700) % 7, reference[:, 0], reference[:, 0] + error)
    assert _row(one)["within10"] == share


def test_a_share_that_few_subjects_decide_is_not_sure(predictor_of):
    """One subject of 12 is off: draws without it are many, and have no spread of their own."""
    owner = np.repeat(np.arange(12), 20)
    reference = np.tile(np.linspace(100, 140, 20), 12)
    row = _row(predictor_of(owner, reference, reference + np.where(owner == 0, 15.0, 1.0)))
    assert row["within10"] == pytest.approx(11 / 12)
    assert row["within10_lower"] < 0.7
    assert row["within10_upper"] == 1


def test_a_constant_follows_nothing(predictor_of):
    owner, reference, _ = _people(4)
    for said in (np.full(len(owner), 117.3), np.random.default_rng(5).normal(117, 9, 12)[owner]):
        for average in ("pooled", "subject"):
            row = _row(predictor_of(owner, reference, said), average=average)
            assert np.isnan(row["within_r"])
            assert row["concordance"] == 0
    mean = _row(predictor_of(owner, reference, np.full(len(owner), 117.3)))
    assert (mean["slope"], mean["sd_ratio"]) == (-1, 0)
    assert mean["r2"] <= 0
    assert mean["explained"] == pytest.approx(1)


def test_a_perfect_predictor_explains_everything(predictor_of):
    owner, reference, _ = _people(6)
    row = _row(predictor_of(owner, reference, reference))
    assert row[["mae", "mae_lower", "mae_upper", "rmse", "sd"]].tolist() == [0] * 5
    assert row[["within10", "r2", "within_r", "concordance", "sd_ratio"]].tolist() == pytest.approx([1] * 5)
    subjects = len(np.unique(owner))
    assert row["within10_lower"] == pytest.approx(stats.binomtest(subjects, subjects).proportion_ci(0.95).low)
    assert row["within10_upper"] == 1
    assert np.isnan(row["explained"])  # no error to compare with


def test_windows_without_spread_have_no_figures_of_spread(predictor_of):
    row = _row(predictor_of([0, 1], [100, 100], [110, 118]))
    assert row[["slope", "sd_ratio", "r2", "within_r", "concordance", "explained"]].isna().all()
    assert (row["mae"], row["n_changes"]) == (14, 0)


def test_intervals_are_those_over_subjects(predictor_of):
    owner, reference, said = _people(7, subjects=30)
    row = _row(predictor_of(owner, reference, said))
    counts = np.bincount(owner)[:, None]
    for name, interval, values in (
        ("mae", positive_interval, np.abs(said - reference)),
        ("me", subject_interval, said - reference),
        ("within10", subject_interval, np.abs(said - reference) <= 10),
    ):
        expected = interval(np.bincount(owner, weights=values)[:, None], counts, QUICK)
        assert row[name] == pytest.approx(expected.estimate[0])
        assert row[f"{name}_lower"] == pytest.approx(expected.lower[0])
        assert row[f"{name}_upper"] == pytest.approx(expected.upper[0])
    assert row["interval"] == "log jackknife-t"  # that of the MAE


def test_limits_stay_within_what_a_figure_can_be(predictor_of):
    error = np.r_[np.zeros(19), 60.0]
    reference = 100.0 + np.arange(20)
    table = merit_rows([predictor_of(np.arange(20), reference, reference + error)], QUICK)
    assert (table["mae_lower"] >= 0).all()
    assert (table["within10_upper"] <= 1).all()


def test_few_subjects_get_no_interval_and_the_cell_says_so(predictor_of):
    table = merit_rows([predictor_of(*_people(8, subjects=5))], QUICK)
    assert (
        table[[f"{name}_{side}" for name in ("mae", "me", "within10") for side in ("lower", "upper")]]
        .isna()
        .all(axis=None)
    )
    assert (table["interval"] == "too few subjects").all()


def test_seeds_are_averaged_and_not_their_predictions(predictor_of):
    owner, reference, said = _people(9)
    high, low = predictor_of(owner, reference, said + 9), predictor_of(owner, reference, 2 * reference - said - 9)
    both = merit_rows([high, low], QUICK)
    figures = ["mae", "me", "sd", "rmse", "within10", "slope", "sd_ratio", "r2", "within_r", "concordance", "explained"]
    each = [merit_rows([one], QUICK)[figures] for one in (high, low)]
    pd.testing.assert_frame_equal(both[figures], (each[0] + each[1]) / 2)
    assert (both["seeds"] == 2).all()
    assert both["mae"].min() > 4  # the mean prediction would be perfect: errors are opposite
    assert both["me"].abs().max() < 1e-9


def test_nothing_to_judge_is_refused():
    with pytest.raises(ValueError, match="without a training"):
        merit_rows([], QUICK)
