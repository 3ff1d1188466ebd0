"""Whether the pressures of a prediction table are pressures in mmHg: units, normalized values, exchanged columns."""

import shlex
from collections.abc import Mapping

import numpy as np
import pandas as pd

from cuffless.errors import shortened, some_of
from cuffless.judgement.table.columns import lines
from cuffless.judgement.table.predictions import PredictionError

KPA_MMHG = 7.50062
REFERENCE, PREDICTION = ("sbp_ref", "dbp_ref"), ("sbp", "dbp")
LEAST_MMHG, MOST_MMHG = 20.0, 300.0
_KPA_BELOW, _KPA_FROM = 40.0, 4.0  # medians of pressures in kPa
_KPA_RATIO = (6.0, 9.5)  # reference over prediction where these are in kPa and otherwise fair
_PA_ABOVE = 1000.0
_NORMALIZED = "z-scores, fractions or differences? Undo that first, in these columns: mmHg are wanted"


def check_references(table: pd.DataFrame, name: str, unit: str, columns: Mapping[str, str]) -> None:
    """Refuse references of one file that are no pressures in mmHg.

    Parameters
    ----------
    table : DataFrame
        With ``sbp_ref, dbp_ref`` in mmHg, converted from `unit`, and the rows' ``_line`` and ``_file``.
    name : str
        Of the file.
    unit : {"mmhg", "kpa"}
    columns : mapping of str to str
        What columns are called in the files, where that is not their name here.

    Raises
    ------
    PredictionError
        Naming rows, value and remedy.
    """
    lost = table["sbp_ref"].le(0) | table["dbp_ref"].le(0)
    if lost.any():
        held = table.loc[lost, list(REFERENCE)].min(axis=1).iloc[0]
        remedy = "leave out windows without a reference"
        if lost.mean() > 0.2:
            remedy += ", or, where these are z-scores or differences, undo that first: mmHg are wanted"
        raise PredictionError(
            f"{name}: the reference is not a pressure in {lines(table, lost)} (the first holds {held:g} mmHg); {remedy}"
        )
    for column in REFERENCE:
        median = float(table[column].median())
        if median > MOST_MMHG:
            raise PredictionError(
                f"{name}: the median of {column} is {median:.0f} mmHg after conversion from {unit}; see to --unit"
            )
        below = _KPA_BELOW if column == "sbp_ref" else LEAST_MMHG
        if not median < below:
            continue
        if unit == "kpa":
            raise PredictionError(
                f"{name}: the median of {column} is {median:.3g} mmHg after conversion from kpa; see to --unit"
            )
        if median >= _KPA_FROM:
            both = all(table[other].median() < _KPA_BELOW for other in REFERENCE)
            remedy = "Say --unit kpa" if both else f"Multiply {column} by {KPA_MMHG}"
            raise PredictionError(f"{name}: the median of {column} is {median:.1f}, which is no mmHg. In kPa? {remedy}")
        raise PredictionError(f"{name}: the median of {column} is {median:.3g}, which is no mmHg; {_NORMALIZED}")
    swapped = table["sbp_ref"] <= table["dbp_ref"]
    if swapped.mean() > 0.5:
        raise PredictionError(
            f"{name}: SBP is not above DBP in the reference of {lines(table, swapped)}; are the columns exchanged? "
            f"Say {exchange(columns, *REFERENCE)}"
        )


def check_predictions(table: pd.DataFrame, name: str, unit: str) -> list[str]:
    """Refuse a file whose predictions are no pressures in mmHg.

    Parameters
    ----------
    table : DataFrame
        Rows of one file with ``sbp_ref, dbp_ref, sbp, dbp`` in mmHg, converted from `unit`, and what tells predictors
        apart, as far as it does.
    name : str
        Of the file.
    unit : {"mmhg", "kpa"}

    Returns
    -------
    list of str
        What some of the predictors give that is no pressure, where others give pressures.

    Raises
    ------
    PredictionError
        If none of the predictors gives pressures.
    """
    test = table[table["subset"].eq("test")] if "subset" in table else table
    if test.empty:
        return []
    apart = [column for column in ("network", "split", "setting", "seed") if column in test]
    groups = list(test.groupby(apart, sort=False, dropna=False)) if apart else [((), test)]
    odd = {key: why for key, rows in groups if (why := _not_mmhg(rows, unit))}
    if len(odd) == len(groups):
        raise PredictionError(f"{name}: {next(iter(odd.values()))}")
    several = [_called(apart, key) for key in odd]
    return [f"{name}: {called}: {why}" for called, why in zip(several, odd.values(), strict=True)]


