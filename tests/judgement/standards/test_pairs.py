"""Three windows stand for a subject's test period, and the reference around them is that of 30 s without a break."""

from dataclasses import replace

import numpy as np
import pytest
from predicted_windows import predicted_windows

from cuffless.judgement.standards.pairs import lay_out, reference_around, three_pairs


def _predicted(owner, record, start, seconds=7.0, sbp=None):
    n = len(owner)
    sbp = np.arange(n, dtype=float) + 100 if sbp is None else np.asarray(sbp, float)
    return predicted_windows(
        owner,
        np.column_stack([sbp, sbp / 2]),
        1,
        max(owner) + 1,
        record=np.asarray(record),
        start=np.asarray(start, float),
        seconds=np.broadcast_to(np.asarray(seconds, float), n).copy(),
    )


def _pairs(predicted):
    timeline = lay_out(predicted)
    return timeline.order[three_pairs(predicted, timeline)]


def _around(predicted, pairs, seconds=30.0):
    return reference_around(predicted, lay_out(predicted), np.asarray(pairs), seconds)


def test_the_three_windows_lie_at_the_centres_of_the_thirds():
    np.testing.assert_array_equal(_pairs(_predicted([0] * 9, [0] * 9, np.arange(9) * 7)), [[1, 4, 7]])


def test_of_two_windows_equally_near_the_earlier_is_taken():
    np.testing.assert_array_equal(_pairs(_predicted([0] * 6, [0] * 6, np.arange(6) * 7)), [[0, 2, 4]])


def test_a_pause_within_a_record_is_part_of_the_test_period():
    # Ends at 210 s: thirds are centred on 35, 105 and 175 s.
    start = [0, 7, 14, 21, 28, 98, 168, 175, 182, 203]
    np.testing.assert_array_equal(_pairs(_predicted([0] * 10, [0] * 10, start)), [[4, 5, 6]])


def test_records_are_laid_end_to_end_in_their_order_whatever_their_clocks_say():
    start = [1000, 1007, 1014, 0, 7, 14, 500, 507, 514]
    np.testing.assert_array_equal(_pairs(_predicted([0] * 9, [5, 5, 5, 2, 2, 2, 9, 9, 9], start)), [[1, 4, 7]])


def test_two_subjects_with_the_same_record_have_periods_of_their_own():
    predicted = _predicted([0] * 3 + [1] * 9, [0] * 12, np.concatenate([np.arange(3), np.arange(9)]) * 7)
    np.testing.assert_array_equal(_pairs(predicted), [[0, 1, 2], [4, 7, 10]])


def test_windows_of_unequal_length_weigh_by_their_time_not_their_number():
    # Ends at 60 s: thirds are centred on 10, 30 and 50 s, within the three long windows.
    start, seconds = [0, 20, 40, 42, 44, 46], [20, 20, 2, 2, 2, 14]
    np.testing.assert_array_equal(_pairs(_predicted([0] * 6, [0] * 6, start, seconds)), [[0, 1, 5]])


@pytest.mark.parametrize("start", [[0, 7], [0, 7, 1000], [0]])
def test_a_subject_without_three_distinct_windows_has_no_pairs(start):
    assert _pairs(_predicted([0] * len(start), [0] * len(start), start)).shape == (0, 3)


def test_windows_of_unknown_length_are_taken_in_their_order():
    np.testing.assert_array_equal(_pairs(_predicted([0] * 9, np.arange(9), np.zeros(9), np.nan)), [[1, 4, 7]])


def test_windows_at_equal_times_give_every_predictor_the_same_pairs():
    rng = np.random.default_rng(0)
    predicted = _predicted([0] * 9, [0] * 9, np.repeat([0.0, 7.0, 14.0], 3), sbp=rng.normal(120, 9, 9))
    other = replace(predicted, prediction=rng.normal(120, 9, (9, 2)))
    np.testing.assert_array_equal(_pairs(predicted), _pairs(other))


def _slowly(predicted):
    """The same choice, one subject, third and window at a time."""
    chosen = []
    for s in range(len(predicted.subjects)):
        rows = np.flatnonzero(predicted.owner == s)
        centres, begun = np.empty(len(rows)), 0.0
        for record in dict.fromkeys(predicted.record[rows]):
            own = predicted.record[rows] == record
            start, end = predicted.start[rows[own]], (predicted.start + predicted.seconds)[rows[own]]
            centres[own] = begun + (start + end) / 2 - start.min()
            begun += end.max() - start.min()
        three = [int(rows[np.argmin(np.abs(centres - begun * (2 * j + 1) / 6))]) for j in range(3)]
        if len(set(three)) == 3:
            chosen.append(three)
    return np.array(chosen).reshape(-1, 3)


