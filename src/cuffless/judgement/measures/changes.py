"""Does a prediction rise and fall with the pressure? The direction of changes that matter."""

from collections.abc import Sequence

import numpy as np

from cuffless.judgement.measures.errors import STILL_MMHG, sum_by_subject
from cuffless.judgement.table.predicted import Predicted

LEAST_CHANGE = 10.0
"""Changes of the reference below this are in the exclusion zone, mmHg."""
_ROUNDING = 1e-9
_MANY = 100  # records whose next windows are looked at together


def successive_changes(reference: np.ndarray, record: np.ndarray, least: float = LEAST_CHANGE) -> np.ndarray:
    """Windows between which the reference changed.

    Parameters
    ----------
    reference : (n,) float array
        mmHg, in time order within each record.
    record : (n,) int array
        Record of each window; a record's windows are contiguous.
    least : float
        Changes from this size on count, mmHg.

    Returns
    -------
    (changes, 2) int array
        First and last window of each change.

    Notes
    -----
    The four-quadrant plot takes changes between successive readings and leaves out those inside an exclusion zone
    about zero (Critchley, Lee & Ho 2010, Anesth Analg 111:1180). Windows lie seconds apart, where a pressure hardly
    changes; so the next reading is the first window whose reference is at least `least` from the last reading, as
    arterial monitors were judged by changes of more than 10 mmHg over time (Young et al. 1995, J Clin Monit 11:245).
    A rise of 30 mmHg is three changes, and no window is in more than two. The first window of a record is the
    first reading: times of two records have no common origin.
    """
    values, least = np.asarray(reference, dtype=float), least - _ROUNDING
    first = np.flatnonzero(np.diff(record, prepend=-1))
    lengths = np.diff(first, append=len(values))
    longest = np.argsort(-lengths, kind="stable")
    first, lengths = first[longest], lengths[longest]
    reading, low, high = first.copy(), *(values[first] + end for end in (-least, least))
    changes = [np.empty((0, 2), dtype=int)]
    # Each reading depends on the one before, so windows are visited in turn, as long as there are many records at once.
    step = 1
    while (going := int(np.searchsorted(-lengths, -step))) >= _MANY:
        window = first[:going] + step
        value = values[window]
        moved = np.flatnonzero(~((low[:going] < value) & (value < high[:going])))
        changes.append(np.column_stack([reading[moved], window[moved]]))
        reading[moved], low[moved], high[moved] = window[moved], value[moved] - least, value[moved] + least
        step += 1
    for r in range(going):
        rest = slice(first[r] + step, first[r] + lengths[r])
        changes.append(_changes_from(int(reading[r]), values, rest, least))
    found = np.concatenate(changes)
    return found[np.argsort(found[:, 1])]


def _changes_from(reading: int, values: np.ndarray, rest: slice, least: float) -> np.ndarray:
    """Changes from a reading on in the rest of its record, (changes, 2), window by window."""
    changes, low, high = [], float(values[reading]) - least, float(values[reading]) + least
    for window, value in enumerate(values[rest].tolist(), rest.start):
        if low < value < high:
            continue
        changes.append((reading, window))
        reading, low, high = window, value - least, value + least
    return np.array(changes, dtype=int).reshape(-1, 2)


def concordances(predicted_by_seed: Sequence[Predicted]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Share of the reference's changes that the prediction follows in direction.

    Parameters
    ----------
    predicted_by_seed : sequence of Predicted
        Trainings of one network on the same windows.

    Returns
    -------
    shares : dict of str to (pressures,) float array
        Averaged over the trainings: ``pooled`` (every change counts the same) and ``subject`` (every
        subject that has one). NaN without any change.
    changes : (pressures,) int array
        Number of changes.

    Notes
    -----
    A prediction that does not change does not follow: one that ignores the pressure has 0, one that varies at random
    0.5.
    """
    one = predicted_by_seed[0]
    k, width = len(one.subjects), len(one.pressures)
    record = one.owner * (int(one.record.max()) + 1) + one.record  # a record of two subjects is two
    shares, counts = {name: np.full(width, np.nan) for name in ("pooled", "subject")}, np.zeros(width, dtype=int)
    for p in range(width):
        changes = successive_changes(one.reference[:, p], record)
        counts[p] = len(changes)
        if not len(changes):
            continue
        first, last = changes.T
        rise = np.sign(one.reference[last, p] - one.reference[first, p])
        said = [seed.prediction[last, p] - seed.prediction[first, p] for seed in predicted_by_seed]
        follows = np.mean([change * rise > STILL_MMHG for change in said], axis=0)
        shares["pooled"][p] = follows.mean()
        sums = sum_by_subject(np.stack([follows, np.ones_like(follows)], axis=1), one.owner[first], k)
        has = sums[:, 1] > 0
        shares["subject"][p] = (sums[has, 0] / sums[has, 1]).mean()
    return shares, counts
