"""Values of a prediction table's columns: names as text, numbers as numbers, and the lines of other values."""

import re
import shlex
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from cuffless.errors import some_of
from cuffless.records.text.numbers import parse_numbers

NAMES = ("subject", "record", "network")
"""Columns of names, in which ``NA`` or ``None`` may be a real name."""
LABELS = ("subset", "split", "setting", "sex", "skin_tone", "condition", "posture", "visit", "fold")
"""Other columns of text, in which ``NA`` means that the value is missing."""
CODED = ("subject", "record", "network", "subset", "split", "setting", "condition", "posture", "visit")
"""Columns of text that are kept as categories."""
LIMITS = tuple((f"{pressure}_lo", f"{pressure}_hi") for pressure in ("sbp", "dbp", "map"))
"""Columns of the limits of a prediction's interval, by pressure."""
SPREADS = ("sbp_sd", "dbp_sd", "map_sd")
"""Columns of the standard deviation of a prediction's error, as the predictor states it."""
BANDS = (*(name for ends in LIMITS for name in ends), *SPREADS)
"""Columns of what a predictor states about its uncertainty."""
NOTHING = ("", "-", "--", ".", "na", "n/a", "#n/a", "<na>", "nan", "-nan", "nat", "none", "null", "nil")
"""Words for a missing value, in lower case."""
_SHOWN = 5
_LONGEST_NUMBER = 1000  # digits
_DURATION = r"-?\d+ days?(?: \+?\d+:\d\d:\d\d(?:\.\d+)?)?"
_CLOCK = r"\d{1,4}:[0-5]\d:[0-5]\d(?:\.\d+)?"
_COUNTED = re.compile(r"(.*[^\W\d].*?\D|[^\W\d])(\d{1,9})")


def references_of(pressures: Iterable[str]) -> list[str]:
    """Columns of the references of some pressures: ``sbp_ref`` of SBP."""
    return [f"{pressure.lower()}_ref" for pressure in pressures]


def predictions_of(pressures: Iterable[str]) -> list[str]:
    """Columns of the predictions of some pressures: ``sbp`` of SBP."""
    return [pressure.lower() for pressure in pressures]


def band_columns(pressures: Iterable[str]) -> tuple[list[str], list[str], list[str]]:
    """Columns of the lower limits, the upper limits and the SDs of some pressures."""
    names = predictions_of(pressures)
    low, high, spread = ([f"{name}_{end}" for name in names] for end in ("lo", "hi", "sd"))
    return low, high, spread


def column_options(theirs: Mapping[str, str]) -> str:
    """Options that give the files' names of columns, by their names here."""
    return " ".join(f"--column {shlex.quote(f'{name}={own}')}" for name, own in theirs.items())


def as_text(value: object) -> str:
    """A name as text: whole numbers without a fraction, an empty string if it is missing."""
    if not isinstance(value, str) and pd.isna(value):
        return ""
    if isinstance(value, bytes):
        return value.decode(errors="replace").strip()
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value).strip()


def texts(column: pd.Series, *, names: bool) -> pd.Series:
    """A column as text.

    Parameters
    ----------
    column : Series
        Of any type.
    names : bool
        Whether ``NA`` and similar words are names; otherwise they become empty strings.

    Returns
    -------
    Series of str
        Empty where the value is missing.
    """
    codes, known = _coded(column, names)
    return pd.Series(known[codes], index=column.index, dtype=object)


def categories(column: pd.Series, *, names: bool) -> pd.Series:
    """A column as text like `texts`, as categories in alphabetical order: a table has few names and many rows."""
    codes, known = _coded(column, names)
    place, ordered = pd.factorize(known, sort=True)
    held = pd.Categorical.from_codes(place[codes], ordered)
    return pd.Series(held.remove_unused_categories(), index=column.index)


def _coded(column: pd.Series, names: bool) -> tuple[np.ndarray, np.ndarray]:
    """Codes of a column's values, and their texts; the last is empty."""
    if not isinstance(column.dtype, pd.StringDtype):
        column = column.astype(object)
    try:
        codes, unique = pd.factorize(column)
    except TypeError:  # lists and the like
        codes, unique = pd.factorize(column.map(str))
    known = [as_text(value) for value in unique]
    if not names:
        known = ["" if text.lower() in NOTHING else text for text in known]
    return codes, np.array([*known, ""], dtype=object)