@pytest.mark.parametrize("seed", range(5))
def test_pairs_are_those_that_a_search_through_all_windows_finds(seed):
    rng = np.random.default_rng(seed)
    owner = np.sort(rng.integers(0, 40, 500))
    record = owner * 10 + np.concatenate([np.sort(rng.integers(0, 3, c)) for c in np.bincount(owner)])
    gaps = rng.exponential(9, 500)
    start = np.concatenate([np.cumsum(gaps[record == r]) for r in np.unique(record)])
    predicted = _predicted(owner, record, start, rng.uniform(4, 9, 500))
    np.testing.assert_array_equal(_pairs(predicted), _slowly(predicted))


def test_the_reference_of_a_pair_is_the_mean_and_sd_of_the_windows_that_reach_into_its_30_s():
    sbp = np.array([100, 101, 103, 106, 110, 115, 121, 128, 136.0])
    mean, sd = _around(_predicted([0] * 9, [0] * 9, np.arange(9) * 7, sbp=sbp), [[4]])
    # The fifth window is centred on 31.5 s: 16.5 to 46.5 s are reached by the third to the seventh.
    assert mean[0, 0] == pytest.approx([sbp[2:7].mean(), sbp[2:7].mean() / 2])
    assert sd[0, 0] == pytest.approx([sbp[2:7].std(ddof=1), sbp[2:7].std(ddof=1) / 2])


def test_at_a_records_edge_the_30_s_are_moved_into_it():
    sbp = np.array([100, 101, 103, 106, 110, 115, 121, 128, 136.0])
    mean, _ = _around(_predicted([0] * 9, [0] * 9, np.arange(9) * 7, sbp=sbp), [[0, 8]])
    assert mean[0, :, 0] == pytest.approx([sbp[:5].mean(), sbp[4:].mean()])


@pytest.mark.parametrize(("seconds", "told"), [(9.99, False), (10.0, True), (10.01, True)])
def test_less_than_30_s_is_no_reference(seconds, told):
    mean, sd = _around(_predicted([0] * 3, [0] * 3, np.arange(3) * seconds, seconds), [[0, 1, 2]])
    assert (np.isfinite(mean) == told).all()
    assert (np.isfinite(sd) == told).all()


@pytest.mark.parametrize(("gap", "told"), [(0.9, True), (1.1, False)])
def test_a_break_in_the_windows_ends_the_reference(gap, told):
    start = np.concatenate([np.arange(3), 3 + np.arange(3)]) * 7 + np.repeat([0, gap], 3)
    mean, _ = _around(_predicted([0] * 6, [0] * 6, start), [[1, 4]])
    assert (np.isfinite(mean) == told).all()


def test_another_record_or_subject_lends_no_seconds():
    for owner, record in (([0] * 6, [0, 0, 0, 1, 1, 1]), ([0, 0, 0, 1, 1, 1], [0] * 6)):
        mean, _ = _around(_predicted(owner, record, list(np.arange(3) * 7) * 2), [[1, 4]])
        assert np.isnan(mean).all()


def test_one_long_window_has_no_sd():
    mean, _ = _around(_predicted([0], [0], [0], 40), [[0]])
    assert np.isnan(mean).all()


def test_windows_of_unknown_length_tell_no_seconds():
    mean, _ = _around(_predicted([0] * 90, [0] * 90, np.arange(90), np.nan), [[45]])
    assert np.isnan(mean).all()


def test_the_reference_of_overlapping_windows_is_that_of_a_search_through_all():
    rng = np.random.default_rng(3)
    start, sbp = np.arange(200) * 3.5, rng.normal(120, 9, 200)
    predicted = _predicted([0] * 200, [0] * 200, start, sbp=sbp)
    mean, sd = _around(predicted, np.arange(200)[None])
    for i in range(200):
        left = min(max(start[i] + 3.5 - 15, 0), start[-1] + 7 - 30)
        inside = sbp[(start + 7 > left + 1e-6) & (start < left + 30 - 1e-6)]
        assert (mean[0, i, 0], sd[0, i, 0]) == pytest.approx((inside.mean(), inside.std(ddof=1)))
