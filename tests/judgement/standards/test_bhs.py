"""BHS 1993: a grade needs its three shares of errors, over all pressures and in each range."""

import numpy as np
import pytest
from predicted_windows import predicted_windows

from cuffless.judgement.standards import screen_standards
from cuffless.judgement.standards.bhs import bhs_grade

SUBJECTS = 100
EVERY_RANGE = {"SBP": [129.0, 145.0, 161.0], "DBP": [79.0, 90.0, 101.0]}


def _predicted(error, reference=None, subjects=SUBJECTS):
    """Errors of SBP and DBP alike, one a window, dealt out to subjects in turn; references pass through all ranges."""
    n = len(error)
    references = {name: np.resize(values, n) for name, values in EVERY_RANGE.items()} | (reference or {})
    reference = np.column_stack([references["SBP"], references["DBP"]]).astype(float)
    owner = np.sort(np.arange(n) % subjects)
    return predicted_windows(owner, reference, np.asarray(error, float)[:, None], subjects)


def _bhs(predicted, pressure="SBP", limits=None):
    table = screen_standards(predicted, limits=limits)
    return table[(table["standard"] == "BHS 1993") & (table["pressure"] == pressure)]


def _overall(predicted, pressure="SBP", limits=None):
    [row] = _bhs(predicted, pressure, limits).query("clause == 'overall'").itertuples()
    return row


def _errors(shares, n=3000):
    """Errors of either sign of which these percents are within 5, 10 and 15 mmHg, alike in all ranges."""
    edges = np.round(np.array([0, *shares, 100]) * n / 300).astype(int)
    sizes = np.repeat([5.0, 10.0, 15.0, 15.01], np.diff(edges))
    return np.repeat(sizes, 3) * np.resize([1, -1], n)


GRADES = {"A": (60, 85, 95), "B": (50, 75, 90), "C": (40, 65, 85)}


@pytest.mark.parametrize(("grade", "next_grade"), [("A", "B"), ("B", "C"), ("C", "D")])
def test_a_grade_needs_all_three_shares(grade, next_grade):
    least = np.array(GRADES[grade], float)
    assert bhs_grade(least) == grade
    assert bhs_grade(least + 0.1) == grade
    for share in range(3):
        short = least.copy()
        short[share] -= 0.1
        assert bhs_grade(short) == next_grade


def test_one_poor_share_cannot_be_bought_by_the_others():
    assert bhs_grade([39.9, 100, 100]) == "D"
    assert bhs_grade([100, 64.9, 100]) == "D"
    assert bhs_grade([84.9, 84.9, 84.9]) == "D"


@pytest.mark.parametrize("pressure", ["SBP", "DBP"])
@pytest.mark.parametrize(("grade", "verdict"), [("A", "holds"), ("B", "holds"), ("C", "fails")])
def test_errors_that_just_reach_a_grade_get_it_and_a_and_b_hold(grade, verdict, pressure):
    overall = _overall(_predicted(_errors(GRADES[grade])), pressure)
    assert (overall.value, overall.verdict) == (grade, verdict)


@pytest.mark.parametrize("share", range(3))
def test_errors_that_just_miss_a_share_of_c_are_graded_d_and_fail(share):
    shares = np.array(GRADES["C"], float)
    shares[share] -= 0.1
    overall = _overall(_predicted(_errors(shares)))
    assert (overall.value, overall.verdict) == ("D", "fails")
    assert "grade D" in overall.reason


@pytest.mark.parametrize("bound", [5, 10, 15])
@pytest.mark.parametrize(("beyond", "share"), [(-0.001, 100), (0, 100), (0.001, 0)])
def test_an_error_on_the_bound_is_within_it(bound, beyond, share):
    # 100.1 + 5 - 100.1 is not 5 in floating point.
    predicted = _predicted(np.resize([1.0, -1.0], 300) * (bound + beyond), {"SBP": 100.1 + np.arange(300) / 10})
    rows = _bhs(predicted).query(f"clause == 'all SBP' and quantity == 'errors within {bound} mmHg, %'")
    assert rows["value"].tolist() == [share]


def test_each_share_has_its_row_and_verdict():
    rows = _bhs(_predicted(_errors((55, 74, 92)))).query("clause == 'all SBP'")
    assert rows["value"].tolist() == [55, 74, 92, "C"]
    assert rows["verdict"].tolist() == ["holds", "fails", "holds", "fails"]
    assert rows["limit"].iloc[1] == "A >= 85 %, B >= 75 %, C >= 65 %"


@pytest.mark.parametrize(
    ("pressure", "reference", "place"),
    [
        ("SBP", 129.99, "SBP < 130"), ("SBP", 130, "SBP 130-160"), ("SBP", 160, "SBP 130-160"),
        ("SBP", 160.01, "SBP > 160"), ("DBP", 79.99, "DBP < 80"), ("DBP", 80, "DBP 80-100"),
        ("DBP", 100, "DBP 80-100"), ("DBP", 100.01, "DBP > 100"),
    ],
)  # fmt: skip
def test_a_window_belongs_to_one_range(pressure, reference, place):
    predicted = _predicted(np.zeros(300), {pressure: np.full(300, reference)})
    grades = _bhs(predicted, pressure).query("quantity == 'grade'").set_index("clause")["value"]
    assert grades[grades == "A"].index.tolist() == [f"all {pressure}", place]


def test_high_pressures_graded_d_fail_although_all_pressures_together_are_graded_a():
    reference = np.concatenate([np.full(2700, 120.0), np.full(200, 140.0), np.full(100, 170.0)])
    predicted = _predicted(np.where(reference > 160, 30.0, 0.0), {"SBP": reference})
    overall = _overall(predicted)
    assert (overall.value, overall.verdict) == ("A", "fails")
    assert "SBP > 160: grade D" in overall.reason


def test_a_range_without_windows_leaves_the_grade_open_and_a_cut_one_is_named():
    predicted = _predicted(np.zeros(300), {"DBP": np.full(300, 70.0)})
    assert _overall(predicted, "DBP").value == "A"
    assert _overall(predicted, "DBP").verdict == "not assessable"
    assert "configuration" not in _overall(predicted, "DBP").reason
    reason = _overall(predicted, "DBP", {"DBP": (40.0, 80.0)}).reason
    assert "no window with DBP > 100: the configuration accepts DBP of 40 to 80 mmHg only" in reason
    assert "no window with DBP 80-100: the configuration" not in reason  # 80 itself is accepted


@pytest.mark.parametrize(("subjects", "verdict"), [(84, "not assessable"), (85, "holds"), (86, "holds")])
def test_85_subjects_are_needed_and_the_grade_is_told_anyway(subjects, verdict):
    overall = _overall(_predicted(np.zeros(600), subjects=subjects))
    assert (overall.value, overall.verdict) == ("A", verdict)


def test_the_grade_is_no_matter_of_the_mean_absolute_error():
    # The smaller mean absolute error is graded D, the larger one A.
    few_large = np.resize([0.0] * 18 + [12.0] * 12, 3000)
    many_small = np.resize([4.9] * 20 + [7.0] * 10, 3000)
    assert np.abs(few_large).mean() < 5 < np.abs(many_small).mean()
    assert _overall(_predicted(few_large)).value == "D"
    assert _overall(_predicted(many_small)).value == "A"
