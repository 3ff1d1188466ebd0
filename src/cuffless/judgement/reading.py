"""Reading a table of predictions, whoever made it: its columns, its mistakes, what must be known of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.evaluation import WINDOW, PredictionError

REQUIRED = ("subject", "sbp_ref", "dbp_ref", "sbp", "dbp")
OPTIONAL = {
    "record": "one record a subject is assumed",
    "start": "rows are taken to be in time order; nothing that needs times can be assessed",
    "seconds": "whether windows overlap cannot be assessed",
    "subset": "all rows are taken for test windows",
    "network": "",
    "split": "",
    "seed": "",
    "setting": "",
    "hr": "",
    "age": "",
    "sex": "",
    "fold": "",
}
"""Columns that may be absent, and what is then assumed."""
SUBSETS = ("train", "val", "calibration", "test")
KPA_MMHG = 7.50062
_TEXT = ("subject", "record", "subset", "network", "split", "setting", "sex")
_PREDICTOR = ("subset", "network", "split", "setting", "seed")
_REFERENCE, _PREDICTION = ["sbp_ref", "dbp_ref"], ["sbp", "dbp"]
_LEAST_MMHG, _MOST_MMHG = 20.0, 300.0
_KPA_BELOW = 40.0  # a median SBP that is no mmHg
_SHOWN = 5
_SEX = {"f": "f", "female": "f", "w": "f", "m": "m", "male": "m"}


@dataclass
class JudgedTable:
    """A table that can be judged.

    Attributes
    ----------
    rows : DataFrame
        All columns of `REQUIRED` and `OPTIONAL` (`hr`, `age`, `sex`, `fold` where the table has them), pressures in
        mmHg, times in s; rows of all subsets.
    missing : tuple of str
        Optional columns that the table lacks.
    warnings, notes : list of str
        What casts doubt on the judgement, and what was assumed.
    source : str
    """

    rows: pd.DataFrame
    missing: tuple[str, ...]
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    source: str = ""


def read_table(
    paths: Iterable[str | Path],
    *,
    columns: Mapping[str, str] | None = None,
    unit: str = "mmhg",
    network: str = "predictor",
) -> JudgedTable:
    """Read tables of predictions and check them.

    Parameters
    ----------
    paths : iterable of path
        CSV (also .csv.gz) or parquet files, one row a window; several are laid under each other.
    columns : mapping of str to str, optional
        What a column is called in the files, by its name here.
    unit : {"mmhg", "kpa"}
        Of the pressures.
    network : str
        Name of the predictor where there is no column ``network``.

    Returns
    -------
    JudgedTable

    Raises
    ------
    PredictionError
        If a file cannot be read, a required column is missing, a number is missing or infinite, a window occurs twice,
        no row tests, or pressures are no mmHg; rows are named by their line in the file (parquet: from 1).
    """
    paths, columns = [Path(path) for path in paths], dict(columns or {})
    if unknown := [name for name in columns if name not in (*REQUIRED, *OPTIONAL)]:
        raise PredictionError(f"{unknown[0]!r} is no column of a prediction table; there are {_all_columns()}")
    if not paths:
        raise PredictionError("no prediction table given; name at least one")
    tables = [_read(path, columns) for path in paths]
    names = [path.name for path in paths]
    source = ", ".join(names if len(set(names)) == len(names) else map(str, paths))
    present = set.intersection(*(set(table.columns) for table in tables))
    missing = tuple(name for name in OPTIONAL if name not in present)
    judged = JudgedTable(pd.DataFrame(), missing, source=source)
    parts = [_checked(table, path, unit, judged) for path, table in zip(paths, tables, strict=True)]
    rows = pd.concat(parts, ignore_index=True)
    _assume(rows, missing, network, judged)
    _check_windows(rows, judged)
    _warn(rows, judged)
    judged.rows = rows.drop(columns=["_line", "_file"])
    return judged


def _all_columns() -> str:
    return ", ".join((*REQUIRED, *OPTIONAL))


def _read(path: Path, names: Mapping[str, str]) -> pd.DataFrame:
    try:
        if path.name.lower().endswith(".parquet"):
            table, first = pd.read_parquet(path), 1
        else:
            table, first = pd.read_csv(path, skipinitialspace=True, low_memory=False), 2
    except FileNotFoundError:
        raise PredictionError(f"{path}: there is no such file") from None
    except (OSError, ValueError) as error:  # parsers' errors are ValueErrors
        reason = " ".join(str(error).split())
        raise PredictionError(f"{path.name}: cannot be read ({reason}); give a CSV or parquet file") from None
    absent = [theirs for theirs in names.values() if theirs not in table.columns]
    if absent:
        found = ", ".join(map(str, table.columns))
        raise PredictionError(f"{path.name}: no column {', '.join(absent)}; found {found}")
    taken = table.drop(columns=[name for name in names if name in table.columns and names[name] != name])
    taken = taken.rename(columns={theirs: name for name, theirs in names.items()})
    if missing := [name for name in REQUIRED if name not in taken.columns]:
        raise PredictionError(
            f"{path.name}: no column {', '.join(missing)}; found {', '.join(map(str, table.columns))}. Say what they "
            f"are called: --column {missing[0]}=THEIR_NAME"
        )
    taken = taken[[name for name in (*REQUIRED, *OPTIONAL) if name in taken.columns]]
    return taken.assign(_line=np.arange(len(taken)) + first, _file=path.name)


def _checked(table: pd.DataFrame, path: Path, unit: str, judged: JudgedTable) -> pd.DataFrame:
    """One file's rows with numbers that are numbers and pressures in mmHg."""
    if table.empty:
        raise PredictionError(f"{path.name}: holds no row")
    table = table.copy()
    for name in set(_TEXT) & set(table.columns):
        empty = table[name].isna()
        if name == "subject" and empty.any():
            raise PredictionError(f"{path.name}: column subject is empty in {_lines(table, empty)}; fill it in")
        table[name] = table[name].astype(object).where(~empty, "").astype(str).str.strip().astype(object)
    if "subset" in table and not (known := table["subset"].isin(SUBSETS)).all():
        odd = table["subset"][~known]
        judged.notes.append(
            f"{path.name}: {_lines(table, ~known)} of subset {', '.join(map(repr, sorted(set(odd))))} are left out; "
            f"known are {', '.join(SUBSETS)}"
        )
        table = table[known].copy()
    subset = table.get("subset", pd.Series("test", index=table.index))
    scale = KPA_MMHG if unit == "kpa" else 1.0
    for name in (*_REFERENCE, *_PREDICTION, "start", "seconds", "hr", "age", "seed", "fold"):
        if name not in table:
            continue
        values = pd.to_numeric(table[name], errors="coerce").to_numpy(float, copy=True)
        needed = ~np.isfinite(values)
        if name in _PREDICTION:
            needed &= (subset == "test").to_numpy()
        elif name not in (*_REFERENCE, "start", "seconds", "seed"):
            needed &= False  # what is not known of some windows is left out of what needs it
        if needed.any():
            held = table.loc[needed, name].iloc[0]
            raise PredictionError(
                f"{path.name}: column {name} holds no finite number in {_lines(table, needed)} (the first "
                f"holds {held!r}); predict these windows or leave them out"
            )
        values[~np.isfinite(values)] = np.nan
        table[name] = values * scale if name in (*_REFERENCE, *_PREDICTION) else values
    _check_unit(table, path, unit)
    return table


