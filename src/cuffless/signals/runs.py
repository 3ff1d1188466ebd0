"""Runs of missing and of equal samples."""

import numpy as np

_EQUAL = 1e-9  # resampling reproduces equal samples to within rounding


def true_runs(mask):
    """Start and stop of each run of true values in a boolean array.

    Returns
    -------
    (n_runs, 2) int array
        Half-open intervals.
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return edges.reshape(-1, 2)


def equal_runs(trace, min_samples):
    """Runs of at least `min_samples` equal samples.

    Monitors quantize, so repeated values are normal; only a long run is a flat line.

    Returns
    -------
    (n_runs, 2) int array
        Half-open intervals.
    """
    changes = np.flatnonzero(np.abs(np.diff(trace)) > _EQUAL) + 1
    edges = np.concatenate(([0], changes, [len(trace)]))
    long = np.flatnonzero(np.diff(edges) >= min_samples)
    return np.column_stack((edges[long], edges[long + 1]))


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
