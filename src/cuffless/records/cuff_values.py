"""Cuff values that were taken while a PPG was recorded."""

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
"""Pressures in mmHg that a cuff can show; kPa lie below."""


class CuffFileError(CufflessError, ValueError):
    """A file of cuff values that cannot be used; names the file, the line and the remedy."""


class CalibrationError(CufflessError):
    """Cuff values and a recording that do not meet; says where each of them lies."""


def read_cuff_values(path: str | Path) -> pd.DataFrame:
    """Read cuff values.

    Parameters
    ----------
    path : path
        CSV, whatever separates its cells, decimal commas included, with columns `CUFF_COLUMNS`: seconds from the start
        of the signal, SBP and DBP in mmHg. Others are ignored.

    Returns
    -------
    DataFrame
        In time order.

    Raises
    ------
    CuffFileError
        If the file cannot be read, a column is missing, a value is no plausible pressure, or two have one time.
    """
    header, rows = _cells(Path(path))
    missing = [name for name in CUFF_COLUMNS if name not in header]
    if missing:
        raise CuffFileError(
            f"{path}: no column {', '.join(missing)}; found {shown(header) or 'nothing'}. It needs time (seconds "
            "from the start of the signal), sbp and dbp (mmHg)"
        )
    if twice := [name for name in CUFF_COLUMNS if header.count(name) > 1]:
        raise CuffFileError(f"{path}: {header.count(twice[0])} columns are called {twice[0]}; leave one")
    if not rows:
        raise CuffFileError(f"{path} holds no cuff value; give at least one row")
    values = [_values(f"{path}, line {line}", cells, header) for line, cells in rows]
    table = pd.DataFrame(values).sort_values("time", kind="stable", ignore_index=True)
    if (same := table["time"].duplicated()).any():
        raise CuffFileError(f"{path}: two cuff values at {table['time'][same].iloc[0]:g} s; leave one, or their mean")
    return table


def _cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Names of the columns, and the rows that are not empty with the number of their line."""
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
        raise CuffFileError(f"{where}: {len(cells)} cells under {len(header)} names of columns; give each its own")
    values = {}
    for name in CUFF_COLUMNS:
        cell = cells[header.index(name)]
        try:
            values[name] = float(cell)
        except ValueError:
            hint = "write seconds from the start of the signal" if name == "time" else "leave the row out"
            raise CuffFileError(f"{where}: {name} {shown([cell], 60)!r} is no number; {hint}") from None
    _check(where, values)
    return values


def _check(where: str, values: Mapping[str, float]) -> None:
    for name, value in values.items():
        if not np.isfinite(value):
            raise CuffFileError(f"{where}: {name} {value} is no number; leave the row out")
    for name, (low, high) in PLAUSIBLE.items():
        if not low <= values[name] <= high:
            hint = "; in kPa? multiply by 7.50" if values[name] < low else ""
            raise CuffFileError(f"{where}: {name} {values[name]:g} is no pressure in mmHg{hint}")
    if values["dbp"] >= values["sbp"]:
        raise CuffFileError(f"{where}: dbp {values['dbp']:g} is not below sbp {values['sbp']:g}")