def numbers(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """A column as numbers.

    Parameters
    ----------
    column : Series
        Of any type.

    Returns
    -------
    values : (n,) float array
        NaN where there is no finite number.
    odd : (n,) bool array
        Where the value is neither a finite number nor a word for a missing value.
    """
    if not pd.api.types.is_numeric_dtype(column):
        column = column.astype(object)
    dated = pd.api.types.is_datetime64_any_dtype(column.dtype) or pd.api.types.infer_dtype(column) in (
        "datetime64",
        "datetime",
        "date",
        "timedelta64",
        "timedelta",
    )
    values = np.full(len(column), np.nan)
    if not dated:
        values = parse_numbers(column).to_numpy(float, copy=True, na_value=np.nan)
    odd = ~np.isfinite(values)
    if odd.any():
        held = column[odd]
        odd[odd] = [not pd.isna(value) and as_text(value).lower() not in NOTHING for value in held]
    values[~np.isfinite(values)] = np.nan
    return values, odd


def moments(column: pd.Series) -> tuple[np.ndarray, np.ndarray, bool] | None:
    """A column of dates or durations in seconds.

    Parameters
    ----------
    column : Series
        Of any type. Text is read as ISO 8601 dates, as pandas durations (``0 days 00:00:10``) or as times of day
        (``08:15:30``), if no cell is a number and at least half of the cells can be read that way.

    Returns
    -------
    values : (n,) float array
        Seconds; for dates, since 1970, for times of day since midnight. NaN where there is no value.
    odd : (n,) bool array
        Where the value is not a date, duration or time of day.
    dated : bool
        True for dates and times of day, False for durations.
    None
        If the column holds neither.
    """
    if pd.api.types.is_numeric_dtype(column):
        return None
    text = texts(column, names=False)
    known = text.ne("").to_numpy()
    cells = text.where(text.ne(""))
    if not known.any() or parse_numbers(cells).notna().any():
        return None
    spans = cells.where(cells.str.fullmatch(_DURATION).eq(True))
    clock = cells.where(cells.str.fullmatch(_CLOCK).eq(True))
    dated = not spans.notna().any()
    if dated and clock.notna().any():
        read = pd.to_timedelta(clock, errors="coerce")
    elif dated:
        read = pd.to_datetime(cells, errors="coerce", format="ISO8601", utc=True) - pd.Timestamp(0, tz="UTC")
    else:
        read = pd.to_timedelta(spans, errors="coerce")
    values = read.dt.total_seconds().to_numpy(float)
    if np.isfinite(values).sum() < 0.5 * known.sum():
        return None
    return values, known & np.isnan(values), dated


def plain_number(text: str) -> str:
    """A number's shortest text, so that ``1`` and ``1.0`` are equal; other text in lower case."""
    if text.isdecimal():  # of any length: a float holds 15 digits
        return str(int(text)) if len(text) < _LONGEST_NUMBER else text
    try:
        return f"{float(text):.15g}"
    except ValueError:
        return text.casefold()


def plainly(column: pd.Series) -> pd.Series:
    """A column of text with its numbers as `plain_number` writes them."""
    shown = {text: key if (key := plain_number(text)) != text.casefold() else text for text in column.unique()}
    return column.map(shown)


def numbered(column: pd.Series) -> tuple[np.ndarray, dict[str, int]]:
    """Numbers for the names of folds or seeds.

    Parameters
    ----------
    column : Series of str

    Returns
    -------
    numbers : (n,) float array
        Whole numbers; NaN where the column is empty.
    names : dict of str to int
        Number of each name, if the names are not whole numbers themselves: the number at their end (``seed3``) if it
        is unique, else their place in alphabetical order.
    """
    codes, known_texts = _coded(column, names=False)
    keys = [plain_number(text) for text in known_texts]
    unique = sorted(set(keys) - {""})
    counted = [_COUNTED.fullmatch(key) for key in unique]
    if all(re.fullmatch(r"-?\d{1,9}", key) for key in unique):
        known, called = {key: int(key) for key in unique}, False
    elif all(counted) and len({match[1] for match in counted if match}) == 1:
        known, called = {key: int(match[2]) for key, match in zip(unique, counted, strict=True) if match}, True
        if len(set(known.values())) < len(known):  # fold1 and fold01
            known = {key: place for place, key in enumerate(unique)}
    else:
        known, called = {key: place for place, key in enumerate(unique)}, True
    values = np.array([known.get(key, np.nan) for key in keys], float)[codes]
    return values, known if called else {}


def lines(table: pd.DataFrame, which) -> str:
    """Describe rows: how many, and the file and first of their lines."""
    bad = table[np.asarray(which, bool)]
    shown = ", ".join(map(str, bad["_line"].iloc[:_SHOWN])) + (", ..." if len(bad) > _SHOWN else "")
    several = len(table["_file"].unique()) > 1
    of = f" of {bad['_file'].iloc[0]}" if several else ""
    return f"{len(bad)} row{'s' * (len(bad) != 1)} (line{'s' * (len(bad) != 1)} {shown}{of})"


def values_of(column: pd.Series, which=None) -> str:
    """List the distinct values of a column, the most frequent first."""
    held = column if which is None else column[np.asarray(which, bool)]
    return some_of(texts(held, names=True).value_counts(sort=True).index, most=6, limit=120, quoted=True)
