"""Reading a table of predictions from any source: its columns, its errors, and what is assumed about it."""

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.demands import MEMORY_GB
from cuffless.errors import shortened, some_of
from cuffless.judgement.table.bands import read_bands, set_level
from cuffless.judgement.table.circumstances import CIRCUMSTANCES, know_circumstances
from cuffless.judgement.table.columns import (
    BANDS,
    CODED,
    LABELS,
    NAMES,
    NOTHING,
    as_text,
    categories,
    column_options,
    lines,
    moments,
    numbered,
    numbers,
    spelled_otherwise,
    texts,
    values_of,
)
from cuffless.judgement.table.doubts import check_folds, check_windows, find_doubts
from cuffless.judgement.table.files import read_file
from cuffless.judgement.table.people import know_people
from cuffless.judgement.table.predictions import WINDOW, JudgedTable, PredictionError
from cuffless.judgement.table.pressures import (
    KPA_MMHG,
    MEANS,
    PREDICTION,
    REFERENCE,
    check_means,
    check_predictions,
    check_references,
)

REQUIRED = ("subject", "sbp_ref", "dbp_ref", "sbp", "dbp")
OPTIONAL = {
    "record": "one record per subject is assumed",
    "start": "rows are assumed to be in time order; nothing that needs times can be assessed",
    "seconds": "whether windows overlap cannot be assessed",
    "subset": "all rows are assumed to be test windows",
    **dict.fromkeys(("network", "split", "seed", "setting", "hr", "age", "sex", "bmi", "skin_tone"), ""),
    **dict.fromkeys((*CIRCUMSTANCES, "fold", *MEANS, *BANDS), ""),
}
"""Columns that may be missing, and what is assumed without them."""
SUBSETS = ("train", "val", "calibration", "test")
_PREDICTOR = ("subset", "network", "split", "setting", "seed")
_TIMES = ("start", "seconds")
_NUMBERS = (*REFERENCE, *PREDICTION, *MEANS, *_TIMES, "hr", "age", "bmi", "seed", *BANDS)
_CONTROL, _LONGEST_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f]"), 1000
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
_UNREAD = "unread"
_WITH_MORE = re.compile(r"\s*\d")


def read_table(
    paths: Iterable[str | Path],
    *,
    columns: Mapping[str, str] | None = None,
    unit: str = "mmhg",
    network: str = "predictor",
    sex: Mapping[str, str] | None = None,
    without: Collection[str] = (),
    level: float | None = None,
    memory_gb: float = MEMORY_GB,
) -> JudgedTable:
    """Read tables of predictions and check them.

    Parameters
    ----------
    paths : iterable of path
        CSV (also .csv.gz) or parquet files, one row per window; several are concatenated.
    columns : mapping of str to str, optional
        A column's name in the files, by its name here.
    unit : {"mmhg", "kpa"}
        Of the pressures.
    network : str
        Name of the predictor where there is no column ``network``.
    sex : mapping of str to str, optional
        Meaning of the values of column ``sex``, from `cuffless.judgement.table.sexes.read_sex_codes`.
    without : collection of str
        Optional columns to ignore.
    level : float, optional
        Share of windows that the predictions' intervals are meant to cover, if the files do not state it.
    memory_gb : float
        Memory that a file may need, in GB (10^9 bytes).

    Returns
    -------
    JudgedTable

    Raises
    ------
    PredictionError
        If a file cannot be read, a required column is missing, a number is missing or infinite, a window occurs twice,
        there are no test rows, pressures are not in mmHg, or a column cannot be understood; rows are named by their
        line in the file (parquet: from 1).
    """
    files, columns = [Path(path) for path in paths], dict(columns or {})
    if unknown := [name for name in columns if name not in (*REQUIRED, *OPTIONAL)]:
        raise PredictionError(f"{unknown[0]!r} is not a column of a prediction table; known are {_all_columns()}")
    if unknown := [name for name in without if name not in OPTIONAL]:
        raise PredictionError(f"{unknown[0]!r} is required; --without takes {', '.join(OPTIONAL)}")
    if odd := _oddity(network):
        raise PredictionError(
            f"--network {shortened(network, 40)!r} is a name {odd}; use a printable name of at most {_LONGEST_NAME} "
            "characters"
        )
    if not files:
        raise PredictionError("no prediction table given; name at least one")
    tables = [_read(path, columns, memory_gb).drop(columns=list(without), errors="ignore") for path in files]
    names = [path.name for path in files]
    source = ", ".join(names if len(set(names)) == len(names) else map(str, files))
    present = set.intersection(*(set(table.columns) for table in tables))
    missing = tuple(name for name in OPTIONAL if name not in present)
    judged = JudgedTable(pd.DataFrame(), missing, source=source)
    judged.warnings += [text for table in tables for text in table.attrs.pop(_UNREAD, [])]
    set_level(judged, files, tables, level)
    parts = [_checked(table, path, unit, columns, judged) for path, table in zip(files, tables, strict=True)]
    rows = pd.concat(parts, ignore_index=True)
    for name in set(CODED) & set(rows):  # several files have several sets of categories
        rows[name] = rows[name].astype("category")
    _assume(rows, missing, network, judged)
    _count_dates(rows, judged)
    _number(rows, judged)
    warnings, notes = know_people(rows, sex or {}, columns)
    judged.warnings += warnings
    judged.notes += [*notes, *know_circumstances(rows)]
    check_windows(rows, judged, [*WINDOW, *_PREDICTOR])
    find_doubts(rows, judged, columns)
    judged.rows = rows.drop(columns=["_line", "_file", "_dated"])
    return judged


