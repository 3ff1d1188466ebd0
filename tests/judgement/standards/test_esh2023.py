"""The ESH's six tests are counted and never judged; ISO 81060-7 has nothing to judge by."""

from dataclasses import replace

import numpy as np
import pytest
from predicted_windows import predicted_windows

from cuffless.judgement.standards import screen_standards

SUBJECTS, WINDOWS = 10, 6


@pytest.fixture
def bare():
    owner = np.repeat(np.arange(SUBJECTS), WINDOWS)
    reference = np.column_stack([100.0 + owner, 60.0 + owner])
    start = np.tile(np.arange(WINDOWS) * 7.0, SUBJECTS)
    return predicted_windows(owner, reference, 0.0, SUBJECTS, start=start)


def _rows(predicted, standard="ESH 2023", pressure="SBP"):
    table = screen_standards(predicted)
    return table[(table["standard"] == standard) & (table["pressure"] == pressure)].set_index("clause")


def test_a_table_without_the_columns_can_answer_none_of_the_six_and_says_which_are_missing(bare):
    rows = _rows(bare)
    assert rows.loc["overall", "value"] == 0
    tests = rows.drop(index="overall")
    assert (len(tests), set(tests["verdict"]), set(tests["value"])) == (6, {"not assessable"}, {0})
    for test in ("static", "treatment", "awake/asleep", "exercise"):
        assert tests.loc[test, "reason"] == "cannot be answered: no column condition"
    assert tests.loc["device position", "reason"].endswith("no column posture")
    assert tests.loc["recalibration", "reason"].endswith("no column visit")


@pytest.mark.parametrize(
    ("words", "test"),
    [
        (("rest", "exercise"), "exercise"),
        (("untreated", "treated"), "treatment"),
        (("awake", "asleep"), "awake/asleep"),
    ],
)
def test_a_test_of_two_conditions_needs_both_of_one_subject(bare, words, test):
    both = replace(bare, condition=np.resize(words, len(bare.owner)))
    row = _rows(both).loc[test]
    assert (row["value"], row["verdict"]) == (SUBJECTS, "not assessable")
    assert row["reason"].startswith("could be answered with 10 subjects, but its limits")
    assert row["limit"] == "none public"
    apart = replace(bare, condition=np.array(words)[bare.owner % 2])
    row = _rows(apart).loc[test]
    assert (row["value"], row["reason"]) == (0, "cannot be answered: no subject has such windows")


def test_the_static_test_counts_three_windows_at_rest(bare):
    resting = np.where(bare.owner < 4, "rest", np.where(np.arange(len(bare.owner)) % WINDOWS < 2, "rest", "awake"))
    row = _rows(replace(bare, condition=resting)).loc["static"]
    assert (row["value"], row["verdict"], row["limit"]) == (4, "not assessable", "as ISO 81060-2")
    assert "whose screen has the numbers" in row["reason"]


def test_positions_and_visits_need_two_of_one_subject(bare):
    posture = np.where((bare.owner < 3) & (np.arange(len(bare.owner)) % 2 > 0), "standing", "sitting")
    assert _rows(replace(bare, posture=posture)).loc["device position", "value"] == 3
    empty = np.where(posture == "standing", "", posture)
    assert _rows(replace(bare, posture=empty)).loc["device position", "value"] == 0
    visited = replace(bare, visit=np.where(np.arange(len(bare.owner)) % 2 > 0, "1", "2"))
    assert _rows(visited).loc["recalibration", "reason"].endswith("no calibration rows")
    calibration = np.full((SUBJECTS, 2), 100.0)
    calibration[7:] = np.nan
    rows = _rows(replace(visited, calibration=calibration))
    assert rows.loc["recalibration", "value"] == 7
    assert rows.loc["overall", "value"] == 1
    assert rows.loc["overall", "verdict"] == "not assessable"


def test_one_window_answers_nothing(bare):
    one = replace(bare, condition=np.full(len(bare.owner), "rest"), posture=np.full(len(bare.owner), "sitting"))
    assert _rows(one.take(np.array([0]))).loc["overall", "value"] == 0


def test_iso_81060_7_has_one_row_that_reports_its_state(bare):
    for pressure in ("SBP", "DBP"):
        rows = _rows(bare, "ISO 81060-7", pressure)
        assert list(rows.index) == ["all", "overall"]
        assert set(rows["verdict"]) == {"not assessable"}
        assert rows.loc["all", "reason"] == "the standard is in development and no limits are public"
        assert rows.loc["all", "limit"] == "none public"
