"""British Hypertension Society 1993: grades by the shares of errors within 5, 10 and 15 mmHg."""

import numpy as np

from cuffless.judgement.standards.screening import (
    FAILS,
    TOLERANCE,
    Limits,
    Requirement,
    accepted,
    concluded,
    enough,
    judged,
    limited_pressures,
    shortage,
)
from cuffless.judgement.table.predicted import Predicted

STANDARD, READING = "BHS 1993", "all windows"
LEAST_SUBJECTS = 85
WITHIN = (5, 10, 15)
"""mmHg."""
GRADES = {"A": (60, 85, 95), "B": (50, 75, 90), "C": (40, 65, 85)}
"""Percent of errors that must be within 5, 10 and 15 mmHg; all three are needed. Worse is D."""
ACCEPTED = ("A", "B")
RANGES = {"SBP": (130, 160), "DBP": (80, 100)}
"""mmHg; the middle range holds both ends."""


def bhs_grade(shares: np.ndarray) -> str:
    """Grade of cumulative shares.

    Parameters
    ----------
    shares : (3,) float array
        Percent of absolute errors within 5, 10 and 15 mmHg.

    Returns
    -------
    str
        A, B, C, or D: the best whose three shares are all reached.

    Notes
    -----
    BHS protocol of 1993, grading criteria; numbers from secondary sources. A mean absolute error has no grade.
    """
    reached = (grade for grade, least in GRADES.items() if np.all(np.asarray(shares) >= np.array(least) - TOLERANCE))
    return next(reached, "D")


def screen_bhs(predicted: Predicted, limits: Limits | None = None) -> list[dict[str, object]]:
    """Grade all windows, and those of each pressure range, after the BHS protocol of 1993.

    Takes accepted pressures of the configuration (mmHg) as `limits`; returns rows of the screen for SBP and DBP. The
    overall row's value is the grade of all windows; it holds where this and the grade of every range is A or B.

    Notes
    -----
    BHS protocol of 1993: grading criteria, pressure ranges, 85 subjects; numbers from secondary sources.
    """
    subjects = enough("subjects", "subjects", int((predicted.counts > 0).sum()), LEAST_SUBJECTS)
    rows = []
    for p, pressure in limited_pressures(predicted):
        size, reference = np.abs(predicted.error[:, p]), predicted.reference[:, p]
        requirements = [subjects]
        for clause, inside, never in _ranges(pressure, reference, limits):
            requirements += _graded(clause, size[inside], shortage(subjects), never)
        grade = next(one.value for one in requirements if one.quantity == "grade")
        rows += concluded(STANDARD, READING, pressure, requirements, quantity="grade of all windows", value=grade)
    return rows


def _ranges(pressure: str, reference: np.ndarray, limits: Limits | None) -> list[tuple[str, np.ndarray, str]]:
    """Name of each range, its windows, and why it may have none."""
    low, high = RANGES[pressure]
    least, most = (limits or {}).get(pressure, (-np.inf, np.inf))
    cut = accepted(pressure, least, most)
    return [
        (f"all {pressure}", np.ones(len(reference), dtype=bool), ""),
        (f"{pressure} < {low}", reference < low, cut if least >= low else ""),
        (
            f"{pressure} {low}-{high}",
            (reference >= low) & (reference <= high),
            cut if least > high or most < low else "",
        ),
        (f"{pressure} > {high}", reference > high, cut if most <= high else ""),
    ]


def _graded(clause: str, size: np.ndarray, short: str, never: str) -> list[Requirement]:
    """Shares and grade of one range; `size`: absolute errors."""
    if not size.size:
        short = f"no window with {clause}" + (f": {never}" if never else "")
    counts = [int((size <= within + TOLERANCE).sum()) for within in WITHIN]
    shares = 100 * np.array(counts) / size.size if size.size else np.full(len(WITHIN), np.nan)
    rows = []
    for share, within, least in zip(shares, WITHIN, zip(*GRADES.values(), strict=True), strict=True):
        limit = ", ".join(f"{grade} >= {percent} %" for grade, percent in zip(GRADES, least, strict=True))
        verdict = judged(short, share >= least[list(GRADES).index(ACCEPTED[-1])] - TOLERANCE)
        rows.append(Requirement(clause, f"errors within {within} mmHg, %", float(share), limit, verdict, short))
    grade = bhs_grade(shares) if size.size else np.nan
    verdict = judged(short, grade in ACCEPTED)
    told = f"{clause}: grade {grade}" if verdict == FAILS else short
    return [*rows, Requirement(clause, "grade", grade, " or ".join(ACCEPTED), verdict, told)]
