"""Simulated studies whose true error and skill are known, to measure what intervals cover."""

from collections.abc import Iterator
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from cuffless.judgement.measures.errors import CLOSE_MMHG

MAE, WITHIN10, SKILL = "mae", "within10", "skill"
FIGURES = (MAE, WITHIN10, SKILL)
ALIKE, FAR_OFF, INFORMATIVE = "alike", "one in ten far off", "more windows of whom errs more"
PEOPLE = (ALIKE, FAR_OFF, INFORMATIVE)
"""Kinds of people; of a share there is the first kind only."""
BLOCK = 100
"""Studies that are simulated together."""

# As the networks of the demo study err on subjects they have not seen: subjects' MAEs with an SD of 0.6 of their mean
# (measured: 0.53 to 0.70) and a skewness of 1.2 (0.7 to 1.1); within a subject an SD of 0.6 of its MAE (0.45 to 0.6).
_MAE, _BETWEEN, _WITHIN = 12.0, 0.6, 0.6
_NEIGHBOURS = 5  # neighbouring windows that err alike
# Numbers of windows are more unequal than the demo's: half of the subjects have 25 to 64, the SD is 0.8 of the mean.
_WINDOWS, _UNEQUAL = 40, 0.7
_TOLD = 0.7  # correlation of the logarithm of informative numbers of windows with the subject's error, cut at 2 SD
# A share near 1, which few subjects decide: SDs in mmHg of the subjects' mean errors and of the errors about them.
_OFFSETS, _ABOUT = 4.0, 2.0
_SHARE = 2 * NormalDist(0, (_OFFSETS**2 + _ABOUT**2) ** 0.5).cdf(CLOSE_MMHG) - 1
_FAR_SHARE, _FAR_MMHG = 0.1, 40.0
# Skill: SDs in mmHg of subjects' pressures, and of windows about them; the predictor follows this share of a subject's
# distance from the mean, with an offset of its own for each subject and errors about it.
_PRESSURES, _MOVES = 15.0, 8.0
_FOLLOWED, _OWN_OFFSETS, _OWN_ABOUT = 0.4, 8.0, 6.0
_MANY = 1_000_000  # subjects whose ratio stands for the true one


class Study(NamedTuple):
    """Sums of a block of studies, (k, studies): what is judged, what it is divided by, and numbers of windows."""

    own: np.ndarray
    other: np.ndarray
    windows: np.ndarray

    def averaged(self, average: str) -> "Study":
        """Sums where every window counts the same (`pooled`), or means over windows, so that subjects do."""
        return self if average == "pooled" else Study(*(part / self.windows for part in self))


def simulate(figure: str, people: str, k: int, simulations: int, seed: int) -> Iterator[Study]:
    """Blocks of studies of k subjects.

    Parameters
    ----------
    figure : {"mae", "within10", "skill"}
        Own sums are of absolute errors, of windows with errors up to 10 mmHg, or of absolute errors; the others are
        numbers of windows or, for skill, the absolute errors of the population mean.
    people : {"alike", "one in ten far off", "more windows of whom errs more"}
    k, simulations, seed : int

    Yields
    ------
    Study
    """
    rng = np.random.default_rng([seed, k])
    for start in range(0, simulations, BLOCK):
        yield _draw(rng, figure, people, (k, min(BLOCK, simulations - start)))


@lru_cache
def true_ratio(figure: str, people: str, average: str) -> float:
    """The ratio that the intervals are to hold: own sums over the others', expected over subjects."""
    if figure == WITHIN10:
        return _SHARE
    if figure == MAE and people == ALIKE:
        return _MAE
    many = _draw(np.random.default_rng(0), figure, people, (_MANY, 1)).averaged(average)
    return float(many.own.sum() / many.other.sum())


def _draw(rng: np.random.Generator, figure: str, people: str, shape: tuple[int, int]) -> Study:
    if figure == WITHIN10:
        windows = _windows(rng, shape)
        offset = rng.normal(0, _OFFSETS, shape)
        small = ndtr((CLOSE_MMHG - offset) / _ABOUT) - ndtr((-CLOSE_MMHG - offset) / _ABOUT)
        return Study(rng.binomial(windows.astype(int), small).astype(float), windows, windows)
    if figure == MAE:
        own = rng.gamma(_BETWEEN**-2, _MAE * _BETWEEN**2, shape)
        if people == FAR_OFF:
            own = np.where(rng.random(shape) < _FAR_SHARE, _FAR_MMHG, own)
        windows = _windows(rng, shape, own if people == INFORMATIVE else None)
        return Study(_summed(rng, own, windows), windows, windows)
    distance = rng.normal(0, _PRESSURES, shape)
    offset = rng.normal(0, _OWN_OFFSETS, shape)
    if people == FAR_OFF:
        offset = np.where(rng.random(shape) < _FAR_SHARE, rng.choice([-_FAR_MMHG, _FAR_MMHG], shape), offset)
    own = _folded(offset - (1 - _FOLLOWED) * distance, _OWN_ABOUT)
    windows = _windows(rng, shape, own if people == INFORMATIVE else None)
    return Study(_summed(rng, own, windows), _summed(rng, _folded(distance, _MOVES), windows), windows)


def _windows(rng: np.random.Generator, shape: tuple[int, int], errors: np.ndarray | None = None) -> np.ndarray:
    """Numbers of windows, which depend on subjects' errors where these are given."""
    chance = rng.normal(0, 1, shape)
    if errors is not None:
        told = np.clip((errors - _MAE) / (_BETWEEN * _MAE), -2, 2)
        chance = _TOLD * told + (1 - _TOLD**2) ** 0.5 * chance
    return np.ceil(_WINDOWS * np.exp(_UNEQUAL * chance))


def _summed(rng: np.random.Generator, mae: np.ndarray, windows: np.ndarray) -> np.ndarray:
    """Sums of windows' absolute errors about their subject's MAE."""
    independent = np.maximum(windows / _NEIGHBOURS, 1) * _WITHIN**-2
    return windows * mae * rng.gamma(independent, 1 / independent)


def _folded(mean: np.ndarray, sd: float) -> np.ndarray:
    """Mean absolute value of a normal error."""
    return sd * np.sqrt(2 / np.pi) * np.exp(-0.5 * (mean / sd) ** 2) + mean * (1 - 2 * ndtr(-mean / sd))
