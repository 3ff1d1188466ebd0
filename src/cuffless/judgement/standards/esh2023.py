"""ESH 2023, recommendations for validating cuffless devices: which of the six tests a table could answer."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from cuffless.errors import plural
from cuffless.judgement.standards.pairs import lay_out, three_pairs
from cuffless.judgement.standards.screening import Limits, Requirement, concluded, limited_pressures, unanswered
from cuffless.judgement.table.circumstances import ASLEEP, AWAKE, EXERCISE, REST, TREATED, UNTREATED
from cuffless.judgement.table.predicted import Predicted

STANDARD, READING = "ESH 2023", "six tests"
_NO_LIMITS = "its limits are in no source that is open to all"
_AS_ISO = "as ISO 81060-2, whose screen has the numbers"


def screen_esh2023(predicted: Predicted, limits: Limits | None = None) -> list[dict[str, object]]:
    """Count the subjects with whom a table could answer each of the ESH's six tests; none of them is assessed.

    Returns rows of the screen, for each pressure. The overall row's value is the number of tests for which at least
    one subject has the data.

    Notes
    -----
    Stergiou et al. (2023), J Hypertens 41, 2074-2087, doi 10.1097/HJH.0000000000003483 (abstract): static, device
    position, treatment, awake/asleep, exercise and recalibration test; which of them are needed depends on the device.
    The static test is that of ISO 81060-2; limits of the others are in no source that could be read.
    """
    tests = [_row(name, quantity, limit, found(predicted)) for name, (quantity, limit, found) in _TESTS.items()]
    answered = sum(float(row.value) > 0 for row in tests)
    rows = []
    for _, pressure in limited_pressures(predicted):
        rows += concluded(
            STANDARD, READING, pressure, tests, quantity="tests that the table could answer, of 6", value=answered
        )
    return rows


def _row(clause: str, quantity: str, limit: str, found: int | str) -> Requirement:
    """One test; `found`: subjects with the data, or which column is missing."""
    if isinstance(found, str):
        return unanswered(clause, quantity, f"cannot be answered: {found}", value=0, limit=limit)
    if not found:
        return unanswered(clause, quantity, "cannot be answered: no subject has such windows", value=0, limit=limit)
    why = f"could be answered with {plural(found, 'subject')}, but {_NO_LIMITS}" if limit == "none public" else _AS_ISO
    return unanswered(clause, quantity, why, value=found, limit=limit)


def _static(predicted: Predicted) -> int | str:
    if predicted.condition is None:
        return "no column condition"
    resting = predicted.take(predicted.condition == REST)
    return len(three_pairs(resting, lay_out(resting)))


def _both(one: str, other: str) -> Callable[[Predicted], int | str]:
    """Count subjects with windows in two conditions."""

    def found(predicted: Predicted) -> int | str:
        if predicted.condition is None:
            return "no column condition"
        first, second = (predicted.owner[predicted.condition == word] for word in (one, other))
        return len(np.intersect1d(first, second))

    return found


def _several(words: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Subjects whose windows have two or more different words."""
    known = words != ""
    codes, unique = pd.factorize(words[known])
    pairs = np.unique(owner[known].astype(np.int64) * max(len(unique), 1) + codes)
    who, counts = np.unique(pairs // max(len(unique), 1), return_counts=True)
    return who[counts > 1]


def _positions(predicted: Predicted) -> int | str:
    return "no column posture" if predicted.posture is None else len(_several(predicted.posture, predicted.owner))


def _visits(predicted: Predicted) -> int | str:
    if predicted.visit is None:
        return "no column visit"
    if predicted.calibration is None:
        return "no calibration rows"
    calibrated = np.flatnonzero(np.isfinite(predicted.calibration).all(axis=1))
    return len(np.intersect1d(_several(predicted.visit, predicted.owner), calibrated))


_TESTS: dict[str, tuple[str, str, Callable[[Predicted], int | str]]] = {
    "static": ("subjects with three windows at rest", "as ISO 81060-2", _static),
    "device position": ("subjects with windows in two postures", "none public", _positions),
    "treatment": ("subjects with windows untreated and treated", "none public", _both(UNTREATED, TREATED)),
    "awake/asleep": ("subjects with windows awake and asleep", "none public", _both(AWAKE, ASLEEP)),
    "exercise": ("subjects with windows at rest and in exercise", "none public", _both(REST, EXERCISE)),
    "recalibration": ("subjects with calibration and windows of two visits", "none public", _visits),
}
"""Quantity, limit, and what counts the subjects of each test."""
