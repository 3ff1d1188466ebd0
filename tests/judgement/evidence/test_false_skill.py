"""A constant is not found better than a baseline that is fitted without training rows."""

import numpy as np
import pytest

from cuffless.judgement.evidence import baselines
from cuffless.judgement.evidence.false_skill import CONSTANTS, MOST, false_skill_table
from cuffless.judgement.measures.errors import sum_by_subject
from cuffless.judgement.names import POPULATION_MEAN, POPULATION_MEDIAN


@pytest.mark.parametrize("equal", [True, False])
def test_constants_are_hardly_ever_better(equal):
    table = false_skill_table((8, 20), simulations=12, seed=1, equal=equal)
    regressions = {"heart_rate", "demographics", "rate_demographics"}
    assert set(table["baseline"]) == {"population_mean", "population_median"} | regressions
    assert set(table["found"]) == {"pooled", "subject", "test"}
    assert set(table["constant"]) == set(CONSTANTS)
    shares = table.groupby(["baseline", "found"])["share"].mean()
    assert (shares <= MOST).all(), shares


def test_leaving_each_subject_out_is_found_out(monkeypatch):
    """The mean of the others errs too much: constants were better than it in a fifth to a third of the studies."""

    def left_out(case):
        owner, k = case.judged.owner, len(case.judged.subjects)
        sums, counts = sum_by_subject(case.judged.reference, owner, k), np.bincount(owner)[:, None]
        mean = ((sums.sum(axis=0) - sums) / (counts.sum() - counts))[owner]
        return {POPULATION_MEAN: mean, POPULATION_MEDIAN: mean}

    monkeypatch.setattr(baselines, "_in_sample_constants", left_out)
    table = false_skill_table((20,), simulations=20).query("baseline == 'population_mean'")
    assert (table.groupby("found")["share"].min() > MOST).all(), table
