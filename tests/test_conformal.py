"""Conformal quantiles with the person as the unit, and what they cover."""

import math

import numpy as np
import pytest

from cuffless.conformal import interval, person_quantile, persons_needed

LEVEL, PERSONS, STUDIES = 0.9, 40, 500


def simulated_errors(rng):
    """Errors of a study's windows and their persons: each person has a bias and a spread of their own.

    Those who are predicted badly have few windows, as noisy recordings have: the number is informative.
    """
    bias, spread = rng.normal(0, 9, 2 * PERSONS), rng.gamma(4, 1, 2 * PERSONS)
    badness = np.abs(bias) + spread
    windows = 1 + rng.poisson(60 * badness.mean() / badness)
    owner = np.repeat(np.arange(2 * PERSONS), windows)
    return bias[owner] + spread[owner] * rng.normal(size=len(owner)), owner


def window_quantile(scores, level):
    """Split conformal as if each window were a person of its own."""
    n = len(scores)
    return np.sort(scores)[math.ceil(level * (n + 1)) - 1]


def coverage_of_new_persons(score, owner, quantile):
    """Mean over persons of the share of their windows that are covered."""
    covered = score <= quantile
    return np.mean(np.bincount(owner, covered)[PERSONS:] / np.bincount(owner)[PERSONS:])


@pytest.fixture(scope="module")
def coverage():
    rng = np.random.default_rng(20260)
    by_person, by_window = [], []
    for _ in range(STUDIES):
        error, owner = simulated_errors(rng)
        score, calibrates = np.abs(error), owner < PERSONS
        for found, quantile in (
            (by_person, person_quantile(score[calibrates], owner[calibrates], LEVEL)),
            (by_window, window_quantile(score[calibrates], LEVEL)),
        ):
            found.append(coverage_of_new_persons(score, owner, quantile))
    return np.mean(by_person), np.mean(by_window)


def test_ninety_percent_of_a_new_persons_windows_are_covered(coverage):
    assert 0.88 <= coverage[0] <= 0.92


def test_windows_taken_for_persons_cover_too_little(coverage):
    assert coverage[1] < 0.85


def test_with_one_window_per_person_it_is_the_order_statistic_of_split_conformal():
    scores = np.random.default_rng(0).permutation(np.arange(1.0, 41))
    assert person_quantile(scores, np.arange(40), 0.9) == math.ceil(0.9 * 41)
    assert person_quantile(scores, np.arange(40), 0.5) == math.ceil(0.5 * 41)


def test_a_persons_windows_share_one_persons_mass():
    scores, owner = np.arange(1.0, 20), np.arange(19)
    once = person_quantile(scores, owner, 0.9)
    copies = np.where(owner == 18, 1000, 1)
    assert person_quantile(np.repeat(scores, copies), np.repeat(owner, copies), 0.9) == once


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95, 0.99])
def test_the_quantile_is_finite_from_the_persons_needed_on(level):
    needed = persons_needed(level)
    assert needed == round(level / (1 - level))
    assert math.isfinite(person_quantile(np.ones(needed), np.arange(needed), level))
    assert person_quantile(np.ones(needed - 1), np.arange(needed - 1), level) == math.inf


@pytest.mark.parametrize("persons", [0, 1, 8])
def test_many_windows_of_too_few_persons_give_no_finite_interval(persons):
    owner = np.repeat(np.arange(persons), 1000)
    quantile = person_quantile(np.ones(len(owner)), owner, 0.9)
    assert quantile == math.inf
    assert np.isinf(interval(np.array([120.0]), quantile)).all()


def test_persons_may_have_names_and_any_order():
    rng = np.random.default_rng(1)
    score, owner = rng.gamma(2, 5, 300), rng.integers(0, 30, 300)
    order = rng.permutation(300)
    names = np.array([f"p{number:03d}" for number in owner])
    assert person_quantile(score, owner, 0.8) == person_quantile(score[order], names[order], 0.8)


def test_scores_inside_of_an_interval_may_be_negative():
    assert person_quantile(np.arange(-30.0, -10), np.arange(20), 0.9) == -12


def test_an_interval_is_as_wide_as_its_window_is_difficult():
    lo, hi = interval(np.array([120.0, 130.0]), 2.0, np.array([5.0, 1.0]))
    assert lo.tolist() == [110, 128]
    assert hi.tolist() == [130, 132]


@pytest.mark.parametrize("level", [0, 1, -0.1, 90, math.nan])
def test_a_level_that_is_no_share_is_refused(level):
    with pytest.raises(ValueError, match="between 0 and 1"):
        person_quantile(np.ones(20), np.arange(20), level)


def test_scores_that_are_not_numbers_are_refused():
    with pytest.raises(ValueError, match="1 of 20 scores are not numbers"):
        person_quantile(np.where(np.arange(20) == 3, np.nan, 1.0), np.arange(20), 0.9)


def test_scores_and_persons_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="one length"):
        person_quantile(np.ones(20), np.arange(19), 0.9)
