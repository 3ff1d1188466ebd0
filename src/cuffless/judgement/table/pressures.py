"""Checks that a prediction table is in mmHg: units, normalized values, swapped columns."""

import shlex
from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from cuffless.errors import shortened, some_of
from cuffless.judgement.names import PRESSURES
from cuffless.judgement.table.columns import lines, predictions_of, references_of
from cuffless.judgement.table.predictions import PredictionError

KPA_MMHG = 7.50062
UNITS = {"mmhg": 1.0, "kpa": KPA_MMHG, "cmhg": 10.0}
"""mmHg in each unit."""
_UNIT_NAMES = {"mmhg": "mmHg", "kpa": "kPa", "cmhg": "cmHg"}
REFERENCE, PREDICTION = ("sbp_ref", "dbp_ref", "map_ref"), ("sbp", "dbp", "map")
MEANS = ("map_ref", "map")
_USUAL_MMHG = {"sbp": 120.0, "dbp": 70.0, "map": 87.0}
LEAST_MMHG, MOST_MMHG = 20.0, 300.0
_KPA_BELOW, _KPA_FROM = 40.0, 4.0  # medians of pressures in kPa
_LEAST_MEAN = 30.0
KPA_RATIO = (6.0, 9.5)
"""Reference over prediction where these are in kPa and otherwise fair."""
_PA_ABOVE = 1000.0
_NORMALIZED = "if these are z-scores, fractions or differences, convert them back to mmHg"


def check_references(
    table: pd.DataFrame, name: str, unit: str, columns: Mapping[str, str], pressures: Collection[str] = PRESSURES
) -> None:
    """Refuse references of one file that are not pressures in mmHg.

    Parameters
    ----------
    table : DataFrame
        With the references in mmHg, converted from `unit`, and the rows' ``_line`` and ``_file``.
    name : str
        The file's name.
    unit : str
        Of `UNITS`.
    columns : mapping of str to str
        Names of columns in the files, where they differ from the names here.
    pressures : collection of str
        Those that are judged.

    Raises
    ------
    PredictionError
        Naming rows, value and remedy.
    """
    references = references_of(pressures)
    lost = table[references].le(0).any(axis=1)
    if lost.any():
        held = table.loc[lost, references].min(axis=1).iloc[0]
        remedy = "leave out windows that have no reference"
        if lost.mean() > 0.2:
            remedy += "; if these are z-scores or differences, convert them back to mmHg"
        raise PredictionError(
            f"{name}: the reference is not a pressure in {lines(table, lost)} (the first is {held:g} mmHg); {remedy}"
        )
    for column in references:
        median = float(table[column].median())
        if median > MOST_MMHG:
            raise PredictionError(
                f"{name}: median {column} is {median:.0f} mmHg after conversion from {unit}; check --unit"
            )
        below = LEAST_MMHG if column == "dbp_ref" else _KPA_BELOW if column == "sbp_ref" else _LEAST_MEAN
        if not median < below:
            continue
        if unit != "mmhg":
            raise PredictionError(
                f"{name}: median {column} is {median:.3g} mmHg after conversion from {unit}; check --unit"
            )
        if median >= _KPA_FROM:
            both = all(table[other].median() < _KPA_BELOW for other in references)
            remedy = _file_units(column, median) if both else f"if the column is in kPa, multiply it by {KPA_MMHG}"
            raise PredictionError(f"{name}: median {column} is {median:.1f}, too low for mmHg; {remedy}")
        raise PredictionError(f"{name}: median {column} is {median:.3g}, too low for mmHg; {_NORMALIZED}")
    if not set(PRESSURES) <= set(pressures):
        return
    swapped = table["sbp_ref"] <= table["dbp_ref"]
    if swapped.mean() > 0.5:
        raise PredictionError(
            f"{name}: SBP is not above DBP in the reference of {lines(table, swapped)}; if the columns are swapped, "
            f"pass {exchange(columns, *references_of(PRESSURES))}"
        )


def _file_units(column: str, median: float) -> str:
    """The options that give a file's pressures in mmHg, the more likely unit first."""
    usual = _USUAL_MMHG[column.removesuffix("_ref")]
    units = [unit for unit in UNITS if unit != "mmhg"]
    units.sort(key=lambda unit: abs(np.log(median * UNITS[unit] / usual)))
    return ", ".join(f"if the file is in {_UNIT_NAMES[unit]}, pass --unit {unit}" for unit in units)


def check_means(table: pd.DataFrame, name: str) -> None:
    """Refuse mean arterial pressures of one file that mostly lie outside of SBP and DBP; arguments as above.

    Raises
    ------
    PredictionError
        Naming rows and remedy.
    """
    for column, (sbp, dbp) in zip(MEANS, (references_of(PRESSURES), predictions_of(PRESSURES)), strict=True):
        if not {column, sbp, dbp} <= set(table):
            continue
        known = table[column].notna() & table[sbp].notna() & table[dbp].notna()
        outside = known & ~table[column].between(table[[sbp, dbp]].min(axis=1), table[[sbp, dbp]].max(axis=1))
        if outside.sum() > known.sum() / 2:
            raise PredictionError(
                f"{name}: {column} is not between {dbp} and {sbp} in {lines(table, outside)}; give mean pressures in "
                f"the unit of the other columns, or leave the column out: --without {column}"
            )


