"""Warnings to print with skill, in every arm, and with tests."""

import pandas as pd

from cuffless.judgement.evidence.coverage import few_subjects_warning
from cuffless.judgement.evidence.tests import least_p
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


def significance_warnings(tests: pd.DataFrame) -> list[str]:
    """Warning where so few subjects are tested that no difference can be significant.

    Parameters
    ----------
    tests : DataFrame
        ``n_pairs, paired_p, family, alpha``, one row per test.
    """
    if tests.empty or not (tested := tests[tests["paired_p"].notna()]).size:
        return []
    row = next(tested.loc[[tested["n_pairs"].idxmin()]].itertuples())
    least = min(least_p(row.n_pairs) * row.family, 1.0)
    if least < row.alpha:
        return []
    return [
        f"no difference can be significant with {row.n_pairs} subjects: corrected over {row.family} tests, p is at "
        f"least {least:.3f}, whatever the differences"
    ]


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
