"""Cuff values taken while a PPG was recorded."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.errors import CufflessError
from cuffless.records import RecordError
from cuffless.records.text.cells import shown
from cuffless.records.text.tables import read_lines

CUFF_COLUMNS = ("time", "sbp", "dbp")
PLAUSIBLE = {"sbp": (50.0, 300.0), "dbp": (20.0, 200.0)}
"""Pressures in mmHg that a cuff can show; values in kPa are lower."""


class CuffFileError(CufflessError, ValueError):
    """A file of cuff values that cannot be used; names the file, the line and the remedy."""


class CalibrationError(CufflessError):
    """Cuff values and a recording that do not overlap in time; the message gives the times of both."""


def read_cuff_values(path: str | Path) -> pd.DataFrame:
    """Read cuff values.

    Parameters
    ----------
    path : path
        CSV with any separator and decimal mark and the columns `CUFF_COLUMNS`: seconds from the start of the signal,
        SBP and DBP in mmHg. Other columns are ignored.

    Returns
    -------
    DataFrame
        In time order.

    Raises
    ------
    CuffFileError
        If the file cannot be read, a column is missing, a value is not a plausible pressure, or two values have the
        same time.
    """
    header, rows = _cells(Path(path))
    missing = [name for name in CUFF_COLUMNS if name not in header]
    if missing:
        raise CuffFileError(
            f"{path}: no column {', '.join(map(repr, missing))} (found: {shown(header) or 'none'}); the file "
            "needs time (seconds from the start of the signal), sbp and dbp (mmHg)"
        )
    if twice := [name for name in CUFF_COLUMNS if header.count(name) > 1]:
        raise CuffFileError(f"{path}: {header.count(twice[0])} columns are named {twice[0]}; keep one")
    if not rows:
        raise CuffFileError(f"{path}: no cuff values; add at least one row")
    values = [_values(f"{path}, line {line}", cells, header) for line, cells in rows]
    table = pd.DataFrame(values).sort_values("time", kind="stable", ignore_index=True)
    if (same := table["time"].duplicated()).any():
        raise CuffFileError(f"{path}: two cuff values at {table['time'][same].iloc[0]:g} s; keep one, or their mean")
    return table


def _cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Column names, and the non-empty rows with their line numbers."""
    try:
        header, rows, _ = read_lines(path)
    except RecordError as error:
        reason = str(error).removeprefix(f"{path}: ").removeprefix(f"{path.name}: ").removeprefix("cannot be read ")
        raise CuffFileError(
            f"{path} cannot be read: {reason.removeprefix('(').removesuffix(')')}; give a CSV with "
            f"{', '.join(CUFF_COLUMNS)}"
        ) from None
    return header, rows


def _values(where: str, cells: list[str], header: list[str]) -> dict[str, float]:
    """One cuff value."""
    while len(cells) > len(header) and not cells[-1]:
        cells = cells[:-1]
    if len(cells) != len(header):
        raise CuffFileError(f"{where}: {len(cells)} cells, but {len(header)} column names; write one cell per column")
    values = {}
    for name in CUFF_COLUMNS:
        cell = cells[header.index(name)]
        try:
            values[name] = float(cell)
        except ValueError:
            hint = "write seconds from the start of the signal" if name == "time" else "remove the row"
            raise CuffFileError(f"{where}: {name} {shown([cell], 60)!r} is not a number; {hint}") from None
    _check(where, values)
    return values


def _check(where: str, values: Mapping[str, float]) -> None:
    for name, value in values.items():
        if not np.isfinite(value):
            raise CuffFileError(f"{where}: {name} {value} is not a number; remove the row")
    for name, (low, high) in PLAUSIBLE.items():
        if not low <= values[name] <= high:
            hint = "; if it is in kPa, multiply by 7.50" if values[name] < low else "; correct or remove the row"
            raise CuffFileError(f"{where}: {name} {values[name]:g} is not a plausible pressure in mmHg{hint}")
    if values["dbp"] >= values["sbp"]:
        raise CuffFileError(f"{where}: dbp {values['dbp']:g} is not below sbp {values['sbp']:g}")