def _all_columns() -> str:
    return ", ".join((*REQUIRED, *OPTIONAL))


def _read(path: Path, names: Mapping[str, str], memory_gb: float) -> pd.DataFrame:
    """Read the known columns of a file, not yet checked."""

    def theirs(ours: Iterable[str]) -> list[str]:
        return [names.get(name, name) for name in ours]

    table = read_file(path, texts=theirs((*NAMES, *LABELS)), numbers=theirs(_NUMBERS), memory_gb=memory_gb)
    place = table[["_line", "_file"]]
    held = _join_parts(table.drop(columns=list(place)), names)
    chosen = _chosen(held, names, path).join(place)
    unread = spelled_otherwise(set(OPTIONAL) - set(chosen), map(str, set(held) - set(names.values())))
    if unread:
        chosen.attrs[_UNREAD] = [
            f"{path.name}: column {some_of(sorted(unread.values()))} is not read, since names of columns are in lower "
            f"case; to have it read, pass {column_options(unread)}"
        ]
    return chosen


def _chosen(table: pd.DataFrame, names: Mapping[str, str], path: Path) -> pd.DataFrame:
    """The known columns, renamed to the names used here."""
    found = list(map(str, table.columns))
    if absent := [theirs for theirs in names.values() if theirs not in table.columns]:
        raise PredictionError(
            f"{path.name}: no column {some_of(absent)} (found: {some_of(found, most=20)}); check --column"
        )
    own = {name: name for name in (*REQUIRED, *OPTIONAL) if name in table.columns and name not in names.values()}
    theirs = own | dict(names)
    if missing := [name for name in REQUIRED if name not in theirs]:
        raise PredictionError(
            f"{path.name}: no column {', '.join(missing)} (found: {some_of(found, most=20)}); "
            f"{_column_hint(missing, found)}"
        )
    return pd.DataFrame({name: table[theirs[name]] for name in (*REQUIRED, *OPTIONAL) if name in theirs})


