"""Values of a text file with a known layout."""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import numpy as np
import pandas as pd

from cuffless.records.record import RecordError
from cuffless.records.text.cells import BLANKS, NA_VALUES, quote_stamps, replace_error_marks, shown, split
from cuffless.records.text.encoding import encoding_of, first_lines, open_text, unreadable
from cuffless.records.text.layout import COMMENTS, Layout, layout_of
from cuffless.records.text.numbers import parse_numbers

_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


def read_columns(layout: Layout, **options) -> pd.DataFrame:
    """Cells of a file with one column per signal.

    Parameters
    ----------
    layout : Layout
    **options
        Of `pandas.read_csv`, overriding the defaults for signals.

    Returns
    -------
    DataFrame
        Columns numbered from 0; numeric if all cells of a column are numbers or missing.

    Raises
    ------
    RecordError
        If a line has more cells than the others, or the file cannot be read.
    """
    width = max(layout.width, len(layout.names))
    spare = 1 if layout.separator != BLANKS else 0  # a separator at the end of each line
    marks = {
        "sep": r"\s+" if layout.separator == BLANKS else layout.separator,
        "decimal": layout.decimal,
        "quotechar": layout.quote,
        "comment": layout.comment if len(layout.comment) == 1 else None,
        "skipinitialspace": True,
        "header": None,
        "names": list(range(width + spare)),
        "index_col": False,
        "na_values": NA_VALUES,
        "skip_blank_lines": width > 1,
        "low_memory": False,
    }
    try:
        with open_text(layout.path, layout.memory_gb) as file:
            for _ in range(layout.body):
                file.readline()
            table = pd.read_csv(_Cleaned(file, layout), **{**marks, **options})
    except pd.errors.EmptyDataError:
        return pd.DataFrame({name: [] for name in range(width)}, dtype=float)
    except (OSError, EOFError, zlib.error, UnicodeError, ValueError) as error:  # pandas' parser errors are ValueErrors
        if found := re.search(r"EOF inside string starting at row (\d+)", str(error)):
            line = line_of(layout, int(found[1]))
            raise RecordError(f"{layout.path.name}, line {line}: unclosed quotation mark; close or remove it") from None
        raise unreadable(layout.path, error) from None
    if spare:
        beyond = table.pop(width)
        if (beyond.notna() & beyond.astype("str").str.strip().ne("")).any():
            raise RecordError(
                f"{layout.path.name}: {width} column names, but its lines have more cells; name each column "
                "with --columns (records.csv_columns)"
            )
    if width == 1:
        return _without_blank_lines(table)
    return table


class _Cleaned:
    """A text file prepared for pandas: a number sign only begins comments, and a bracketed time is one cell."""

    def __init__(self, file: TextIO, layout: Layout):
        self._file, self._layout = file, layout

    def read(self, size: int = -1) -> str:
        """About `size` characters, up to the end of a line."""
        text = self._file.read(size)
        if text and not text.endswith("\n"):
            text += self._file.readline()
        text = replace_error_marks(text)
        return quote_stamps(text, self._layout.quote) if self._layout.separator == BLANKS else text

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline():
            yield replace_error_marks(line)


def _without_blank_lines(table: pd.DataFrame) -> pd.DataFrame:
    """A single column: a blank line between numbers is a missing sample, unless every other line is blank."""
    known = table[0].notna()
    if not known.any():
        return table
    table = table[: known[::-1].idxmax() + 1]
    return table[known].reset_index(drop=True) if (~known).mean() > 0.4 else table


def read_rows(layout: Layout) -> list[np.ndarray]:
    """Signals of a file with one signal per line.

    Returns
    -------
    list of (n,) float arrays
        NaN where a sample is missing; names at the start of lines are left out.

    Raises
    ------
    RecordError
        If a cell is not a number, the lines differ in length, or the file cannot be read.
    """
    named = layout.rows and bool(layout.names) and not layout.kind.startswith("UBFC")
    rows: list[np.ndarray] = []
    try:
        with open_text(layout.path, layout.memory_gb) as file:
            for number, line in enumerate(file, start=1):
                if number <= layout.body or not line.strip() or line.lstrip().startswith(COMMENTS):
                    continue
                rows.append(_row(layout, number, replace_error_marks(line), named))
    except (OSError, EOFError, zlib.error, UnicodeError) as error:
        raise unreadable(layout.path, error) from None
    if len({len(row) for row in rows}) > 1:
        lengths = ", ".join(str(len(row)) for row in rows[:6])
        raise RecordError(
            f"{layout.path.name}: rows differ in length ({lengths}); write the same number of samples in each"
        )
    return rows


