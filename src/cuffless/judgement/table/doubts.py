"""Checks of a prediction table: errors that make it impossible to judge, and warnings."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cuffless.errors import shortened, some_of
from cuffless.judgement.names import PRESSURES
from cuffless.judgement.table.columns import CODED, lines, predictions_of, references_of, values_of
from cuffless.judgement.table.predictions import WINDOW, JudgedTable, PredictionError
from cuffless.judgement.table.pressures import (
    LEAST_MMHG,
    MOST_MMHG,
    PREDICTION,
    REFERENCE,
    exchanged_predictions,
    outside_remedy,
)

_MANY = 30
_USUAL = {
    **dict.fromkeys((*REFERENCE, *PREDICTION), (LEAST_MMHG, MOST_MMHG, "mmHg")),
    "seconds": (0.1, 600.0, "s"),
}
"""Usual range of each column."""


def check_windows(rows: pd.DataFrame, judged: JudgedTable, key: list[str]) -> None:
    """Refuse a table without test rows, or one in which a test window occurs twice.

    Parameters
    ----------
    rows : DataFrame
    judged : JudgedTable
        For its source and notes.
    key : list of str
        Columns that identify a row.

    Raises
    ------
    PredictionError
    """
    test = rows["subset"] == "test"
    if not test.any():
        unknown = "".join(f"; {note}" for note in judged.notes if "of subset" in note)
        raise PredictionError(f"{judged.source}: no row with subset 'test'; only test windows can be judged{unknown}")
    # Names that all rows share tell none apart, and are slow to look at.
    key = [name for name in key if name not in CODED or len(rows[name].cat.categories) > 1]
    twice = rows.duplicated(key, keep=False) & test
    if twice.any():
        raise PredictionError(
            f"{judged.source}: {int(rows.duplicated(key)[test].sum())} test windows occur twice "
            f"({lines(rows, twice)}); keep one row per window, network, split, setting and seed, or name "
            "the columns that tell them apart: --column setting=THEIRS, or setting=ONE+OTHER"
        )


def check_folds(rows: pd.DataFrame, names: pd.Series, judged: JudgedTable) -> None:
    """Refuse test rows of a cross-validation without a fold, and note other oddities of folds.

    Parameters
    ----------
    rows : DataFrame
        With folds as numbers, NaN where there is none.
    names : Series of str
        Names of the folds.
    judged : JudgedTable
        Notes and warnings are added to it.

    Raises
    ------
    PredictionError
        If only some test rows of a split and setting have a fold.
    """
    test, known = rows["subset"].eq("test"), rows["fold"].notna()
    training = rows["subset"].isin(["train", "val"])
    for split, own in rows.groupby("split", sort=False).groups.items():
        in_split = rows.index.isin(own)
        trained = names[in_split & training & known]
        if trained.empty:
            continue
        tested = names[in_split & test & known]
        for _, case in rows[in_split & test].groupby("setting", sort=False):
            empty = test & ~known & rows.index.isin(case.index)
            if empty.any() and not empty[case.index].all():
                raise PredictionError(
                    f"{judged.source}: column fold is empty in {lines(rows, empty)} but not in other test rows; "
                    "fill it in, or leave the column out: --without fold"
                )
        if tested.empty:
            continue
        if (empty := training & ~known & in_split).any():
            judged.notes.append(f"fold is empty in {lines(rows, empty)}, which count as training rows of every fold")
        numbers = set(rows["fold"][trained.index])
        alone = test & known & in_split & ~rows["fold"].isin(numbers)
        if alone.any() and not (training & ~known & in_split).any():
            judged.warnings.append(
                f"{shortened(split, 40)}: fold {values_of(names, alone)} of {lines(rows, alone)} has no training rows; "
                f"training rows have {some_of(sorted(set(trained)), limit=80, quoted=True)}. The baselines of all "
                "folds are fitted on the test subjects instead"
            )


def find_doubts(rows: pd.DataFrame, judged: JudgedTable, columns: Mapping[str, str]) -> None:
    """Add warnings about implausible values and structure of a table.

    Parameters
    ----------
    rows : DataFrame
        In mmHg, with the rows' ``_line`` and ``_file``.
    judged : JudgedTable
        Warnings are added to it.
    columns : mapping of str to str
        Names of columns in the files, where they differ from the names here.
    """
    test = rows[rows["subset"] == "test"]
    if len(test["subject"].unique()) == 1:
        judged.warnings.append(
            f"one subject ({shortened(test['subject'].iloc[0])}): no intervals and no tests, one person says nothing "
            "about others"
        )
    both = set(PRESSURES) <= set(judged.pressures)
    swapped = rows["sbp_ref"] <= rows["dbp_ref"] if both else pd.Series(False, index=rows.index)
    if swapped.any():
        judged.warnings.append(f"SBP is not above DBP in the reference of {lines(rows, swapped)}; check the columns")
    if warning := exchanged_predictions(test, columns):
        judged.warnings.append(warning)
    for name, (least, most, unit) in _USUAL.items():
        outside = (rows[name] < least) | (rows[name] > most) if name in rows else np.zeros(len(rows), bool)
        if outside.any():
            held = rows.loc[outside, name]
            guess = outside_remedy(held) if unit == "mmHg" else ""
            judged.warnings.append(
                f"{name} is outside {least:g} to {most:g} {unit} in {lines(rows, outside)}"
                + (f": {values_of(held.round(2))}; {guess}" if guess else "; check the column and its unit")
            )
    for network, own in test.groupby("network", sort=False):
        said = predictions_of(judged.pressures)
        references = own[references_of(judged.pressures)]
        if len(own) > 1 and (own[said].to_numpy() == references.to_numpy()).all():
            judged.warnings.append(
                f"{shortened(network)} equals the reference in all rows; check that {' and '.join(said)} are its "
                "predictions"
            )
    people = test["subject"].nunique()
    if people > _MANY and people == (~test.duplicated(WINDOW)).sum():
        judged.warnings.append(
            "every window has its own subject; if several belong to one person, give them the same name in column "
            "subject, or the intervals are too narrow"
        )
    if "start" in judged.missing:
        again = test.duplicated([name for name in test if name not in ("start", "_line")])
        if again.any():
            judged.warnings.append(
                f"{lines(test, again)}: same as an earlier row in every column; without column start, each counts "
                "as a window of its own"
            )
