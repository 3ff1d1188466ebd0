"""Numbers in text files: grouped digits, unusual signs, codes for missing samples."""

import math
import re

import numpy as np
import pandas as pd

_GROUPS = "'\N{RIGHT SINGLE QUOTATION MARK}\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE} "
_LONG = re.compile(r"[+-]?\d{300,}")
_BEYOND = 10**308  # still fits a float
_CODES = (-999.0, -9999.0, -99999.0, -999999.0, -32768.0, 99999.0, 999999.0)
"""Numbers that mark a missing sample in files without another mark for it."""


def to_numbers(cells: pd.Series, decimal: str = ".") -> pd.Series:
    """Cells as numbers, NaN where a cell is not a number.

    Parameters
    ----------
    cells : Series
        Numbers, or strings with typographic minus signs, Fortran's ``1.5D-03`` or grouped digits: ``1'234.5``,
        ``1 234.5``, and ``1,234.5`` if some cell shows which of the two marks is the decimal one.
    decimal : {".", ","}
        Decimal mark of strings.

    Returns
    -------
    Series
    """
    values = parse_numbers(cells)
    if not (values.isna() & cells.notna()).any():
        return values
    text = cells.astype("str").str.strip().str.replace("\N{MINUS SIGN}", "-", regex=False)
    other = "," if decimal == "." else "."
    point = re.escape(decimal)
    for mark in (re.escape(other), f"[{_GROUPS}]"):
        grouped = text.str.fullmatch(rf"[+-]?[1-9]\d{{0,2}}(?:{mark}\d{{3}})+(?:{point}\d*)?")
        # 1,234 alone may be 1234 or 1.234.
        sure = mark != re.escape(other) or text[grouped].str.contains(rf"{point}|{mark}\d+{mark}").any()
        if sure:
            text = text.where(~grouped, text.str.replace(mark, "", regex=True))
    if decimal == ",":
        text = text.where(text.str.contains(".", regex=False), text.str.replace(",", ".", regex=False))
    text = text.str.replace(r"^([+-]?[\d.]+)[dD]([+-]?\d+)$", r"\1e\2", regex=True)
    return parse_numbers(text.where(cells.notna()))


def parse_numbers(cells: pd.Series) -> pd.Series:
    """Cells as pandas reads numbers, infinite if too large for a float, where pandas would fail."""
    try:
        return pd.to_numeric(cells, errors="coerce")
    except OverflowError:
        return pd.to_numeric(cells.astype(object).map(_as_float), errors="coerce")


def _as_float(cell: object) -> object:
    """An integer of hundreds of digits as a float; anything else unchanged."""
    if isinstance(cell, int):
        return float(cell) if abs(cell) < _BEYOND else math.copysign(math.inf, 1 if cell > 0 else -1)
    return float(cell) if isinstance(cell, str) and _LONG.fullmatch(cell.strip()) else cell


def replace_missing_code(values: np.ndarray) -> tuple[np.ndarray, str]:
    """Replace a code for missing samples by NaN.

    Parameters
    ----------
    values : (n,) float array

    Returns
    -------
    values : (n,) float array
        NaN in place of the code.
    note : str
        Describes the code; empty if there was none. A code is accepted if it is farther from all other values than
        their range.
    """
    for code in _CODES:
        coded = values == code
        if not coded.any():
            continue
        others = values[np.isfinite(values) & ~np.isin(values, _CODES)]
        if len(others) and np.abs(others - code).min() > max(np.ptp(others), 0.5 * abs(code)):
            rest, note = replace_missing_code(np.where(coded, np.nan, values))
            n = int(coded.sum())
            own = f"{n} value{'s' * (n > 1)} of {code:g} {'count' if n > 1 else 'counts'} as missing"
            return rest, "; ".join(filter(None, (own, note)))
    return values, ""
