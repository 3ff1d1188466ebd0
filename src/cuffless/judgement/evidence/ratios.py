"""Confidence intervals of ratios that cannot be negative: mean absolute errors, and one as a share of another.

Such a ratio is skewed when subjects are few, so its interval is symmetric on the logarithm and never reaches 0. The
jackknife draws nothing: the limits depend on no seed.
"""

import numpy as np
from scipy.special import stdtrit

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.bootstrap import TOO_FEW, Interval, effective_subjects, enough_subjects

LOG_JACKKNIFE = "log jackknife-t"
_LEAST_FREEDOM = 1.0


def positive_interval(
    numerator: np.ndarray, denominator: np.ndarray, options: EvaluationOptions, *, weight: np.ndarray | None = None
) -> Interval:
    """Ratio of sums over subjects, none of them negative, with a jackknife interval on the logarithm.

    Parameters
    ----------
    numerator : (k, m) float array
        Sums of each of k subjects, 0 or more (such as of absolute errors), for m figures at once.
    denominator : (k, m) or (k, 1) float array
        Divisors, 0 or more (such as the number of windows, or a baseline's absolute errors).
    options : EvaluationOptions
        Level `confidence`.
    weight : (k, m) or (k, 1) float array, optional
        How much each subject counts, such as its number of windows. The denominator by default.

    Returns
    -------
    Interval
        Arrays of shape (m,). The limits are NaN below 6 effective subjects (see `effective_subjects`; the least of the
        columns counts), and 0 and infinity where one subject has all of a sum.

    Raises
    ------
    ValueError
        If there is no subject or a denominator's total is 0.

    Notes
    -----
    Leaving out each subject in turn gives the standard error of the logarithm of the ratio (Efron & Tibshirani 1993,
    chapter 11). Student's t has one degree of freedom less than the subjects are worth by their shares in the
    numerator or the denominator, whichever is concentrated on fewer (Kish's number, as for unequal weights): where a
    few subjects make most of the error, the spread itself is hardly known. `cuffless.judgement.evidence.coverage`
    measures what the interval covers; it covers as much as the bootstrap-t of the ratio or more, in all its studies,
    and is narrower where few subjects are far off.
    """
    a = np.asarray(numerator, dtype=float)
    b = np.broadcast_to(np.asarray(denominator, dtype=float), a.shape)
    k, total_a, total_b = len(a), a.sum(axis=0), b.sum(axis=0)
    if k == 0 or np.any(total_b == 0):
        raise ValueError(f"cannot form a ratio over {k} subjects with totals {total_b}; judge at least one window")
    estimate = total_a / total_b
    if not enough_subjects(b if weight is None else weight):
        nothing = np.full(estimate.shape, np.nan)
        return Interval(estimate, nothing, nothing.copy(), TOO_FEW)
    shares = [effective_subjects(part) for part in (np.where(total_a > 0, a, 1.0), b)]
    freedom = np.maximum(np.min(shares, axis=0) - 1, _LEAST_FREEDOM)
    reach = stdtrit(freedom, (1 + options.confidence) / 2) * _log_error(a, b, estimate)
    with np.errstate(over="ignore", invalid="ignore"):
        upper = np.where(estimate > 0, estimate * np.exp(reach), 0.0)
    return Interval(estimate, estimate * np.exp(-reach), upper, LOG_JACKKNIFE)


def _log_error(a: np.ndarray, b: np.ndarray, estimate: np.ndarray) -> np.ndarray:
    """Jackknife standard error of the logarithm of the ratio, (m,); infinite where one subject has all of a sum."""
    k = len(a)
    others_a, others_b = (_without_each(part) for part in (a, b))
    lone = (others_a <= 0).any(axis=0) | (others_b <= 0).any(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(others_a / others_b / estimate)  # about 0, so that equal subjects leave no rounding
        spread = ((logs - logs.mean(axis=0)) ** 2).sum(axis=0)
    error = np.sqrt(spread * (k - 1) / k)
    return np.where(estimate == 0, 0.0, np.where(lone, np.inf, error))


def _without_each(values: np.ndarray) -> np.ndarray:
    """Totals of all subjects but one; exactly 0 where the others are 0."""
    alone = (values > 0).sum(axis=0) <= 1
    return np.where(alone & (values > 0), 0.0, values.sum(axis=0) - values)
