"""Errors by pressure: every window is in one bin."""

import numpy as np
import pytest

from cuffless.config import EvaluationOptions
from cuffless.judgement.measures.bins import bin_starts, bin_table
from cuffless.judgement.table.predictions import align_predictions

QUICK = EvaluationOptions(bootstrap=400)
LIMITS = {"SBP": (75.0, 165.0), "DBP": (40.0, 80.0)}


def _bins(predictions, limits=LIMITS):
    (judged,) = align_predictions(predictions).values()
    return bin_table(judged, QUICK, limits)


def test_bins_divide_the_accepted_range_from_its_lower_limit():
    starts = bin_starts(np.array([75, 84.99, 85, 164, 165, 170]), 10, (75, 165))
    np.testing.assert_array_equal(starts, [75, 75, 85, 155, 155, 165])


def test_bins_are_counted_from_zero_where_no_limits_are_known():
    np.testing.assert_array_equal(bin_starts(np.array([75, 80, 165]), 10), [70, 80, 160])


def test_the_error_of_a_bin_is_that_of_its_windows(predictions_of):
    table = _bins(predictions_of(["a", "a", "b", "c"], [76, 80, 84, 100], [80, 90, 84, 97]))
    sbp = table[table["pressure"] == "SBP"].set_index("bin_low")
    assert list(sbp.index) == [75, 95]  # a bin without windows has no row
    assert sbp.loc[75, "mae"] == pytest.approx((4 + 10 + 0) / 3)
    assert tuple(sbp.loc[75, ["n_windows", "n_subjects", "bin_high"]]) == (3, 2, 85)
    assert sbp.loc[95, "mae"] == pytest.approx(3)


def test_every_window_is_in_one_bin(make_predictions):
    predictions = make_predictions(subjects=20, splits=("nonmixed",))
    table = _bins(predictions)
    windows = (predictions["network"] == "mean").sum()
    assert (table.groupby(["network", "pressure"])["n_windows"].sum() == windows).all()
    assert table["bin_low"].min() >= 40
    assert table["bin_high"].max() <= 165


def test_the_mean_regressors_error_is_lowest_in_the_middle(make_predictions):
    table = _bins(make_predictions(subjects=60, splits=("nonmixed",)))
    mean = table[(table["network"] == "mean") & (table["pressure"] == "SBP")].set_index("bin_low")["mae"]
    assert mean.idxmin() in (105, 115)
    assert min(mean.iloc[0], mean.iloc[-1]) > 3 * mean.min()


def test_a_bins_interval_depends_on_the_subjects_in_that_bin(make_predictions):
    predictions = make_predictions(subjects=60, networks=("lstm",), splits=("nonmixed",))
    table = _bins(predictions)
    for row in table.itertuples():
        reference = predictions[f"{row.pressure.lower()}_ref"]
        inside = predictions[(reference >= row.bin_low) & (reference < row.bin_high)]
        windows = inside["subject"].value_counts()
        assert row.n_subjects == len(windows)
        worth = windows.sum() ** 2 / (windows**2).sum()  # subjects of unequally many windows are worth fewer
        assert row.interval == ("too few subjects" if worth < 6 else "log jackknife-t")
        assert np.isnan(row.lower) == (worth < 6)
    assert {"too few subjects", "log jackknife-t"} == set(table["interval"])
    assert (table["n_subjects"] >= 6)[table["interval"] == "too few subjects"].any()  # they are worth fewer
    assert (table["lower"].dropna() > 0).all()


def test_whiskers_of_six_subjects_stay_clear_of_zero(predictions_of):
    """The bootstrap-t reached from -20 to 22 and was cut at 0, though the best subject errs by 4.1."""
    errors = np.array([4.1, 19.0, 19.5, 20.0, 20.5, 21.0])
    row = _bins(predictions_of(list("abcdef"), np.full(6, 90.0), 90 + errors)).query("pressure == 'SBP'").iloc[0]
    assert row["mae"] == pytest.approx(errors.mean())
    assert errors.min() < row["lower"] < row["mae"] < row["upper"]


def test_seeds_are_averaged_within_bins(make_predictions):
    predictions = make_predictions(subjects=10, seeds=(0, 1), splits=("nonmixed",))
    both = _bins(predictions)
    each = [_bins(predictions[predictions["seed"] == seed]) for seed in (0, 1)]
    np.testing.assert_allclose(both["mae"], (each[0]["mae"] + each[1]["mae"]) / 2)
    assert (both["seeds"] == 2).all()
