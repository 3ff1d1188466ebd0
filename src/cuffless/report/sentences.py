"""Skill against doing nothing, in one sentence."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cuffless.judgement.names import POPULATION_MEAN
from cuffless.report.wording import (
    baseline_name,
    deciding_digits,
    network_name,
    number,
    percent,
    plural,
    windows_of,
    with_limits,
)

DOING_NOTHING = POPULATION_MEAN
"""The baseline that uses no information about the person."""
UNNAMED = "predictor"
"""What a predictor is called in a table that does not name it."""
BETTER, UNSHOWN, WORSE, UNKNOWN = "better", "not shown", "worse", "not assessable"
_SIGNS = {BETTER: "▲", UNSHOWN: "○", WORSE: "▼", UNKNOWN: "?"}


@dataclass(frozen=True)
class Sentence:
    """Sentence on one pressure; `more` compares with the baseline that is hardest to beat."""

    pressure: str
    verdict: str
    text: str
    more: str = ""

    @property
    def sign(self) -> str:
        """A sign for the verdict, so that it does not depend on colour."""
        return _SIGNS[self.verdict]


def verdict_of(skill: float, lower: float, upper: float) -> str:
    """Whether an interval of skill lies above 0, below it, or holds it; `UNKNOWN` without an interval."""
    if not np.isfinite([skill, lower, upper]).all():
        return UNKNOWN
    return BETTER if lower > 0 else WORSE if upper < 0 else UNSHOWN


def skill_sentence(
    rows: pd.DataFrame, confidence: float, merits: pd.DataFrame | None = None, *, nothing: str = DOING_NOTHING
) -> Sentence:
    """Say whether a predictor is better than doing nothing.

    Parameters
    ----------
    rows : DataFrame
        ``skill`` of a judgement: one network, pressure and average, one row per baseline.
    confidence : float
        Level of the intervals.
    merits : DataFrame, optional
        ``merits`` of the same network, pressure and average: what is known where skill is not.
    nothing : str
        Name of the baseline that stands for doing nothing.

    Returns
    -------
    Sentence
    """
    pressure = str(rows["pressure"].iloc[0])
    row = next(rows[rows["baseline"] == nothing].itertuples(), None)
    hardest = _hardest(rows, nothing)
    if row is None or not np.isfinite(row.skill):
        why = getattr(row, "reason", "") or "not assessable: no such baseline"
        text = f"skill against the {baseline_name(nothing)} is {why}."
        return Sentence(pressure, UNKNOWN, f"{_error_alone(merits)}{text}", hardest)
    verdict = verdict_of(row.skill, row.lower, row.upper)
    name = _subject_of(row.network)
    errors = f"MAE {number(row.mae)} in place of {number(row.baseline_mae)} mmHg"
    against = f"always predicting the {baseline_name(nothing, getattr(row, 'in_sample', False))}"
    who = plural(row.n_subjects, "subject")
    if verdict == UNKNOWN:
        outcome = f"with {who} there is no interval, so nothing is known about other people"
    else:
        digits = deciding_digits(2, row.lower, row.upper)
        interval = f"{100 * confidence:g} % interval {number(row.lower, digits)} to {number(row.upper, digits)}, {who}"
        outcome = {
            BETTER: f"better than doing nothing ({interval})",
            WORSE: f"worse than doing nothing ({interval})",
            UNSHOWN: f"not shown to be better than doing nothing ({interval}, which holds 0)",
        }[verdict]
    text = f"{name} {_change(row.skill)} {against} ({errors}; skill {number(row.skill, 2)}): {outcome}."
    return Sentence(pressure, verdict, text, hardest)


def _subject_of(network: str) -> str:
    """A predictor as the subject of a sentence."""
    return "the predictor" if network == UNNAMED else network_name(network)


def _error_alone(merits: pd.DataFrame | None) -> str:
    """The error where there is nothing to compare it with."""
    if merits is None or merits.empty:
        return ""
    row = next(merits.itertuples())
    return (
        f"{_subject_of(row.network)} errs by {number(row.mae)} mmHg (MAE; mean error "
        f"{number(row.me, 1, signed=True)}) in {windows_of(row.n_windows, row.n_subjects)}; "
    )


def _change(skill: float) -> str:
    if round(skill, 2) == 0:
        return "neither adds to nor removes from the error of"
    return f"removes {percent(skill)} of the error of" if skill > 0 else f"adds {percent(-skill)} to the error of"


def _hardest(rows: pd.DataFrame, nothing: str) -> str:
    """Compare with the baseline of the least error, where that is another one."""
    known = rows[rows["skill"].notna()]
    if known.empty:
        return ""
    row = next(known.loc[[known["baseline_mae"].idxmin()]].itertuples())
    if row.baseline == nothing:
        return ""
    name = baseline_name(row.baseline, getattr(row, "in_sample", False))
    return (
        f"Hardest baseline to beat: {name} (MAE {number(row.baseline_mae)} mmHg); skill against "
        f"it {with_limits(row.skill, row.lower, row.upper, 2)}."
    )
