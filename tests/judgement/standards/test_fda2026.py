"""The FDA's draft of 2026: three tests with the same limits, and people of whom little is ever known."""

from dataclasses import replace

import numpy as np
import pytest
from predicted_windows import predicted_windows

from cuffless.judgement.standards import screen_standards

SUBJECTS, WINDOWS = 100, 6
STATIC, CHANGE, STABLE = "static accuracy", "BP change", "stability over the calibration period"


@pytest.fixture
def people():
    """Subjects at rest, calibrated, whose second window is 20 mmHg above the others; all exact."""
    owner = np.repeat(np.arange(SUBJECTS), WINDOWS)
    level = np.column_stack([np.linspace(100, 160, SUBJECTS), np.linspace(60, 90, SUBJECTS)])
    changed = np.tile([0, 20, 0, 0, 0, 0], SUBJECTS)[:, None]
    return predicted_windows(
        owner,
        level[owner] + changed,
        0.0,
        SUBJECTS,
        start=np.tile(np.arange(WINDOWS) * 7.0, SUBJECTS),
        since=np.tile(np.arange(WINDOWS) * 7.0 + 60, SUBJECTS),
        calibration=level,
        condition=np.full(len(owner), "rest"),
        sex=np.resize(["f", "m"], SUBJECTS),
        age=np.linspace(20, 80, SUBJECTS),
        bmi=np.linspace(18, 40, SUBJECTS),
        skin_tone=np.resize([2.0, 6.0, 9.0], SUBJECTS),
    )


def _rows(predicted, clause, pressure="SBP"):
    table = screen_standards(predicted)
    own = table[(table["standard"] == "FDA draft guidance 2026") & (table["pressure"] == pressure)]
    return own[own["clause"] == clause]


def _verdicts(predicted, clause, **where):
    return list(_rows(predicted, clause, **where)["verdict"])


def test_exact_predictions_hold_where_they_can_and_the_draft_as_a_whole_cannot(people):
    assert _verdicts(people, STATIC) == ["holds"] * 3
    assert _verdicts(people, CHANGE) == ["holds"] * 3
    assert _verdicts(people, STABLE) == ["holds", "not assessable", "not assessable"]
    assert _rows(people, CHANGE)["quantity"].tolist()[1:] == ["mean error, BP change", "SD of errors, BP change"]
    [overall] = _rows(people, "overall").itertuples()
    assert overall.verdict == "not assessable"
    assert "how long a calibration is claimed to hold is in no column" in overall.reason
    assert "are 2 min after it" in overall.reason


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("error", "verdict"), [(4.999, "holds"), (5.0, "holds"), (5.001, "fails")])
def test_the_mean_error_may_be_5_either_way_in_each_test(people, error, verdict, sign):
    shifted = replace(people, prediction=people.reference + sign * error)
    for clause in (STATIC, CHANGE):
        assert _verdicts(shifted, clause) == ["holds", verdict, "holds"]


@pytest.mark.parametrize(("sd", "verdict"), [(7.999, "holds"), (8.0, "fails"), (8.001, "fails")])
def test_the_sd_must_be_below_8(people, sd, verdict):
    errors = np.random.default_rng(0).standard_normal(SUBJECTS)
    errors = (errors - errors.mean()) / errors.std(ddof=1) * sd
    shifted = replace(people, prediction=people.reference + errors[people.owner][:, None])
    assert _verdicts(shifted, CHANGE) == ["holds", "holds", verdict]
    limits = set(_rows(shifted, CHANGE)["limit"])
    assert limits == {">= 85", "within ±5.0 mmHg", "< 8.0 mmHg"}


def test_a_constant_prediction_misses_changes(people):
    constant = replace(people, prediction=people.calibration[people.owner])
    assert _verdicts(constant, STATIC)[1] == "holds"
    assert _rows(constant, CHANGE)["value"].tolist()[1] == pytest.approx(-20)
    assert _verdicts(constant, CHANGE)[1] == "fails"


