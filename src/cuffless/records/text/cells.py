"""Cells of a text file: splitting lines into cells, and telling numbers, times, missing values and words apart."""

import csv
import re

from cuffless.errors import on_one_line

MISSING = (
    *("", "-", "--", "---", "n/a", "n.a.", "na", "nan", "-nan", "nan(ind)", "-nan(ind)", "<na>", "null", "none", "nil"),
    *("missing", "no data", "nodata", "n.d.", "nd", "invalid", "bad", "undefined", "#n/a", "?", "*"),
)
"""Marks of a missing sample, in lower case."""
NA_VALUES = sorted(
    {form for mark in MISSING if mark for form in (mark, mark.upper(), mark.title(), mark.capitalize(), "NaN", "N/A")}
)
"""The same marks for pandas."""
BLANKS = " "
"""Separator: any number of blanks and tabs between cells."""
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", BLANKS: "blanks"}

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE)
_GROUPED = {
    ".": re.compile(r"[+-]?[1-9]\d{0,2}((,\d{3})+\.\d+|('\d{3})+(\.\d+)?)"),
    ",": re.compile(r"[+-]?[1-9]\d{0,2}((\.\d{3})+,\d+|('\d{3})+(,\d+)?)"),
}
"""Grouped digits, by decimal mark."""
_CLOCK = r"\d{1,2}:\d{2}(:\d{2})?([.,:]\d+)?"
_DATE = r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})"
_ZONE = r"(\s*(Z|UTC|[+-]\d{2}:?\d{2}|[AaPp]\.?[Mm]\.?))?"
DURATION = r"([+-]?[\d.]+(?:[eE][+-]?\d+)?) (sec|s|ms|msec|min|hr|hrs|days?)"
"""MATLAB's durations: ``0.01 sec``."""
_TIME = re.compile(
    rf"{DURATION}|\[?(\d+ days? )?({_DATE}([T ,]+{_CLOCK})?|{_CLOCK}([T ,]+{_DATE})?){_ZONE}\]?", re.IGNORECASE
)

# What spreadsheets and C libraries write instead of a number; its # does not begin a comment.
_ERROR_MARK = re.compile(
    r"-?\d\.#(?:QNAN|SNAN|IND|INF|J)\d*|#(?:N/A(?: N/A)?|NUM!|VALUE!|DIV/0!|REF!|NAME\?|NULL!)(?!\w)", re.IGNORECASE
)
# PhysioNet's [12:34:56.789 01/02/2020] and its unit: one cell, although it contains a blank.
_STAMP = re.compile(r"(?<!['\"])[\[(]\s*(?:\d{1,2}|hh):[\w:.,]+\s+\w+[/.-][\w/.-]+\s*[\])]", re.IGNORECASE)


def replace_error_marks(text: str) -> str:
    """Replace error marks with a number sign, such as ``#N/A`` or ``1.#QNAN``, by ``nan``."""
    return _ERROR_MARK.sub("nan", text) if "#" in text else text


def quote_stamps(text: str, quote: str) -> str:
    """Quote the bracketed times in a text separated by blanks."""
    return _STAMP.sub(rf"{quote}\g<0>{quote}", text) if "[" in text or "(" in text else text


def is_number(cell: str, decimal: str = ".") -> bool:
    """Whether a cell holds a number, including ``nan`` and ``inf``."""
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
    """Whether a cell holds a date without a time of day."""
    return re.fullmatch(_DATE, cell.strip()) is not None


def split(line: str, separator: str, quote: str) -> list[str]:
    """Cells of a line, without surrounding blanks and quotes."""
    if separator == BLANKS:
        line = quote_stamps(line.replace("\t", " ").strip(), quote)
    try:
        cells = next(csv.reader([line], delimiter=separator, quotechar=quote, skipinitialspace=True), [])
    except csv.Error:
        cells = line.split(separator)
    return [strip_quotes(cell) for cell in cells]


def strip_quotes(cell: str) -> str:
    """Strip surrounding blanks and quotes from a cell."""
    cell = cell.strip()
    while len(cell) > 1 and cell[0] == cell[-1] and cell[0] in "'\"":
        cell = cell[1:-1].strip()
    return cell.strip("'\"") if cell.count("'") + cell.count('"') == 1 else cell


def shown(cells, most: int = 160) -> str:
    """Comma-separated names or values for a message, truncated after `most` characters."""
    text = ", ".join(on_one_line(str(cell)) for cell in cells)
    return text if len(text) <= most else f"{text[: most - 4]} ..."
