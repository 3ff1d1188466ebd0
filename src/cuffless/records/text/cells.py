"""What single cells of a text file hold: numbers, times, nothing, or words; and how lines fall into cells."""

import csv
import re

MISSING = ("", "-", "--", "n/a", "na", "nan", "null", "none", "nil", "missing", "#n/a", "?", "*")
"""Marks of a missing sample, in any case."""
NA_VALUES = sorted({form for mark in MISSING if mark for form in (mark, mark.upper(), mark.title(), "NaN", "N/A")})
"""The same as pandas takes them."""
BLANKS = " "
"""Stands for any number of blanks and tabs between cells."""
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", BLANKS: "blanks"}

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE)
_CLOCK = r"\d{1,2}:\d{2}(:\d{2})?([.,:]\d+)?"
_DATE = r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})"
_ZONE = r"(\s*(Z|UTC|[+-]\d{2}:?\d{2}|[AaPp]\.?[Mm]\.?))?"
_TIME = re.compile(rf"\[?({_DATE}([T ,]+{_CLOCK})?|{_CLOCK}([T ,]+{_DATE})?){_ZONE}\]?", re.IGNORECASE)


def is_number(cell: str, decimal: str = ".") -> bool:
    """Whether a cell holds a number, ``nan`` and ``inf`` included."""
    cell = cell.strip()
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


def split(line: str, separator: str, quote: str) -> list[str]:
    """Cells of a line, without the blanks and quotes around them."""
    if separator == BLANKS:
        line = line.replace("\t", " ").strip()
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
    text = ", ".join(" ".join(str(cell).split()) for cell in cells)
    return text if len(text) <= most else f"{text[: most - 4]} ..."