def test_a_change_is_one_window_of_each_subject_and_as_large_as_the_outer_ranges_of_ieee(people):
    for by, subjects in ((15.0, SUBJECTS), (14.99, 0), (-15.0, SUBJECTS)):
        step = np.where(np.arange(len(people.owner)) % WINDOWS == 2, by, 0.0)[:, None]
        reference = people.calibration[people.owner] + step
        rows = _rows(replace(people, reference=reference, prediction=reference), CHANGE)
        assert rows["value"].iloc[0] == subjects
        assert rows["verdict"].iloc[1] == ("holds" if subjects else "not assessable")


@pytest.mark.parametrize(("subjects", "verdict"), [(84, "not assessable"), (85, "holds")])
def test_85_subjects_are_needed_in_each_test(people, subjects, verdict):
    some = people.take(people.owner < subjects)
    for clause in (STATIC, CHANGE):
        assert set(_verdicts(some, clause)) == {verdict}


def test_windows_not_at_rest_are_not_static(people):
    condition = np.where(np.arange(len(people.owner)) % WINDOWS < 4, "exercise", "rest")
    rows = _rows(replace(people, condition=condition), STATIC)
    assert (rows["value"].iloc[0], rows["verdict"].iloc[0]) == (0, "not assessable")
    moving = replace(people, condition=np.full(len(people.owner), "exercise"))
    assert set(_verdicts(moving, STATIC)) == {"not assessable"}


def test_what_a_table_lacks_is_named_and_nothing_holds_for_lack_of_it(people):
    bare = replace(people, condition=None, calibration=None, since=None, sex=None, age=None, bmi=None, skin_tone=None)
    for clause, reason in ((STATIC, "no column condition"), (CHANGE, "no calibration rows"), (STABLE, "with times")):
        rows = _rows(bare, clause)
        assert rows["reason"].str.contains(reason).iloc[1:].all()
        assert set(rows["verdict"].iloc[1:]) == {"not assessable"}
    rows = _rows(bare, "people")
    assert set(rows["verdict"]) == {"not assessable"}
    assert set(rows["reason"]) == {"no column age", "no column sex", "no column bmi", "no column skin_tone"}
    unknown = replace(people, age=np.full(SUBJECTS, np.nan), skin_tone=np.full(SUBJECTS, np.nan))
    reasons = set(_rows(unknown, "people")["reason"])
    assert {"age of no subject is known", "skin_tone of no subject is known"} <= reasons


def test_one_person_is_not_assessed(people):
    one = people.take(people.owner == 0)
    assert not set(screen_standards(one).query("standard == 'FDA draft guidance 2026'")["verdict"]) & {"fails"}
    assert _rows(one, STATIC)["verdict"].eq("not assessable").all()


@pytest.mark.parametrize(
    ("tones", "verdicts"),
    [
        ([2.0, 6.0, 9.0], ["holds"] * 3),
        ([4.0, 7.0, 10.0], ["holds"] * 3),
        ([1.0, 2.0, 5.0], ["holds", "holds", "not assessable"]),  # nobody with dark skin
        ([10.0], ["not assessable", "not assessable", "holds"]),
        ([4.5, 6.0, 9.0], ["holds"] * 3),  # two raters: 4 and 5
        ([2.0, 6.0, 9.0, np.nan], ["holds"] * 3),
    ],
)
def test_each_group_of_the_monk_scale_needs_a_quarter_of_all_subjects(people, tones, verdicts):
    rows = _rows(replace(people, skin_tone=np.resize(tones, SUBJECTS)), "people")
    tone = rows[rows["quantity"].str.contains("skin tone")]
    assert list(tone["verdict"]) == verdicts
    assert tone["value"].between(0, 100).all()


def test_variety_is_reported_but_never_judged(people):
    rows = _rows(people, "people").set_index("quantity")
    age = rows.loc["subjects whose age is known"]
    assert (age["value"], age["verdict"]) == (SUBJECTS, "not assessable")
    assert age["reason"].startswith("age from 23 to 77 years")
    assert rows.loc["subjects whose sex is known", "reason"].startswith("50 women and 50 men")
    assert rows.loc["subjects whose bmi is known", "reason"].startswith("bmi from 19 to 39 kg/m2")
