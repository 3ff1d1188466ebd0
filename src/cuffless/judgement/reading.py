"""Reading a table of predictions, whoever made it: its columns, its mistakes, what must be known of it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.evaluation import WINDOW, PredictionError
from cuffless.records.text.tables import pandas_marks

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
_SHOWN, _MANY = 5, 30
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
_USUAL = {
    **dict.fromkeys((*_REFERENCE, *_PREDICTION), (_LEAST_MMHG, _MOST_MMHG, "mmHg")),
    "hr": (20.0, 250.0, "bpm"),
    "age": (0.0, 120.0, "years"),
    "seconds": (0.1, 600.0, "s"),
}
"""What each column usually holds."""
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
            texts = {names.get(name, name): str for name in _TEXT}  # 007 and 7 are two people
            marks = pandas_marks(path)  # separator, decimal commas, encoding, lines before the names
            table = pd.read_csv(path, skipinitialspace=True, low_memory=False, dtype=texts, **marks)
            first = 2 + marks.get("skiprows", 0)
    except FileNotFoundError:
        raise PredictionError(f"{path}: there is no such file") from None
    except UnicodeDecodeError:
        raise PredictionError(f"{path.name}: is not in UTF-8; save it so, or as parquet") from None
    except (OSError, ValueError) as error:  # parsers' errors are ValueErrors
        reason = " ".join(str(error).split())
        raise PredictionError(f"{path.name}: cannot be read ({reason}); give a CSV or parquet file") from None
    table = _joined(table, names)
    absent = [theirs for theirs in names.values() if theirs not in table.columns]
    if absent:
        found = ", ".join(map(str, table.columns))
        raise PredictionError(f"{path.name}: no column {', '.join(absent)}; found {found}")
    taken = table.drop(columns=[name for name in names if name in table.columns and names[name] != name])
    taken = taken.rename(columns={theirs: name for name, theirs in names.items()})
    if missing := [name for name in REQUIRED if name not in taken.columns]:
        found = [str(column) for column in table.columns]
        raise PredictionError(
            f"{path.name}: no column {', '.join(missing)}; found {', '.join(found)}. {_named(missing, found)}"
        )
    taken = taken[[name for name in (*REQUIRED, *OPTIONAL) if name in taken.columns]]
    return taken.assign(_line=np.arange(len(taken)) + first, _file=path.name)


def _joined(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Columns that are given as several, ``setting=tuning+budget``, joined by a slash."""
    for theirs in names.values():
        parts = theirs.split("+")
        if theirs not in table.columns and len(parts) > 1 and set(parts) <= set(table.columns):
            texts = [table[part].map(_as_text) for part in parts]
            table = table.assign(**{theirs: ["/".join(filter(None, row)) for row in zip(*texts, strict=True)]})
    return table


def _as_text(value: object) -> str:
    """A name as its owner writes it: whole numbers without a fraction, what is missing as nothing."""
    if pd.isna(value):
        return ""
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value).strip()


def _named(missing: list[str], found: list[str]) -> str:
    """How to make up for missing columns."""
    if len(found) == 1 and (signs := [sign for sign in (";", "\t", "|") if sign in found[0]]):
        return f"It is separated by {signs[0]!r}; save it with commas and decimal points"
    theirs = next((name for name in found if name.strip().lower() == missing[0]), "THEIR_NAME")
    return f"Say what they are called: --column {missing[0]}={theirs}"


def _checked(table: pd.DataFrame, path: Path, unit: str, judged: JudgedTable) -> pd.DataFrame:
    """One file's rows with numbers that are numbers and pressures in mmHg."""
    if table.empty:
        raise PredictionError(f"{path.name}: holds no row")
    table = table.copy()
    for name in set(_TEXT) & set(table.columns):
        empty = table[name].isna()
        if name == "subject" and empty.any():
            raise PredictionError(f"{path.name}: column subject is empty in {_lines(table, empty)}; fill it in")
        table[name] = table[name].map(_as_text).astype(object)
    if "subset" in table:
        table["subset"] = table["subset"].str.lower()
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
        dated = pd.api.types.is_datetime64_any_dtype(table[name]) or pd.api.types.is_timedelta64_dtype(table[name])
        given = table[name].astype(str) if dated else table[name]
        values = pd.to_numeric(given, errors="coerce").to_numpy(float, copy=True)
        needed = ~np.isfinite(values)
        if name in _PREDICTION:
            needed &= (subset == "test").to_numpy()
        elif name not in (*_REFERENCE, "start", "seconds", "seed"):
            needed &= False  # what is not known of some windows is left out of what needs it
        if needed.any():
            held = table.loc[needed, name].iloc[0]
            raise PredictionError(
                f"{path.name}: column {name} holds no finite number in {_lines(table, needed)} (the first "
                f"{'is empty' if pd.isna(held) else f'holds {held}'}); {_remedy(name, held)}"
            )
        values[~np.isfinite(values)] = np.nan
        table[name] = values * scale if name in (*_REFERENCE, *_PREDICTION) else values
    _check_unit(table, path, unit)
    return table


