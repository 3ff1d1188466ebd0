"""Confidence intervals by resampling subjects.

Windows of one subject resemble each other, so subjects are resampled, not windows. What is resampled here is a
ratio of sums over subjects that may be negative or is at most 1 (a mean error, a difference, a share) or a smooth
function of such sums (limits of agreement), so that all resamples are one product of a matrix of weights and a
table of subject sums, however many windows there are. Mean absolute errors and skill are in `ratios`.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from cuffless.config import EvaluationOptions

PERCENTILE_SUBJECTS = 50
"""From this effective number of subjects on, the percentile interval has its nominal coverage."""
LEAST_SUBJECTS = 6
"""With fewer effective subjects no interval is given."""
PERCENTILE, STUDENTIZED, TOO_FEW = "percentile", "bootstrap-t", "too few subjects"

_BLOCK = 4_000_000  # weights held in memory at a time
_SMALL = 200_000  # products of numbers that BLAS computes in one thread
_KEPT = 3  # such blocks
_ROUNDING = 1e-6
_FAR = 1e60  # stands for infinity, which quantiles cannot interpolate to
_STEP = 1e-30  # imaginary; the complex step loses no digits, however small


class Interval(NamedTuple):
    """Estimates with their limits, one per input column, and the method that gave the limits."""

    estimate: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    method: str


def subject_interval(
    numerator: np.ndarray, denominator: np.ndarray, options: EvaluationOptions, *, studentized: bool = False
) -> Interval:
    """Ratio of sums over subjects with a bootstrap interval.

    Parameters
    ----------
    numerator : (k, m) float array
        Sums of each of k subjects (such as of absolute errors), for m figures at once.
    denominator : (k, m) or (k, 1) float array
        Divisors (such as the number of windows); the total must not be 0.
    options : EvaluationOptions
        `bootstrap` draws with `seed`, level `confidence`.
    studentized : bool
        Bootstrap-t however many subjects there are; for shares near 0 or 1, which few subjects decide.

    Returns
    -------
    Interval
        Arrays of shape (m,). The limits are NaN below 6 effective subjects, and infinite where too many draws consist
        of equal subjects to give a limit. The same draws of subjects are used for all columns, and by all
        calls with the same number of subjects and seed.

    Raises
    ------
    ValueError
        If there is no subject or a denominator's total is 0.

    Notes
    -----
    Percentile interval for 50 effective subjects or more (see `effective_subjects`; the least of the columns
    counts). Below, the bootstrap-t: each draw's deviation is divided by its own linearized standard error
    (Efron & Tibshirani 1993, section 12.5; for a ratio, Cochran 1977, section 6.4). Where all subjects have
    equally many windows this is the bootstrap-t of the subject means. `cuffless.judgement.evidence.coverage` measures
    what the intervals cover.
    """
    a = np.asarray(numerator, dtype=float)
    b = np.broadcast_to(np.asarray(denominator, dtype=float), a.shape)
    k = len(a)
    if k == 0 or np.any(b.sum(axis=0) == 0):
        raise ValueError(
            f"cannot form a ratio over {k} subjects with totals {b.sum(axis=0)}; judge at least one window"
        )
    estimate = a.sum(axis=0) / b.sum(axis=0)
    if not enough_subjects(b):
        nothing = np.full(estimate.shape, np.nan)
        return Interval(estimate, nothing, nothing.copy(), TOO_FEW)
    tails = _tails(options)
    if not studentized and effective_subjects(b).min() >= PERCENTILE_SUBJECTS - _ROUNDING:
        sums = np.concatenate([product(w, np.concatenate([a, b], axis=1)) for w in _weights(k, options)])
        draws = sums[:, : a.shape[1]] / sums[:, a.shape[1] :]
        lower, upper = np.quantile(draws, tails, axis=0)
        return Interval(estimate, lower, upper, PERCENTILE)
    error = _ratio_and_error(np.ones((1, k)), a, b)[1][0]
    low, high = _studentized_quantiles(a, b, estimate, tails, options)
    return _studentized(estimate, error, low, high)


def effective_subjects(weight: np.ndarray) -> np.ndarray:
    """Number of equally weighted subjects that would carry as much information.

    Parameters
    ----------
    weight : (k, m) float array
        Contribution of each subject to a denominator, such as its number of windows; not negative.

    Returns
    -------
    (m,) float array
        k if all subjects have the same weight, 1 if one subject has all of it.

    Notes
    -----
    Kish (1965), section 11.7: the square of the sum over the sum of squares. A pooled mean over 85 subjects whose
    numbers of windows vary by as much as their mean is as uncertain, and as skewed, as one over 43 equal subjects.
    """
    return weight.sum(axis=0) ** 2 / (weight**2).sum(axis=0)


def enough_subjects(weight: np.ndarray) -> bool:
    """Whether subjects who count this much, (k, m), are worth `LEAST_SUBJECTS` in every column."""
    return bool(effective_subjects(weight).min() >= LEAST_SUBJECTS - _ROUNDING)


def smooth_interval(
    sums: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray], weight: np.ndarray, options: EvaluationOptions
) -> Interval:
    """Smooth function of sums over subjects with a bootstrap-t interval.

    Parameters
    ----------
    sums : (k, p) float array
        Sums of each of k subjects.
    statistic : callable
        Gives q figures, (draws, q), for totals over subjects, (draws, p). Must be differentiable and take complex
        totals, by which it is differentiated.
    weight : (k, 1) float array
        How much each subject counts, such as its number of windows.
    options : EvaluationOptions
        `bootstrap` draws with `seed`, level `confidence`.

    Returns
    -------
    Interval
        Arrays of shape (q,). The limits are NaN below 6 effective subjects, and where the figure is. Draws are those of
        `subject_interval`.

    Notes
    -----
    Efron & Tibshirani (1993), section 12.5, with the standard error of each draw from the infinitesimal jackknife
    (section 21.6); derivatives by a complex step (Squire & Trapp 1998).
    """
    x = np.asarray(sums, dtype=float)
    k = len(x)
    estimate, error = (part[0] for part in _value_and_error(np.ones((1, k)), x, statistic))
    if not enough_subjects(weight):
        nothing = np.full(estimate.shape, np.nan)
        return Interval(estimate, nothing, nothing.copy(), TOO_FEW)
    drawn = [_value_and_error(weights, x, statistic) for weights in _weights(k, options)]
    values, errors = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    return _studentized(estimate, error, *_quantiles(_studentize(values, errors, estimate), _tails(options)))


def product(weights: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Matrix product of (draws, k) weights of any type with (k, m) floats, a few draws at a time.

    Larger products wake the threads of BLAS, which take more time than they save.
    """
    rows = max(1, _SMALL // max(x.size, 1))
    parts = [weights[at : at + rows].astype(float, copy=False) @ x for at in range(0, len(weights), rows)]
    return np.concatenate(parts)


def _studentized(estimate: np.ndarray, error: np.ndarray, low: np.ndarray, high: np.ndarray) -> Interval:
    still = error == 0  # infinite times nothing
    low, high = np.where(still, 0.0, low), np.where(still, 0.0, high)
    return Interval(estimate, estimate - high * error, estimate - low * error, STUDENTIZED)


def _value_and_error(weights, x, statistic) -> tuple[np.ndarray, np.ndarray]:
    """The figures of each draw and their standard errors: two (draws, q) arrays."""
    k, p = x.shape
    totals = product(weights, x)
    gradient = np.stack([statistic(totals + 1j * _STEP * axis).imag / _STEP for axis in np.eye(p)], axis=-1)
    products = product(weights, (x[:, :, None] * x[:, None]).reshape(k, p * p)).reshape(-1, p, p)
    spread = products - totals[:, :, None] * totals[:, None] / k
    variance = np.einsum("dqi,dij,dqj->dq", gradient, spread, gradient)
    return statistic(totals), np.sqrt(np.maximum(variance, 0) * k / (k - 1)) if k > 1 else np.zeros_like(variance)


def _tails(options: EvaluationOptions) -> np.ndarray:
    return np.array([(1 - options.confidence) / 2, (1 + options.confidence) / 2])


def _weights(k: int, options: EvaluationOptions) -> Iterable[np.ndarray]:
    """How often each of k subjects is drawn, in blocks of draws: (draws, k) arrays."""
    if options.bootstrap * k <= _BLOCK:
        return _single_block(k, options.seed, options.bootstrap)
    return _draw(k, options.seed, options.bootstrap)


@lru_cache(maxsize=_KEPT)
def _single_block(k: int, seed: int, bootstrap: int) -> tuple[np.ndarray, ...]:
    """The weights as one block, kept because most figures of a case are of all its subjects, and others of few."""
    return tuple(_draw(k, seed, bootstrap))


def _draw(k: int, seed: int, bootstrap: int) -> Iterator[np.ndarray]:
    rng = np.random.default_rng([seed, k])
    block = max(1, _BLOCK // k)
    for start in range(0, bootstrap, block):
        draws = min(block, bootstrap - start)
        drawn = rng.integers(0, k, (draws, k)) + k * np.arange(draws)[:, None]
        yield np.bincount(drawn.ravel(), minlength=draws * k).reshape(draws, k).astype(float)


def _ratio_and_error(weights: np.ndarray, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ratio of each draw and its linearized standard error: two (draws, m) arrays."""
    k = len(a)
    sums = product(weights, np.concatenate([a, b, a**2, a * b, b**2], axis=1))
    sum_a, sum_b, aa, ab, bb = np.split(sums, 5, axis=1)
    ratio = sum_a / sum_b
    squares = aa - 2 * ratio * ab + ratio**2 * bb
    return ratio, np.sqrt(np.maximum(squares, 0) * k / (k - 1)) / np.abs(sum_b)


def _studentized_quantiles(a, b, estimate, tails, options):
    """Quantiles of the studentized deviations: two (m,) arrays."""
    t = [_studentize(*_ratio_and_error(weights, a, b), estimate) for weights in _weights(len(a), options)]
    return _quantiles(np.concatenate(t), tails)


def _studentize(values: np.ndarray, errors: np.ndarray, estimate: np.ndarray) -> np.ndarray:
    # Draws of identical subjects have no standard error; treat their deviation as infinite. Dropping them would cut off
    # the tail and narrow the interval.
    away = values - estimate
    rounding = 1e-7 * np.maximum(np.abs(estimate), 1e-300)
    alike = np.where(np.abs(away) > rounding, np.sign(away) * _FAR, np.nan)
    return np.divide(away, errors, out=alike, where=errors > rounding)


def _quantiles(t: np.ndarray, tails: np.ndarray) -> np.ndarray:
    empty = np.isnan(t).all(axis=0)  # every subject alike: no spread, so the limits are the estimate
    t[:, empty] = 0.0
    quantile = np.nanquantile if np.isnan(t).any() else np.quantile  # the latter is much faster
    found = quantile(t, tails, axis=0)
    return np.where(np.abs(found) > np.sqrt(_FAR), np.copysign(np.inf, found), found)
