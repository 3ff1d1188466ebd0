"""Intervals that know nothing of the signal, next to which all others are judged."""

import numpy as np
import pandas as pd

from cuffless.conformal import person_quantile
from cuffless.judgement.evidence.baselines import FROM_TRAINING, Baselines
from cuffless.judgement.intervals.bands import HELD_BAND, MEAN_BAND, Band
from cuffless.judgement.intervals.quantiles import left_out_quantiles
from cuffless.judgement.measures.drift import drift_edges
from cuffless.judgement.measures.errors import sum_by_subject
from cuffless.judgement.names import HOLD_LAST, NONE, POPULATION_MEAN
from cuffless.judgement.table.cases import Case


def mean_band(case: Case, baselines: Baselines, level: float) -> Band | None:
    """The population mean -+ the quantile over persons of its absolute error.

    Parameters
    ----------
    case : Case
    baselines : Baselines
        What the mean is fitted on: the training persons, whose errors about each other's mean then give the quantile,
        in each fold; or the test persons themselves, of whom all others then give each one's quantile.
    level : float

    Returns
    -------
    Band or None
        None if there is no population mean.
    """
    centre = baselines.predicted.get(POPULATION_MEAN)
    if centre is None:
        return None
    owner, k = case.judged.owner, len(case.judged.subjects)
    if baselines.fitted_on != FROM_TRAINING:
        error = np.abs(centre - case.judged.reference)
        half = np.stack([left_out_quantiles(column, owner, k, level)[owner] for column in error.T], axis=1)
        return Band.around(NONE, None, MEAN_BAND, centre, half)
    half = np.empty_like(centre)
    tested = case.windows["fold"].to_numpy(float)
    for fold, rows in case.fitting.groupby("fold"):
        half[tested == fold] = _quantiles_about_others(case, rows, level)
    return Band.around(NONE, None, MEAN_BAND, centre, half)


def _quantiles_about_others(case: Case, rows: pd.DataFrame, level: float) -> np.ndarray:
    """Quantiles of each person's errors about the mean of the others: (pressures,) mmHg."""
    owner, subjects = pd.factorize(rows["subject"])
    if len(subjects) < 2:
        return np.full(len(case.references), np.inf)
    reference = rows[case.references].to_numpy(float)
    sums, counts = sum_by_subject(reference, owner, len(subjects)), np.bincount(owner)[:, None]
    others = (sums.sum(axis=0) - sums) / (counts.sum() - counts)
    return np.array([person_quantile(column, owner, level) for column in np.abs(reference - others[owner]).T])


def held_band(case: Case, baselines: Baselines, level: float) -> Band | None:
    """The last calibration value held -+ the quantile of its absolute error at like ages of the calibration.

    Parameters
    ----------
    case : Case
    baselines : Baselines
    level : float

    Returns
    -------
    Band or None
        None if there is no calibration value to hold. Where the ages are not known, or too few persons have windows of
        one age, the quantile is that of all ages.

    Notes
    -----
    The quantile for a person comes from the other test persons. Ages are binned as the error against the time since
    calibration is (`drift_edges`).
    """
    centre = baselines.predicted.get(HOLD_LAST)
    if centre is None:
        return None
    owner, k = case.judged.owner, len(case.judged.subjects)
    error = np.abs(centre - case.judged.reference)
    minutes = case.windows["since"].to_numpy(float) / 60
    edges = drift_edges([(minutes, owner)])
    half = np.empty_like(error)
    for p in range(error.shape[1]):
        half[:, p] = left_out_quantiles(error[:, p], owner, k, level)[owner]
        for low, high in edges:
            inside = np.flatnonzero((minutes >= low) & (minutes < high))
            own = left_out_quantiles(error[inside, p], owner[inside], k, level)[owner[inside]]
            half[inside, p] = np.where(np.isfinite(own), own, half[inside, p])
    return Band.around(NONE, None, HELD_BAND, centre, half)
