"""Intervals of shares: what they cover, and that nothing is divided by nothing."""

import numpy as np
import pytest
from scipy.stats import binomtest

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.shares import clustered_share

OPTIONS = EvaluationOptions()


@pytest.mark.parametrize(("hits", "n"), [(0, 20), (3, 20), (20, 20), (1, 6)])
def test_one_trial_per_subject_gives_the_limits_of_clopper_and_pearson(hits, n):
    found = clustered_share((np.arange(n) < hits)[:, None].astype(float), np.ones((n, 1)), OPTIONS)
    right = binomtest(hits, n).proportion_ci(0.95)
    np.testing.assert_allclose([found.lower[0], found.upper[0]], [right.low, right.high], atol=1e-9)


@pytest.mark.parametrize(("share", "alike"), [(0.02, 0.5), (0.1, 0.5), (0.3, 0.9)])
@pytest.mark.parametrize("subjects", [12, 40])
def test_intervals_cover_shares_that_differ_between_subjects(subjects, share, alike):
    rng, studies = np.random.default_rng(0), 1000
    a, b = share * (1 - alike) / alike, (1 - share) * (1 - alike) / alike
    windows = rng.integers(20, 41, (subjects, studies))
    hits = rng.binomial(windows, rng.beta(a, b, (subjects, studies)))
    found = clustered_share(hits.astype(float), windows.astype(float), OPTIONS)
    assert np.mean((found.lower <= share) & (share <= found.upper)) >= 0.935
    alone = np.array(
        [
            binomtest(int(h), int(n)).proportion_ci()
            for h, n in zip(hits.sum(0)[:100], windows.sum(0)[:100], strict=True)
        ]
    )
    assert np.mean((alone[:, 0] <= share) & (share <= alone[:, 1])) < 0.7  # windows are not independent


def test_a_share_of_nothing_is_missing_and_few_subjects_have_no_interval():
    trials = np.array([[0.0, 5, 100]] * 5 + [[0.0, 5, 1]])
    found = clustered_share(trials / 5, trials, OPTIONS)
    np.testing.assert_allclose(found.estimate, [np.nan, 0.2, 0.2])
    assert np.isnan(found.lower).tolist() == np.isnan(found.upper).tolist() == [True, False, True]


def test_subjects_without_a_trial_change_nothing():
    rng = np.random.default_rng(1)
    trials = rng.integers(1, 30, (20, 1)).astype(float)
    hits = np.floor(trials / 3)
    more = [np.concatenate([part, np.zeros((50, 1))]) for part in (hits, trials)]
    np.testing.assert_allclose(clustered_share(*more, OPTIONS)[:3], clustered_share(hits, trials, OPTIONS)[:3])


def test_the_same_windows_twice_tell_no_more():
    trials = np.full((15, 1), 10.0)
    hits = np.arange(15.0)[:, None] % 10
    once, twice = (clustered_share(n * hits, n * trials, OPTIONS) for n in (1, 2))
    assert twice.upper[0] - twice.lower[0] > 0.97 * (once.upper[0] - once.lower[0])
