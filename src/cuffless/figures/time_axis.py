"""A recording over time: its unit, its gaps, and lines of so many points as can be seen."""

import numpy as np

from cuffless.camera.pulse.waves import GAP_SECONDS
from cuffless.camera.skin.trace import Trace, mean_over_rois

COLUMNS = 1000
"""Across a panel; of a series with more points, each column shows the lowest and the highest."""
_UNITS = ((180.0, 1.0, "s"), (10800.0, 60.0, "min"), (np.inf, 3600.0, "h"))


def time_unit(seconds: float) -> tuple[float, str]:
    """Seconds per unit in which times up to `seconds` are given, and its name."""
    return next((scale, unit) for most, scale, unit in _UNITS if seconds <= most)


def thinned(t: np.ndarray, values: np.ndarray, gap: float = GAP_SECONDS) -> tuple[np.ndarray, np.ndarray]:
    """A series as a line that is quick to draw and looks the same.

    Parameters
    ----------
    t : (n,) float array
        Times in seconds, rising.
    values : (n,) float array
        NaN where nothing was measured.
    gap : float
        The line breaks where no values are for longer, in seconds.

    Returns
    -------
    t, values : (m,) float arrays
        All values, or if there are many, the lowest and highest of each of `COLUMNS` columns; NaN at gaps.
    """
    seen = np.isfinite(values)
    t, values = np.asarray(t, float)[seen], np.asarray(values, float)[seen]
    if not len(t):
        return t, values
    gaps = np.diff(t) > gap
    if len(t) > 2 * COLUMNS:
        column = np.floor((t - t[0]) / (t[-1] - t[0]) * COLUMNS)
        first = np.flatnonzero(np.concatenate(([True], (np.diff(column) > 0) | gaps)))
        last = np.append(first[1:], len(t)) - 1
        lowest, highest = np.minimum.reduceat(values, first), np.maximum.reduceat(values, first)
        t, values = np.column_stack((t[first], t[last])).ravel(), np.column_stack((lowest, highest)).ravel()
        gaps = np.diff(t) > gap
        gaps[::2] = False  # from the lowest to the highest of a column
    breaks = np.flatnonzero(gaps) + 1
    return np.insert(t, breaks, np.nan), np.insert(values, breaks, np.nan)


def gaps_of(trace: Trace) -> np.ndarray:
    """Gaps of a trace, across which nothing is interpolated: (k, 2) start and end in seconds."""
    seen = trace.t[np.isfinite(mean_over_rois(trace)).all(axis=1)]
    edges = np.concatenate((trace.t[:1], seen, trace.t[-1:]))
    at = np.flatnonzero(np.diff(edges) > GAP_SECONDS)
    if not len(at):
        return np.empty((0, 2))
    start, stop = edges[at], edges[at + 1]
    apart = start[1:] - stop[:-1] > (edges[-1] - edges[0]) / COLUMNS
    return np.column_stack((start[np.concatenate(([True], apart))], stop[np.concatenate((apart, [True]))]))
