"""One predictor's test windows, the input of error measures and of the standards' screens."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Predicted:
    """References and predictions of one predictor on its test windows.

    Attributes
    ----------
    subjects : (k,) str array
        In ascending order.
    owner : (n,) int array
        Position in `subjects` of each window's subject; ascending, and within a subject windows are in time order.
    record : (n,) int array
        Number of each window's record; times of different records have no common origin.
    start, seconds : (n,) float array
        Start within the record, and length, s.
    reference, prediction : (n, 2) float array
        SBP and DBP in mmHg.
    sex : (k,) str array or None
        ``f``, ``m``, or empty where it is not known.
    calibration : (k, 2) float array or None
        Mean of each subject's calibration values, mmHg; NaN for a subject without any.
    since : (n,) float array or None
        Seconds since the subject's last calibration window; NaN where that is not known.
    """

    subjects: np.ndarray
    owner: np.ndarray
    record: np.ndarray
    start: np.ndarray
    seconds: np.ndarray
    reference: np.ndarray
    prediction: np.ndarray
    sex: np.ndarray | None = None
    calibration: np.ndarray | None = None
    since: np.ndarray | None = None

    @property
    def error(self) -> np.ndarray:
        """Prediction less reference, (n, 2) mmHg."""
        return self.prediction - self.reference

    @property
    def counts(self) -> np.ndarray:
        """Windows of each subject, (k,)."""
        return np.bincount(self.owner, minlength=len(self.subjects))
