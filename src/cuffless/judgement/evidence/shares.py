"""Confidence intervals of shares of windows that have a property, where windows of one person resemble each other."""

import numpy as np

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.bootstrap import LEAST_SUBJECTS, Interval, effective_subjects

EFFECTIVE_BINOMIAL = "Korn-Graubard"
_ROUNDING = 1e-9


def clustered_share(hits: np.ndarray, trials: np.ndarray, options: EvaluationOptions) -> Interval:
    """Share of windows that have a property, with an interval over subjects.

    Parameters
    ----------
    hits, trials : (k, m) float array
        Windows of each of k subjects that have the property, and all that could have it, for m shares at once.
        Subjects without a trial do not count. Hits may be means over several trainings.
    options : EvaluationOptions
        Level `confidence`.

    Returns
    -------
    Interval
        Arrays of shape (m,). The share is NaN where there is no trial; the limits are NaN there, and where the subjects
        who have a trial are worth fewer than 6 (see `effective_subjects`).

    Notes
    -----
    Korn & Graubard (1998), Survey Methodology 24:193: the limits of Clopper & Pearson (1934) for as many independent
    windows as give the variance that is found between subjects (Taylor linearization), fewer still by the squared ratio
    of Student's t. Its degrees of freedom are the subjects that the hits, or the misses, are concentrated on: with
    those of all subjects, 95 % intervals of a share of 2 % cover only 84 %, because a few subjects have all hits.
    Windows are never worth less than the effective subjects, as if each subject's were all alike. With one trial per
    subject the limits are those of Clopper and Pearson. Where all trials are hits, or none, subjects show no variance,
    and each effective subject counts as one independent window.
    95 % intervals cover 95 to 100 % of simulated studies of 10 to 100 subjects of 20 to 40 windows, and 93 to 100 %
    where the numbers of windows are lognormal (1,000 studies each; shares of 2 to 50 % that vary between subjects by a
    beta distribution, correlations within a subject of 0.1 to 0.9). Nothing is drawn, so that hundreds of shares take
    milliseconds.
    """
    from scipy.special import betaincinv  # importing it takes a tenth of a second

    tail = (1 - options.confidence) / 2
    total = trials.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(total > 0, hits.sum(axis=0) / total, np.nan)
        worth = np.where(total > 0, effective_subjects(trials), 0.0)
        never, always = share < _ROUNDING, share > 1 - _ROUNDING
        size = np.where(never | always, worth, _independent_windows(hits, trials, share, worth, tail))
        known = worth > LEAST_SUBJECTS - _ROUNDING
        found = share * size
        lower = betaincinv(np.where(never, 1.0, found), size - found + 1, tail)
        upper = betaincinv(found + 1, np.where(always, 1.0, size - found), 1 - tail)
    lower, upper = np.where(never, 0.0, lower), np.where(always, 1.0, upper)
    return Interval(share, np.where(known, lower, np.nan), np.where(known, upper, np.nan), EFFECTIVE_BINOMIAL)


def _independent_windows(hits, trials, share, worth, tail: float) -> np.ndarray:
    """Independent windows that tell as much of each share as these: (m,)."""
    from scipy.special import stdtrit

    total, subjects = trials.sum(axis=0), (trials > 0).sum(axis=0)
    variance = ((hits - share * trials) ** 2).sum(axis=0) / total**2 * subjects / (subjects - 1)
    concentrated = np.fmin(effective_subjects(hits), effective_subjects(trials - hits))
    free = np.clip(np.fmin(worth - 1, concentrated), 1, None)
    shrink = (stdtrit(np.maximum(total - 1, 1), 1 - tail) / stdtrit(free, 1 - tail)) ** 2
    size = share * (1 - share) / (total - 1) / variance * total * shrink
    return np.where(trials.max(axis=0) <= 1, total, np.clip(size, worth, total))
