"""Intervals cover what they say, with subjects as the unit."""

import numpy as np
import pytest

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence import bootstrap as boot
from cuffless.judgement.evidence.bootstrap import subject_interval

QUICK = EvaluationOptions(bootstrap=400)


def _ones(values):
    return np.ones_like(values)


@pytest.mark.parametrize(
    ("subjects", "method"),
    [(5, "too few subjects"), (6, "bootstrap-t"), (49, "bootstrap-t"), (50, "percentile")],
)
def test_the_method_follows_the_number_of_subjects(subjects, method):
    errors = np.random.default_rng(0).gamma(4, 2.5, (subjects, 1))
    interval = subject_interval(errors, _ones(errors), QUICK)
    assert interval.method == method
    if subjects < 6:
        assert np.isnan([interval.lower, interval.upper]).all()
    else:
        assert interval.lower < interval.estimate < interval.upper


def test_an_estimate_is_the_ratio_of_the_sums():
    interval = subject_interval(np.array([[10.0], [2.0]]), np.array([[3.0], [1.0]]), QUICK)
    assert interval.estimate == pytest.approx([3.0])


def test_the_percentile_interval_is_that_of_drawn_subjects():
    rng = np.random.default_rng(1)
    windows = rng.integers(4, 9, 60)
    errors = rng.gamma(4, 2.5, 60) * windows
    options = EvaluationOptions(bootstrap=2000)
    interval = subject_interval(errors[:, None], windows[:, None], options)
    drawn = np.random.default_rng(2).integers(0, 60, (20_000, 60))
    expected = np.quantile(errors[drawn].sum(1) / windows[drawn].sum(1), [0.025, 0.975])
    np.testing.assert_allclose([interval.lower[0], interval.upper[0]], expected, atol=0.15)


def test_subjects_of_unequally_many_windows_are_worth_fewer():
    np.testing.assert_allclose(boot.effective_subjects(np.array([[3.0, 1, 9], [3, 1, 0], [3, 2, 0]])), [3, 16 / 6, 1])
    errors = np.random.default_rng(8).gamma(4, 2.5, (60, 1))
    windows = np.where(np.arange(60) < 50, 1.0, 20.0)[:, None]  # ten subjects carry most of the average
    assert subject_interval(errors * windows, windows, QUICK).method == "bootstrap-t"
    assert subject_interval(errors / 7, np.full((60, 1), 1 / 7), QUICK).method == "percentile"


def test_subjects_that_are_worth_fewer_than_six_have_no_interval():
    errors = np.random.default_rng(8).gamma(4, 2.5, (8, 1))
    windows = np.array([[9.0], *[[1]] * 7])  # worth 2.8
    for interval in (
        subject_interval(errors * windows, windows, QUICK),
        boot.smooth_interval(np.hstack([errors * windows, windows]), lambda t: t[:, :1] / t[:, 1:], windows, QUICK),
    ):
        assert interval.method == "too few subjects"
        assert np.isnan([interval.lower, interval.upper]).all()
    assert subject_interval(errors, _ones(windows), QUICK).method == "bootstrap-t"


def test_a_smooth_interval_of_a_ratio_is_its_bootstrap_t():
    rng = np.random.default_rng(9)
    windows = rng.integers(1, 9, (15, 1)).astype(float)
    errors = rng.gamma(4, 2.5, (15, 2)) * windows
    expected = subject_interval(errors, windows, QUICK)
    found = boot.smooth_interval(
        np.hstack([errors, windows]), lambda total: total[:, :2] / total[:, 2:], windows, QUICK
    )
    np.testing.assert_allclose(found[:3], expected[:3], rtol=1e-6)
    assert found.method == expected.method
    means = boot.smooth_interval(errors, lambda total: total / 15, _ones(windows), QUICK)  # all subjects weigh the same
    np.testing.assert_allclose(means[:3], subject_interval(errors, _ones(errors), QUICK)[:3], rtol=1e-6)


def test_bootstrap_t_of_equally_long_subjects_is_that_of_their_means():
    means = np.random.default_rng(3).gamma(4, 2.5, 12)
    options = EvaluationOptions(bootstrap=1000)
    interval = subject_interval(30 * means[:, None], np.full((12, 1), 30.0), options)
    counts = np.concatenate(list(boot._weights(12, options))).astype(int)
    resampled = np.stack([np.repeat(means, row) for row in counts])
    t = (resampled.mean(1) - means.mean()) / (resampled.std(1, ddof=1) / np.sqrt(12))
    error = means.std(ddof=1) / np.sqrt(12)
    low, high = np.quantile(t, [0.025, 0.975])
    assert interval.lower[0] == pytest.approx(means.mean() - high * error)
    assert interval.upper[0] == pytest.approx(means.mean() - low * error)


def test_bootstrap_t_covers_few_subjects_where_the_percentile_interval_does_not(monkeypatch):
    """Skewed errors of 10 subjects; nominal 95 %, percentile known to cover about 89 %."""
    errors = np.random.default_rng(4).gamma(4, 2.5, (10, 1500))  # one study a column, true mean 10
    covered = {}
    for method, least in (("bootstrap-t", 50), ("percentile", 10)):
        monkeypatch.setattr(boot, "PERCENTILE_SUBJECTS", least)
        interval = subject_interval(errors, _ones(errors), QUICK)
        assert interval.method == method
        covered[method] = np.mean((interval.lower <= 10) & (interval.upper >= 10))
    assert covered["bootstrap-t"] > 0.92
    assert covered["percentile"] < 0.91


def test_windows_of_one_subject_add_no_certainty():
    """A hundred copies of every window leave the interval as it was."""
    errors = np.random.default_rng(5).gamma(4, 2.5, (60, 1))
    once = subject_interval(errors, _ones(errors), QUICK)
    often = subject_interval(100 * errors, 100 * _ones(errors), QUICK)
    np.testing.assert_allclose([once.lower, once.upper], [often.lower, often.upper])


def test_subjects_without_spread_have_an_interval_of_one_point():
    for subjects in (10, 60):
        same = np.full((subjects, 2), [3.0, 0.0])
        interval = subject_interval(same, _ones(same), QUICK)
        np.testing.assert_allclose(interval.lower, [3, 0], atol=1e-9)
        np.testing.assert_allclose(interval.upper, [3, 0], atol=1e-9)


def test_the_draws_follow_the_seed():
    errors = np.random.default_rng(6).gamma(4, 2.5, (60, 1))
    first, again = (subject_interval(errors, _ones(errors), QUICK) for _ in range(2))
    other = subject_interval(errors, _ones(errors), QUICK.model_copy(update={"seed": 1}))
    assert first.upper == again.upper
    assert first.upper != other.upper


def test_blocks_of_draws_do_not_change_the_interval(monkeypatch):
    errors = np.random.default_rng(7).gamma(4, 2.5, (60, 1))
    whole = subject_interval(errors, _ones(errors), QUICK)
    monkeypatch.setattr(boot, "_BLOCK", 60 * 37)
    assert subject_interval(errors, _ones(errors), QUICK).upper == whole.upper


def test_a_ratio_over_nothing_is_refused():
    with pytest.raises(ValueError, match="cannot form a ratio"):
        subject_interval(np.ones((6, 1)), np.zeros((6, 1)), QUICK)
