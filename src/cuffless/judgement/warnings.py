"""Warnings to print with skill, in every arm, and with tests."""

import numpy as np
import pandas as pd

from cuffless.errors import plural
from cuffless.judgement.evidence.coverage import few_subjects_warning
from cuffless.judgement.evidence.tests import least_p
from cuffless.judgement.measures.errors import STILL_MMHG
from cuffless.judgement.names import ALL, MEAN
from cuffless.judgement.table.cases import Case

_TELLING = 20.0  # the error that is left may be smaller by this factor; from there on an interval tells nothing


def skill_warnings(skill: pd.DataFrame) -> list[str]:
    """Warnings to print with skill: too few subjects, and intervals that tell nothing.

    Parameters
    ----------
    skill : DataFrame
        ``network, pressure, skill, upper, n_subjects``.

    Returns
    -------
    list of str
    """
    few = few_subjects_warning(int(skill["n_subjects"].min())) if len(skill) else ""
    return [text for text in (few, _boundless(skill)) if text]


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
        f"no difference can be significant with {plural(row.n_pairs, 'subject')}: corrected over "
        f"{plural(row.family, 'test')}, p is at least {least:.3f}, whatever the differences"
    ]


def _boundless(skill: pd.DataFrame) -> str:
    """Warning of intervals that are too wide to tell anything, because few subjects make most of an error."""
    left, least = 1 - skill["skill"], 1 - skill["upper"]
    wide = skill[(least < left / _TELLING) & (skill["network"] != ALL)]
    if wide.empty:
        return ""
    names = dict.fromkeys(f"{row.network} ({row.pressure})" for row in wide.itertuples())
    return (
        f"the skill of {', '.join(names)} has almost no upper limit against some baseline: a few subjects decide it; "
        "see the paired tests"
    )


def constant_predictors(case: Case) -> list[str]:
    """Name predictors that always say the same, in all windows or in all windows of a fold or subject.

    The mean regressor, which is meant to be constant, is not named.
    """
    owner = case.judged.owner
    groups = {"in all windows": np.zeros(len(owner), int), "per fold": pd.factorize(case.windows["fold"])[0]}
    groups["per subject"] = owner
    found = []
    for network in case.judged.networks:
        still = {
            where: np.all(
                [_is_constant(case.judged.predicted[network, seed], group) for seed in case.judged.seeds(network)],
                axis=0,
            )
            for where, group in groups.items()
            if network != MEAN and np.bincount(group).max() > 1
        }
        told = np.zeros(len(case.judged.pressures), bool)
        for where, constant in still.items():
            if new := [
                pressure for pressure, is_new in zip(case.judged.pressures, constant & ~told, strict=True) if is_new
            ]:
                found.append(f"predictor {network} is constant {where} ({' and '.join(new)})")
            told |= constant
    return found


def _is_constant(predicted: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Whether predictions, (n, pressures), vary within none of the groups: (pressures,)."""
    by_group = pd.DataFrame(predicted).groupby(group)
    return ((by_group.max() - by_group.min()).to_numpy() < STILL_MMHG).all(axis=0)
