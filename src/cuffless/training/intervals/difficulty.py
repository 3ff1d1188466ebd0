"""How large a window's error is expected to be, from what is known of it without a reference."""

from typing import Annotated

import numpy as np
from pydantic import Field

from cuffless.options import Options

CLUES = ("sbp", "dbp", "hr")
"""Predicted pressures in mmHg and pulse rate in bpm: known of every window, whatever the network."""
_PENALTY = 1.0  # of slopes on standardized clues: two dozen people tell little about three of them
_SMALLEST = 1.0  # mmHg, added to errors, so that a lucky window does not count as infinitely easy
_FARTHEST = 1.0  # logarithm of the largest and smallest difficulty: a window unlike all others gets no absurd width
_FOLDS = 5

_Numbers = Annotated[tuple[float, ...], Field(min_length=len(CLUES), max_length=len(CLUES))]


class Difficulty(Options):
    """Expected size of errors relative to that of the calibration windows; log-linear in the clues."""

    centre: _Numbers
    spread: _Numbers
    """`centre`, `spread`: Mean and SD of the clues; a spread of 0: the clue tells nothing."""
    slopes: tuple[_Numbers, _Numbers]
    """Of SBP and DBP, on standardized clues."""

    def of(self, clues: np.ndarray) -> np.ndarray:
        """Difficulty of windows, (n, 2), 1 where it is usual.

        Parameters
        ----------
        clues : (n, 3) float array
            `CLUES`; one that is missing counts as usual.
        """
        spread = np.asarray(self.spread)
        scale = np.divide(1, spread, out=np.zeros_like(spread), where=spread > 0)
        standard = np.nan_to_num((clues - np.asarray(self.centre)) * scale)
        return np.exp(np.clip(standard @ np.transpose(self.slopes), -_FARTHEST, _FARTHEST))


def fit_difficulty(clues: np.ndarray, errors: np.ndarray, owner: np.ndarray) -> Difficulty:
    """Fit the difficulty of windows by ridge regression of the logarithm of their errors; each person counts the same.

    Parameters
    ----------
    clues : (n, 3) float array
    errors : (n, 2) float array
        Sizes of the errors of SBP and DBP in mmHg.
    owner : (n,) int array
        Person of each window.
    """
    _, person, windows = np.unique(owner, return_inverse=True, return_counts=True)
    weight = (1 / windows[person] / len(windows))[:, None]
    with np.errstate(invalid="ignore"):
        known = np.where(np.isfinite(clues), clues, np.nansum(weight * clues, axis=0))
    centre = (weight * known).sum(axis=0)
    spread = np.sqrt((weight * np.square(known - centre)).sum(axis=0))
    standard = (known - centre) / np.where(spread > 0, spread, 1)
    size = np.log(np.maximum(errors, 0) + _SMALLEST)
    size -= (weight * size).sum(axis=0)
    gram = (weight * standard).T @ standard + _PENALTY * np.eye(len(CLUES))
    slopes = np.linalg.solve(gram, (weight * standard).T @ size)
    return Difficulty(centre=tuple(centre), spread=tuple(spread), slopes=tuple(map(tuple, slopes.T)))


def held_out_difficulty(clues: np.ndarray, errors: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Difficulty of each window as fitted to other people, (n, 2), since a new person is not in the fit either.

    Parameters
    ----------
    clues, errors, owner
        As for `fit_difficulty`, of at least two persons.
    """
    _, person = np.unique(owner, return_inverse=True)
    fold = person % min(_FOLDS, person.max() + 1)
    difficulty = np.empty((len(owner), 2))
    for number in range(fold.max() + 1):
        held = fold == number
        difficulty[held] = fit_difficulty(clues[~held], errors[~held], owner[~held]).of(clues[held])
    return difficulty
