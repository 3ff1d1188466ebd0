"""Numbers of a text file as people's software writes them: digits in groups, other signs, codes for missing samples."""

import math
import re

import numpy as np
import pandas as pd

_GROUPS = "'\N{RIGHT SINGLE QUOTATION MARK}\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE} "
_LONG = re.compile(r"[+-]?\d{300,}")
_BEYOND = 10**308  # a float still holds it
_CODES = (-999.0, -9999.0, -99999.0, -999999.0, -32768.0, 99999.0, 999999.0)
"""Numbers that stand for a missing sample in files that have no other mark for it."""


def to_numbers(cells: pd.Series, decimal: str = ".") -> pd.Series:
    """Cells as numbers, NaN where one is none.

    Parameters
    ----------
    cells : Series
        Numbers, or texts with typographic minus signs, Fortran's ``1.5D-03`` or digits in groups: ``1'234.5``,
        ``1 234.5``, and ``1,234.5`` where a cell shows which of the two marks is the decimal one.
    decimal : {".", ","}
        Decimal mark of texts.

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
        # 1,234 alone may be a thousand or 1.234.
        sure = mark != re.escape(other) or text[grouped].str.contains(rf"{point}|{mark}\d+{mark}").any()
        if sure:
            text = text.where(~grouped, text.str.replace(mark, "", regex=True))
    if decimal == ",":
        text = text.where(text.str.contains(".", regex=False), text.str.replace(",", ".", regex=False))
    text = text.str.replace(r"^([+-]?[\d.]+)[dD]([+-]?\d+)$", r"\1e\2", regex=True)
    return parse_numbers(text.where(cells.notna()))


def parse_numbers(cells: pd.Series) -> pd.Series:
    """Cells as pandas reads numbers, infinite where they are beyond what a float holds: pandas fails on long ones."""
    try:
        return pd.to_numeric(cells, errors="coerce")
    except OverflowError:
        return pd.to_numeric(cells.astype(object).map(_as_float), errors="coerce")


def _as_float(cell: object) -> object:
    """A whole number of hundreds of digits as a float; anything else as it is."""
    if isinstance(cell, int):
        return float(cell) if abs(cell) < _BEYOND else math.copysign(math.inf, 1 if cell > 0 else -1)
    return float(cell) if isinstance(cell, str) and _LONG.fullmatch(cell.strip()) else cell


def without_code(values: np.ndarray) -> tuple[np.ndarray, str]:
    """Values without a number that stands for missing samples, and what is to be said of it.

    Parameters
    ----------
    values : (n,) float array

    Returns
    -------
    values : (n,) float array
        NaN where the code stood.
    said : str
        Empty where there was none. A code counts where it is farther from all other values than these are apart.
    """
    for code in _CODES:
        coded = values == code
        if not coded.any():
            continue
        others = values[np.isfinite(values) & ~np.isin(values, _CODES)]
        if len(others) and np.abs(others - code).min() > max(np.ptp(others), 0.5 * abs(code)):
            rest, said = without_code(np.where(coded, np.nan, values))
            n = int(coded.sum())
            word = f"{n} value{'s' * (n > 1)} of {code:g} {'are' if n > 1 else 'is'} taken for missing"
            return rest, "; ".join(filter(None, (word, said)))
    return values, ""
