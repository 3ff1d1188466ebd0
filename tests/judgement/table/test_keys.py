"""Rows as single numbers."""

import numpy as np

from cuffless.judgement.table.keys import among, hashed, recurring


def test_equal_rows_and_only_they_have_equal_keys():
    rng = np.random.default_rng(0)
    rows = rng.integers(-3, 4, (500, 3))
    keys = hashed(*rows.T)
    _, place = np.unique(rows, axis=0, return_inverse=True)
    _, same = np.unique(keys, return_inverse=True)
    assert len(np.unique(place)) == len(np.unique(np.column_stack([place, same]), axis=0)) == len(np.unique(same))
    assert hashed(np.array([1]), np.array([2])) != hashed(np.array([2]), np.array([1]))


def test_keys_that_recur_are_found():
    assert recurring(np.array([5, 3, 5, 1, 3, 9])).tolist() == [True, True, True, False, True, False]
    assert not recurring(np.array([2.5])).any()
    assert recurring(np.array([], dtype=int)).tolist() == []


def test_membership_is_that_of_numpy():
    rng = np.random.default_rng(1)
    keys, known = rng.integers(0, 50, 200), np.sort(rng.integers(0, 50, 20))
    np.testing.assert_array_equal(among(keys, known), np.isin(keys, known))
    assert not among(keys, known[:0]).any()
