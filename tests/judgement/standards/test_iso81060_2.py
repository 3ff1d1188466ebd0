"""ISO 81060-2: three pairs a subject; both criteria and all coverage, each just met and just missed."""

from dataclasses import replace

import numpy as np
import pytest
from predicted_windows import predicted_windows
from scipy.optimize import brentq
from scipy.stats import norm

from cuffless.judgement.standards import screen_standards
from cuffless.judgement.standards.iso81060_2 import CRITERION_2, CUFF, INVASIVE, criterion_2_limit
from cuffless.judgement.table.predicted import Predicted

SUBJECTS = 100
PAPER = {"SBP": (75.0, 165.0), "DBP": (40.0, 80.0)}
# Shares of 300 pairs: 5, 20, 10 and 30 % are whole numbers.
COVERED = {
    "SBP": np.repeat([95.0, 165.0, 150.0, 120.0], [30, 30, 30, 210]),
    "DBP": np.repeat([55.0, 105.0, 90.0, 75.0], [30, 30, 30, 210]),
}


def _predicted(sbp_error, subjects=SUBJECTS, *, sbp=None, dbp=None, windows=3):
    """Windows that follow one another; errors of SBP as given, one a window; DBP is exact."""
    n = subjects * windows
    sbp = np.resize(COVERED["SBP"], n) if sbp is None else np.asarray(sbp, float)
    dbp = np.resize(COVERED["DBP"], n) if dbp is None else np.asarray(dbp, float)
    reference = np.column_stack([sbp, dbp])
    return predicted_windows(
        np.repeat(np.arange(subjects), windows),
        reference,
        np.column_stack([np.broadcast_to(sbp_error, n), np.zeros(n)]),
        subjects,
        start=np.tile(np.arange(windows) * 7.0, subjects),
        sex=np.resize(["f", "m"], subjects),
    )


def _rows(predicted, reading=CUFF, pressure="SBP", limits=None):
    table = screen_standards(predicted, limits=limits)
    mine = (table["standard"] == "ISO 81060-2:2018") & (table["reading"] == reading) & (table["pressure"] == pressure)
    return table[mine]


def _row(predicted, quantity, **where):
    [row] = [row for row in _rows(predicted, **where).itertuples() if row.quantity == quantity]
    return row


def _overall(predicted, **where):
    return _row(predicted, "all requirements", **where)


def _scaled(shape, mean, sd):
    """Numbers with exactly this mean and SD."""
    values = np.random.default_rng(0).standard_normal(shape)
    return (values - values.mean()) / values.std(ddof=1) * sd + mean


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("mean", "verdict"), [(4.999, "holds"), (5.0, "holds"), (5.001, "fails")])
def test_criterion_1_allows_a_mean_error_of_5_either_way(mean, verdict, sign):
    row = _row(_predicted(_scaled(300, sign * mean, 1)), "mean error of the pairs")
    assert (row.verdict, row.value) == (verdict, pytest.approx(sign * mean))


@pytest.mark.parametrize(("sd", "verdict"), [(7.999, "holds"), (8.0, "holds"), (8.001, "fails")])
def test_criterion_1_allows_an_sd_of_8(sd, verdict):
    row = _row(_predicted(_scaled(300, 0, sd)), "SD of the pairs' errors")
    assert (row.verdict, row.value) == (verdict, pytest.approx(sd))


@pytest.mark.parametrize("step", range(51))
def test_criterion_2_allows_the_sd_with_which_85_percent_of_normal_errors_are_within_10(step):
    mean = step / 10

    def excess(sd):
        return norm.cdf(10, mean, sd) - norm.cdf(-10, mean, sd) - 0.85

    assert CRITERION_2[step] == pytest.approx(brentq(excess, 1, 12), abs=0.025)


def test_criterion_2_has_51_limits_that_never_rise():
    assert len(CRITERION_2) == 51
    assert (np.diff(CRITERION_2) <= 0).all()
    assert (CRITERION_2[0], CRITERION_2[50]) == (6.95, 4.79)


