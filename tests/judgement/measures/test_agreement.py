"""Limits of agreement of repeated measurements."""

import numpy as np
import pytest
from scipy.signal import lfilter

from cuffless.config import EvaluationOptions
from cuffless.judgement.measures.agreement import agreement_rows
from cuffless.judgement.measures.merit import merit_rows

QUICK = EvaluationOptions(bootstrap=400)

# Bland & Altman (2007), table 1: cardiac output by two methods, twelve subjects.
FIRST = """7.83 7.42 7.89 7.12 7.88 | 6.16 7.26 6.71 6.54 | 4.75 5.24 4.86 4.78 6.05 5.42 | 4.21 3.61 3.72 3.87 3.92 |
3.13 2.98 2.85 3.17 3.09 3.12 | 5.92 6.42 5.92 6.27 | 7.13 6.62 6.58 6.93 | 4.54 4.81 5.11 5.29 5.39 5.57 |
4.48 4.92 3.97 | 4.22 4.65 4.74 4.44 4.50 | 6.78 6.07 6.52 6.42 6.41 5.76 | 5.06 4.72 4.90 4.80 4.90 5.10"""
SECOND = """6.57 5.62 6.90 6.57 6.35 | 4.06 4.29 4.26 4.09 | 4.71 5.50 5.08 5.02 6.01 5.67 | 4.14 4.20 4.61 4.68 5.04 |
3.03 2.86 2.77 2.46 2.32 2.43 | 5.90 5.81 5.70 5.76 | 5.09 4.63 4.61 5.09 | 4.72 4.61 4.36 4.20 4.36 4.20 |
3.17 3.12 2.96 | 4.35 4.62 3.16 3.53 3.53 | 7.20 6.09 7.00 7.10 7.40 6.80 | 4.50 4.20 3.80 3.80 4.20 4.50"""


def _sbp(predictors, options=QUICK):
    return agreement_rows(predictors, options).iloc[0]


def test_limits_are_those_of_bland_and_altman_2007(predictor_of):
    first, second = ([[float(x) for x in part.split()] for part in text.split("|")] for text in (FIRST, SECOND))
    owner = np.repeat(np.arange(12), [len(values) for values in first])
    row = _sbp([predictor_of(owner, np.concatenate(second), np.concatenate(first))])
    assert row["n_windows"] == 60
    assert row["bias"] == pytest.approx(0.6021667, abs=1e-6)
    # Mean squares 4.2090856 between and 0.1707140 within; the divisor is 4.9818182.
    assert row["sd_within"] ** 2 == pytest.approx(0.1707140, abs=1e-6)
    assert row["sd_between"] ** 2 == pytest.approx((4.2090856 - 0.1707140) / 4.9818182, abs=1e-6)
    assert row["sd_total"] == pytest.approx(0.9906241, abs=1e-6)
    assert (row["loa_low"], row["loa_high"]) == pytest.approx((-1.3394565, 2.5437899), abs=1e-6)


def _errors(rng, subjects, between, within, *, unequal_spread=0.0, alike=0.0, skewed=False):
    """Owner and errors of subjects with offsets and unequally many windows, of which neighbours may be alike."""
    counts = np.maximum(2, np.ceil(40 * np.exp(rng.normal(0, 0.7, subjects)))).astype(int)
    owner = np.repeat(np.arange(subjects), counts)
    offset = (rng.gamma(4, 1, subjects) - 4) / 2 if skewed else rng.normal(0, 1, subjects)
    spread = within * np.exp(rng.normal(-(unequal_spread**2), unequal_spread, subjects))  # of mean square within^2
    noise = lfilter([np.sqrt(1 - alike**2)], [1, -alike], rng.normal(0, 1, len(owner) + 100))[100:]
    return owner, between * offset[owner] + spread[owner] * noise


def _predictor(predictor_of, owner, error):
    return predictor_of(owner, np.full(len(owner), 120.0), 120 + error)


