"""What a table states about the uncertainty of its predictions: columns, units, level, and their faults."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.conformal import METADATA
from cuffless.errors import shortened
from cuffless.judgement.table.columns import BANDS, LIMITS, SPREADS, as_text, lines, numbers, values_of
from cuffless.judgement.table.predictions import LEVEL, JudgedTable, PredictionError
from cuffless.judgement.table.pressures import KPA_MMHG, KPA_RATIO, LEAST_MMHG, PREDICTION, UNITS, exchange
from cuffless.records.text.numbers import parse_numbers

_ROUNDING_MMHG = 1e-3  # limits and predictions may have been rounded to 32 bits


def read_bands(table: pd.DataFrame, name: str, unit: str, columns: Mapping[str, str]) -> list[str]:
    """Turn the columns of `BANDS` that a file has into numbers in mmHg, in place, and check them.

    Parameters
    ----------
    table : DataFrame
        Rows of one file with predictions in mmHg, and the rows' ``_line`` and ``_file``.
    name : str
        The file's name.
    unit : str
        Of `UNITS`.
    columns : mapping of str to str
        Names of columns in the files, where they differ from the names here.

    Returns
    -------
    list of str
        Warnings.

    Raises
    ------
    PredictionError
        If a limit lacks its counterpart, a value is not a number, an SD is negative, a lower limit is +inf or an upper
        limit -inf, limits are not pressures or have another unit than the predictions, or most of them are crossed;
        rows, value and remedy are named.

    Notes
    -----
    An empty cell means that there is no interval, an infinite limit that the interval has no end. An interval whose
    limits are crossed covers nothing; it is kept, since leaving it out would flatter the predictor.
    """
    warnings: list[str] = []
    for name_of in [column for column in BANDS if column in table]:
        table[name_of] = _numbers(table, name_of, name) * UNITS[unit]
    for low, high in LIMITS:
        if (low in table) != (high in table):
            has, lacks = (low, high) if low in table else (high, low)
            raise PredictionError(
                f"{name}: there is a column {has} but no {lacks}; give both, or leave it out: --without {has}"
            )
        if low in table:
            _check_ends(table, low, high, name)
            _check_unit(table, low, high, name)
            warnings += _crossed(table, low, high, name, columns)
    for spread in SPREADS:
        if spread in table and (below := table[spread] < 0).any():
            raise PredictionError(
                f"{name}: {spread} is negative in {lines(table, below)} (the first is "
                f"{table.loc[below, spread].iloc[0]:g} mmHg); give standard deviations, or leave it out: "
                f"--without {spread}"
            )
    return warnings + _outside(table, name)


def _numbers(table: pd.DataFrame, column: str, name: str) -> np.ndarray:
    values, odd = numbers(table[column])
    if odd.any():
        held = table[column][odd]
        ends = parse_numbers(held.astype(object)).to_numpy(float, na_value=np.nan)
        values[odd] = np.where(np.isinf(ends), ends, np.nan)
        odd[odd] = np.isnan(values[odd])
    if odd.any():
        first = shortened(as_text(table[column][odd].iloc[0]))
        raise PredictionError(
            f"{name}: column {column} is not a number in {lines(table, odd)} (the first holds {first}); leave cells "
            f"without an interval empty, or leave the column out: --without {column}"
        )
    return values


def _check_ends(table: pd.DataFrame, low: str, high: str, name: str) -> None:
    for column, wrong, remedy in ((low, np.inf, "-inf"), (high, -np.inf, "inf")):
        if (at := table[column] == wrong).any():
            raise PredictionError(
                f"{name}: {column} is {wrong} in {lines(table, at)}; an interval without an end there has {remedy}"
            )
    known = table[high][np.isfinite(table[high])]
    if len(known) and known.median() < LEAST_MMHG:
        raise PredictionError(
            f"{name}: median {high} is {known.median():.3g} mmHg, not a pressure; give the limits themselves, not "
            f"their distance from the prediction; if they are in kPa, multiply them by {KPA_MMHG}"
        )


def _check_unit(table: pd.DataFrame, low: str, high: str, name: str) -> None:
    """Refuse limits in kPa around predictions in mmHg, and the reverse."""
    said = PREDICTION[[ends[0] for ends in LIMITS].index(low)]
    whole = np.isfinite(table[low]) & np.isfinite(table[high]) & table[said].notna()
    middle, wanted = (table.loc[whole, low] + table.loc[whole, high]).median() / 2, table.loc[whole, said].median()
    for ratio, remedy in ((wanted / middle, "multiply"), (middle / wanted, "divide")):
        if KPA_RATIO[0] < ratio < KPA_RATIO[1]:
            raise PredictionError(
                f"{name}: {low} and {high} are around {middle:.3g} mmHg, but {said} around {wanted:.3g}; if they are "
                f"not in the unit of the other columns, {remedy} them by {KPA_MMHG}"
            )


def _crossed(table: pd.DataFrame, low: str, high: str, name: str, columns: Mapping[str, str]) -> list[str]:
    crossed = table[low] > table[high]
    if not crossed.any():
        return []
    if crossed.sum() > 0.5 * (table[low].notna() & table[high].notna()).sum():
        raise PredictionError(
            f"{name}: {low} is above {high} in {lines(table, crossed)}; if the columns are swapped, pass "
            f"{exchange(columns, low, high)}"
        )
    return [f"{name}: {low} is above {high} in {lines(table, crossed)}; these intervals cover nothing"]


def _outside(table: pd.DataFrame, name: str) -> list[str]:
    """Warnings of predictions that lie outside of their own interval."""
    warnings = []
    for (low, high), prediction in zip(LIMITS, PREDICTION, strict=True):
        if low not in table:
            continue
        ordered = table[low] <= table[high]
        said = table[prediction]
        outside = ordered & ((said < table[low] - _ROUNDING_MMHG) | (said > table[high] + _ROUNDING_MMHG))
        if outside.any():
            warnings.append(
                f"{name}: {prediction} lies outside of its own interval in {lines(table, outside)}, "
                f"{100 * outside.sum() / ordered.sum():.0f} % of those with one; check the columns"
            )
    return warnings


def set_level(judged: JudgedTable, paths: Sequence[Path], tables: Iterable[pd.DataFrame], asked: float | None) -> None:
    """Set the share of windows that a table's intervals are meant to cover, with a note if it is assumed.

    Parameters
    ----------
    judged : JudgedTable
        Its level is set; a note may be added.
    paths : sequence of Path
    tables : iterable of DataFrame
        What the files hold.
    asked : float or None
        What the user asked for.

    Raises
    ------
    PredictionError
        If files differ from each other or from `asked`, or a file's level is not a share.
    """
    stated = {path.name: level for path in paths if (level := _stated_level(path)) is not None}
    if asked is not None and not 0 < asked < 1:
        raise PredictionError(f"--level {asked:g}: give a share between 0 and 1, such as 0.9")
    level = next(iter(stated.values()), asked)
    for name, other in stated.items():
        if other != level:
            raise PredictionError(
                f"{name}: its intervals are of level {other:g}, those of {next(iter(stated))} of {level:g}; judge them "
                "apart"
            )
    if asked is not None and asked != level:
        raise PredictionError(
            f"{next(iter(stated))}: its intervals are of level {level:g}; leave out --level {asked:g}"
        )
    judged.level = LEVEL if level is None else level
    if level is None and any(column in table for table in tables for ends in LIMITS for column in ends):
        judged.notes.append(
            f"the level of the intervals is not stated: {LEVEL:g} is assumed; pass --level if it differs"
        )


def _stated_level(path: Path) -> float | None:
    """The level in a parquet file's metadata, if it has one."""
    if not path.name.lower().endswith(".parquet"):
        return None
    from pyarrow.parquet import read_schema

    held = (read_schema(path).metadata or {}).get(METADATA)
    if held is None:
        return None
    try:
        level = json.loads(held)["level"]
    except (ValueError, KeyError, TypeError):
        return None  # metadata on something else
    if not isinstance(level, int | float) or not 0 < level < 1:
        raise PredictionError(
            f"{path.name}: the level of its intervals is {values_of(pd.Series([level], dtype=object))} in the "
            "file's metadata; write a share between 0 and 1, such as 0.9"
        )
    return float(level)
