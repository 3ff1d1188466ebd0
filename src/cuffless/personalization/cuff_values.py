"""Cuff values that were taken while a PPG was recorded."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.errors import CufflessError

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
        CSV with columns `CUFF_COLUMNS`: seconds from the start of the signal, SBP and DBP in mmHg. Others are ignored.

    Returns
    -------
    DataFrame
        In time order.

    Raises
    ------
    CuffFileError
        If the file cannot be read, a column is missing, or a value is no plausible pressure.
    """
    try:
        table = pd.read_csv(path, skipinitialspace=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise CuffFileError(f"{path} cannot be read: {reason}; give a CSV with {', '.join(CUFF_COLUMNS)}") from None
    table.columns = [str(name).strip().lower() for name in table.columns]
    missing = [name for name in CUFF_COLUMNS if name not in table.columns]
    if missing:
        raise CuffFileError(
            f"{path}: no column {', '.join(missing)}; found {', '.join(table.columns)}. It needs time (seconds from "
            "the start of the signal), sbp and dbp (mmHg)"
        )
    if table.empty:
        raise CuffFileError(f"{path} holds no cuff value; give at least one row")
    numbers = table[list(CUFF_COLUMNS)].apply(pd.to_numeric, errors="coerce")
    for row, values in enumerate(numbers.to_dict("records"), start=2):  # the first line holds the names
        _check(f"{path}, line {row}", values)
    return numbers.sort_values("time", kind="stable", ignore_index=True)


def _check(where: str, values: Mapping[str, float]) -> None:
    for name, value in values.items():
        if not np.isfinite(value):
            raise CuffFileError(f"{where}: {name} is no number; leave the row out")
    for name, (low, high) in PLAUSIBLE.items():
        if not low <= values[name] <= high:
            hint = "; in kPa? multiply by 7.50" if values[name] < low else ""
            raise CuffFileError(f"{where}: {name} {values[name]:g} is no pressure in mmHg{hint}")
    if values["dbp"] >= values["sbp"]:
        raise CuffFileError(f"{where}: dbp {values['dbp']:g} is not below sbp {values['sbp']:g}")
