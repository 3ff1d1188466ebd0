"""Skill: the share of a baseline's error that a predictor removes. This is its only definition."""

from typing import NamedTuple

import numpy as np

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.ratios import positive_interval

NO_ERROR = "baseline without error"
NO_ERROR_MMHG = 1e-6
"""A baseline with a smaller MAE has only rounding errors: no skill can be computed against it."""


class Skill(NamedTuple):
    """Skill with its limits, the method that gave them, and the mean absolute errors behind it; (m,) arrays."""

    skill: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    interval: np.ndarray
    mae: np.ndarray
    baseline_mae: np.ndarray


def skill_ratio(own: np.ndarray, baseline: np.ndarray, weight: np.ndarray, options: EvaluationOptions) -> Skill:
    """Skill 1 - MAE / MAE of the baseline, with an interval over subjects.

    Parameters
    ----------
    own, baseline : (k, m) float array
        Weighted sums of absolute errors of each of k subjects, mmHg, for m figures.
    weight : (k, m) float array
        Weights of the sums, so that the ratio of their totals is the MAE.
    options : EvaluationOptions

    Returns
    -------
    Skill
        With the limits of `positive_interval`, so that no limit exceeds 1. NaN where the baseline makes no error.
    """
    total = weight.sum(axis=0)
    mae, baseline_mae = own.sum(axis=0) / total, baseline.sum(axis=0) / total
    idle = baseline_mae < NO_ERROR_MMHG
    share = positive_interval(own, np.where(idle, 1.0, baseline), options, weight=weight)
    limits = (1 - share.estimate, 1 - share.upper, 1 - share.lower)
    skill, lower, upper = (np.where(idle, np.nan, part) for part in limits)
    return Skill(skill, lower, upper, np.where(idle, NO_ERROR, share.method).astype(object), mae, baseline_mae)
