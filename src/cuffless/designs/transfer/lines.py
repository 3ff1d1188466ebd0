"""Moving a network's outputs towards other people: a shift, or a line fitted on a few of them."""

from dataclasses import dataclass

import numpy as np

PENALTY = 1.0
"""People of whom the predictions tell nothing that a fit is as cautious as if it had seen them, too."""
STILL_MMHG = 1e-3
"""Predictions that vary less are constant up to rounding."""


@dataclass(frozen=True)
class Line:
    """Pressures as ``slope * prediction + intercept``; SBP and DBP apart."""

    slope: np.ndarray
    """(2,) float array."""
    intercept: np.ndarray
    """(2,) float array, mmHg."""

    def __call__(self, predicted: np.ndarray) -> np.ndarray:
        """Moved predictions, (n, 2) mmHg."""
        return np.asarray(predicted, float) * self.slope + self.intercept


AS_IT_IS = Line(np.ones(2), np.zeros(2))
"""Changes nothing."""


def shift_to_mean(predicted: np.ndarray, labels: np.ndarray) -> Line:
    """Line of slope 1 that gives predictions the mean of the labels.

    Parameters
    ----------
    predicted, labels : (n, 2) float array
        SBP and DBP in mmHg of windows of the other data set's training people. Only the mean of the labels is used.

    Returns
    -------
    Line
        It removes a constant error.
    """
    return Line(np.ones(2), np.mean(labels, axis=0, dtype=float) - np.mean(predicted, axis=0, dtype=float))


def fit_line(predicted: np.ndarray, labels: np.ndarray, owner: np.ndarray) -> Line:
    """Line fitted on windows of a few people, each of whom counts the same.

    Parameters
    ----------
    predicted, labels : (n, 2) float array
        SBP and DBP in mmHg.
    owner : (n,) int array
        Person of each window, from 0 without a gap.

    Returns
    -------
    Line
        Of slope 0 through the mean of the people's mean labels if the predictions do not vary, or fall as these
        people's pressures rise.

    Notes
    -----
    Ridge regression (Hastie et al. 2009, section 3.4.1) on the standardized prediction, with weights that add up to the
    number k of people: the slope of least squares times k / (k + `PENALTY`). Least squares would take hundreds of
    windows for hundreds of observations, although windows of one person are nearly one observation: with k of 3 to 10
    its slope follows the accidents of who was drawn. Shrinking leads towards the mean of these people, which is what a
    network that knows nothing of the other data set should predict, and not towards slope 1, which would trust it. A
    negative slope would turn a network around because of a few people; it is 0 instead.
    """
    windows = np.bincount(owner)
    weight = 1.0 / windows[owner][:, None]  # of all windows of a person together: 1
    people = len(windows)
    x, y = np.asarray(predicted, float), np.asarray(labels, float)
    mean_x, mean_y = (weight * x).sum(axis=0) / people, (weight * y).sum(axis=0) / people
    spread = (weight * (x - mean_x) ** 2).sum(axis=0)
    together = (weight * (x - mean_x) * (y - mean_y)).sum(axis=0)
    varies = np.sqrt(spread / people) > STILL_MMHG
    slope = np.where(varies, np.maximum(together, 0) / np.where(varies, spread, 1.0) * people / (people + PENALTY), 0.0)
    return Line(slope, mean_y - slope * mean_x)