def _check_unit(table: pd.DataFrame, path: Path, unit: str) -> None:
    median = float(table["sbp_ref"].median())
    if unit == "mmhg" and median < _KPA_BELOW:
        raise PredictionError(
            f"{path.name}: the median of sbp_ref is {median:.1f}, which is no mmHg. In kPa? Say --unit kpa"
        )
    if median > _MOST_MMHG:
        raise PredictionError(
            f"{path.name}: the median of sbp_ref is {median:.0f} mmHg after conversion from {unit}; see to --unit"
        )
    predicted = float(table["sbp"].median())
    if unit == "mmhg" and predicted < _KPA_BELOW / 2:
        raise PredictionError(
            f"{path.name}: the median of sbp is {predicted:.1f} and that of sbp_ref {median:.0f}; predictions must be "
            "in mmHg too"
        )


def _assume(rows: pd.DataFrame, missing: tuple[str, ...], network: str, judged: JudgedTable) -> None:
    """Fill in what the table does not say, and say so."""
    defaults = {"subset": "test", "network": network, "split": "test", "setting": "", "seed": 0, "seconds": np.nan}
    for name in set(defaults) & set(missing):
        rows[name] = defaults[name]
    if "record" in missing:
        rows["record"] = rows["subject"]
    if "start" in missing:
        rows["start"] = rows.groupby(["subject", "record", *_PREDICTOR]).cumcount().astype(float)
        rows["seconds"] = np.nan  # of a counted start they would say that windows follow one another
    judged.notes += [f"no column {name}: {OPTIONAL[name]}" for name in missing if OPTIONAL[name]]
    rows["seed"] = rows["seed"].astype(int)
    if "sex" in rows:
        rows["sex"] = rows["sex"].str.lower().map(_SEX).fillna("")


def _check_windows(rows: pd.DataFrame, judged: JudgedTable) -> None:
    test = rows["subset"] == "test"
    if not test.any():
        raise PredictionError(f"{judged.source}: no row with subset 'test'; only test windows can be judged")
    key = [*WINDOW, *_PREDICTOR]
    twice = rows.duplicated(key, keep=False) & test
    if twice.any():
        raise PredictionError(
            f"{judged.source}: {int(rows.duplicated(key)[test].sum())} test windows occur twice "
            f"({_lines(rows, twice)}); keep one row a window, network, split, setting and seed, or say "
            "which column tells them apart: --column setting=THEIR_NAME"
        )


def _warn(rows: pd.DataFrame, judged: JudgedTable) -> None:
    test = rows[rows["subset"] == "test"]
    if len(test["subject"].unique()) == 1:
        judged.warnings.append(
            f"one subject ({test['subject'].iloc[0]}): no intervals, no tests; nothing is known about people"
        )
    swapped = rows["sbp_ref"] <= rows["dbp_ref"]
    if swapped.any():
        judged.warnings.append(f"SBP is not above DBP in the reference of {_lines(rows, swapped)}; see to the columns")
    for name in (*_REFERENCE, *_PREDICTION):
        outside = (rows[name] < _LEAST_MMHG) | (rows[name] > _MOST_MMHG)
        if outside.any():
            judged.warnings.append(
                f"{name} lies outside {_LEAST_MMHG:g} to {_MOST_MMHG:g} mmHg in {_lines(rows, outside)}"
            )


def _lines(table: pd.DataFrame, which) -> str:
    """Name rows: their number, file and first lines."""
    bad = table[np.asarray(which, bool)]
    shown = ", ".join(map(str, bad["_line"].iloc[:_SHOWN])) + (", ..." if len(bad) > _SHOWN else "")
    several = len(table["_file"].unique()) > 1
    of = f" of {bad['_file'].iloc[0]}" if several else ""
    return f"{len(bad)} row{'s' * (len(bad) != 1)} (line{'s' * (len(bad) != 1)} {shown}{of})"
