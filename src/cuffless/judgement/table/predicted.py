"""One predictor's test windows, the input of error measures and of the standards' screens."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from cuffless.judgement.names import PRESSURES

_OF_WINDOWS = (
    *("owner", "record", "start", "seconds", "reference", "prediction"),
    *("since", "condition", "posture", "visit"),
)


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
    reference, prediction : (n, pressures) float array
        mmHg.
    sex : (k,) str array or None
        ``f``, ``m``, or empty where it is not known.
    calibration : (k, pressures) float array or None
        Mean of each subject's calibration values, mmHg; NaN for a subject without any.
    since : (n,) float array or None
        Seconds since the subject's last calibration window; NaN where that is not known.
    age, bmi, skin_tone : (k,) float array or None
        Years, kg/m2, and tone of the Monk scale (1 to 10) of each subject; NaN where it is not known.
    condition, posture, visit : (n,) str array or None
        Circumstances of each window; empty where they are not known.
    pressures : tuple of str
        Of `names.JUDGED_PRESSURES`, in their order.
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
    age: np.ndarray | None = None
    bmi: np.ndarray | None = None
    skin_tone: np.ndarray | None = None
    condition: np.ndarray | None = None
    posture: np.ndarray | None = None
    visit: np.ndarray | None = None
    pressures: tuple[str, ...] = PRESSURES

    @cached_property
    def error(self) -> np.ndarray:
        """Prediction less reference, (n, pressures) mmHg."""
        return self.prediction - self.reference

    def take(self, rows: np.ndarray) -> "Predicted":
        """The same predictor on some of the windows; `rows` is a mask, or ascending positions."""
        if len(rows) == len(self.owner) and (rows.all() if rows.dtype == bool else (np.diff(rows) == 1).all()):
            return self
        held: dict[str, Any] = {name: getattr(self, name) for name in _OF_WINDOWS}
        return replace(self, **{name: values[rows] for name, values in held.items() if values is not None})

    @property
    def counts(self) -> np.ndarray:
        """Windows of each subject, (k,)."""
        return np.bincount(self.owner, minlength=len(self.subjects))
