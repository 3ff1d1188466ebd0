"""Limits of a share that few people decide."""

import numpy as np
import pytest

from cuffless.config import EvaluationOptions
from cuffless.judgement.intervals.shares import held_share
from cuffless.judgement.measures.merit import share_interval

OPTIONS = EvaluationOptions(bootstrap=500)


def of_people(shares):
    return np.asarray(shares, float)[:, None], np.ones((len(shares), 1))


def test_one_person_among_many_does_not_take_the_limit_away():
    held, windows = of_people([1.0] * 19 + [0.4])
    assert share_interval(held, windows, OPTIONS).lower[0] <= 0
    found = held_share(held, windows, OPTIONS)
    assert 0.7 < found.lower[0] < found.estimate[0] == pytest.approx(0.97)
    assert found.upper[0] <= 1


def test_a_share_and_its_complement_have_mirrored_limits():
    held, windows = of_people([1.0] * 19 + [0.4])
    one, other = held_share(held, windows, OPTIONS), held_share(windows - held, windows, OPTIONS)
    assert [one.lower[0], one.upper[0]] == pytest.approx([1 - other.upper[0], 1 - other.lower[0]], abs=1e-6)


def test_where_people_agree_the_bootstrap_decides():
    held, windows = of_people(np.random.default_rng(0).beta(20, 5, 30))
    found, bootstrapped = held_share(held, windows, OPTIONS), share_interval(held, windows, OPTIONS)
    assert [found.lower[0], found.upper[0]] == [bootstrapped.lower[0], bootstrapped.upper[0]]


@pytest.mark.parametrize(("share", "limits"), [(1.0, (0.025 ** (1 / 10), 1.0)), (0.0, (0.0, 1 - 0.025 ** (1 / 10)))])
def test_if_all_windows_are_held_or_none_the_number_of_people_gives_the_limits(share, limits):
    found = held_share(*of_people([share] * 10), OPTIONS)
    assert (found.lower[0], found.upper[0]) == pytest.approx(limits)


def test_of_few_people_there_are_no_limits():
    found = held_share(*of_people([0.5, 0.7, 1.0]), OPTIONS)
    assert np.isnan([found.lower[0], found.upper[0]]).all()
