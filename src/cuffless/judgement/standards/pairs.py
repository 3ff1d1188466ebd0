"""Three windows per subject, in place of the three readings of a clinical investigation, and their reference."""

from dataclasses import dataclass

import numpy as np

from cuffless.judgement.table.predicted import Predicted

PAIRS = 3
UNKNOWN_SECONDS = 1.0
"""Length of a window whose length is not known: only its place in the order matters."""
GAP_SECONDS = 1.0
"""A longer stretch without window, about a beat, interrupts the reference."""
_TIE = 1e-6  # s


@dataclass(frozen=True)
class Timeline:
    """Windows in time order on one axis, records and subjects laid end to end."""

    order: np.ndarray
    """(n,) int array: Rows of the table in this order."""
    block: np.ndarray
    """(n,) int array: Number of each window's record, in this order."""
    begin: np.ndarray
    end: np.ndarray
    """`begin`, `end`: (n,) float array: s."""
    first: np.ndarray
    last: np.ndarray
    """`first`, `last`: (k,) int array: Positions of each subject's first and last window."""
    period: np.ndarray
    """(k, 2) float array: Where each subject's test period begins and ends, s."""

    @property
    def centre(self) -> np.ndarray:
        """Middle of each window, s."""
        return (self.begin + self.end) / 2


def lay_out(predicted: Predicted) -> Timeline:
    """Lay the records of each subject end to end, in their order.

    Pauses between records are not known and do not count. Where two windows lie at the same time their values
    decide, so that the order of rows within a record does not matter.
    """
    owner, start = predicted.owner, predicted.start
    known = np.isfinite(predicted.seconds) & (predicted.seconds > 0)
    length = np.where(known, predicted.seconds, UNKNOWN_SECONDS)
    key = owner.astype(np.int64) * (int(predicted.record.max(initial=0)) + 1) + predicted.record
    runs = np.flatnonzero(np.diff(key, prepend=-1))  # windows of a record mostly follow one another
    _, seen, block = np.unique(key[runs], return_index=True, return_inverse=True)
    seen, block = runs[seen], np.repeat(block, np.diff(runs, append=len(key)))
    by_appearance = np.argsort(np.argsort(owner[seen].astype(np.int64) * len(owner) + seen))
    block = by_appearance[block]
    begin, end = np.full(len(seen), np.inf), np.full(len(seen), -np.inf)
    np.minimum.at(begin, block, start)
    np.maximum.at(end, block, start + length)
    laid = np.concatenate([[0.0], np.cumsum(end - begin)])
    centre = start + length / 2
    if ((np.diff(block) > 0) | ((np.diff(block) == 0) & (np.diff(centre) > 0))).all():
        order = np.arange(len(block))
    else:
        # References before predictions, so that all predictors are judged by the same pairs.
        values = np.column_stack([predicted.prediction, predicted.reference]).T
        order = np.lexsort((*values, length, centre, block))
    block = block[order]
    placed = laid[block] - begin[block] + start[order]
    edges = np.searchsorted(owner[order], np.arange(len(predicted.subjects) + 1))
    first, last = edges[:-1], edges[1:] - 1
    tested = first <= last
    period = np.full((len(first), 2), np.nan)
    period[tested] = np.column_stack([laid[block[first[tested]]], laid[block[last[tested]] + 1]])
    return Timeline(order, block, placed, placed + length[order], first, last, period)


def three_pairs(predicted: Predicted, timeline: Timeline) -> np.ndarray:
    """Windows nearest to the centres of the thirds of each subject's test period.

    Parameters
    ----------
    predicted : Predicted
    timeline : Timeline
        Of `predicted`.

    Returns
    -------
    (s, 3) int array
        Positions on the timeline, for the s subjects for whom these are three windows. Of two equally near ones the
        earlier is taken.
    """
    tested = timeline.first <= timeline.last
    first, last = timeline.first[tested, None], timeline.last[tested, None]
    begin, end = timeline.period[tested].T
    wanted = begin[:, None] + (end - begin)[:, None] * (2 * np.arange(PAIRS) + 1) / (2 * PAIRS)
    centre = timeline.centre
    after = np.clip(np.searchsorted(centre, wanted), first, last)
    before = np.clip(after - 1, first, last)
    nearest = np.where(wanted - centre[before] <= centre[after] - wanted + _TIE, before, after)
    return nearest[(np.diff(nearest, axis=1) > 0).all(axis=1)]


def reference_around(
    predicted: Predicted, timeline: Timeline, pairs: np.ndarray, seconds: float
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and SD of the reference over some seconds around windows.

    Parameters
    ----------
    predicted : Predicted
    timeline : Timeline
        Of `predicted`.
    pairs : (...) int array
        Positions on the timeline.
    seconds : float
        The windows of the same record that reach into so many seconds count; where these would leave the
        uninterrupted windows around the pair, they are moved into them.

    Returns
    -------
    mean, sd : (..., pressures) float array
        mmHg; NaN where the windows around the pair are interrupted within `seconds`, are fewer than two, or have no
        known length.
    """
    flat = pairs.ravel()
    reached = np.maximum.accumulate(timeline.end)  # ends never fall
    opens = np.minimum.accumulate(timeline.begin[::-1])[::-1]  # nor do beginnings
    apart = (np.diff(timeline.block) != 0) | (timeline.begin[1:] > reached[:-1] + GAP_SECONDS)
    edges = np.concatenate([[0], np.flatnonzero(apart) + 1, [len(timeline.order)]])
    run = np.searchsorted(edges, flat, side="right") - 1
    first, stop = edges[run], edges[run + 1]
    begin, end = opens[first], reached[stop - 1]
    left = np.minimum(np.maximum(timeline.centre[flat] - seconds / 2, begin), end - seconds)
    low = np.clip(np.searchsorted(reached, left + _TIE), first, flat)
    high = np.clip(np.searchsorted(opens, left + seconds - _TIE), flat + 1, stop)
    counts = high - low
    owner = np.repeat(np.arange(len(flat)), counts)
    rows = timeline.order[np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts) + low[owner]]
    unknown = np.bincount(owner, ~np.isfinite(predicted.seconds[rows]), len(flat)) > 0
    told = (end - begin >= seconds - _TIE) & (counts >= 2) & ~unknown
    width = len(predicted.pressures)
    mean, sd = np.full((2, len(flat), width), np.nan)
    for p, values in enumerate(predicted.reference[rows].T):
        mean[:, p] = np.bincount(owner, values, len(flat)) / counts
        deviation = values - mean[owner, p]
        sd[:, p] = np.sqrt(np.bincount(owner, deviation**2, len(flat)) / np.maximum(counts - 1, 1))
    mean[~told], sd[~told] = np.nan, np.nan
    return mean.reshape(*pairs.shape, width), sd.reshape(*pairs.shape, width)
