"""How numbers, names and verdicts are written on a page."""

from typing import Any

import numpy as np

from cuffless.errors import plural as plural
from cuffless.errors import windows_of as windows_of
from cuffless.figures.names import network_name as network_name
from cuffless.figures.names import split_name as split_name
from cuffless.judgement.names import baseline_name as baseline_name

NOTHING = "–"
AVERAGES = {"pooled": "windows", "subject": "subjects"}
"""What is weighted equally in an average."""
VERDICT_SIGNS = {
    "holds": "●",  # no tick: a screen is not passed
    "fails": "✗",
    "not assessable": "?",
    "found": "!",
    "none": "○",
    "depends": "●",
    "hardly depends": "✗",
    "not shown": "○",
}
"""A sign next to each verdict, so that it is readable without its colour."""


def number(value: Any, digits: int = 1, *, signed: bool = False) -> str:
    """Write a number with a true minus sign; a dash for an unknown one."""
    if value is None or not np.isfinite(value):
        return NOTHING
    text = f"{value:+,.{digits}f}" if signed else f"{value:,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("+-")
    return text.replace("-", "−")


def count(value: Any) -> str:
    """Write a whole number, 12,345; a dash for an unknown one."""
    return number(value, 0)


def with_limits(value: Any, lower: Any, upper: Any, digits: int = 1, *, signed: bool = False) -> str:
    """Write an estimate with its interval, ``14.1 [11.7, 17.2]``; without one, the estimate alone."""
    digits = deciding_digits(digits, lower, upper)
    text = number(value, digits, signed=signed)
    if text == NOTHING or not (np.isfinite(lower) and np.isfinite(upper)):
        return text
    return f"{text} [{number(lower, digits, signed=signed)}, {number(upper, digits, signed=signed)}]"


def share_with_limits(share: Any, lower: Any, upper: Any) -> str:
    """Write a share and its interval in whole per cent, ``62 [47, 76]``."""
    text = number(100 * share, 0)
    if text == NOTHING or not (np.isfinite(lower) and np.isfinite(upper)):
        return text
    return f"{text} [{number(100 * lower, 0)}, {number(100 * upper, 0)}]"


def one_sign(text: str) -> str:
    """Write comparisons with one sign, ``SBP ≥ 140`` for ``SBP >= 140``."""
    return text.replace(">=", "≥").replace("<=", "≤")


def deciding_digits(digits: int, *limits: Any) -> int:
    """Digits that show on which side of 0 the limits lie, at most one more than asked for."""
    vanish = (value for value in limits if value is not None and np.isfinite(value) and value != 0)
    return digits + any(round(value, digits) == 0 for value in vanish)


def percent(share: Any, digits: int = 0) -> str:
    """Write a share as a percentage, ``18 %``."""
    return NOTHING if share is None or not np.isfinite(share) else f"{number(100 * share, digits)} %"


def p_value(p: Any) -> str:
    """Write a p-value, ``<0.001`` below that."""
    if p is None or not np.isfinite(p):
        return NOTHING
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def text(value: Any) -> str:
    """Write a cell of a table that may be empty."""
    return "" if value is None or value != value else str(value)


def counted(n: int, people: str) -> str:
    """Write ``39 simulated people``, ``1 simulated person``, ``1 subject``."""
    return f"{n:,} {people}" if n != 1 else f"1 {people.replace('people', 'person').removesuffix('s')}"


def case_name(case: str) -> str:
    """Printed name of a case: split, or split and setting."""
    split, _, setting = str(case).partition("/")
    return split_name(split) + (f", {setting}" if setting else "")


def verdict_sign(verdict: str) -> str:
    """Sign before a verdict."""
    return VERDICT_SIGNS.get(verdict, "")
