"""Windows that are worth counting: none overlaps another of its record, and none is a copy of another."""

import numpy as np
import pandas as pd

from cuffless.judgement.table.keys import recurring
from cuffless.judgement.table.predicted import Predicted

ROUNDED = 0.1
"""Overlaps up to this many seconds are none: starts and lengths may have been rounded."""
DISPLAYED = 0.1
"""Steps of displayed pressures, mmHg: in coarser ones two windows may well have the same, without being copies."""
_SAME = 1e-3  # mmHg; closer values differ by rounding
_FEW = 8  # different values; fewer show no scale


def windows_apart(predicted: Predicted) -> np.ndarray:
    """Windows that neither overlap nor are copies, as many as there can be.

    Parameters
    ----------
    predicted : Predicted

    Returns
    -------
    (m,) int array
        Ascending positions. Of copies (windows of one person whose two references are the same to the last digit, and
        not only in whole tenths of mmHg or on another scale as coarse) the first is kept. Of the windows of a record
        the first to end is kept, then the next that begins after it, and so on. Where lengths are not known, overlaps
        are not either. Predictions do not matter, so that all predictors are counted by the same windows.
    """
    kept = np.flatnonzero(~_copies(predicted))
    return kept[_apart(predicted.take(kept))]


def _copies(predicted: Predicted) -> np.ndarray:
    """Windows whose reference an earlier window of the same person has exactly."""
    copies = np.zeros(len(predicted.owner), bool)
    recurs = np.flatnonzero(recurring(predicted.reference[:, 0]))  # mostly none
    steps = predicted.reference[recurs] / DISPLAYED
    recurs = recurs[(np.abs(steps - np.round(steps)) > 1e-6).any(axis=1)]
    if not len(recurs) or all(_is_coarse(values) for values in predicted.reference.T):
        return copies
    held = pd.DataFrame(predicted.reference[recurs]).assign(owner=predicted.owner[recurs])
    copies[recurs] = held.duplicated()
    return copies


def _is_coarse(values: np.ndarray) -> bool:
    """Whether values have a scale of `DISPLAYED` or coarser, as tenths of kPa and means of three readings have."""
    gaps = np.diff(np.sort(values))
    gaps = gaps[gaps > _SAME]
    if len(gaps) < _FEW or (step := gaps.min()) < DISPLAYED:
        return False
    return bool((np.abs(gaps - step * np.round(gaps / step)) <= _SAME).all())


def _apart(predicted: Predicted) -> np.ndarray:
    """Ascending positions of windows of which none overlaps another of its record."""
    seconds = np.where(np.isfinite(predicted.seconds), predicted.seconds, 0.0)
    end = predicted.start + np.maximum(seconds - np.minimum(ROUNDED, seconds / 10), 0.0)
    order = np.lexsort((end, predicted.record, predicted.owner))
    begin, end = predicted.start[order], end[order]
    same = (np.diff(predicted.record[order]) == 0) & (np.diff(predicted.owner[order]) == 0)
    if not (same & (begin[1:] < end[:-1])).any():
        return np.arange(len(order))
    kept, reached = np.zeros(len(order), bool), -np.inf
    follows = np.concatenate([[False], same]).tolist()
    for i, (first, last, within) in enumerate(zip(begin.tolist(), end.tolist(), follows, strict=True)):
        if not within or first >= reached:
            kept[i], reached = True, last
    return np.sort(order[kept])
