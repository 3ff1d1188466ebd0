import numpy as np
import pytest

from cuffless.config import EvaluationOptions
from cuffless.judgement.evidence.skill import NO_ERROR, skill_ratio


@pytest.mark.parametrize(("error", "known"), [(1e-4, True), (2e-6, True), (1e-7, False), (0.0, False)])
def test_a_baseline_has_an_error_from_a_millionth_of_a_mmhg_on(error, known):
    weight = np.ones((8, 1))
    skill = skill_ratio(weight * error / 2, weight * error, weight, EvaluationOptions(bootstrap=400))
    assert np.isfinite(skill.skill[0]) == known
    assert (skill.interval[0] == NO_ERROR) != known
    if known:
        assert skill.skill[0] == pytest.approx(0.5)


def test_no_limit_of_skill_is_above_one():
    rng = np.random.default_rng(0)
    baseline = np.full((8, 1), 1e-3)
    baseline[0] = 40.0  # one subject decides what doing nothing costs
    skill = skill_ratio(rng.gamma(1.0, 1.0, (8, 1)), baseline, np.ones((8, 1)), EvaluationOptions(bootstrap=500))
    assert skill.lower[0] <= skill.skill[0] <= skill.upper[0] <= 1


def test_skill_needs_subjects_who_are_worth_six():
    rng = np.random.default_rng(0)
    windows = np.array([[20.0], *[[1]] * 9])
    own, baseline = rng.gamma(4, 2, (10, 1)), rng.gamma(4, 3, (10, 1))
    pooled = skill_ratio(windows * own, windows * baseline, windows, EvaluationOptions())
    assert (pooled.interval[0], np.isnan(pooled.lower[0])) == ("too few subjects", True)
    assert np.isfinite(skill_ratio(own, baseline, np.ones((10, 1)), EvaluationOptions()).lower[0])