def check_predictions(table: pd.DataFrame, name: str, unit: str, pressures: Collection[str] = PRESSURES) -> list[str]:
    """Refuse a file whose predictions are not pressures in mmHg, be it those of test, validation or calibration rows.

    Parameters
    ----------
    table : DataFrame
        Rows of one file with references and predictions in mmHg, converted from `unit`, NaN where nothing is
        predicted, and any of the columns that identify a predictor and a subset.
    name : str
        The file's name.
    unit : str
        Of `UNITS`.
    pressures : collection of str
        Those that are judged.

    Returns
    -------
    list of str
        A warning for each predictor whose values are not pressures, if those of others are.

    Raises
    ------
    PredictionError
        If no predictor's values are pressures.
    """
    if "subset" not in table:
        return _check_subset(table, name, unit, pressures)
    predicted = table[table["subset"].ne("train") & table[predictions_of(pressures)].notna().all(axis=1)]
    test = predicted["subset"].eq("test")
    warnings = _check_subset(predicted[test], name, unit, pressures)
    for subset, rows in predicted[~test].groupby("subset", sort=False, observed=True):
        warnings += _check_subset(rows, f"{name}: rows of subset {subset}", unit, pressures)
    return warnings


def _check_subset(rows: pd.DataFrame, name: str, unit: str, pressures: Collection[str]) -> list[str]:
    if rows.empty:
        return []
    apart = [column for column in ("network", "split", "setting", "seed") if column in rows]
    groups = list(rows.groupby(apart, sort=False, dropna=False, observed=True)) if apart else [((), rows)]
    odd = {key: why for key, own in groups if (why := _not_mmhg(own, unit, pressures))}
    if len(odd) == len(groups):
        raise PredictionError(f"{name}: {next(iter(odd.values()))}")
    return [f"{name}: {_predictor_label(apart, key)}: {why}" for key, why in odd.items()]


def _predictor_label(apart: list[str], key: tuple) -> str:
    return ", ".join(
        f"{column} {shortened(value, 40)}" for column, value in zip(apart, key, strict=True) if value != ""
    )


def _not_mmhg(rows: pd.DataFrame, unit: str, pressures: Collection[str]) -> str:
    """Why a predictor's values are not pressures in mmHg; empty if they may be."""
    for column, reference in zip(predictions_of(pressures), references_of(pressures), strict=True):
        predicted, wanted = float(rows[column].median()), float(rows[reference].median())
        ratio = wanted / predicted if predicted > 0 else np.inf
        given = predicted / UNITS[unit]
        medians = f"median {column} is {given:.3g}, median {reference} {wanted:.0f} mmHg"
        in_kpa = _KPA_FROM < predicted < _KPA_BELOW and KPA_RATIO[0] < ratio < KPA_RATIO[1]
        wrong = f"{medians}; predictions must be in mmHg too"
        if unit != "mmhg":
            wrong = f"{medians}; predictions must be in {_UNIT_NAMES[unit]} too"
            if predicted > MOST_MMHG and LEAST_MMHG < given < MOST_MMHG:
                return f"{wrong}, and these seem to be in mmHg: divide {column} by {UNITS[unit]:g}"
        elif in_kpa:
            both = column == "sbp" and "dbp" in rows and float(rows["dbp"].median()) < LEAST_MMHG
            return f"{wrong}; if they are in kPa, multiply {'sbp and dbp' if both else column} by {KPA_MMHG}"
        elif predicted > _PA_ABOVE:
            return f"{wrong}; if they are in Pa, divide {column} by 133.322"
        if predicted < LEAST_MMHG:
            return f"{wrong}; {_NORMALIZED}"
    return ""


def exchanged_predictions(test: pd.DataFrame, columns: Mapping[str, str]) -> str:
    """Warning of predicted SBP that is not above the DBP, with the options that swap the columns.

    Parameters
    ----------
    test : DataFrame
        Test rows.
    columns : mapping of str to str
        Names of columns in the files, where they differ from the names here.

    Returns
    -------
    str
        Empty if SBP is above DBP everywhere.
    """
    if not set(predictions_of(PRESSURES)) <= set(test):
        return ""
    exchanged = test["sbp"] <= test["dbp"]
    if not exchanged.any():
        return ""
    warning = f"SBP is not above DBP in the predictions of {lines(test, exchanged)}"
    for column in ("network", "split", "setting", "seed"):
        share = exchanged.groupby(test[column], sort=False).mean()
        if share.max() > 0.5 > share.min():
            names = some_of(share.index[share > 0.5], most=4)
            of = "the rows of" if column == "network" else f"the rows of {column}"
            return f"{warning}; if the columns are swapped in {of} {names}, swap them there"
    if exchanged.mean() <= 0.5:
        return f"{warning}; check these rows"
    return f"{warning}; if the columns are swapped, pass {exchange(columns, *predictions_of(PRESSURES))}"


def outside_remedy(values: pd.Series) -> str:
    """Guess why values are outside all pressures in mmHg, with a remedy; empty if there is no guess."""
    middle = float(values.median())
    if middle == 0 or (abs(middle) > MOST_MMHG and set(f"{abs(middle):g}") == {"9"}):
        return "if these mark missing values, leave the windows out"
    if _KPA_FROM < middle < LEAST_MMHG:
        return f"if these are in kPa, multiply them by {KPA_MMHG}"
    return ""


def exchange(columns: Mapping[str, str], one: str, other: str) -> str:
    """The options that swap two columns, by their names in the files."""
    return " ".join(
        f"--column {shlex.quote(f'{name}={columns.get(theirs, theirs)}')}"
        for name, theirs in ((one, other), (other, one))
    )
