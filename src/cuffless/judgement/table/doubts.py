"""What makes a prediction table impossible to judge, or its judgement doubtful."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cuffless.errors import shortened, some_of
from cuffless.judgement.table.columns import lines, values_of
from cuffless.judgement.table.predictions import WINDOW, PredictionError
from cuffless.judgement.table.pressures import (
    LEAST_MMHG,
    MOST_MMHG,
    PREDICTION,
    REFERENCE,
    exchanged_predictions,
    outside_remedy,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cuffless.judgement.table.reading import JudgedTable

_MANY = 30
_USUAL = {
    **dict.fromkeys((*REFERENCE, *PREDICTION), (LEAST_MMHG, MOST_MMHG, "mmHg")),
    "seconds": (0.1, 600.0, "s"),
}
"""What each column usually holds."""


def check_windows(rows: pd.DataFrame, judged: "JudgedTable", key: list[str]) -> None:
    """Refuse a table without test rows, or one in which a test window occurs twice.

    Parameters
    ----------
    rows : DataFrame
    judged : JudgedTable
        For its source and notes.
    key : list of str
        Columns that tell rows apart.

    Raises
    ------
    PredictionError
    """
    test = rows["subset"] == "test"
    if not test.any():
        unknown = "".join(f"; {note}" for note in judged.notes if "of subset" in note)
        raise PredictionError(f"{judged.source}: no row with subset 'test'; only test windows can be judged{unknown}")
    twice = rows.duplicated(key, keep=False) & test
    if twice.any():
        raise PredictionError(
            f"{judged.source}: {int(rows.duplicated(key)[test].sum())} test windows occur twice "
            f"({lines(rows, twice)}); keep one row a window, network, split, setting and seed, or say "
            "which columns tell them apart: --column setting=THEIRS, or setting=ONE+OTHER"
        )


def check_folds(rows: pd.DataFrame, names: pd.Series, judged: "JudgedTable") -> None:
    """Refuse test rows of a cross-validation that do not say whose, and name what else is odd about folds.

    Parameters
    ----------
    rows : DataFrame
        With folds as numbers, NaN where there is none.
    names : Series of str
        What folds are called.
    judged : JudgedTable
        Takes notes and warnings.

    Raises
    ------
    PredictionError
        If some test rows of a split and setting have a fold and others none.
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
            untold = test & ~known & rows.index.isin(case.index)
            if untold.any() and not untold[case.index].all():
                raise PredictionError(
                    f"{judged.source}: column fold is empty in {lines(rows, untold)}, and other test rows have one; "
                    "fill it in, or leave the column out: --without fold"
                )
        if tested.empty:
            continue
        if (untold := training & ~known & in_split).any():
            judged.notes.append(f"fold is empty in {lines(rows, untold)}: they count as training rows of every fold")
        numbers = set(rows["fold"][trained.index])
        alone = test & known & in_split & ~rows["fold"].isin(numbers)
        if alone.any() and not (training & ~known & in_split).any():
            judged.warnings.append(
                f"{shortened(split, 40)}: fold {values_of(names, alone)} of {lines(rows, alone)} has no training rows; "
                f"those have {some_of(sorted(set(trained)), limit=80, quoted=True)}. The baselines leave out subjects "
                "instead"
            )


def find_doubts(rows: pd.DataFrame, judged: "JudgedTable", columns: "Mapping[str, str]") -> None:
    """Warn of what is odd about a table.

    Parameters
    ----------
    rows : DataFrame
        In mmHg, with the rows' ``_line`` and ``_file``.
    judged : JudgedTable
        Takes the warnings.
    columns : mapping of str to str
        What columns are called in the files, where that is not their name here.
    """
    test = rows[rows["subset"] == "test"]
    if len(test["subject"].unique()) == 1:
        judged.warnings.append(
            f"one subject ({shortened(test['subject'].iloc[0])}): no intervals, no tests; nothing is known about people"
        )
    swapped = rows["sbp_ref"] <= rows["dbp_ref"]
    if swapped.any():
        judged.warnings.append(f"SBP is not above DBP in the reference of {lines(rows, swapped)}; see to the columns")
    if said := exchanged_predictions(test, columns):
        judged.warnings.append(said)
    for name, (least, most, unit) in _USUAL.items():
        outside = (rows[name] < least) | (rows[name] > most) if name in rows else np.zeros(len(rows), bool)
        if outside.any():
            held = rows.loc[outside, name]
            guess = outside_remedy(held) if unit == "mmHg" else ""
            judged.warnings.append(
                f"{name} lies outside {least:g} to {most:g} {unit} in {lines(rows, outside)}"
                + (f": {values_of(held.round(2))}; {guess}" if guess else "; see to the column and its unit")
            )
    for network, own in test.groupby("network", sort=False):
        if len(own) > 1 and (own["sbp"].eq(own["sbp_ref"]) & own["dbp"].eq(own["dbp_ref"])).all():
            judged.warnings.append(
                f"{shortened(network)} equals the reference in all rows; are sbp and dbp what it predicted?"
            )
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
                f"{lines(test, again)} repeat an earlier one in every column; without the column start they count as "
                "further windows"
            )