def _called(apart: list[str], key: tuple) -> str:
    return ", ".join(
        f"{column} {shortened(value, 40)}" for column, value in zip(apart, key, strict=True) if value != ""
    )


def _not_mmhg(rows: pd.DataFrame, unit: str) -> str:
    """Why a predictor's values are no pressures in mmHg; empty if they may be."""
    for column, reference in zip(PREDICTION, REFERENCE, strict=True):
        predicted, wanted = float(rows[column].median()), float(rows[reference].median())
        ratio = wanted / predicted if predicted > 0 else np.inf
        given = predicted / (KPA_MMHG if unit == "kpa" else 1.0)
        said = f"the median of {column} is {given:.3g} and that of {reference} {wanted:.0f} mmHg"
        in_kpa = _KPA_FROM < predicted < _KPA_BELOW and _KPA_RATIO[0] < ratio < _KPA_RATIO[1]
        wrong = f"{said}; predictions must be in mmHg too"
        if unit == "kpa":
            wrong = f"{said}; predictions must be in kPa too"
            if predicted > MOST_MMHG and LEAST_MMHG < given < MOST_MMHG:
                return f"{wrong}, and these seem to be mmHg: divide {column} by {KPA_MMHG}"
        elif in_kpa:
            both = column == "sbp" and float(rows["dbp"].median()) < LEAST_MMHG
            return f"{wrong}. In kPa? Multiply {'sbp and dbp' if both else column} by {KPA_MMHG}"
        elif predicted > _PA_ABOVE:
            return f"{wrong}. In Pa? Divide {column} by 133.322"
        if predicted < LEAST_MMHG:
            return f"{wrong}; {_NORMALIZED}"
    return ""


def exchanged_predictions(test: pd.DataFrame, columns: Mapping[str, str]) -> str:
    """Say where a predicted SBP does not lie above the DBP, with the options that exchange the columns.

    Parameters
    ----------
    test : DataFrame
        Test rows.
    columns : mapping of str to str
        What columns are called in the files, where that is not their name here.

    Returns
    -------
    str
        Empty where all do.
    """
    exchanged = test["sbp"] <= test["dbp"]
    if not exchanged.any():
        return ""
    said = f"SBP is not above DBP in the predictions of {lines(test, exchanged)}"
    for column in ("network", "split", "setting", "seed"):
        share = exchanged.groupby(test[column], sort=False).mean()
        if share.max() > 0.5 > share.min():
            named = some_of(share.index[share > 0.5], most=4)
            of = "the rows of" if column == "network" else f"the rows of {column}"
            return f"{said}; if the columns are exchanged in {of} {named}, exchange them there"
    if exchanged.mean() <= 0.5:
        return f"{said}; see to these rows"
    return f"{said}; if the columns are exchanged, say {exchange(columns, *PREDICTION)}"


def outside_remedy(values: pd.Series) -> str:
    """What values outside of all pressures in mmHg seem to be, and what to do about it; empty where nothing tells."""
    middle = abs(float(values.median()))
    if middle == 0 or (middle > MOST_MMHG and set(f"{middle:g}") == {"9"}):
        return "a sign for a missing value? Leave these windows out"
    if _KPA_FROM < middle < LEAST_MMHG:
        return f"in kPa? Multiply these by {KPA_MMHG}"
    return ""


def exchange(columns: Mapping[str, str], one: str, other: str) -> str:
    """The options that exchange two columns of the files, which may have names of their own."""
    return " ".join(
        f"--column {shlex.quote(f'{name}={columns.get(theirs, theirs)}')}"
        for name, theirs in ((one, other), (other, one))
    )
