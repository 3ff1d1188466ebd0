"""What single cells of a text file hold: numbers, times, nothing, or words; and how lines fall into cells."""

import csv
import re

from cuffless.errors import on_one_line

MISSING = (
    *("", "-", "--", "---", "n/a", "n.a.", "na", "nan", "-nan", "nan(ind)", "-nan(ind)", "<na>", "null", "none", "nil"),
    *("missing", "no data", "nodata", "n.d.", "nd", "invalid", "bad", "undefined", "#n/a", "?", "*"),
)
"""Marks of a missing sample, in any case."""
NA_VALUES = sorted(
    {form for mark in MISSING if mark for form in (mark, mark.upper(), mark.title(), mark.capitalize(), "NaN", "N/A")}
)
"""The same as pandas takes them."""
BLANKS = " "
"""Stands for any number of blanks and tabs between cells."""
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", BLANKS: "blanks"}

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE)
_GROUPED = {
    ".": re.compile(r"[+-]?[1-9]\d{0,2}((,\d{3})+\.\d+|('\d{3})+(\.\d+)?)"),
    ",": re.compile(r"[+-]?[1-9]\d{0,2}((\.\d{3})+,\d+|('\d{3})+(,\d+)?)"),
}
"""Digits in groups, by the decimal mark."""
_CLOCK = r"\d{1,2}:\d{2}(:\d{2})?([.,:]\d+)?"
_DATE = r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})"
_ZONE = r"(\s*(Z|UTC|[+-]\d{2}:?\d{2}|[AaPp]\.?[Mm]\.?))?"
DURATION = r"([+-]?[\d.]+(?:[eE][+-]?\d+)?) (sec|s|ms|msec|min|hr|hrs|days?)"
"""MATLAB's durations: ``0.01 sec``."""
_TIME = re.compile(
    rf"{DURATION}|\[?(\d+ days? )?({_DATE}([T ,]+{_CLOCK})?|{_CLOCK}([T ,]+{_DATE})?){_ZONE}\]?", re.IGNORECASE
)

# What spreadsheets and C libraries write for a number that is none; its # does not begin a comment.
_ERROR_MARK = re.compile(
    r"-?\d\.#(?:QNAN|SNAN|IND|INF|J)\d*|#(?:N/A(?: N/A)?|NUM!|VALUE!|DIV/0!|REF!|NAME\?|NULL!)(?!\w)", re.IGNORECASE
)
# PhysioNet's [12:34:56.789 01/02/2020] and its unit, which are one cell though they hold a blank.
_STAMP = re.compile(r"(?<!['\"])[\[(]\s*(?:\d{1,2}|hh):[\w:.,]+\s+\w+[/.-][\w/.-]+\s*[\])]", re.IGNORECASE)


def without_marks(text: str) -> str:
    """A text whose error marks with a number sign, ``#N/A`` or ``1.#QNAN``, are ``nan``."""
    return _ERROR_MARK.sub("nan", text) if "#" in text else text


def quoted_stamps(text: str, quote: str) -> str:
    """A text separated by blanks whose bracketed times are quoted."""
    return _STAMP.sub(rf"{quote}\g<0>{quote}", text) if "[" in text or "(" in text else text


def is_number(cell: str, decimal: str = ".") -> bool:
    """Whether a cell holds a number, ``nan`` and ``inf`` included."""
    cell = cell.strip().replace("\N{MINUS SIGN}", "-")
    if _GROUPED[decimal].fullmatch(cell):
        return True
    if decimal == ",":
        if "." in cell:
            return False
        cell = cell.replace(",", ".")
    return cell.lower() == "nan" or _NUMBER.fullmatch(cell) is not None


def kind_of(cell: str, decimal: str = ".") -> str:
    """``number``, ``time``, ``missing`` or ``text``."""
    cell = cell.strip()
    if cell.lower() in MISSING:
        return "missing"
    if is_number(cell, decimal):
        return "number"
    return "time" if _TIME.fullmatch(cell) else "text"


def is_date(cell: str) -> bool:
    """Whether a cell holds a day and no time of day."""
    return re.fullmatch(_DATE, cell.strip()) is not None


def split(line: str, separator: str, quote: str) -> list[str]:
    """Cells of a line, without the blanks and quotes around them."""
    if separator == BLANKS:
        line = quoted_stamps(line.replace("\t", " ").strip(), quote)
    try:
        cells = next(csv.reader([line], delimiter=separator, quotechar=quote, skipinitialspace=True), [])
    except csv.Error:
        cells = line.split(separator)
    return [unquoted(cell) for cell in cells]


def unquoted(cell: str) -> str:
    """A cell without blanks and quotes around it."""
    cell = cell.strip()
    while len(cell) > 1 and cell[0] == cell[-1] and cell[0] in "'\"":
        cell = cell[1:-1].strip()
    return cell.strip("'\"") if cell.count("'") + cell.count('"') == 1 else cell


def shown(cells, most: int = 160) -> str:
    """Names or values for a message, cut where they would fill the screen."""
    text = ", ".join(on_one_line(str(cell)) for cell in cells)
    return text if len(text) <= most else f"{text[: most - 4]} ..."
