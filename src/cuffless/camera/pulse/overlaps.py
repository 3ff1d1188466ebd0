"""Sums over overlapping windows, each in O(n) and without the rounding errors of one running sum over a recording."""

import numpy as np


def sliding_sum(values, length):
    """Sum over each window.

    Parameters
    ----------
    values : (k, n) float array
    length : int
        Samples of a window, at most n.

    Returns
    -------
    (k, n - length + 1) float array
        Sum of ``values[:, i : i + length]`` for each i.

    Notes
    -----
    After van Herk (1992): a window is the end of one block of `length` samples and the start of the next, so that no
    sum has more than `length` terms.
    """
    k, n = values.shape
    blocks = -(-n // length) + 1
    before = np.zeros((k, blocks, length + 1))  # sum of a block's samples before each one; last: of all
    whole = n // length
    np.cumsum(values[:, : whole * length].reshape(k, whole, length), axis=2, out=before[:, :whole, 1:])
    if whole * length < n:
        np.cumsum(values[:, whole * length :], axis=1, out=before[:, whole, 1 : n - whole * length + 1])
    sums = before[:, :-1, -1:] - before[:, :-1, :-1]
    sums += before[:, 1:, :-1]
    return sums.reshape(k, -1)[:, : n - length + 1]


def overlap_sum(values, length, n):
    """Sum over the windows that contain each sample.

    Parameters
    ----------
    values : (k, n - length + 1) float array
        Values of each window.
    length : int
        Samples of a window.
    n : int
        Samples of the signal.

    Returns
    -------
    (k, n) float array
        Sum of ``values[:, m]`` over the windows ``m <= i < m + length``.
    """
    padded = np.zeros((len(values), n + length - 1))
    padded[:, length - 1 : n] = values
    return sliding_sum(padded, length)