def _row(layout: Layout, number: int, line: str, named: bool) -> np.ndarray:
    if layout.separator == BLANKS:
        cells = line.split()
    elif layout.quote in line:
        cells = split(line, layout.separator, layout.quote)
    else:
        cells = [cell.strip() for cell in line.split(layout.separator)]
    cells = cells[1:] if named else cells
    while cells and not cells[-1].strip():
        cells.pop()
    if layout.decimal == ",":
        cells = [cell.replace(",", ".") for cell in cells]
    given = pd.Series(cells, dtype="str")
    values = parse_numbers(given)
    bad = values.isna() & ~given.isin([*NA_VALUES, ""])
    if bad.any():
        raise RecordError(
            f"{layout.path.name}, line {number}: {shown([given[bad].iloc[0]], 40)!r} is not a number; correct it, or "
            "leave the cell empty"
        )
    return values.to_numpy(float)


def line_of(layout: Layout, row: int, *, blank_lines: bool | None = None) -> int:
    """Line number of a row of values, counted from 1; in a single column, blank lines are rows."""
    blanks_count = layout.width == 1 if blank_lines is None else blank_lines
    seen = -1
    with open_text(layout.path, layout.memory_gb) as file:
        for number, line in enumerate(file, start=1):
            if number <= layout.body:
                continue
            blank = not line.strip() and not blanks_count
            if not blank and not replace_error_marks(line).lstrip().startswith(layout.comment):
                seen += 1
            if seen == row:
                return number
    return layout.body + row + 1


def read_lines(path: str | Path) -> tuple[list[str], list[tuple[int, list[str]]], str]:
    """A small table as strings: its column names, and its rows with their line numbers.

    Parameters
    ----------
    path : str or Path
        The first line that is neither blank nor a comment has the column names.

    Returns
    -------
    names : list of str
        In lower case, without trailing empty ones.
    rows : list of (int, list of str)
        Non-blank rows; decimal commas are replaced by points.
    decimal : {".", ","}

    Raises
    ------
    RecordError
        If it cannot be read or is not text.
    """
    path = Path(path)
    try:
        with open_text(path) as file:
            lines = [(number, line.rstrip("\n")) for number, line in enumerate(file, start=1)]
    except (OSError, EOFError, zlib.error, UnicodeError) as error:
        raise unreadable(path, error) from None
    lines = [(number, line) for number, line in lines if line.strip() and not line.lstrip().startswith(COMMENTS)]
    head = lines[0][1] if lines else ""
    separator = max(",;\t|", key=head.count)
    if separator not in head and head.split()[1:]:
        separator = BLANKS
    rows = [(number, split(line, separator, '"')) for number, line in lines]
    names = [name.lower() for name in rows[0][1]] if rows else []
    while names and not names[-1]:
        names.pop()
    values = [cell for _, cells in rows[1:] for cell in cells]
    commas = separator != "," or any('"' in line for _, line in lines)
    decimal = "," if commas and any(_DECIMAL_COMMA.fullmatch(cell) for cell in values) else "."
    if decimal == ",":
        rows = [(n, [c.replace(",", ".") if _DECIMAL_COMMA.fullmatch(c) else c for c in cells]) for n, cells in rows]
    return names, [(number, cells) for number, cells in rows[1:] if any(cells)], decimal


def pandas_marks(path: str | Path) -> dict:
    """Options of `pandas.read_csv` for a table with a header line that is not a plain CSV.

    Returns
    -------
    dict
        Those of ``sep, decimal, encoding, skiprows`` that differ from pandas' defaults; empty for a file that cannot be
        read, for which pandas reports the reason.
    """
    path = Path(path)
    try:
        encoding, layout = encoding_of(path), layout_of(path)
    except RecordError:
        return {}
    marks: dict = {}
    lines = first_lines(path)
    before, names = next(
        ((i, line) for i, line in enumerate(lines) if line.strip() and not line.lstrip().startswith(COMMENTS)), (0, "")
    )
    # A cell may hold a whole array, "[0.1 0.2 0.3]": the separator of the names counts.
    plain = layout.separator != "," and "," in names and len(split(names, layout.separator, layout.quote)) == 1
    if layout.separator != "," and not plain:
        marks["sep"] = r"\s+" if layout.separator == BLANKS else layout.separator
    if layout.decimal != "." and not plain:
        marks["decimal"] = layout.decimal
    if encoding not in (None, "utf-8", "utf-8-sig"):
        marks["encoding"] = encoding
    if before and (plain or before < layout.body):
        marks["skiprows"] = before
    return marks
