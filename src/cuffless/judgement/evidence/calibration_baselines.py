"""What needs no network: the training labels, the pulse rate, and the calibration values themselves."""

import numpy as np
import pandas as pd

from cuffless.judgement.table.predictions import PredictionError
from cuffless.judgement.table.protocols import Calibration

RIDGE_ALPHA = 1.0
"""Penalty of the regression on pulse rate, whose rates are standardized and whose pressures are centred."""


def training_mean(training: pd.DataFrame, n: int) -> np.ndarray:
    """The training labels' mean, for n windows.

    Parameters
    ----------
    training : DataFrame
        ``sbp, dbp`` in mmHg.
    n : int

    Returns
    -------
    (n, 2) float array
        SBP and DBP in mmHg.
    """
    return np.tile(_labels(training).mean(axis=0), (n, 1))


def rate_regression(training: pd.DataFrame, hr: np.ndarray) -> np.ndarray:
    """Pressures as a ridge regression on the pulse rate has them.

    Parameters
    ----------
    training : DataFrame
        ``sbp, dbp`` (mmHg) and ``hr`` (bpm) of the windows that it is fitted on.
    hr : (n,) float array
        bpm.

    Returns
    -------
    (n, 2) float array
        SBP and DBP in mmHg.

    Raises
    ------
    PredictionError
        If a rate is missing.

    Notes
    -----
    The slope per SD of rate is sum(z y) / (n + `RIDGE_ALPHA`), the solution of ridge regression for one standardized
    predictor (Hastie et al. 2009, section 3.4.1). Without spread in the training rates it is the training mean.
    """
    known, labels = training["hr"].to_numpy(float), _labels(training)
    if not (np.isfinite(known).all() and np.isfinite(hr).all()):
        raise PredictionError("a window has no pulse rate (column hr); cut the windows anew")
    mean, spread = known.mean(), known.std() or 1.0
    z = (known - mean) / spread
    centre = labels.mean(axis=0)
    slope = z @ (labels - centre) / (len(z) + RIDGE_ALPHA)
    return centre + np.outer((np.asarray(hr, dtype=float) - mean) / spread, slope)


def _labels(training: pd.DataFrame) -> np.ndarray:
    if training.empty:
        raise PredictionError("the split has no training window; draw it anew")
    return training[["sbp", "dbp"]].to_numpy(float)


def calibration_mean(reference: np.ndarray, calibration: Calibration) -> np.ndarray:
    """Mean of each subject's calibration values.

    Parameters
    ----------
    reference : (n, 2) float array
        Of all windows of the plan.
    calibration : Calibration
        Of k subjects.

    Returns
    -------
    (k, 2) float array
    """
    sums = np.zeros((len(calibration.counts), reference.shape[1]))
    np.add.at(sums, calibration.owner, reference[calibration.rows])
    return sums / calibration.counts[:, None]


def calibration_hold(reference: np.ndarray, calibration: Calibration) -> tuple[np.ndarray, np.ndarray]:
    """The earliest and the latest calibration value of each subject, in the protocol's order.

    Parameters
    ----------
    reference : (n, 2) float array
    calibration : Calibration

    Returns
    -------
    first, last : (k, 2) float array
    """
    ends = np.cumsum(calibration.counts)  # rows stand in order, subject by subject
    rows = calibration.rows
    return reference[rows[ends - calibration.counts]], reference[rows[ends - 1]]


def calibration_offset(before: np.ndarray, reference: np.ndarray, calibration: Calibration) -> np.ndarray:
    """Mean of reference less prediction over each subject's calibration windows.

    Parameters
    ----------
    before, reference : (n, 2) float array
        Predictions of the network as it was trained, and references.
    calibration : Calibration

    Returns
    -------
    (k, 2) float array
        What is added to the network's predictions of each subject, mmHg.
    """
    return calibration_mean(reference - before, calibration)
