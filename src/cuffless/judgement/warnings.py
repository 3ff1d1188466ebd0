"""Warnings to print with skill, in every arm."""

import pandas as pd

from cuffless.judgement.evidence.coverage import few_subjects_warning
from cuffless.judgement.names import ALL


def skill_warnings(skill: pd.DataFrame) -> list[str]:
    """Warnings to print with skill: too few subjects, and intervals without an upper limit.

    Parameters
    ----------
    skill : DataFrame
        ``network, pressure, skill, upper, n_subjects``.

    Returns
    -------
    list of str
    """
    few = few_subjects_warning(int(skill["n_subjects"].min())) if len(skill) else ""
    return [text for text in (few, _unbounded(skill)) if text]


def _unbounded(skill: pd.DataFrame) -> str:
    """Warning of intervals that reach 1, where the bootstrap-t found no upper limit."""
    open_ended = skill[(skill["upper"] >= 1) & (skill["skill"] < 1) & (skill["network"] != ALL)]
    if open_ended.empty:
        return ""
    names = dict.fromkeys(f"{row.network} ({row.pressure})" for row in open_ended.itertuples())
    return (
        f"the skill of {', '.join(names)} has no upper limit against some baseline: a few subjects decide it; see the "
        "paired tests"
    )
