"""Cells of a manifest: what each may hold, and the mistakes that are found in them."""

from datetime import datetime
from pathlib import Path

from cuffless.errors import shortened
from cuffless.records.cuff_values import PLAUSIBLE

ROI_MODES = ("auto", "file", "whole")
LIMITS = {"age": (0.0, 120.0, "years"), "bmi": (8.0, 100.0, "kg/m2")}
"""Possible ages and body mass indices."""
SEXES = {"f": "f", "female": "f", "woman": "f", "m": "m", "male": "m", "man": "m"}
_MOST_MISTAKES = 15


class Mistakes:
    """Mistakes found so far, one line each."""

    def __init__(self, path: Path):
        self.path = path
        self.lines: list[str] = []

    def add(self, line: int, column: str, what: str) -> None:
        """Add one, with its remedy."""
        self.lines.append(f"{self.path}, line {line}, {column}: {what}")

    def text(self) -> str:
        """The lines as one text, only the first of them if there are many."""
        more = len(self.lines) - _MOST_MISTAKES
        return "\n".join(self.lines[:_MOST_MISTAKES] + ([f"{self.path}: and {more} more mistakes"] if more > 0 else []))


def read_number(cell: str, line: int, column: str, mistakes: Mistakes) -> float | None:
    """A finite number; None if the cell is empty or wrong."""
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        value = float("nan")
    if abs(value) < float("inf"):
        return value
    held = shortened(cell)
    mistakes.add(line, column, f"{held!r} is not a number; write it with a decimal point, or leave the cell empty")
    return None


def read_positive(cell: str, line: int, column: str, mistakes: Mistakes) -> float | None:
    """A number above 0."""
    value = read_number(cell, line, column, mistakes)
    if value is not None and value <= 0:
        mistakes.add(line, column, f"{shortened(cell)} is not above 0; correct it or leave the cell empty")
    return value


def read_within(cell: str, line: int, column: str, mistakes: Mistakes) -> float | None:
    """An age or a body mass index."""
    value = read_number(cell, line, column, mistakes)
    low, high, unit = LIMITS[column]
    if value is not None and not low <= value <= high:
        what = f"{shortened(cell)} is not within {low:g} to {high:g} {unit}"
        mistakes.add(line, column, f"{what}; correct it or leave the cell empty")
    return value


def read_moment(cell: str, line: int, column: str, mistakes: Mistakes) -> datetime | None:
    """A date with a time of day."""
    if not cell:
        return None
    try:
        if len(cell) <= len("2024-05-01"):
            raise ValueError("no time of day")
        return datetime.fromisoformat(cell)
    except ValueError:
        mistakes.add(line, column, f"{shortened(cell)!r} is not a date and time; write it as 2024-05-01T10:03:20")
        return None


def read_roi_mode(row: dict[str, str], line: int, mistakes: Mistakes) -> str:
    """How regions are found: as the row says, or as its other cells imply."""
    mode, roi = row["roi_mode"].lower(), row["roi"]
    if not mode:
        return "file" if roi else "auto"
    if mode not in ROI_MODES:
        mistakes.add(line, "roi_mode", f"{shortened(row['roi_mode'])!r} is unknown; choose from {', '.join(ROI_MODES)}")
    elif mode == "file" and not roi:
        mistakes.add(line, "roi", "is empty, but roi_mode is file; name the file, or set roi_mode to auto")
    elif mode != "file" and roi:
        mistakes.add(line, "roi_mode", f"{mode} ignores the file in roi; set it to file, or leave roi empty")
    return mode


def read_sex(cell: str, line: int, mistakes: Mistakes) -> str:
    """``f``, ``m``, or nothing if it is not known."""
    if cell and cell.casefold() not in SEXES:
        mistakes.add(line, "sex", f"{shortened(cell)!r} is neither f nor m; write f or m, or leave the cell empty")
    return SEXES.get(cell.casefold(), "")


def read_cuff(row: dict[str, str], line: int, mistakes: Mistakes) -> tuple[float | None, float | None]:
    """SBP and DBP of the whole recording in mmHg; both or neither."""
    sbp, dbp = (read_number(row[name], line, name, mistakes) for name in PLAUSIBLE)
    if bool(row["sbp"]) != bool(row["dbp"]):
        empty = "dbp" if row["sbp"] else "sbp"
        mistakes.add(line, empty, "is empty; sbp and dbp belong together, give both or neither")
    if row["sbp"] and row["bp"]:
        mistakes.add(line, "sbp", "is given beside bp; keep the cuff value or the monitor's file, not both")
    if sbp is None or dbp is None:
        return None, None
    if why := implausible(sbp, dbp):
        mistakes.add(line, "sbp", why)
    return sbp, dbp


def implausible(sbp: float, dbp: float) -> str:
    """Why two numbers are not a cuff's pair of pressures in mmHg; empty if they are one."""
    for (name, (low, high)), value in zip(PLAUSIBLE.items(), (sbp, dbp), strict=True):
        if not low <= value <= high:
            kpa = "; if it is in kPa, multiply by 7.50" if 2 < value < low else ""
            return f"{name} {value:g} is not within {low:g} to {high:g} mmHg{kpa or '; correct it'}"
    return "" if sbp > dbp else f"sbp {sbp:g} is not above dbp {dbp:g}; are they exchanged?"