def test_spread_between_and_within_subjects_is_told_apart(predictor_of):
    rng = np.random.default_rng(0)
    for between, within in ((10, 3), (3, 10), (0, 8)):
        row = _sbp([_predictor(predictor_of, *_errors(rng, 400, between, within))])
        assert row["sd_between"] == pytest.approx(between, abs=0.8)
        assert row["sd_within"] == pytest.approx(within, abs=0.3)
        assert row["sd_total"] ** 2 == pytest.approx(row["sd_between"] ** 2 + row["sd_within"] ** 2)
        assert row["loa_high"] - row["loa_low"] == pytest.approx(2 * 1.96 * row["sd_total"])


def test_a_long_record_does_not_narrow_the_limits(predictor_of):
    """Pooled over windows, a subject of 5,000 windows would hide that the others are far off."""
    rng = np.random.default_rng(1)
    owner = np.repeat(np.arange(40), np.r_[5000, np.full(39, 20)])
    error = np.r_[0, rng.normal(0, 15, 39)][owner] + rng.normal(0, 3, len(owner))
    row = _sbp([_predictor(predictor_of, owner, error)])
    assert error.std() < 7
    assert row["sd_total"] > 10


def test_intervals_hold_their_estimates_and_the_bias_has_that_of_the_mean_error(predictor_of):
    rng = np.random.default_rng(2)
    for subjects in (12, 90):
        one = _predictor(predictor_of, *_errors(rng, subjects, 8, 6))
        row, merit = _sbp([one]), merit_rows([one], QUICK).iloc[0]
        for name in ("bias", "loa_low", "loa_high"):
            assert row[f"{name}_lower"] < row[name] < row[f"{name}_upper"]
        assert [row["bias"], row["bias_lower"], row["bias_upper"]] == pytest.approx(
            [merit["me"], merit["me_lower"], merit["me_upper"]]
        )
        assert row["interval"] == "bootstrap-t"


@pytest.mark.slow
def test_intervals_of_the_limits_cover_them_where_subjects_differ_in_spread(predictor_of):
    """Skewed offsets, unequal spread and counts, neighbours alike: the usual interval covers about 80 %."""
    rng = np.random.default_rng(3)
    held = []
    for study in range(400):
        owner, error = _errors(rng, 30, 5.5, 8.4, unequal_spread=0.4, alike=0.7, skewed=True)
        row = _sbp([_predictor(predictor_of, owner, error)], QUICK.model_copy(update={"seed": study}))
        limit = 1.96 * np.hypot(5.5, 8.4)
        held.append(
            [
                row["loa_low_lower"] <= -limit <= row["loa_low_upper"],
                row["loa_high_lower"] <= limit <= row["loa_high_upper"],
            ]
        )
    covered = np.mean(held, axis=0)
    assert (covered > 0.9).all(), covered
    assert (covered < 0.975).all(), covered


def test_one_window_a_subject_has_plain_limits(predictor_of):
    error = np.random.default_rng(4).normal(2, 8, 30)
    row = _sbp([_predictor(predictor_of, np.arange(30), error)])
    assert row["sd_total"] == pytest.approx(error.std(ddof=1))
    assert row[["sd_between", "sd_within"]].isna().all()  # not told apart
    assert row["loa_low_lower"] < row["loa_low"] < row["loa_low_upper"]


def test_one_subject_has_no_limits_and_few_have_no_intervals(predictor_of):
    rng = np.random.default_rng(5)
    alone = _sbp([_predictor(predictor_of, np.zeros(50, int), rng.normal(0, 5, 50))])
    assert alone[["loa_low", "loa_high", "sd_between", "sd_total"]].isna().all()
    assert alone["sd_within"] == pytest.approx(5, abs=1)
    few = _sbp([_predictor(predictor_of, *_errors(rng, 5, 5, 5))])
    assert few[["loa_low", "loa_high", "bias"]].notna().all()
    assert few[["loa_low_lower", "loa_high_upper", "bias_lower"]].isna().all()
    assert alone["interval"] == few["interval"] == "too few subjects"


def test_a_perfect_predictor_has_limits_of_zero(predictor_of):
    owner = np.repeat(np.arange(12), 5)
    row = _sbp([_predictor(predictor_of, owner, np.zeros(60))])
    for name in ("bias", "loa_low", "loa_low_lower", "loa_low_upper", "loa_high", "loa_high_lower", "loa_high_upper"):
        assert row[name] == 0


