"""Moving a network's outputs towards other people: by their mean, or by a line fitted on a few of them."""

import numpy as np
import pytest

from cuffless.designs.transfer import fit_line, shift_to_mean

PEOPLE, EACH = 6, 20


@pytest.fixture
def windows():
    """Predictions, labels that lie on a line in both pressures, and the person of each window."""
    rng = np.random.default_rng(3)
    owner = np.repeat(np.arange(PEOPLE), EACH)
    predicted = rng.normal((120, 70), (15, 8), (PEOPLE, 2))[owner] + rng.normal(0, 2, (PEOPLE * EACH, 2))
    return predicted, predicted * (0.5, 2.0) + (40.0, -60.0), owner


def test_a_shift_gives_predictions_the_mean_of_the_labels_exactly(windows):
    predicted, labels, _ = windows
    np.testing.assert_allclose(shift_to_mean(predicted, labels)(predicted).mean(axis=0), labels.mean(axis=0))


def test_a_shift_takes_the_mean_of_the_labels_alone(windows):
    predicted, labels, _ = windows
    shuffled = np.random.default_rng(0).permutation(labels)
    np.testing.assert_allclose(shift_to_mean(predicted, labels).intercept, shift_to_mean(predicted, shuffled).intercept)


def test_a_shift_removes_a_constant_error_and_changes_no_difference(windows):
    predicted, _, _ = windows
    wrong = predicted + np.array([7.0, -3.0])
    shift = shift_to_mean(wrong, predicted)
    np.testing.assert_allclose(shift(wrong), predicted)
    assert (shift.slope == 1).all()


def test_a_line_is_least_squares_shrunk_by_one_person_and_pressures_are_apart(windows):
    predicted, labels, owner = windows
    line = fit_line(predicted, labels, owner)
    np.testing.assert_allclose(line.slope, np.array([0.5, 2.0]) * PEOPLE / (PEOPLE + 1))
    np.testing.assert_allclose(line(predicted).mean(axis=0), labels.mean(axis=0))
    alone = fit_line(predicted, np.stack([labels[:, 0], predicted[:, 1]], axis=1), owner)
    assert alone.slope[0] == line.slope[0]


def test_with_many_people_a_line_is_that_of_least_squares():
    predicted = np.random.default_rng(0).normal(120, 15, (2000, 2))
    labels = 0.5 * predicted + 40 + np.random.default_rng(1).normal(0, 5, (2000, 2))
    line = fit_line(predicted, labels, np.arange(2000))
    for p in range(2):
        expected = np.polyfit(predicted[:, p], labels[:, p], 1)
        np.testing.assert_allclose([line.slope[p], line.intercept[p]], expected, rtol=2e-3)


def test_a_person_counts_the_same_however_many_windows_it_has(windows):
    predicted, labels, owner = windows
    labels = labels + np.random.default_rng(5).normal(0, 5, (PEOPLE, 2))[owner]
    more = np.concatenate([np.arange(len(owner)), np.repeat(np.flatnonzero(owner == 0), 9)])
    once, repeated = fit_line(predicted, labels, owner), fit_line(predicted[more], labels[more], owner[more])
    np.testing.assert_allclose(repeated.slope, once.slope)
    np.testing.assert_allclose(repeated.intercept, once.intercept)


def test_a_constant_predictor_becomes_the_mean_of_the_people(windows):
    _, labels, owner = windows
    line = fit_line(np.full_like(labels, 120.0) + 1e-6 * (owner % 2)[:, None], labels, owner)
    assert (line.slope == 0).all()
    np.testing.assert_allclose(line(np.full((1, 2), 90.0))[0], labels.mean(axis=0))


def test_a_predictor_that_runs_against_the_pressures_is_not_turned_around(windows):
    predicted, labels, owner = windows
    line = fit_line(-predicted, labels, owner)
    assert (line.slope == 0).all()
    np.testing.assert_allclose(line.intercept, labels.mean(axis=0))


def test_one_person_gives_half_of_its_own_slope(windows):
    predicted, labels, owner = windows
    line = fit_line(predicted[owner == 0], labels[owner == 0], owner[owner == 0])
    np.testing.assert_allclose(line.slope, np.array([0.5, 2.0]) / 2)


def test_labels_without_a_relation_give_a_slope_that_is_small_on_average():
    rng = np.random.default_rng(0)
    owner = np.repeat(np.arange(5), 10)
    slopes = []
    for _ in range(300):
        predicted, labels = (rng.normal(0, 10, (5, 2))[owner] + rng.normal(0, 1, (50, 2)) for _ in range(2))
        slopes.append(fit_line(predicted, labels, owner).slope)
    assert np.mean(slopes) < 0.25
    assert np.median(slopes) < 0.1
