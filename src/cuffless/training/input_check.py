"""Does a network look at a recording? What it predicts for other input in its place."""

from collections.abc import Callable

import numpy as np

LITTLE = 0.05
"""Predictions that move by less than this share of the training labels' SD hardly move."""
LITTLE_MMHG = 0.5
"""The same in mmHg, for a network that does not hold the SD of its training labels."""
_MOST = 512  # windows; as many as are predicted at a time, so that nothing is compiled for another number
_PART = 0.75


def other_input(ppg: np.ndarray) -> np.ndarray:
    """Windows as no heart makes them: the first three quarters of each, backwards, and slower by a third.

    Parameters
    ----------
    ppg : (n, samples) float array

    Returns
    -------
    (n, samples) float32 array
        Zero mean and unit variance. The pulse has another rate and another shape (a slow rise and a fast fall), while
        its amplitudes stay those that a network knows; noise would be further from all that it was trained on.
    """
    ppg = np.asarray(ppg, np.float32)
    samples = ppg.shape[1]
    at = np.linspace(_PART * (samples - 1), 0, samples)
    left = np.minimum(at.astype(int), max(samples - 2, 0))
    share = (at - left).astype(np.float32)
    right = np.minimum(left + 1, samples - 1)
    other = (1 - share) * ppg[:, left] + share * ppg[:, right]
    other -= other.mean(axis=1, keepdims=True)
    spread = other.std(axis=1, keepdims=True)
    return other / np.where(spread > 0, spread, 1)


def check_input(
    ppg: np.ndarray,
    predicted: np.ndarray,
    predict: Callable[[np.ndarray], np.ndarray],
    label_sd: tuple[float, float] | None,
) -> dict[str, float | bool | None]:
    """Whether a network's predictions depend on a recording.

    Parameters
    ----------
    ppg : (n, samples) float array
        Accepted windows, at least one.
    predicted : (n, 2) float array
        What the network predicts for them: SBP and DBP, mmHg.
    predict : callable
        Gives its predictions for such windows.
    label_sd : two floats, optional
        SD of its training labels, mmHg.

    Returns
    -------
    dict
        For SBP and DBP (``sbp_``, ``dbp_``) ``spread`` (SD of the predictions over the windows), ``change`` (root mean
        square of how they move with `other_input`), ``label_sd`` (None if it is not known), mmHg, and ``depends``: one
        of the first two is at least `LITTLE` of the third (if it is not known, or 0:
        `LITTLE_MMHG`). A steady pressure gives little
        spread, so the spread alone tells nothing.
    """
    rows = np.unique(np.linspace(0, len(ppg) - 1, min(len(ppg), _MOST)).astype(int))
    moved = np.asarray(predict(other_input(ppg[rows])), float) - predicted[rows]
    spread, change = predicted.std(axis=0), np.sqrt((moved**2).mean(axis=0))
    found: dict[str, float | bool | None] = {}
    for p, name in enumerate(("sbp", "dbp")):
        least = LITTLE * label_sd[p] if label_sd and label_sd[p] > 0 else LITTLE_MMHG
        found |= {
            f"{name}_spread": float(spread[p]),
            f"{name}_change": float(change[p]),
            f"{name}_label_sd": None if label_sd is None else float(label_sd[p]),
            f"{name}_depends": not (spread[p] < least and change[p] < least),
        }
    return found
