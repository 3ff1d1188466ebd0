"""IEEE 1708: one mean absolute difference a device; 1708a: pressures that have changed since calibration."""

from dataclasses import replace

import numpy as np
import pytest
from predicted_windows import predicted_windows

from cuffless.judgement.standards import screen_standards
from cuffless.judgement.standards.ieee1708 import ieee_grade

SUBJECTS = 100
# Of 1000 changes: 13.6, 34.1, 34.1, 13.6 % and 4.6 % beyond.
NEEDED = (136, 341, 341, 136)
MIDDLES = {"SBP": (-20.0, -5.0, 5.0, 20.0), "DBP": (-15.0, -5.0, 5.0, 15.0)}


def _predicted(error, *, change=None, subjects=SUBJECTS, windows=10, calibrated=True):
    """Errors and changes from calibration as given, the same for SBP and DBP, windows dealt out to subjects in turn."""
    n = subjects * windows
    owner = np.repeat(np.arange(subjects), windows)
    calibration = np.column_stack([100.1 + np.arange(subjects) * 0.3, 70.1 + np.arange(subjects) * 0.1])
    change = {"SBP": np.zeros(n), "DBP": np.zeros(n)} | (change or {})
    reference = calibration[owner] + np.column_stack([change["SBP"], change["DBP"]])
    error = np.broadcast_to(np.asarray(error, float), n)[:, None]
    known = {"calibration": calibration if calibrated else None, "sex": np.resize(["f", "m"], subjects)}
    return predicted_windows(owner, reference, error, subjects, **known)


def _spread(counts, pressure):
    """Changes in the middle of each range, and the rest further away than any."""
    values = np.repeat(MIDDLES[pressure], counts)
    return np.concatenate([values, np.full(1000 - len(values), 40.0)])


def _table(predicted, standard="IEEE 1708-2014", pressure="SBP", limits=None):
    table = screen_standards(predicted, limits=limits)
    return table[(table["standard"] == standard) & (table["pressure"] == pressure)]


def _overall(predicted, **where):
    [row] = _table(predicted, **where).query("clause == 'overall'").itertuples()
    return row


AMENDMENT = {"standard": "IEEE 1708a-2019"}


@pytest.mark.parametrize(("most", "grade", "next_grade"), [(5, "A", "B"), (6, "B", "C"), (7, "C", "D")])
def test_a_grade_reaches_up_to_its_mean_absolute_difference(most, grade, next_grade):
    assert [ieee_grade(most - 0.001), ieee_grade(most), ieee_grade(most + 0.001)] == [grade, grade, next_grade]
    errors = np.resize([1.0, -1.0], 1000) * np.resize([most - 3, most + 3], 1000)
    for beyond, wanted in ((-0.001, grade), (0, grade), (0.001, next_grade)):
        overall = _overall(_predicted(errors + np.sign(errors) * beyond))
        assert (overall.value, overall.verdict) == (wanted, "fails" if wanted == "D" else "holds")


def test_the_grade_is_one_figure_and_no_share_of_samples():
    # 59 % of errors within 5 mmHg would be a B or C of the BHS; their mean absolute difference is small.
    few_within_5 = np.resize([4.0] * 59 + [6.0] * 41, 1000)
    assert _overall(_predicted(few_within_5)).value == "A"
    # 95 % within 5 mmHg would be an A of the BHS; the others make the mean absolute difference large.
    most_within_5 = np.resize([0.0] * 95 + [150.0] * 5, 1000)
    assert _overall(_predicted(most_within_5)).value == "D"


def test_the_mean_absolute_difference_is_told():
    [row] = _table(_predicted(np.resize([3.0, -9.0], 1000))).query("clause == 'grade'").itertuples()
    assert (row.value, row.limit, row.reason) == (pytest.approx(6), "A <= 5, B <= 6, C <= 7", "grade B")


@pytest.mark.parametrize(("subjects", "verdict"), [(44, "not assessable"), (45, "holds"), (46, "holds")])
def test_the_grade_needs_45_subjects(subjects, verdict):
    overall = _overall(_predicted(0.0, subjects=subjects))
    assert (overall.value, overall.verdict) == ("A", verdict)


@pytest.mark.parametrize("pressure", ["SBP", "DBP"])
def test_changes_that_are_spread_as_asked_are_assessed(pressure):
    overall = _overall(_predicted(0.0, change={pressure: _spread(NEEDED, pressure)}), pressure=pressure, **AMENDMENT)
    assert (overall.value, overall.verdict) == ("A", "holds")