def _remedy(name: str, held: object) -> str:
    if isinstance(held, str) and _DECIMAL_COMMA.fullmatch(held.strip()):
        return "write numbers with decimal points"
    if name in _PREDICTION:
        return "predict these windows or leave them out"
    if name in _REFERENCE:
        return "leave out windows without a reference"
    return "give seconds from the start of the record" if name == "start" else "give numbers"


def _check_unit(table: pd.DataFrame, path: Path, unit: str) -> None:
    median = float(table["sbp_ref"].median())
    lost = table["sbp_ref"].le(0) | table["dbp_ref"].le(0)
    if lost.any():
        held = table.loc[lost, _REFERENCE].min(axis=1).iloc[0]
        raise PredictionError(
            f"{path.name}: the reference is no pressure in {_lines(table, lost)} (the first holds {held:g} "
            f"mmHg); leave out windows without a reference"
        )
    swapped = table["sbp_ref"] <= table["dbp_ref"]
    if swapped.mean() > 0.5:
        raise PredictionError(
            f"{path.name}: SBP is not above DBP in the reference of {_lines(table, swapped)}; are the "
            "columns exchanged? Say --column sbp_ref=THEIR_SBP --column dbp_ref=THEIR_DBP"
        )
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
        unknown = "".join(f"; {note}" for note in judged.notes if "of subset" in note)
        raise PredictionError(f"{judged.source}: no row with subset 'test'; only test windows can be judged{unknown}")
    key = [*WINDOW, *_PREDICTOR]
    twice = rows.duplicated(key, keep=False) & test
    if twice.any():
        raise PredictionError(
            f"{judged.source}: {int(rows.duplicated(key)[test].sum())} test windows occur twice "
            f"({_lines(rows, twice)}); keep one row a window, network, split, setting and seed, or say "
            "which columns tell them apart: --column setting=THEIRS, or setting=ONE+OTHER"
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
    exchanged = test["sbp"] <= test["dbp"]
    if exchanged.any():
        judged.warnings.append(
            f"SBP is not above DBP in the predictions of {_lines(test, exchanged)}; if the columns are exchanged, say "
            "--column sbp=THEIR_SBP --column dbp=THEIR_DBP"
        )
    for name, (least, most, unit) in _USUAL.items():
        outside = (rows[name] < least) | (rows[name] > most) if name in rows else np.zeros(len(rows), bool)
        if outside.any():
            judged.warnings.append(
                f"{name} lies outside {least:g} to {most:g} {unit} in {_lines(rows, outside)}; see to "
                "the column and its unit"
            )
    for network, own in test.groupby("network", sort=False):
        if len(own) > 1 and (own["sbp"].eq(own["sbp_ref"]) & own["dbp"].eq(own["dbp_ref"])).all():
            judged.warnings.append(f"{network} equals the reference in all rows; are sbp and dbp what it predicted?")
    people = test["subject"].nunique()
    if people > _MANY and people == test.drop_duplicates(WINDOW).shape[0]:
        judged.warnings.append(
            "every window has a subject of its own; if several are of one person, say so in the column subject, or the "
            "intervals are too narrow"
        )
    if "start" in judged.missing:
        again = test.duplicated([name for name in test if name not in ("start", "_line")])
        if again.any():
            judged.warnings.append(
                f"{_lines(test, again)} repeat an earlier one in every column; without the column start they count as "
                "further windows"
            )


def _lines(table: pd.DataFrame, which) -> str:
    """Name rows: their number, file and first lines."""
    bad = table[np.asarray(which, bool)]
    shown = ", ".join(map(str, bad["_line"].iloc[:_SHOWN])) + (", ..." if len(bad) > _SHOWN else "")
    several = len(table["_file"].unique()) > 1
    of = f" of {bad['_file'].iloc[0]}" if several else ""
    return f"{len(bad)} row{'s' * (len(bad) != 1)} (line{'s' * (len(bad) != 1)} {shown}{of})"
