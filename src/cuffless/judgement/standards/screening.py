"""Requirements of a standard, a verdict on each, and the verdict that follows from all of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cuffless.judgement.names import PRESSURES
from cuffless.judgement.table.predicted import Predicted

HOLDS, FAILS, NOT_ASSESSABLE = "holds", "fails", "not assessable"
OVERALL = "overall"
"""Clause of the row that holds a standard's verdict."""
CANNOT_CERTIFY = "A numerical screen of retrospective data; it cannot certify."
NOT_RECOMMENDED = (
    "The American Heart Association does not recommend cuffless devices for the diagnosis or management of "
    "hypertension (scientific statement of 2026, doi 10.1161/HYP.0000000000000254)."
)
COLUMNS = ("standard", "reading", "clause", "pressure", "quantity", "value", "limit", "verdict", "reason")

Limits = Mapping[str, tuple[float, float]]
"""Accepted pressures of the configuration in mmHg, by SBP and DBP."""

TOLERANCE = 1e-9
"""Tolerance of limits, mmHg: differences of decimal numbers are not exact."""
_MOST_DIGITS = 12
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Requirement:
    """One requirement, the value found, and whether it is met, with a self-contained reason."""

    clause: str
    quantity: str
    value: float | str
    limit: str
    verdict: str
    reason: str = ""


@dataclass(frozen=True)
class Coverage:
    """At least `percent` of the reference pressures must lie at or beyond `bound` mmHg."""

    side: str
    bound: float
    percent: float

    def met_by(self, reference: np.ndarray) -> np.ndarray:
        """Which reference pressures lie there."""
        return reference <= self.bound if self.side == "<=" else reference >= self.bound

    def cut_by(self, pressure: str, limits: Limits | None) -> str:
        """Reason why no accepted pressure can lie there; empty if some can."""
        low, high = (limits or {}).get(pressure, (-np.inf, np.inf))
        if (low <= self.bound) if self.side == "<=" else (high >= self.bound):
            return ""
        return f"{accepted(pressure, low, high)}, so none is {self.side} {self.bound:g}"


def limited_pressures(predicted: Predicted) -> list[tuple[int, str]]:
    """Position and name of the pressures for which standards have limits: SBP and DBP, as far as they are judged."""
    return [(p, pressure) for p, pressure in enumerate(predicted.pressures) if pressure in PRESSURES]


def accepted(pressure: str, low: float, high: float) -> str:
    """Pressures that the configuration accepts, in words."""
    return f"the configuration accepts {pressure} of {low:g} to {high:g} mmHg only"


def telling_digits(value: float, limit: str, digits: int) -> int:
    """Decimal places that show on which side of its limits a value lies.

    Parameters
    ----------
    value : float
        Finite.
    limit : str
        Text with the limits, such as ``within ±5.0 mmHg`` or ``A <= 5, B <= 6, C <= 7``.
    digits : int
        Least decimal places.

    Returns
    -------
    int
        With so many the value, as it is printed, compares with each number in the text as it does itself: 8.0001 is
        not printed as 8.000 where it exceeds 8.0. Differences within `TOLERANCE` are none.
    """
    size = abs(value)
    bounds = [bound for bound in map(float, _NUMBER.findall(limit)) if abs(size - bound) > TOLERANCE]

    def told(places: int) -> bool:
        printed = float(f"{size:.{places}f}")
        return all(printed != bound and (printed > bound) == (size > bound) for bound in bounds)

    return next((places for places in range(digits, _MOST_DIGITS) if told(places)), _MOST_DIGITS)


def judged(short: str, met: bool) -> str:
    """Verdict on a requirement; `short`: why it is not assessable, if it is not."""
    return NOT_ASSESSABLE if short else HOLDS if met else FAILS


def enough(clause: str, quantity: str, found: float, needed: float) -> Requirement:
    """Require a number, such as of subjects; with fewer nothing can be concluded.

    Parameters
    ----------
    clause, quantity : str
    found, needed : float
        NaN: the number cannot be computed.

    Returns
    -------
    Requirement
        Not assessable if `found` is below `needed`.
    """
    met = bool(found >= needed - TOLERANCE)
    shown = f"{np.floor(found):.0f}" if np.isfinite(found) else "unknown"
    reason = "" if met else f"{quantity}: {shown}, at least {needed:g} needed"
    return Requirement(clause, quantity, float(found), f">= {needed:g}", HOLDS if met else NOT_ASSESSABLE, reason)