@pytest.mark.parametrize("step", range(51))
def test_each_limit_of_criterion_2_is_taken_at_its_mean_error_and_no_further(step):
    limit = CRITERION_2[step]
    for sd, verdict in ((limit - 1e-3, "holds"), (limit, "holds"), (limit + 1e-3, "fails")):
        errors = np.repeat(_scaled(SUBJECTS, step / 10, sd), 3)
        row = _row(_predicted(errors), "SD of the subjects' mean errors")
        assert (row.verdict, row.value, row.limit) == (verdict, pytest.approx(sd), f"<= {limit} mmHg")


@pytest.mark.parametrize(
    ("mean", "limit"), [(0.349, 6.95), (0.35, 6.93), (-0.45, 6.92), (0.449, 6.93), (4.95, 4.79), (5.049, 4.79)]
)
def test_the_mean_error_is_rounded_to_a_tenth_for_criterion_2(mean, limit):
    assert criterion_2_limit(mean) == limit


@pytest.mark.parametrize("mean", [5.05, -5.1, 40.0])
def test_no_sd_is_allowed_above_a_mean_error_of_5(mean):
    assert np.isnan(criterion_2_limit(mean))
    row = _row(_predicted(np.full(300, mean)), "SD of the subjects' mean errors")
    assert row.verdict == "fails"
    assert "no SD is allowed" in row.reason


def test_the_limit_at_5_is_not_2_49():
    errors = np.repeat(_scaled(SUBJECTS, 5.0, 2.50), 3)
    assert criterion_2_limit(5.0) > 2.49
    assert _row(_predicted(errors), "SD of the subjects' mean errors").verdict == "holds"


def test_criterion_2_sees_subjects_that_differ_where_criterion_1_does_not():
    predicted = _predicted(np.repeat(_scaled(SUBJECTS, 0, 7.5), 3))
    assert _row(predicted, "SD of the pairs' errors").verdict == "holds"
    assert _row(predicted, "SD of the subjects' mean errors").verdict == "fails"
    assert _overall(predicted).verdict == "fails"


