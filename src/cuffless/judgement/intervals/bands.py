"""Intervals of one predictor on the test windows of a case, as its table states them."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from cuffless.judgement.table.cases import Case

GIVEN, CONFORMAL, SCALED = "given", "conformal", "scaled"
ENSEMBLE, ENSEMBLE_CONFORMAL, ENSEMBLE_SCALED = "ensemble", "ensemble, conformal", "ensemble, scaled"
MEAN_BAND, HELD_BAND = "population mean", "held value"
"""Kinds of intervals; the last two know nothing of the signal."""
KINDS = {
    GIVEN: "stated by the predictor",
    CONFORMAL: "conformal, from validation people",
    SCALED: "conformal, scaled by what the predictor states",
    ENSEMBLE: "spread of the seeds",
    ENSEMBLE_CONFORMAL: "mean of the seeds, conformal",
    ENSEMBLE_SCALED: "mean of the seeds, conformal, scaled by their spread",
    MEAN_BAND: "population mean ± quantile",
    HELD_BAND: "held value ± quantile by age",
}
"""Printed names of the kinds, in the order of the tables."""
DRAWN = (GIVEN, CONFORMAL, SCALED, ENSEMBLE, HELD_BAND, MEAN_BAND)
"""Kinds that figures show, each always in the same colour; more lines cannot be told apart."""


@dataclass(frozen=True)
class Band:
    """Intervals of one predictor.

    Attributes
    ----------
    network : str
        `names.NONE` for intervals without one.
    seed : int or None
        None for a network's seeds together, and without a network.
    kind : str
    centre, lower, upper : (n, pressures) float array
        Prediction and limits for the case's windows, mmHg. Limits may be infinite; they are NaN where
        there is no interval.
    """

    network: str
    seed: int | None
    kind: str
    centre: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    @classmethod
    def around(cls, network: str, seed: int | None, kind: str, centre: np.ndarray, half: np.ndarray) -> "Band":
        """Intervals that reach `half`, (n, pressures) or broadcast to it, to both sides of the prediction."""
        half = np.broadcast_to(half, centre.shape)
        return cls(network, seed, kind, centre, centre - half, centre + half)

    def known(self, pressure: int) -> np.ndarray:
        """Windows that have an interval: (n,)."""
        return ~(np.isnan(self.lower[:, pressure]) | np.isnan(self.upper[:, pressure]))

    def width(self, pressure: int) -> np.ndarray:
        """Width of each interval, (n,) mmHg; 0 where the limits are crossed, NaN where there is none."""
        return np.maximum(self.upper[:, pressure] - self.lower[:, pressure], 0)


def normal_quantile(level: float) -> float:
    """How many SDs a normal error with a share `level` of its values stays within."""
    return NormalDist().inv_cdf((1 + level) / 2)


def stated_limits(prediction: np.ndarray, stated: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Limits as a predictor states them.

    Parameters
    ----------
    prediction : (n, pressures) float array
    stated : (n, 3, pressures) float array
        As in `JudgedSplit`.
    level : float

    Returns
    -------
    lower, upper : (n, pressures) float array
        For each pressure the limits where there are any, else the prediction -+ its SD times the normal quantile.
    """
    lower, upper, half = stated[:, 0].copy(), stated[:, 1].copy(), normal_quantile(level) * stated[:, 2]
    for p in range(prediction.shape[1]):
        if (np.isnan(lower[:, p]) | np.isnan(upper[:, p])).all():
            lower[:, p], upper[:, p] = prediction[:, p] - half[:, p], prediction[:, p] + half[:, p]
    return lower, upper


def stated_difficulty(stated: np.ndarray) -> np.ndarray:
    """How uncertain a predictor states to be, (n, pressures) mmHg: the SD, else half the width of the interval.

    NaN where it states nothing, or nothing that a residual can be divided by: 0, or infinity.
    """
    half = (stated[:, 1] - stated[:, 0]) / 2
    found = np.where(np.isnan(stated[:, 2]).all(axis=0), half, stated[:, 2])
    return np.where(np.isfinite(found) & (found > 0), found, np.nan)


def given_bands(case: Case, level: float) -> Iterator[Band]:
    """Intervals that the table states, by network and seed."""
    for (network, seed), stated in case.judged.stated.items():
        prediction = case.judged.predicted[network, seed]
        yield Band(network, seed, GIVEN, prediction, *stated_limits(prediction, stated, level))
