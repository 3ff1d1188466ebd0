"""Reading a table of predictions from any source: its columns, its errors, and what is assumed about it."""

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.demands import MEMORY_GB
from cuffless.errors import did_you_mean, shortened, some_of
from cuffless.judgement.table.bands import read_bands, set_level
from cuffless.judgement.table.circumstances import know_circumstances
from cuffless.judgement.table.columns import (
    CODED,
    LABELS,
    NAMES,
    NOTHING,
    as_text,
    categories,
    lines,
    moments,
    numbered,
    numbers,
    predictions_of,
    references_of,
    texts,
    values_of,
)
from cuffless.judgement.table.doubts import check_folds, check_windows, find_doubts
from cuffless.judgement.table.headers.choosing import (
    SUBSETS,
    subset_words,
)
from cuffless.judgement.table.headers.opening import (
    ALL_COLUMNS,
    OPTIONAL,
    TIMES,
    divide_pressures,
    open_table,
    take_columns,
)
from cuffless.judgement.table.headers.parts import refuse_parts
from cuffless.judgement.table.people import know_people
from cuffless.judgement.table.predictions import WINDOW, JudgedTable, PredictionError
from cuffless.judgement.table.pressures import (
    MEANS,
    PREDICTION,
    REFERENCE,
    UNITS,
    check_means,
    check_predictions,
    check_references,
)
from cuffless.records.text.numbers import parse_numbers

_PREDICTOR = ("subset", "network", "split", "setting", "seed")
_DAY = 86400.0  # s
_LATEST_CLOCK = 1e7  # s; dates are later than that after 1970
_CONTROL, _LONGEST_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f]"), 1000
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
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
    unit : {"mmhg", "kpa", "cmhg"}
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
    if unknown := [name for name in columns if name not in ALL_COLUMNS]:
        raise PredictionError(
            f"{unknown[0]!r} is not a column of a prediction table{did_you_mean(unknown[0], ALL_COLUMNS)}; "
            f"known are {_all_columns()}"
        )
    if unknown := [name for name in without if name not in OPTIONAL]:
        raise PredictionError(f"{unknown[0]!r} is required; --without takes {', '.join(OPTIONAL)}")
    if odd := _oddity(network):
        raise PredictionError(
            f"--network {shortened(network, 40)!r} is a name {odd}; use a printable name of at most {_LONGEST_NAME} "
            "characters"
        )
    if not files:
        raise PredictionError("no prediction table given; name at least one")
    judged = JudgedTable(pd.DataFrame(), ())
    found = [open_table(path, columns, without, memory_gb) for path in files]
    refuse_parts([(path, file.recognized, file.table) for path, file in zip(files, found, strict=True)])
    tables = [take_columns(path, file, without, judged) for path, file in zip(files, found, strict=True)]
    names = [path.name for path in files]
    judged.source = ", ".join(names if len(set(names)) == len(names) else map(str, files))
    judged.pressures, tables = divide_pressures(tables, judged)
    present = set.intersection(*(set(table.columns) for table in tables))
    judged.missing = missing = tuple(name for name in OPTIONAL if name not in present)
    columns = {name: theirs for file in reversed(found) for name, theirs in file.recognized.renamed.items()}
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
    return ", ".join(ALL_COLUMNS)


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
    references, predictions = references_of(judged.pressures), predictions_of(judged.pressures)
    for name in (
        *references,
        *predictions,
        *(name for name in MEANS if name not in references + predictions),
        *TIMES,
        "hr",
    ):
        if name not in table:
            continue
        values, odd = numbers(table[name])
        dates = moments(table[name]) if name == "start" and odd.any() else None
        if dates:
            values, odd, table["_dated"] = dates
        needed = np.isnan(values)
        if name in predictions:
            needed &= (subset == "test").to_numpy()
        elif name not in (*references, *TIMES):  # windows without one are only left out where it is needed
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
        table[name] = values * UNITS[unit] if name in (*REFERENCE, *PREDICTION) else values
    check_references(table, path.name, unit, columns, judged.pressures)
    check_means(table, path.name)
    judged.warnings += check_predictions(table, path.name, unit, judged.pressures)
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
    table["subset"] = subset_words(table["subset"]).astype("category")
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
        "seconds from the start of the record, or dates such as 2024-01-31T10:00:00 or times as 10:00:00 in all rows"
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
        if "window" not in missing:
            _number_windows(rows, judged)
        rows["seconds"] = np.nan  # with a counted start, lengths would make windows look contiguous
    judged.notes += [f"no column {name}: {OPTIONAL[name]}" for name in missing if OPTIONAL[name]]
    unclear = rows["subject"].str.lower().isin(NOTHING)
    if unclear.any():
        judged.notes.append(
            f"subject {values_of(rows['subject'], unclear)} in {lines(rows, unclear)} is treated as a name; leave "
            "these rows out if it means that the subject is not known"
        )


def _number_windows(rows: pd.DataFrame, judged: JudgedTable) -> None:
    """Starts in the order of column window, if it tells the windows of each predictor apart."""
    names = texts(rows["window"], names=True)
    place = pd.Series(pd.factorize(names, sort=True)[0], rows.index)
    values = parse_numbers(names.where(names.ne("")))
    if values.notna().all():
        place = values.rank(method="dense")
    twice = rows.assign(_window=place).duplicated(["subject", "record", *_PREDICTOR, "_window"])
    if twice.any() or names.eq("").any():
        judged.notes.append("column window does not tell windows of a record apart and is not used")
        return
    rows["start"] = place.astype(float)
    judged.notes.append("windows are in the order of column window, which is not a time")


def _count_dates(rows: pd.DataFrame, judged: JudgedTable) -> None:
    """Convert dates in column start to seconds from the first of each record, over all files."""
    dated = rows["_dated"]
    if dated.any():
        clock = dated & rows["start"].lt(_LATEST_CLOCK)
        if len(rows[dated]) > 1 and rows.loc[dated, "start"].mod(_DAY).eq(0).all():
            raise PredictionError(
                f"{judged.source}: column start holds dates without a time in {lines(rows, dated)}; add the time "
                "of day, or leave the column out: --without start"
            )
        if clock.any():
            days = rows[clock].groupby(["subject", "record"], sort=False)["start"]
            rows.loc[clock, "start"] = days.transform(_past_midnight)
        record = rows[dated].groupby(["subject", "record"], sort=False)
        rows.loc[dated, "start"] -= record["start"].transform("min")
        for kind, own in (("date", dated & ~clock), ("time of day", clock)):
            if own.any():
                judged.notes.append(
                    f"start is a {kind} in {lines(rows, own)}: converted to seconds from the record's first start"
                )


def _past_midnight(times: pd.Series) -> pd.Series:
    """Times of day of one record, s; those after midnight are a day later, if the record is the shorter for it."""
    known = np.unique(times[times < _DAY])
    if len(known) < 2 or len(known) < times.nunique():
        return times
    gaps = np.diff(known)
    if _DAY - (known[-1] - known[0]) >= gaps.max():
        return times
    return times.where(times > known[gaps.argmax()], times + _DAY)


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