@pytest.mark.parametrize("pressure", ["SBP", "DBP"])
@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize(("more", "verdict"), [(1, "holds"), (0, "holds"), (-1, "not assessable")])
def test_each_range_of_change_needs_its_share(pressure, place, more, verdict):
    counts = np.array(NEEDED)
    counts[place] += more
    predicted = _predicted(0.0, change={pressure: _spread(counts, pressure)})
    rows = _table(predicted, pressure=pressure, **AMENDMENT).query("clause == 'changes'")
    assert rows["verdict"].tolist() == [verdict if i == place else "holds" for i in range(4)]
    assert rows["value"].iloc[place] == pytest.approx(counts[place] / 10)
    assert _overall(predicted, pressure=pressure, **AMENDMENT).verdict == verdict


@pytest.mark.parametrize(("pressure", "edges"), [("SBP", [-30, -15, 0, 15, 30]), ("DBP", [-20, -10, 0, 10, 20])])
def test_the_ranges_of_change_meet_at_their_edges(pressure, edges):
    # Each edge opens the range above it, the last closes the one below; neither is lost to rounding.
    change = np.resize([*edges, edges[0] - 0.01, edges[-1] + 0.01, edges[1] - 0.01, edges[3] - 0.01], 1000)
    rows = _table(_predicted(0.0, change={pressure: change}), pressure=pressure, **AMENDMENT)
    held = rows.query("clause == 'changes'")["value"].astype(float).to_numpy() / 100 * 1000
    places = [[edges[0], edges[1] - 0.01], [edges[1]], [edges[2], edges[3] - 0.01], [edges[3], edges[4]]]
    np.testing.assert_allclose(held, [np.isin(change, own).sum() for own in places])


@pytest.mark.parametrize("empty", ["none", "nan"])
def test_without_calibration_rows_the_amendment_is_not_assessable(empty):
    predicted = _predicted(0.0, calibrated=False)
    if empty == "nan":
        predicted = replace(predicted, calibration=np.full((SUBJECTS, 2), np.nan))
    overall = _overall(predicted, **AMENDMENT)
    assert overall.verdict == "not assessable"
    assert "no calibration rows" in overall.reason
    assert _table(predicted, **AMENDMENT).query("clause == 'changes'")["reason"].eq("no calibration rows").all()
    assert _overall(predicted).verdict == "holds"


@pytest.mark.parametrize(("known", "verdict"), [(84, "not assessable"), (85, "holds"), (86, "holds")])
def test_the_amendment_needs_85_subjects_with_calibration(known, verdict):
    change = _spread(NEEDED, "SBP").reshape(10, SUBJECTS).T.ravel()  # every subject has changes of all kinds
    predicted = _predicted(0.0, change={"SBP": change})
    calibration = predicted.calibration.copy()
    calibration[known:] = np.nan
    rows = _table(replace(predicted, calibration=calibration), **AMENDMENT)
    [subjects] = rows.query("clause == 'subjects'").itertuples()
    assert (subjects.value, subjects.verdict) == (known, verdict)
    assert rows.query("clause == 'grade'")["verdict"].tolist() == [verdict]


def test_a_large_error_fails_however_well_changes_are_spread():
    overall = _overall(_predicted(7.1, change={"SBP": _spread(NEEDED, "SBP")}), **AMENDMENT)
    assert (overall.value, overall.verdict) == ("D", "fails")


def test_limits_too_narrow_for_any_such_change_are_named():
    predicted = _predicted(0.0)
    assert "configuration" in _overall(predicted, limits={"SBP": (100.0, 114.9)}, **AMENDMENT).reason
    assert "configuration" not in _overall(predicted, limits={"SBP": (100.0, 115.0)}, **AMENDMENT).reason


@pytest.mark.parametrize(
    ("women", "verdict"), [(25, "not assessable"), (26, "holds"), (74, "holds"), (75, "not assessable")]
)
def test_the_amendment_needs_26_of_each_sex(women, verdict):
    predicted = _predicted(0.0, change={"SBP": _spread(NEEDED, "SBP")})
    known = replace(predicted, sex=np.repeat(["f", "m"], [women, SUBJECTS - women]))
    overall = _overall(known, **AMENDMENT)
    assert overall.verdict == verdict
    rows = _table(known, **AMENDMENT).set_index("quantity")
    assert (rows.loc["women", "value"], rows.loc["men", "value"]) == (women, SUBJECTS - women)
    assert _table(known).query("clause == 'sex'").empty  # of 2014


def test_a_sex_that_is_not_known_is_no_woman_and_no_man():
    predicted = _predicted(0.0, change={"SBP": _spread(NEEDED, "SBP")})
    for sex, reason in ((None, "no column sex"), (np.full(SUBJECTS, ""), "women: 0, at least 26 needed")):
        rows = _table(replace(predicted, sex=sex), **AMENDMENT).set_index("quantity")
        assert (rows.loc["women", "verdict"], rows.loc["women", "reason"]) == ("not assessable", reason)
        assert reason in _overall(replace(predicted, sex=sex), **AMENDMENT).reason
