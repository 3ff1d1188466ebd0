"""Whether a predictor looks at its input: a sentence and a table."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cuffless.judgement.measures.dependence import (
    ANY,
    CHANGES,
    DEPENDS,
    HARDLY,
    HIDDEN,
    MAYBE_CALIBRATION,
    PERSON,
    STILL,
    UNKNOWN,
    UNSHOWN,
)
from cuffless.report.judgement.tables import PRESSURE, download
from cuffless.report.tables import Column, Table, make_table
from cuffless.report.wording import count, number, percent, text, with_limits

_SHUFFLED = {
    ANY: "between people",
    PERSON: "within each person, then between people",
    CHANGES: "within each person",
}
_SHOWS = {ANY: "anything at all", PERSON: "the person's level", CHANGES: "changes of a person"}
_VERDICTS = {
    DEPENDS: "predictions depend on the input",
    HARDLY: "predictions hardly depend on the input",
    UNSHOWN: "predictions are not shown to depend on the input",
}
_WORDS = {DEPENDS: "yes", HARDLY: "hardly", UNSHOWN: "not shown"}
_FOLLOWED = {
    DEPENDS: "followed",
    HARDLY: "hardly followed",
    UNSHOWN: "not shown to be followed",
    UNKNOWN: "not assessable",
}
_VARIES = 0.2
"""From this SD ratio on, predictions vary, if not with the pressure."""


def dependence_sentence(rows: pd.DataFrame) -> str:
    """Say of one case, network and pressure whether its predictions depend on the input.

    Parameters
    ----------
    rows : DataFrame
        Of `cuffless.judgement.measures.dependence.dependence_table`: one case, network and pressure.

    Returns
    -------
    str
    """
    by = {row.knows: row for row in rows.itertuples()}
    whole, person, changes = by[ANY], by[PERSON], by[CHANGES]
    if whole.verdict == UNKNOWN:
        return f"{whole.pressure}: not assessable ({whole.reason}).{_spread(whole)}"
    if whole.reason == STILL:
        return f"{whole.pressure}: no; {STILL}."
    verdict = _VERDICTS[whole.verdict]
    if _varies_anyhow(whole):
        verdict = "predictions vary, but hardly with the pressure"
    said = (
        f"{whole.pressure}: {verdict}. Exchanged between people, they are wrong by "
        f"{number(whole.mae_shuffled)} instead of {number(whole.mae)} mmHg (cost "
        f"{with_limits(whole.cost, whole.cost_lower, whole.cost_upper)})"
    )
    if whole.reason == HIDDEN:
        said += f"; it {HIDDEN}"
    if whole.verdict != DEPENDS:
        return f"{said}.{_spread(whole)}"
    return f"{said}: {_parts(person, changes)}."


def dependence_words(rows: pd.DataFrame) -> str:
    """The same in a few words, for the terminal; parameters as of `dependence_sentence`."""
    by = {row.knows: row for row in rows.itertuples()}
    whole, changes = by[ANY], by[CHANGES]
    if whole.verdict == UNKNOWN:
        return f"not assessable ({whole.reason})"
    if whole.reason == STILL:
        return f"no, {STILL}"
    cost = with_limits(whole.cost, whole.cost_lower, whole.cost_upper, signed=True)
    said = f"{_WORDS[whole.verdict]}{', though predictions vary' if _varies_anyhow(whole) else ''}"
    said += f" (MAE {cost} mmHg with another person's input)"
    return f"{said}; a person's changes are {_FOLLOWED[changes.verdict]}" if whole.verdict == DEPENDS else said


def _varies_anyhow(whole) -> bool:
    return whole.verdict == HARDLY and whole.sd_ratio > _VARIES


def _parts(person, changes) -> str:
    """What of the dependence is the person's level, and what are changes."""
    follows = {
        DEPENDS: f"changes within a person are followed (worth {number(changes.cost)} mmHg)",
        HARDLY: "changes within a person are hardly followed",
        UNSHOWN: "changes within a person are not shown to be followed",
        UNKNOWN: f"whether changes within a person are followed is not assessable ({changes.reason})",
    }[changes.verdict]
    if person.verdict != DEPENDS:
        return follows
    level = f"the person's level is known (worth {number(person.cost)} mmHg)"
    return f"{level}{', which ' + MAYBE_CALIBRATION if person.reason == MAYBE_CALIBRATION else ''}; {follows}"


def _spreads(row) -> str:
    """Both SDs and their ratio, ``11.9 / 17.5 (0.68)``."""
    return f"{number(row.sd_prediction)} / {number(row.sd_reference)} ({number(row.sd_ratio, 2)})"


def _spread(row) -> str:
    return "" if np.isnan(row.sd_ratio) else f" Predictions spread {percent(row.sd_ratio)} as far as references."


def dependence_table(judgement, cases: Mapping[str, int], networks: Mapping[str, int]) -> Table:
    """Errors before and after each shuffle, and spreads, of the network that is chosen."""
    columns = [
        PRESSURE,
        Column("on what of the input", lambda r: _SHOWS[r.knows], wide=True),
        Column("verdict", "verdict", verdict=True),
        Column("predictions exchanged", lambda r: _SHUFFLED[r.knows], wide=True),
        Column("MAE before", lambda r: number(r.mae), numeric=True),
        Column("MAE after", lambda r: number(r.mae_shuffled), numeric=True),
        Column("cost", lambda r: with_limits(r.cost, r.cost_lower, r.cost_upper), numeric=True),
        Column("SD of predictions / of references", _spreads, numeric=True),
        Column("subjects", lambda r: count(r.n_subjects), numeric=True),
        Column("note", lambda r: text(r.reason)),
    ]
    return make_table(
        judgement.dependence,
        columns,
        "Does it look at its input?",
        cases=cases,
        networks=networks,
        download=download(judgement, "dependence"),
    )
