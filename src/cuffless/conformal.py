"""Split conformal prediction with the person as the unit: intervals that hold for a new person's windows.

A person's windows resemble each other, so a thousand windows of ten people are ten observations and not a thousand.
Hierarchical conformal prediction (Lee, Barber & Willett 2023, "Distribution-free inference with hierarchical data")
therefore gives each person the same mass, whatever the number of their windows; Dunn, Wasserman & Ramdas 2022
("Distribution-free prediction sets for two-layer hierarchical models") pool the persons' distributions alike.
"""

import math

import numpy as np

METADATA = b"cuffless"
"""Key of a prediction table's parquet metadata; its value is JSON about the intervals, at least their ``level``."""
# Sums of equal shares: 9 persons are enough for 90 %, though 9 x (1 / 10) is less than 0.9 in doubles.
ROUNDING = 1e-9


def person_quantile(scores: np.ndarray, owner: np.ndarray, level: float) -> float:
    """Score that a new person's window does not exceed with the probability `level`.

    Parameters
    ----------
    scores : (n,) float array
        How far the prediction of each calibration window is off, larger for worse: in mmHg, or relative to a
        difficulty. Negative where a window lies inside of an interval that is to be corrected (quantile regression).
    owner : (n,) array
        Person of each score.
    level : float
        Between 0 and 1, e.g. 0.9.

    Returns
    -------
    float
        The `level` quantile of the distribution that gives each of the k persons the mass 1 / (k + 1), spread evenly
        over their windows, and the mass 1 / (k + 1) to infinity; infinite with fewer than `persons_needed` persons.

    Raises
    ------
    ValueError
        If the level is not between 0 and 1, the arrays differ in length, or a score is not a number.

    Notes
    -----
    If the persons are exchangeable, a window of a new person, drawn at random from theirs, has a score of at most this
    with a probability of at least `level` (Lee, Barber & Willett, theorem 1); also where the number of a person's
    windows depends on how well they are predicted. The probability is at most about ``level (k + 1) / k``, which 0.92
    is for 40 persons, and is closest to `level` where a person's windows are alike. It is a mean over persons, not a
    statement about each person.
    """
    scores, owner = np.asarray(scores, float), np.asarray(owner)
    _require_level(level)
    if scores.ndim != 1 or scores.shape != owner.shape:
        raise ValueError(f"scores and their persons must be of one length, got {scores.shape} and {owner.shape}")
    if np.isnan(scores).any():
        raise ValueError(f"{int(np.isnan(scores).sum())} of {len(scores)} scores are not numbers; leave them out")
    _, person, windows = np.unique(owner, return_inverse=True, return_counts=True)
    if len(windows) < persons_needed(level):
        return math.inf
    order = np.argsort(scores, kind="stable")
    mass = np.cumsum(1 / windows[person[order]]) / (len(windows) + 1)
    position = int(np.searchsorted(mass, level - ROUNDING))
    return float(scores[order[min(position, len(order) - 1)]])


def persons_needed(level: float) -> int:
    """Fewest calibration persons with whom `person_quantile` is finite: k with k / (k + 1) >= level, 9 for 0.9.

    Raises
    ------
    ValueError
        If the level is not between 0 and 1.
    """
    _require_level(level)
    return max(1, math.ceil(level / (1 - level) - ROUNDING))


def interval(prediction: np.ndarray, quantile: np.ndarray | float, difficulty: np.ndarray | float = 1.0):
    """Interval around each prediction of a new person.

    Parameters
    ----------
    prediction : (n,) or (n, 2) float array
    quantile : float, or one for each column
        Of the calibration windows' ``|error| / difficulty``, from `person_quantile`.
    difficulty : float array like `prediction`, or float
        Positive; 1: every window gets the same width (plain).

    Returns
    -------
    lo, hi : float arrays like `prediction`
    """
    half = quantile * np.asarray(difficulty, float)
    return prediction - half, prediction + half


def _require_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"the level of an interval must be between 0 and 1, got {level}")