def test_pooled_windows_that_meet_criterion_1_are_no_pass_of_three_pairs_a_subject():
    # One subject in two is far off at the centres of the thirds, and right at all other 97 windows.
    windows = 100
    error = np.zeros((SUBJECTS, windows))
    error[::2, [16, 49, 83]] = 12.0
    error[::2, [17, 50, 82]] = -12.0
    error[1::2] = _scaled((SUBJECTS // 2, windows), 0, 2)
    predicted = _predicted(error.ravel(), windows=windows)
    pooled = predicted.error[:, 0]
    assert abs(pooled.mean()) <= 5
    assert pooled.std(ddof=1) <= 8
    assert _row(predicted, "mean error of the pairs").value == pytest.approx(6, abs=0.5)
    assert _row(predicted, "mean error of the pairs").verdict == "fails"


@pytest.mark.parametrize(("subjects", "verdict"), [(84, "not assessable"), (85, "holds"), (86, "holds")])
def test_85_subjects_and_255_pairs_are_needed(subjects, verdict):
    predicted = _predicted(0.0, subjects)
    for quantity, each in (("subjects with three distinct windows", 1), ("pairs", 3)):
        row = _row(predicted, quantity)
        assert (row.verdict, row.value) == (verdict, subjects * each)
    for quantity in ("mean error of the pairs", "SD of the pairs' errors", "SD of the subjects' mean errors"):
        assert _row(predicted, quantity).verdict == verdict
    assert _overall(predicted).verdict == verdict


def test_subjects_with_two_windows_do_not_count_however_many_windows_others_have():
    whole, short = _predicted(0.0, 84, windows=50), _predicted(0.0, 40, windows=2)
    joined = {
        name: np.concatenate([getattr(whole, name), getattr(short, name)])
        for name in ("start", "seconds", "reference", "prediction", "sex")
    }
    owner = np.concatenate([whole.owner, short.owner + 84])
    predicted = Predicted(subjects=np.array([f"s{i:03d}" for i in range(124)]), owner=owner, record=owner, **joined)
    assert _row(predicted, "subjects with three distinct windows").value == 84
    assert _overall(predicted).verdict == "not assessable"


COVERAGES = [
    (CUFF, "SBP", "<=", 100, 15), (CUFF, "SBP", ">=", 160, 15), (CUFF, "SBP", ">=", 140, 60),
    (CUFF, "DBP", "<=", 60, 15), (CUFF, "DBP", ">=", 100, 15), (CUFF, "DBP", ">=", 85, 60),
    (INVASIVE, "SBP", "<=", 100, 30), (INVASIVE, "SBP", ">=", 160, 30),
    (INVASIVE, "DBP", "<=", 70, 30), (INVASIVE, "DBP", ">=", 85, 30),
]  # fmt: skip


@pytest.mark.parametrize(("reading", "pressure", "side", "bound", "needed"), COVERAGES)
def test_each_range_is_covered_by_just_so_many_pairs_at_its_bound(reading, pressure, side, bound, needed):
    outside = bound + (0.01 if side == "<=" else -0.01)
    for at, verdict in ((needed + 1, "holds"), (needed, "holds"), (needed - 1, "not assessable")):
        # Windows last 30 s together and hold the pair's pressure: five around each of the three.
        values = np.repeat(np.where(np.arange(300) < at, float(bound), outside), 5)
        predicted = _predicted(0.0, windows=15, **{pressure.lower(): values})
        row = _row(predicted, f"pairs with {pressure} {side} {bound}, %", reading=reading, pressure=pressure)
        assert (row.verdict, row.value) == (verdict, pytest.approx(at / 3))


def test_each_reading_asks_for_its_own_coverage_and_no_other():
    predicted = _predicted(0.0)
    for reading, clause, count in ((CUFF, "5.1", 3), (INVASIVE, "6.1", 2)):
        rows = _rows(predicted, reading)
        asked = rows["quantity"].str.startswith("pairs with")
        assert asked.sum() == count
        assert (rows["clause"][asked] == clause).all()


@pytest.mark.parametrize(("women", "verdict"), [(29, "not assessable"), (30, "holds"), (31, "holds")])
@pytest.mark.parametrize(("one", "other", "name"), [("f", "m", "female"), ("m", "f", "male")])
def test_each_sex_must_be_30_percent(women, verdict, one, other, name):
    predicted = replace(_predicted(0.0), sex=np.repeat([one, other], [women, SUBJECTS - women]))
    assert _row(predicted, f"{name} subjects, %").verdict == verdict
    assert _overall(predicted).verdict == verdict


@pytest.mark.parametrize(
    ("sex", "reason"),
    [
        (None, "no column sex"),
        (np.full(SUBJECTS, np.nan, dtype=object), "sex of no subject is known"),
        (np.full(SUBJECTS, ""), "sex of no subject is known"),
    ],
)
def test_sex_that_is_not_known_is_said_and_leaves_the_standard_open(sex, reason):
    predicted = replace(_predicted(0.0), sex=sex)
    for name in ("female", "male"):
        row = _row(predicted, f"{name} subjects, %")
        assert (row.verdict, row.reason) == ("not assessable", reason)
    assert _row(predicted, "SD of the pairs' errors").verdict == "holds"
    assert _overall(predicted).verdict == "not assessable"
    assert reason in _overall(predicted).reason


def test_sex_known_of_some_counts_as_far_as_it_is_known():
    enough = replace(_predicted(0.0), sex=np.repeat(["f", "m", ""], [30, 30, 40]))
    assert _row(enough, "female subjects, %").verdict == "holds"
    few = replace(_predicted(0.0), sex=np.repeat(["f", "m", ""], [29, 31, 40]))
    row = _row(few, "female subjects, %")
    assert row.verdict == "not assessable"
    assert "sex of 40 is not known" in row.reason


def test_a_range_that_the_configuration_cuts_off_is_named_as_the_cause():
    dbp = np.clip(np.resize(COVERED["DBP"], 300), 40, 80)
    predicted = _predicted(0.0, dbp=dbp)
    where = {"pressure": "DBP", "limits": PAPER}
    for bound in (85, 100):
        row = _row(predicted, f"pairs with DBP >= {bound}, %", **where)
        assert row.verdict == "not assessable"
        assert f"the configuration accepts DBP of 40 to 80 mmHg only, so none is >= {bound}" in row.reason
    assert _row(predicted, "pairs with DBP <= 60, %", **where).verdict == "holds"
    assert _row(predicted, "SD of the pairs' errors", **where).verdict == "holds"
    overall = _overall(predicted, **where)
    assert overall.verdict == "not assessable"
    assert "the configuration accepts DBP of 40 to 80 mmHg only" in overall.reason


def test_a_range_that_the_data_alone_lack_is_not_blamed_on_the_configuration():
    predicted = _predicted(0.0, sbp=np.full(300, 120.0))
    for limits in (None, PAPER, {"SBP": (100.0, 160.0)}):
        assert "configuration" not in _overall(predicted, limits=limits).reason
    assert "configuration" in _overall(predicted, limits={"SBP": (100.1, 160.0)}).reason
    assert "configuration" in _overall(predicted, limits={"SBP": (100.0, 159.9)}).reason


def test_missing_coverage_outweighs_criteria_that_fail_but_both_are_said():
    predicted = _predicted(9.0, sbp=np.full(300, 120.0))
    overall = _overall(predicted)
    assert overall.verdict == "not assessable"
    assert "pairs with SBP <= 100: 0 of 300" in overall.reason
    assert "fails: mean error of the pairs: 9.000 mmHg" in overall.reason


def _steady(error, windows=15):
    """Reference that swings by 4 mmHg from window to window, so that its SD over five windows is known."""
    level = np.repeat(np.resize(COVERED["SBP"], SUBJECTS * 3)[::3], windows)
    swing = np.tile(np.where(np.arange(windows) % 2 == 0, 4.0, -4.0), SUBJECTS)
    predicted = _predicted(0.0, windows=windows, sbp=level + swing)
    sd = np.std([4, -4, 4, -4, 4], ddof=1)
    return replace(predicted, prediction=np.column_stack([level + error, predicted.reference[:, 1]])), sd


def test_an_error_within_one_sd_of_the_reference_over_30_s_is_none():
    # Centred on windows 3, 8 and 13 of 15: the mean of the five around them is 0.8 above or below the level.
    _, sd = _steady(0.0)
    for error in (0.0, sd - 0.81, -(sd - 0.81)):
        predicted, _ = _steady(error)
        assert _row(predicted, "mean error of the pairs", reading=INVASIVE).value == pytest.approx(0, abs=1e-9)
        assert _row(predicted, "SD of the pairs' errors", reading=INVASIVE).value == pytest.approx(0, abs=1e-9)


def test_a_larger_error_is_counted_from_the_nearer_end_of_the_references_range():
    _, sd = _steady(0.0)
    for sign in (1, -1):
        predicted, _ = _steady(sign * 20.0)
        # Two pairs of three are centred on +4, one on -4: means of +0.8, -0.8 and +0.8 about the level.
        expected = np.mean([sign * 20 - centre - sign * sd for centre in (0.8, -0.8, 0.8)])
        assert _row(predicted, "mean error of the pairs", reading=INVASIVE).value == pytest.approx(expected)


@pytest.mark.parametrize(("beyond", "verdict"), [(4.999, "holds"), (5.0, "holds"), (5.001, "fails")])
def test_criterion_1_holds_with_an_invasive_reference_too(beyond, verdict):
    predicted = _predicted(beyond, windows=15, sbp=np.repeat(np.resize(COVERED["SBP"], 300), 5))
    assert _row(predicted, "mean error of the pairs", reading=INVASIVE).verdict == verdict


def test_criterion_2_is_not_required_with_an_invasive_reference():
    predicted = _predicted(
        np.repeat(_scaled(SUBJECTS, 0, 7.5), 15), windows=15, sbp=np.repeat(np.resize(COVERED["SBP"], 300), 5)
    )
    assert _overall(predicted, reading=CUFF).verdict == "fails"
    assert _overall(predicted, reading=INVASIVE).verdict == "holds"
    assert not _rows(predicted, INVASIVE)["clause"].str.contains("criterion 2").any()


def test_without_30_s_around_its_pairs_the_invasive_reading_is_not_assessable_and_says_so():
    spaced = _predicted(0.0)
    spaced = replace(spaced, start=spaced.start * 10)
    assert _overall(spaced, reading=CUFF).verdict == "holds"
    for predicted, cause in (
        (spaced, "windows around theirs are missing"),
        (replace(spaced, seconds=np.full(300, np.nan)), "the windows' lengths are not known"),
    ):
        overall = _overall(predicted, reading=INVASIVE)
        assert overall.verdict == "not assessable"
        assert "the reference over 30 s is not known for 100 of 100 subjects" in overall.reason
        assert cause in overall.reason
        row = _row(predicted, "mean error of the pairs", reading=INVASIVE)
        assert row.verdict == "not assessable"
        assert cause in row.reason


def test_windows_at_equal_times_may_stand_in_any_order():
    rng = np.random.default_rng(5)
    predicted = _predicted(_scaled(300 * 5, 1, 5), windows=15)
    predicted = replace(predicted, start=np.repeat(predicted.start[::3], 3))
    expected = screen_standards(predicted)
    for _ in range(5):
        order = np.lexsort((rng.random(len(predicted.start)), predicted.start, predicted.owner))
        names = ("start", "seconds", "reference", "prediction", "owner", "record")
        shuffled = replace(predicted, **{name: getattr(predicted, name)[order] for name in names})
        assert not np.array_equal(shuffled.prediction, predicted.prediction)
        again = screen_standards(shuffled)
        mine = expected["standard"] == "ISO 81060-2:2018"
        np.testing.assert_allclose(again["value"][mine].astype(float), expected["value"][mine].astype(float))


def _invasive_people(subjects, error=1.0):
    n = subjects * 15
    return _predicted(error, subjects, windows=15, sbp=np.repeat(np.resize(COVERED["SBP"], n // 5), 5))


@pytest.mark.parametrize(("subjects", "criterion"), [(34, "not assessable"), (35, "holds"), (84, "holds")])
def test_the_number_of_subjects_with_an_arterial_line_is_disputed_and_the_numbers_are_given(subjects, criterion):
    predicted = _invasive_people(subjects)
    [row] = [row for row in _rows(predicted, INVASIVE).itertuples() if "reference is known over 30 s" in row.quantity]
    assert (row.verdict, row.value) == ("not assessable", subjects)
    assert "disputed" in row.reason
    assert "had 35 patients" in row.reason
    assert "computed here: mean error 1.00, SD 0.00 mmHg" in row.reason
    assert _row(predicted, "mean error of the pairs", reading=INVASIVE).verdict == criterion
    overall = _overall(predicted, reading=INVASIVE)
    assert overall.verdict == "not assessable"
    assert "computed here: mean error 1.00" in overall.reason


def test_a_criterion_that_fails_with_an_arterial_line_is_reported_below_85_subjects():
    predicted = _invasive_people(40, error=9.0)
    overall = _overall(predicted, reading=INVASIVE)
    assert overall.verdict == "not assessable"
    assert "fails: mean error of the pairs: 9.000 mmHg" in overall.reason
    assert "disputed" not in _overall(predicted, reading=CUFF).reason
    assert "disputed" not in _overall(_invasive_people(85), reading=INVASIVE).reason


@pytest.mark.parametrize(("mean", "shown"), [(0.349, "0.349"), (0.3499, "0.3499"), (0.351, "0.351"), (0.2, "0.20")])
def test_the_mean_error_of_criterion_2_is_printed_so_that_it_rounds_to_its_own_tenth(mean, shown):
    predicted = _predicted(np.repeat(_scaled(SUBJECTS, mean, 3.0), 3))
    reason = _row(predicted, "SD of the subjects' mean errors").reason
    assert f"at a mean error of {shown} mmHg" in reason
    assert criterion_2_limit(float(shown)) == criterion_2_limit(mean)


@pytest.mark.parametrize("away", [0.0, 9.0])
@pytest.mark.parametrize("subjects", [1, 30])
def test_no_limit_is_printed_as_not_a_number(subjects, away):
    owner = np.repeat(np.arange(subjects), 3)
    predicted = predicted_windows(owner, np.full((len(owner), 2), 100.0), away, subjects)
    for one in (predicted, predicted.take(np.arange(0, len(owner), 3))):
        limits = screen_standards(one)["limit"]
        assert not limits.str.contains("nan").any()
