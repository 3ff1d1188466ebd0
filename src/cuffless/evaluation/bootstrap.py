"""Confidence intervals by resampling subjects.

Windows of one subject resemble each other, so the subject is what is drawn with replacement. Every figure
with an interval is a ratio of sums over subjects (a mean absolute error: absolute errors over windows; a
skill: absolute errors over the baseline's), so that all draws are one product of a matrix of weights and a
table of subject sums, however many windows stand behind it.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from cuffless.config import EvaluationOptions

PERCENTILE_SUBJECTS = 50
"""From this number of subjects on the percentile interval covers what it says."""
LEAST_SUBJECTS = 6
"""With fewer subjects no interval is given."""
PERCENTILE, STUDENTIZED, TOO_FEW = "percentile", "bootstrap-t", "too few subjects"

_BLOCK = 4_000_000  # weights held in memory at a time


class Interval(NamedTuple):
    """Estimates with their limits, one an input column, and the method that gave the limits."""

    estimate: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    method: str


def subject_interval(numerator: np.ndarray, denominator: np.ndarray, options: EvaluationOptions) -> Interval:
    """Ratio of sums over subjects with a bootstrap interval.

    Parameters
    ----------
    numerator : (k, m) float array
        Sums of each of k subjects (such as of absolute errors), for m figures at once.
    denominator : (k, m) or (k, 1) float array
        What they are divided by (such as the number of windows); its total must not be 0.
    options : EvaluationOptions
        `bootstrap` draws with `seed`, level `confidence`.

    Returns
    -------
    Interval
        Arrays of shape (m,). The limits are NaN below 6 subjects. The same draws of subjects are used for
        all columns, and by all calls with the same number of subjects and seed.

    Raises
    ------
    ValueError
        If there is no subject or a denominator's total is 0.

    Notes
    -----
    Percentile interval for 50 subjects or more. Below, the bootstrap-t: each draw's deviation is divided by
    its own linearized standard error (Efron & Tibshirani 1993, section 12.5; for a ratio, Cochran 1977,
    section 6.4). Where all subjects have equally many windows this is the bootstrap-t of the subject means.
    """
    a = np.asarray(numerator, dtype=float)
    b = np.broadcast_to(np.asarray(denominator, dtype=float), a.shape)
    k = len(a)
    if k == 0 or np.any(b.sum(axis=0) == 0):
        raise ValueError(
            f"cannot form a ratio over {k} subjects with totals {b.sum(axis=0)}; judge at least one window"
        )
    estimate = a.sum(axis=0) / b.sum(axis=0)
    if k < LEAST_SUBJECTS:
        nothing = np.full(estimate.shape, np.nan)
        return Interval(estimate, nothing, nothing.copy(), TOO_FEW)
    tails = np.array([(1 - options.confidence) / 2, (1 + options.confidence) / 2])
    if k >= PERCENTILE_SUBJECTS:
        draws = np.concatenate([(w @ a) / (w @ b) for w in _weights(k, options)])
        lower, upper = np.quantile(draws, tails, axis=0)
        return Interval(estimate, lower, upper, PERCENTILE)
    error = _standard_error(np.ones((1, k)), a, b)[0]
    low, high = _studentized_quantiles(a, b, estimate, tails, options)
    return Interval(estimate, estimate - high * error, estimate - low * error, STUDENTIZED)


def _weights(k: int, options: EvaluationOptions) -> Iterator[np.ndarray]:
    """How often each of k subjects is drawn, in blocks of draws: (draws, k) arrays."""
    rng = np.random.default_rng([options.seed, k])
    block = max(1, _BLOCK // k)
    for start in range(0, options.bootstrap, block):
        draws = min(block, options.bootstrap - start)
        drawn = rng.integers(0, k, (draws, k)) + k * np.arange(draws)[:, None]
        yield np.bincount(drawn.ravel(), minlength=draws * k).reshape(draws, k).astype(float)


def _standard_error(weights: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Linearized standard error of the ratio in each draw: (draws, m)."""
    k = len(a)
    ratio = (weights @ a) / (weights @ b)
    squares = weights @ a**2 - 2 * ratio * (weights @ (a * b)) + ratio**2 * (weights @ b**2)
    return np.sqrt(np.maximum(squares, 0) * k / (k - 1)) / np.abs(weights @ b)


def _studentized_quantiles(a, b, estimate, tails, options):
    """Quantiles of the studentized deviations: two (m,) arrays."""
    deviations = []
    for weights in _weights(len(a), options):
        error = _standard_error(weights, a, b)
        # A draw of one subject only has no error of its own; it says nothing about the spread.
        usable = error > 1e-7 * np.maximum(np.abs(estimate), 1e-300)
        deviation = (weights @ a) / (weights @ b) - estimate
        deviations.append(np.divide(deviation, error, out=np.full_like(error, np.nan), where=usable))
    t = np.concatenate(deviations)
    empty = np.isnan(t).all(axis=0)  # every subject alike: no spread, so the limits are the estimate
    t[:, empty] = 0.0
    quantile = np.nanquantile if np.isnan(t).any() else np.quantile  # the latter is much faster
    return quantile(t, tails, axis=0)
