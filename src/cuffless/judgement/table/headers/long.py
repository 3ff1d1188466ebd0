"""Tables with one row per window and pressure, as plotting libraries take them."""

from pathlib import Path

import pandas as pd

from cuffless.judgement.names import JUDGED_PRESSURES
from cuffless.judgement.table.columns import texts
from cuffless.judgement.table.headers.words import EITHER, PREDICTION, REFERENCE, Recognized, read_header
from cuffless.judgement.table.predictions import PredictionError

_MOST_KINDS = 12


def widen(table: pd.DataFrame, recognized: Recognized, path: Path) -> tuple[pd.DataFrame, str]:
    """A table with one row per window, of one that has a row per window and pressure.

    Parameters
    ----------
    table : DataFrame
        A file, with ``_line`` and ``_file``.
    recognized : Recognized
        Its columns.
    path : Path

    Returns
    -------
    table : DataFrame
        With columns such as ``sbp_ref`` and ``sbp``; unchanged where no column names pressures, or the columns of
        references and predictions are not clear.
    note : str
        What was done; empty if nothing.

    Raises
    ------
    PredictionError
        If the rows of two pressures do not belong to the same windows.
    """
    if recognized.pressures:
        return table, ""
    kinds = {name: kind for name in table if (kind := _pressures_in(table[name])) is not None}
    alone = [
        header for header in recognized.headers if header.role and not header.pressure and header.name not in kinds
    ]
    sides = {role: [header.name for header in alone if header.role == role] for role in (REFERENCE, PREDICTION)}
    if len(kinds) != 1 or any(len(names) != 1 for names in sides.values()):
        return table, ""
    [(name, kind)] = kinds.items()
    [truth], [said] = sides.values()
    keys = [theirs for theirs in recognized.columns.values() if theirs in table and theirs not in (name, truth, said)]
    keys = list(dict.fromkeys(keys))
    wide: pd.DataFrame | None = None
    for pressure in [one for one in JUDGED_PRESSURES if kind.eq(one).any()]:
        own = table[kind.eq(pressure)].drop(columns=name)
        own = own.rename(columns={truth: f"{pressure.lower()}_ref", said: pressure.lower()})
        own = own.assign(_place=own.groupby(keys, sort=False, dropna=False).cumcount() if keys else range(len(own)))
        if wide is None:
            wide = own
            continue
        right = own[[*keys, "_place", f"{pressure.lower()}_ref", pressure.lower()]]
        joined = wide.merge(right, on=[*keys, "_place"], how="inner", validate="one_to_one")
        if len(joined) != len(wide) or len(joined) != len(own):
            raise PredictionError(
                f"{path.name}: column {name} names pressures, but {len(wide)} rows of one and {len(own)} of {pressure} "
                "do not belong to the same windows; give each window a row of each pressure, with the same subject, "
                "record and start"
            )
        wide = joined
    assert wide is not None
    note = f"{path.name}: one row per pressure (column {name}): {len(table):,} rows are {len(wide):,} windows"
    return wide.drop(columns="_place"), note


def _pressures_in(column: pd.Series) -> pd.Series | None:
    """The pressure that each row names; None unless each does."""
    if pd.api.types.is_numeric_dtype(column) or len(column.unique()) > _MOST_KINDS:
        return None
    named = {}
    for text in texts(column, names=False).unique():
        header = read_header(text)
        if not header.pressure or not header.whole or header.numbered or header.role != EITHER:
            return None
        named[text] = header.pressure
    return texts(column, names=False).map(named) if named else None