@pytest.mark.parametrize("bias", [3.7, -0.1, 11.3, 0.7, 1.9, 23.1])
def test_an_error_that_never_changes_has_limits_at_the_bias(predictor_of, bias):
    owner = np.repeat(np.arange(12), np.arange(3, 15))
    row = _sbp([_predictor(predictor_of, owner, np.full(len(owner), bias))])
    for name in ("loa_low", "loa_high", "loa_low_lower", "loa_high_upper"):
        assert row[name] == pytest.approx(bias, abs=1e-5)
    assert row[["sd_within", "sd_between"]].max() < 1e-5


def test_seeds_are_averaged_and_not_their_predictions(predictor_of):
    owner, error = _errors(np.random.default_rng(6), 20, 8, 6)
    one, mirrored = _predictor(predictor_of, owner, error), _predictor(predictor_of, owner, -error)
    both, single = _sbp([one, mirrored]), _sbp([one])
    assert both["bias"] == pytest.approx(0, abs=1e-9)
    for name in ("sd_between", "sd_within", "sd_total"):
        assert both[name] == pytest.approx(single[name])
    assert both["loa_high"] == pytest.approx(1.96 * single["sd_total"])
    assert both["loa_high_upper"] > both["loa_high"]


def test_limits_about_the_line_hold_at_both_ends_where_one_pair_does_not(predictor_of):
    """A predictor that halves every difference from the mean errs upwards at low pressures, downwards at high ones."""
    rng = np.random.default_rng(3)
    owner = np.repeat(np.arange(60), 20)
    reference = 120 + rng.normal(0, 15, 60)[owner] + rng.normal(0, 3, len(owner))
    error = -0.5 * (reference - 120) + rng.normal(0, 2, len(owner))
    row = _sbp([predictor_of(owner, reference, reference + error)])
    low, high = np.percentile(reference, (5, 95))
    assert row["slope"] == pytest.approx(-0.5, abs=0.01)
    assert (row["low_at_p5"] + row["high_at_p5"]) / 2 == pytest.approx(-0.5 * (low - 120), abs=0.3)
    assert (row["low_at_p95"] + row["high_at_p95"]) / 2 == pytest.approx(-0.5 * (high - 120), abs=0.3)
    assert row["high_at_p5"] - row["low_at_p5"] == pytest.approx(2 * 1.96 * 2, abs=0.4)
    lowest = reference < low
    assert np.mean(error[lowest] > row["low_at_p5"]) > 0.95
    assert np.mean(error[lowest] > row["loa_high"] - 3) > 0.2


def test_without_a_slope_the_limits_about_the_line_are_the_usual_ones(predictor_of):
    rng = np.random.default_rng(4)
    owner, error = _errors(rng, 300, 6, 4)
    reference = rng.normal(120, 10, len(owner))
    row = _sbp([predictor_of(owner, reference, reference + error)])
    for end in ("p5", "p95"):
        assert row[f"low_at_{end}"] == pytest.approx(row["loa_low"], abs=0.5)
        assert row[f"high_at_{end}"] == pytest.approx(row["loa_high"], abs=0.5)
    flat = _sbp([_predictor(predictor_of, owner, error)])
    assert np.isnan(flat[["slope", "low_at_p5", "high_at_p95"]].to_numpy(float)).all()


def test_one_calibration_leaves_more_than_the_spread_within(predictor_of):
    """The calibration window's own error is added to every later one: root two of the spread within."""
    owner, error = _errors(np.random.default_rng(5), 400, 12, 4)
    row = _sbp([_predictor(predictor_of, owner, error)])
    assert row["rms_after_first"] == pytest.approx(np.sqrt(2) * row["sd_within"], rel=0.05)
    shifted = _sbp([_predictor(predictor_of, owner, error + 7)])
    assert shifted["rms_after_first"] == pytest.approx(row["rms_after_first"])
    single = _sbp([_predictor(predictor_of, np.arange(10), np.arange(10.0))])
    assert np.isnan(single["rms_after_first"])
