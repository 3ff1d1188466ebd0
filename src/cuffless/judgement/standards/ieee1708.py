"""IEEE 1708-2014 and its amendment 1708a-2019, wearable cuffless devices: one mean absolute difference per device."""

import numpy as np

from cuffless.judgement.standards.screening import (
    NOT_ASSESSABLE,
    TOLERANCE,
    Limits,
    Requirement,
    accepted,
    concluded,
    covered,
    enough,
    judged,
    limited_pressures,
    shortage,
    unanswered,
)
from cuffless.judgement.table.predicted import Predicted

STANDARD, AMENDMENT, READING = "IEEE 1708-2014", "IEEE 1708a-2019", "all windows"
SUBJECTS_2014, SUBJECTS_2019 = 45, 85
GRADES = {"A": 5.0, "B": 6.0, "C": 7.0}
"""Largest mean absolute difference in mmHg; above is D."""
CHANGES = {"SBP": (-30, -15, 0, 15, 30), "DBP": (-20, -10, 0, 10, 20)}
"""Edges of the ranges of change from calibration, mmHg; the last range holds both ends."""
SEXES_2019 = {"f": ("women", 26), "m": ("men", 26)}
"""Name and least number of each sex."""
CHANGE_PERCENT = (13.6, 34.1, 34.1, 13.6)
"""Percent of changes in these ranges, those of a normal distribution between -2, -1, 0, 1 and 2 SD."""


def ieee_grade(mean_absolute_difference: float) -> str:
    """Grade of a device.

    Parameters
    ----------
    mean_absolute_difference : float
        mmHg, one number per device. Shares of errors within 5, 10 and 15 mmHg have no grade here; that is the BHS.

    Returns
    -------
    str
        A, B, C or D.

    Notes
    -----
    IEEE 1708-2014, grading by mean absolute difference; numbers from secondary sources.
    """
    return next((grade for grade, most in GRADES.items() if mean_absolute_difference <= most + TOLERANCE), "D")


def screen_ieee1708(predicted: Predicted, limits: Limits | None = None) -> list[dict[str, object]]:
    """Grade all windows by IEEE 1708-2014, and check whether they cover the requirements of 1708a-2019.

    Takes accepted pressures of the configuration (mmHg) as `limits`; returns rows of the screens for SBP and DBP. The
    overall rows' value is the grade; A, B and C hold.

    Notes
    -----
    IEEE 1708-2014: grade, 45 subjects; 1708a-2019, clause 4.3.1: 85 subjects, at least 26 women and 26 men (both in a
    published excerpt of the amendment), changes from calibration spread over four ranges, which is read as at least so
    many percent in each. Numbers from secondary sources. A change is a window's reference less the mean of its
    subject's calibration values; subjects without any do not count in it.
    """
    found = int((predicted.counts > 0).sum())
    first = [enough("subjects", "subjects", found, SUBJECTS_2014)]
    rows = []
    for p, pressure in limited_pressures(predicted):
        rows += _screen(STANDARD, predicted, p, pressure, first)
    for p, pressure in limited_pressures(predicted):
        [subjects, *changes] = _changes(predicted, p, pressure, limits)
        rows += _screen(AMENDMENT, predicted, p, pressure, [subjects, *_sexes(predicted), *changes])
    return rows


def _screen(
    standard: str, predicted: Predicted, p: int, pressure: str, requirements: list[Requirement]
) -> list[dict[str, object]]:
    """Rows of one pressure; the first of `requirements` is the number of subjects."""
    size = np.abs(predicted.error[:, p])
    difference = float(size.mean()) if size.size else np.nan
    grade = ieee_grade(difference) if size.size else np.nan
    short = shortage(requirements[0]) or ("" if size.size else "no windows")
    limit = ", ".join(f"{name} <= {most:g}" for name, most in GRADES.items())
    verdict = judged(short, grade in GRADES)
    graded = Requirement(
        "grade", "mean absolute difference, mmHg", difference, limit, verdict, short or f"grade {grade}"
    )
    return concluded(standard, READING, pressure, [*requirements, graded], quantity="grade", value=grade)


def _sexes(predicted: Predicted) -> list[Requirement]:
    """Women and men among the tested subjects."""
    if predicted.sex is None:
        return [unanswered("sex", name, "no column sex", limit=f">= {least}") for name, least in SEXES_2019.values()]
    sex = np.asarray(predicted.sex, dtype=object)[predicted.counts > 0]
    return [enough("sex", name, int((sex == letter).sum()), least) for letter, (name, least) in SEXES_2019.items()]


def _changes(predicted: Predicted, p: int, pressure: str, limits: Limits | None) -> list[Requirement]:
    """Subjects with calibration, and the spread of changes from it."""
    edges = CHANGES[pressure]
    calibration = None if predicted.calibration is None else predicted.calibration[:, p]
    if calibration is None or not np.isfinite(calibration).any():
        return _uncalibrated(predicted, pressure)
    change = predicted.reference[:, p] - calibration[predicted.owner]
    known = np.isfinite(change)
    # Rounded, since a change at an edge must not depend on the last bits of the calibration's mean.
    counts, _ = np.histogram(np.round(change[known], 6), edges)
    subjects = len(np.unique(predicted.owner[known]))
    rows = [enough("subjects", "subjects with calibration rows", subjects, SUBJECTS_2019)]
    low, high = (limits or {}).get(pressure, (-np.inf, np.inf))
    for i, percent in enumerate(CHANGE_PERCENT):
        least = min(abs(edges[i]), abs(edges[i + 1]))
        never = f"{accepted(pressure, low, high)}, so none changes by {least}" if high - low < least else ""
        of = "windows with a calibration"
        rows.append(
            covered(
                "changes", _range(edges, i, pressure), int(counts[i]), int(known.sum()), percent, of=of, never=never
            )
        )
    return rows


def _uncalibrated(predicted: Predicted, pressure: str) -> list[Requirement]:
    why, edges = "no calibration rows", CHANGES[pressure]
    subjects = int((predicted.counts > 0).sum())
    rows = [
        Requirement("changes", f"{_range(edges, i, pressure)}, %", np.nan, f">= {percent:g} %", NOT_ASSESSABLE, why)
        for i, percent in enumerate(CHANGE_PERCENT)
    ]
    return [enough("subjects", "subjects", subjects, SUBJECTS_2019), *rows]


def _range(edges: tuple[int, ...], i: int, pressure: str) -> str:
    return f"changes of {pressure} from {edges[i]} to {edges[i + 1]} mmHg"
