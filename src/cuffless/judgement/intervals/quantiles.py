"""Quantiles over persons with each person left out in turn, all at once."""

import numpy as np

_ROUNDING = 1e-9  # sums of equal shares


def left_out_quantiles(scores: np.ndarray, owner: np.ndarray, subjects: int, level: float) -> np.ndarray:
    """For each person, `cuffless.conformal.person_quantile` of all others' scores.

    Parameters
    ----------
    scores : (n,) float array
    owner : (n,) int array
        Person of each score, below `subjects`.
    subjects : int
    level : float

    Returns
    -------
    (subjects,) float array
        Infinite where the others are too few, and for a person without scores.

    Notes
    -----
    Scores are sorted once. Leaving a person out moves the quantile by less than one person's weight, so only the
    scores between are looked at.
    """
    counts = np.bincount(owner, minlength=subjects)
    k, order = int((counts > 0).sum()), np.argsort(scores)
    values, of = scores[order], owner[order]
    mass = np.cumsum(1.0 / counts[of])  # of persons, at or below each score
    by_person = np.argsort(of.astype(np.min_scalar_type(subjects)), kind="stable")  # small integers sort fastest
    places = np.split(by_person, np.cumsum(counts)[:-1])
    found = np.full(subjects, np.inf)
    for s, (own, count) in enumerate(zip(places, counts, strict=True)):
        wanted = (level - _ROUNDING) * k  # k - 1 others, and one more mass at infinity
        if not count or wanted > k - 1:
            continue
        first, last = np.searchsorted(mass, (wanted, wanted + 1 + _ROUNDING))
        near = np.arange(first, min(last + 1, len(mass)))
        without = mass[near] - np.searchsorted(own, near, side="right") / count
        found[s] = values[near[(without >= wanted).argmax()]]
    return found