def _join_parts(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Columns given as a sum of several, ``setting=tuning+budget``, joined by a slash."""
    for theirs in names.values():
        parts = theirs.split("+")
        if theirs not in table.columns and len(parts) > 1 and set(parts) <= set(table.columns):
            known = [texts(table[part], names=False) for part in parts]
            table = table.assign(**{theirs: ["/".join(filter(None, row)) for row in zip(*known, strict=True)]})
    return table


def _column_hint(missing: list[str], found: list[str]) -> str:
    """How to provide missing columns."""
    if len(found) == 1 and (signs := [sign for sign in (";", "\t", "|") if sign in found[0]]):
        return f"the separator is {signs[0]!r}; save the file with commas and decimal points"
    spelled = spelled_otherwise(missing, found)
    if not spelled:
        return f"if it has another name, pass --column {missing[0]}=THEIR_NAME"
    return f"if it has another name, pass {column_options(spelled)}"


def _checked(
    table: pd.DataFrame, path: Path, unit: str, columns: Mapping[str, str], judged: JudgedTable
) -> pd.DataFrame:
    """One file's rows with names that are text, numbers that are numbers and pressures in mmHg."""
    if table.empty:
        raise PredictionError(f"{path.name}: the file has no rows")
    table = table.assign(_dated=False)
    for name in {*NAMES, *LABELS} & set(table.columns):
        read = categories if name in CODED else texts
        table[name] = read(table[name], names=name in NAMES)
        _check_names(table, name, path)
    if (empty := table["subject"].eq("")).any():
        raise PredictionError(f"{path.name}: column subject is empty in {lines(table, empty)}; fill it in")
    if "subset" in table:
        table = _known_subsets(table, path, judged)
    subset = table.get("subset", pd.Series("test", index=table.index))
    scale = KPA_MMHG if unit == "kpa" else 1.0
    for name in (*REFERENCE, *PREDICTION, *MEANS, *_TIMES, "hr"):
        if name not in table:
            continue
        values, odd = numbers(table[name])
        dates = moments(table[name]) if name == "start" and odd.any() else None
        if dates:
            values, odd, table["_dated"] = dates
        needed = np.isnan(values)
        if name in PREDICTION:
            needed &= (subset == "test").to_numpy()
        elif name in ("hr", *MEANS):  # windows without one are only left out where it is needed
            needed &= np.isnan(values).all() and odd.any()
        if needed.any():
            held = table.loc[needed, name].iloc[0]
            wanted = "a time" if dates else "a finite number"
            first = "is empty" if as_text(held) == "" else f"holds {shortened(as_text(held))}"
            raise PredictionError(
                f"{path.name}: column {name} is not {wanted} in {lines(table, needed)} (the first {first}); "
                f"{_remedy(name, held, dated=dates is not None)}"
            )
        if odd.any():
            judged.warnings.append(
                f"{path.name}: {name} {values_of(table[name], odd)} in {lines(table, odd)} is not a number and counts "
                "as missing"
            )
        table[name] = values * scale if name in (*REFERENCE, *PREDICTION, *MEANS) else values
    check_references(table, path.name, unit, columns)
    check_means(table, path.name)
    judged.warnings += check_predictions(table, path.name, unit)
    judged.warnings += read_bands(table, path.name, unit, columns)
    return table


def _check_names(table: pd.DataFrame, name: str, path: Path) -> None:
    """Refuse names that cannot be shown in a message or a file name."""
    wrong = [text for text in table[name].unique() if _oddity(text)]
    if wrong:
        odd, first = table[name].isin(wrong), wrong[0]
        raise PredictionError(
            f"{path.name}: column {name} holds a name {_oddity(first)}, {shortened(first, 40)!r}, in "
            f"{lines(table, odd)}; use printable names of at most {_LONGEST_NAME} characters"
        )


def _oddity(name: str) -> str:
    """Why a name cannot be shown, or an empty string if it can."""
    if len(name) > _LONGEST_NAME:
        return f"of {len(name):,} characters"
    return "with control characters" if _CONTROL.search(name) else ""


def _known_subsets(table: pd.DataFrame, path: Path, judged: JudgedTable) -> pd.DataFrame:
    table["subset"] = table["subset"].str.lower().astype("category")
    if (known := table["subset"].isin(SUBSETS)).all():
        return table
    odd = table["subset"][~known]
    judged.notes.append(
        f"{path.name}: {lines(table, ~known)} of subset {some_of(sorted(set(odd)), quoted=True)} are left out; known "
        f"are {', '.join(SUBSETS)}"
    )
    return table[known].copy()


def _remedy(name: str, held: object, *, dated: bool = False) -> str:
    if isinstance(held, str) and _DECIMAL_COMMA.fullmatch(held.strip()):
        return "write numbers with decimal points"
    if isinstance(held, str) and name in (*PREDICTION, *REFERENCE) and _WITH_MORE.match(held):
        return "write only numbers, without units or a second value"
    if dated:
        return f"correct the values, or leave the column out: --without {name}"
    if name in PREDICTION:
        return "predict these windows, or leave them out"
    if name in REFERENCE:
        return "leave out windows that have no reference"
    what = (
        "seconds from the start of the record, or dates such as 2024-01-31T10:00:00 in all rows"
        if name == "start"
        else "numbers"
    )
    return f"give {what}, or leave the column out: --without {name}"


def _assume(rows: pd.DataFrame, missing: tuple[str, ...], network: str, judged: JudgedTable) -> None:
    """Fill in defaults for missing columns, and note each assumption."""
    defaults = {"subset": "test", "network": network, "split": "test", "setting": "", "seed": "0", "seconds": np.nan}
    for name in set(defaults) & set(missing):
        rows[name] = defaults[name]
        if name in CODED:
            rows[name] = pd.Categorical.from_codes(np.zeros(len(rows), np.int8), [defaults[name]])
    if "record" in missing:
        rows["record"] = rows["subject"]
    if "start" in missing:
        rows["start"] = rows.groupby(["subject", "record", *_PREDICTOR]).cumcount().astype(float)
        rows["seconds"] = np.nan  # with a counted start, lengths would make windows look contiguous
    judged.notes += [f"no column {name}: {OPTIONAL[name]}" for name in missing if OPTIONAL[name]]
    unclear = rows["subject"].str.lower().isin(NOTHING)
    if unclear.any():
        judged.notes.append(
            f"subject {values_of(rows['subject'], unclear)} in {lines(rows, unclear)} is treated as a name; leave "
            "these rows out if it means that the subject is not known"
        )


def _count_dates(rows: pd.DataFrame, judged: JudgedTable) -> None:
    """Convert dates in column start to seconds from the first of each record, over all files."""
    dated = rows["_dated"]
    if dated.any():
        if len(rows[dated]) > 1 and rows.loc[dated, "start"].mod(86400).eq(0).all():
            raise PredictionError(
                f"{judged.source}: column start holds dates without a time in {lines(rows, dated)}; add the time "
                "of day, or leave the column out: --without start"
            )
        record = rows[dated].groupby(["subject", "record"], sort=False)
        rows.loc[dated, "start"] -= record["start"].transform("min")
        judged.notes.append(
            f"start is a date in {lines(rows, dated)}: converted to seconds from the record's first start"
        )


def _number(rows: pd.DataFrame, judged: JudgedTable) -> None:
    """Replace names of seeds and folds by numbers."""
    rows["seed"], names = numbered(rows["seed"])
    if names:
        shown = [f"{number} is {shortened(name, 30)}" for name, number in names.items()]
        judged.notes.append(f"seeds are numbered: {some_of(shown)}")
    judging = rows["subset"].isin(["test", "calibration"])
    if (untold := judging & rows["seed"].isna()).any():
        raise PredictionError(
            f"{judged.source}: column seed is empty in {lines(rows, untold)}; fill it in, or leave the column out: "
            "--without seed"
        )
    rows["seed"] = rows["seed"].fillna(0).astype(int)
    if "fold" in rows:
        names = texts(rows["fold"], names=False)
        rows["fold"] = numbered(rows["fold"])[0]
        check_folds(rows, names, judged)
