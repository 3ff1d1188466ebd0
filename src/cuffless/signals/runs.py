"""Runs of missing and of equal samples."""

import numpy as np

from cuffless.signals.blocks import row_blocks

_EQUAL = 1e-9  # resampling reproduces equal samples to within rounding


def true_runs(mask):
    """Start and stop of each run of true values in a boolean array.

    Returns
    -------
    (n_runs, 2) int array
        Half-open intervals.
    """
    padded = np.concatenate(([False], mask, [False]))
    return np.flatnonzero(padded[1:] != padded[:-1]).reshape(-1, 2)


def equal_runs(trace, min_samples):
    """Runs of at least `min_samples` equal samples.

    Monitors quantize, so repeated values are normal; only a long run is a flat line.

    Returns
    -------
    (n_runs, 2) int array
        Half-open intervals.
    """
    held, n = np.empty(max(len(trace) - 1, 0), bool), 1
    for some in row_blocks(len(held)):
        held[some] = ~(np.abs(trace[some.start + 1 : some.stop + 1] - trace[some]) > _EQUAL)
    while n < min_samples - 1:  # where the next n samples equal this one; n doubles
        more = min(n, min_samples - 1 - n)
        held, n = held[:-more] & held[more:], n + more
    return true_runs(held) + np.array((0, n))


def overlaps_runs(start, stop, runs):
    """Which of the half-open intervals ``[start, stop)`` share a sample with a run.

    Parameters
    ----------
    start, stop : (n,) arrays
    runs : (n_runs, 2) array
        Sorted and not overlapping.

    Returns
    -------
    (n,) bool array
    """
    if not len(runs):
        return np.zeros(len(start), bool)
    return np.searchsorted(runs[:, 0], stop, "left") > np.searchsorted(runs[:, 1], start, "right")
