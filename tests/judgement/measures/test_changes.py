"""Directions of change: what counts as one, and when it was followed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuffless.judgement.measures.changes import concordances, successive_changes


def _changes(values, record=None):
    return successive_changes(values, np.zeros(len(values)) if record is None else record).tolist()


def test_a_change_begins_where_the_last_one_ended():
    #          0    1    2    3    4    5    6
    values = [100, 104, 111, 108, 121, 118, 110]
    assert _changes(values) == [[0, 2], [2, 4], [4, 6]]


def test_changes_inside_the_exclusion_zone_do_not_count():
    assert _changes([100, 109.9, 90.1, 100]) == []
    assert _changes([100.1, 110.1]) == [[0, 1]]  # just 10, but for rounding
    assert _changes([110.1, 100.1]) == [[0, 1]]


def test_a_slow_drift_is_a_change_although_no_two_neighbours_differ():
    assert _changes(np.arange(100, 121, 1.0)) == [[0, 10], [10, 20]]


def test_no_change_goes_from_one_record_to_another():
    assert _changes([100, 150, 150, 161], [0, 1, 1, 1]) == [[1, 3]]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(60, 200), min_size=1, max_size=60), st.integers(0, 1000))
def test_every_change_is_large_and_stays_in_its_record(values, seed):
    record = np.sort(np.random.default_rng(seed).integers(0, 3, len(values)))
    for first, last in _changes(values, record):
        assert abs(values[last] - values[first]) >= 10 - 1e-8
        assert record[first] == record[last]
        assert first < last


def test_directions_are_counted_not_sizes(predictor_of):
    reference = [100, 120, 100, 120]
    shares, changes = concordances([predictor_of(["a"] * 4, reference, [100, 100.5, 100.2, 90])])
    assert shares["pooled"][0] == pytest.approx(2 / 3)
    assert changes.tolist() == [3, 3]  # the DBP changes by 10


def test_a_prediction_that_stays_does_not_follow(predictor_of):
    reference = np.tile([100.0, 120.0], 20)
    still = np.full(40, 115.0) + 1e-7 * np.arange(40)  # rounding is no movement
    shares, _ = concordances([predictor_of(np.zeros(40, int), reference, still)])
    assert shares["pooled"][0] == shares["subject"][0] == 0


def test_a_prediction_at_random_follows_half_of_the_changes(predictor_of):
    rng = np.random.default_rng(0)
    owner = np.repeat(np.arange(20), 100)
    reference = rng.normal(120, 15, 2000)
    shares, changes = concordances([predictor_of(owner, reference, rng.normal(120, 15, 2000))])
    assert changes[0] > 500
    assert shares["pooled"][0] == pytest.approx(0.5, abs=0.05)


def test_a_subject_counts_once_however_often_its_pressure_changed(predictor_of):
    owner = [0] * 5 + [1] * 2 + [2] * 3
    reference = [100, 120, 100, 120, 100, 100, 120, 100, 101, 102]
    said = [0, 1, 0, 1, 0, 1, 0, 5, 5, 5]  # the first follows four times, the second fails once, the third never has to
    shares, changes = concordances([predictor_of(owner, reference, said)])
    assert changes[0] == 5
    assert shares["pooled"][0] == pytest.approx(4 / 5)
    assert shares["subject"][0] == pytest.approx(1 / 2)


def test_without_changes_nothing_is_claimed(predictor_of):
    shares, changes = concordances([predictor_of([0, 0, 1], [100, 101, 150], [1, 2, 3])])
    assert changes.tolist() == [0, 0]
    assert np.isnan([*shares["pooled"], *shares["subject"]]).all()


def test_many_records_together_change_as_each_does_alone():
    """From a hundred records on, their next windows are looked at together."""
    rng = np.random.default_rng(3)
    lengths = rng.integers(1, 40, 250)
    record = np.repeat(np.arange(250), lengths)
    values = 120 + rng.normal(0, 9, len(record)).cumsum() % 60
    first = np.cumsum(lengths) - lengths
    alone = [[a + start, b + start] for start, n in zip(first, lengths, strict=True)
             for a, b in _changes(values[start : start + n])]  # fmt: skip
    assert len(alone) > 500
    assert sorted(_changes(values, record)) == sorted(alone)
