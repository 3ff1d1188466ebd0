"""What is said of skill follows from its interval, and from nothing else."""

import numpy as np
import pandas as pd
import pytest

from cuffless.judgement.measures.events import BY_WINDOW
from cuffless.judgement.names import NETWORK
from cuffless.report.judgement.events import event_line
from cuffless.report.sentences import skill_sentence


def rows(skill, lower, upper, *, other=None, **columns):
    base = {"pressure": "SBP", "network": "alexnet", "mae": 12.0, "n_subjects": 40, "reason": ""}
    first = base | {"baseline": "population_mean", "skill": skill, "lower": lower, "upper": upper, "baseline_mae": 15.0}
    table = [first | columns]
    if other is not None:
        table.append(first | {"baseline": "calibration_mean", "skill": other, "baseline_mae": 12 / (1 - other)})
    return pd.DataFrame(table)


@pytest.mark.parametrize(
    ("lower", "upper", "verdict", "words"),
    [
        (0.05, 0.3, "better", ": better than doing nothing (95 % interval 0.05 to 0.30, 40 subjects)"),
        (-0.05, 0.3, "not shown", "not shown to be better than doing nothing"),
        (-0.3, -0.05, "worse", "worse than doing nothing"),
        (np.nan, np.nan, "not assessable", "nothing is known about other people"),
    ],
)
def test_the_interval_decides(lower, upper, verdict, words):
    said = skill_sentence(rows(0.2, lower, upper), 0.95)
    assert said.verdict == verdict
    assert words in said.text
    assert "AlexNet removes 20 % of the error of always predicting the population mean" in said.text
    assert "MAE 12.0 in place of 15.0 mmHg" in said.text


@pytest.mark.parametrize(
    ("lower", "said"), [(0.0016, "0.002 to 0.300"), (-0.0006, "−0.001 to 0.300"), (0.05, "0.05 to")]
)
def test_a_limit_near_0_shows_its_side(lower, said):
    assert f"interval {said}" in skill_sentence(rows(0.2, lower, 0.3), 0.95).text


def test_a_network_that_is_worse_adds_error():
    assert "adds 25 % to the error" in skill_sentence(rows(-0.25, -0.4, -0.1), 0.95).text


def test_what_changes_nothing_neither_adds_nor_removes():
    said = skill_sentence(rows(0.0, 0.0, 0.0), 0.95)
    assert said.verdict == "not shown"
    assert "neither adds to nor removes from the error of always predicting" in said.text


def test_the_hardest_baseline_is_named_where_it_is_not_the_mean():
    said = skill_sentence(rows(0.2, 0.1, 0.3, other=-0.5), 0.95)
    assert "Hardest baseline to beat: calibration mean (MAE 8.0 mmHg)" in said.more
    assert "−0.50" in said.more
    assert skill_sentence(rows(0.2, 0.1, 0.3, other=0.4), 0.95).more == ""


def test_without_a_baseline_the_reason_is_said():
    reason = "not assessable: no training rows, and no other subject"
    said = skill_sentence(rows(np.nan, np.nan, np.nan, reason=reason), 0.95)
    assert said.verdict == "not assessable"
    assert reason in said.text


def test_verdicts_are_told_by_a_sign_and_not_by_colour_alone():
    signs = {skill_sentence(rows(0.2, *limits), 0.95).sign for limits in ((0.1, 0.3), (-0.1, 0.3), (-0.3, -0.1))}
    assert len(signs) == 3


def test_without_events_those_of_the_judged_pressures_are_named():
    rows = pd.DataFrame({"by": BY_WINDOW, "method": NETWORK, "event": ["DBP >= 80", "DBP >= 90"], "n_events": 0})
    assert event_line(rows) == "no window is an event (DBP ≥ 80, DBP ≥ 90)"