def at_most(
    clause: str,
    quantity: str,
    value: float,
    limit: float,
    *,
    either_way: bool = False,
    strictly: bool = False,
    short: str = "",
    detail: str = "",
) -> Requirement:
    """Require that an error in mmHg does not exceed a limit.

    Parameters
    ----------
    clause, quantity : str
    value, limit : float
        mmHg.
    either_way : bool
        Whether the size of `value` counts, whatever its sign.
    strictly : bool
        Whether the value must be below the limit.
    short : str
        Why there are too few subjects or pairs to judge; empty if there are enough.
    detail : str
        Further text for the row's reason.

    Returns
    -------
    Requirement
        Not assessable if `short` is not empty or the value is NaN.
    """
    text = f"{'within ±' if either_way else '< ' if strictly else '<= '}{limit} mmHg"
    if short or not np.isfinite(value):
        reason = short or f"{quantity}: too few to compute it"
        return Requirement(clause, quantity, float(value), text, NOT_ASSESSABLE, reason)
    size = abs(value) if either_way else value
    met = size < limit - TOLERANCE if strictly else size <= limit + TOLERANCE
    reason = "" if met else f"{quantity}: {value:.{telling_digits(value, text, 3)}f} mmHg, {text} needed"
    reason = "; ".join(part for part in (reason, detail) if part)
    return Requirement(clause, quantity, float(value), text, HOLDS if met else FAILS, reason)


def unanswered(
    clause: str, quantity: str, reason: str, *, value: float = np.nan, limit: str = "none public"
) -> Requirement:
    """A requirement that cannot be compared, with the reason."""
    return Requirement(clause, quantity, float(value), limit, NOT_ASSESSABLE, reason)


def covered(
    clause: str, quantity: str, found: int, total: int, percent: float, *, of: str, never: str = ""
) -> Requirement:
    """Require a share of pairs, windows or subjects.

    Parameters
    ----------
    clause, quantity : str
    found, total : int
    percent : float
        Needed share.
    of : str
        What is counted: ``pairs``.
    never : str
        Why the share can never be reached; empty if it can.

    Returns
    -------
    Requirement
        Its value is in percent. Not assessable if the share is not reached: the data do not cover the requirement.
    """
    met = total > 0 and 100 * found >= percent * total * (1 - TOLERANCE)
    value = 100 * found / total if total else np.nan
    reason = ""
    if not met:
        reason = f"{quantity}: {found} of {total} {of}, at least {percent:g} % needed" if total else f"no {of}"
        reason += f"; {never}" if never else ""
    return Requirement(clause, f"{quantity}, %", value, f">= {percent:g} %", HOLDS if met else NOT_ASSESSABLE, reason)


def shortage(*requirements: Requirement) -> str:
    """Why there are too few subjects or pairs; empty if there are enough."""
    return "; ".join(one.reason for one in requirements if one.verdict == NOT_ASSESSABLE)


def concluded(
    standard: str,
    reading: str,
    pressure: str,
    requirements: Sequence[Requirement],
    *,
    quantity: str = "all requirements",
    value: float | str = np.nan,
) -> list[dict[str, object]]:
    """Rows of a standard's requirements, and of the verdict that follows from them.

    Parameters
    ----------
    standard, reading, pressure : str
    requirements : sequence of Requirement
    quantity : str
        Name of the overall row's value.
    value : float or str
        Such as a grade.

    Returns
    -------
    list of dict
        Rows with `COLUMNS`. Overall, a single requirement that is not assessable leaves the standard not assessable,
        whether or not others hold; else a single one that fails fails it.
    """
    verdicts = {one.verdict for one in requirements}
    verdict = next((one for one in (NOT_ASSESSABLE, FAILS) if one in verdicts), HOLDS)
    said = [_reasons(requirements, NOT_ASSESSABLE, ""), _reasons(requirements, FAILS, "fails: "), CANNOT_CERTIFY]
    overall = Requirement(OVERALL, quantity, value, "", verdict, ". ".join(part for part in said if part))
    named = {"standard": standard, "reading": reading, "pressure": pressure}
    rows = [named | vars(one) for one in (*requirements, overall)]
    return [{column: row[column] for column in COLUMNS} for row in rows]


def _reasons(requirements: Sequence[Requirement], verdict: str, words: str) -> str:
    """Reasons for a verdict, each once."""
    parts = [part for one in requirements if one.verdict == verdict for part in one.reason.split("; ") if part]
    return words + "; ".join(dict.fromkeys(parts)) if parts else ""
