"""Intervals of ratios that cannot be negative."""

import numpy as np
import pytest
from scipy import stats

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.ratios import positive_interval

OPTIONS = EvaluationOptions()


def errors_of(subjects, columns=1, seed=0):
    return np.random.default_rng(seed).gamma(4, 2.5, (subjects, columns))


def plain(a, b, confidence=0.95):
    """The interval of one figure, the long way."""
    k = len(a)
    logs = np.array([np.log(np.delete(a, i).sum() / np.delete(b, i).sum()) for i in range(k)])
    error = np.sqrt((k - 1) / k * ((logs - logs.mean()) ** 2).sum())
    worth = min(x.sum() ** 2 / (x**2).sum() for x in (a, b))
    reach = stats.t.ppf((1 + confidence) / 2, worth - 1) * error
    return a.sum() / b.sum() * np.exp([-reach, reach])


@pytest.mark.parametrize("confidence", [0.8, 0.95])
@pytest.mark.parametrize("subjects", [8, 60])
def test_the_interval_is_that_of_leaving_out_each_subject(subjects, confidence):
    a, b = errors_of(subjects, 2), errors_of(subjects, 2, seed=1)
    found = positive_interval(a, b, EvaluationOptions(confidence=confidence), weight=np.ones_like(a))
    assert found.method == "log jackknife-t"
    np.testing.assert_allclose(found.estimate, a.sum(axis=0) / b.sum(axis=0))
    for column in range(2):
        expected = plain(a[:, column], b[:, column], confidence)
        np.testing.assert_allclose([found.lower[column], found.upper[column]], expected)


def test_the_reciprocal_has_the_reciprocal_limits():
    a, b = errors_of(9), errors_of(9, seed=1)
    there, back = positive_interval(a, b, OPTIONS), positive_interval(b, a, OPTIONS)
    np.testing.assert_allclose([1 / back.upper, 1 / back.lower], [there.lower, there.upper])


def test_no_limit_is_negative_however_skewed_the_errors():
    """The bootstrap-t of the ratio had to be cut at 0 in a third of such bins."""
    skewed = np.random.default_rng(2).gamma(0.5, 10, (6, 500))
    found = positive_interval(skewed, np.ones((6, 1)), OPTIONS)
    assert (found.lower > 0).all()
    assert (found.lower < found.estimate).all()
    assert (found.estimate < found.upper).all()


def test_the_units_and_copies_of_windows_change_nothing():
    a, windows = errors_of(12), np.full((12, 1), 3.0)
    once, often = (positive_interval(7 * n * a, n * windows, OPTIONS) for n in (1, 100))
    np.testing.assert_allclose(once[:3], often[:3])


@pytest.mark.parametrize(
    ("windows", "there"), [([1] * 6, True), ([1] * 5, False), ([5, *[1] * 9], False), ([3, *[1] * 8], True)]
)
def test_subjects_are_counted_by_what_they_are_worth(windows, there):
    windows = np.array(windows, float)[:, None]
    found = positive_interval(errors_of(len(windows)) * windows, windows, OPTIONS)
    assert (found.method != "too few subjects") == there
    assert np.isfinite(found.lower[0]) == there
    a, b = errors_of(len(windows)), errors_of(len(windows), seed=1)  # divided by errors, but worth their windows
    assert np.isfinite(positive_interval(a, b, OPTIONS, weight=windows).lower[0]) == there


def test_errors_that_few_subjects_make_have_a_wide_interval():
    errors = np.ones((20, 2))
    errors[:2, 1] = 40.0
    found = positive_interval(errors, np.ones((20, 1)), OPTIONS)
    assert found.upper[0] == found.lower[0] == 1
    assert found.upper[1] / found.lower[1] > 10


def test_an_error_that_one_subject_makes_alone_has_no_limits():
    errors = np.zeros((8, 1))
    errors[3] = 5.0
    for a, b in ((errors, np.ones((8, 1))), (np.ones((8, 1)), errors)):
        found = positive_interval(a, b, OPTIONS, weight=np.ones((8, 1)))
        assert (found.lower[0], found.upper[0]) == (0, np.inf)


def test_no_error_and_equal_errors_have_an_interval_of_one_point():
    for value in (0.0, 3.0):
        found = positive_interval(np.full((10, 1), value), np.ones((10, 1)), OPTIONS)
        assert found.lower[0] == found.estimate[0] == found.upper[0] == value


def test_a_ratio_over_nothing_is_refused():
    for a, b in ((np.ones((6, 1)), np.zeros((6, 1))), (np.ones((0, 1)), np.ones((0, 1)))):
        with pytest.raises(ValueError, match="cannot form a ratio"):
            positive_interval(a, b, OPTIONS)
