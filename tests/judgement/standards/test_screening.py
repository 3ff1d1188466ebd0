"""The screens together: never a pass, never more than the data can bear."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from predicted_windows import predicted_windows

from cuffless.judgement.standards import MEANING, screen_standards
from cuffless.judgement.standards.screening import at_most, telling_digits
from cuffless.judgement.table.predicted import Predicted

COLUMNS = ["standard", "reading", "clause", "pressure", "quantity", "value", "limit", "verdict", "reason"]
READINGS_WITHOUT_LIMITS = {
    "FDA draft guidance 2026": "draft of 23 January 2026",
    "ESH 2023": "six tests",
    "ISO 81060-7": "in development",
}
READINGS = [
    ("ISO 81060-2:2018", "cuff reference (clause 5)"),
    ("ISO 81060-2:2018", "invasive reference (clause 6)"),
    ("BHS 1993", "all windows"),
    ("IEEE 1708-2014", "all windows"),
    ("IEEE 1708a-2019", "all windows"),
    ("ISO 81060-3:2022", "absolute pressure"),
    ("ISO 81060-3:2022", "trend"),
    *[(standard, READINGS_WITHOUT_LIMITS[standard]) for standard in READINGS_WITHOUT_LIMITS],
]
PAPER = {"SBP": (75.0, 165.0), "DBP": (40.0, 80.0)}


def _people(subjects=200, windows=28):
    """Subjects whose pressures cover everything that a standard asks for; not predicted yet."""
    owner = np.repeat(np.arange(subjects), windows)
    # Of 14 changes, 2, 5, 5 and 2 lie in the four ranges of IEEE 1708a: 14.3, 35.7, 35.7 and 14.3 %.
    level = np.column_stack([np.resize([85, 112, 125, 145, 175], subjects), np.resize([50, 65, 75, 90, 110], subjects)])
    offset = np.array([-1.5, -1.5, *[-0.5] * 5, *[0.5] * 5, 1.5, 1.5])
    change = np.tile(np.resize(offset, windows), subjects)[:, None] * [15, 10]
    reference = level[owner] + change
    return predicted_windows(
        owner,
        reference,
        0.0,
        subjects,
        start=np.tile(np.arange(windows) * 7.0, subjects),
        sex=np.resize(["f", "m"], subjects),
        calibration=level.astype(float),
    )


def _with_limits(table):
    """Rows of standards whose limits are all public."""
    return table[~table["standard"].isin(list(READINGS_WITHOUT_LIMITS))]


def _overall(table):
    return table[table["clause"] == "overall"].set_index(["standard", "reading", "pressure"]).sort_index()


@pytest.fixture(scope="module")
def people():
    return _people()


def _takers(people):
    """Predictions of all kinds."""
    rng = np.random.default_rng(1)
    few = slice(0, 28 * 3)
    names = ("owner", "record", "start", "seconds", "reference", "prediction")
    return {
        "perfect": people,
        "constant": replace(people, prediction=np.tile(people.reference.mean(axis=0), (len(people.owner), 1))),
        "noisy": replace(people, prediction=people.reference + rng.normal(0, 9, people.reference.shape)),
        "bare": replace(people, sex=None, calibration=None, seconds=np.full(len(people.owner), np.nan)),
        "three subjects": Predicted(people.subjects[:3], **{name: getattr(people, name)[few] for name in names}),
        "one window": Predicted(people.subjects[:1], **{name: getattr(people, name)[:1] for name in names}),
    }


def test_there_is_one_verdict_a_standard_reading_and_pressure(people):
    for predicted in _takers(people).values():
        table = screen_standards(predicted, limits=PAPER)
        assert list(table.columns) == COLUMNS
        overall = table[table["clause"] == "overall"]
        found = list(overall[["standard", "reading", "pressure"]].itertuples(index=False, name=None))
        assert sorted(found) == sorted((*reading, pressure) for reading in READINGS for pressure in ("SBP", "DBP"))


def test_nothing_is_ever_called_a_pass_and_every_verdict_says_that_it_cannot_certify(people):
    for predicted in _takers(people).values():
        table = screen_standards(predicted)
        assert set(table["verdict"]) <= {"holds", "fails", "not assessable"}
        assert not table.astype(str).apply(lambda column: column.str.contains("pass", case=False)).any(axis=None)
        assert _overall(table)["reason"].str.contains("retrospective data; it cannot certify").all()


def test_whatever_is_not_assessable_or_fails_says_why(people):
    for predicted in _takers(people).values():
        table = screen_standards(predicted, limits=PAPER)
        open_ = table[table["verdict"] == "not assessable"]
        assert (open_["reason"] != "").all()
        overall = _overall(table)
        failed = overall[overall["verdict"] == "fails"]
        assert failed["reason"].str.contains("fails: ").all()


def test_the_overall_verdict_follows_from_the_requirements(people):
    for predicted in _takers(people).values():
        table = screen_standards(predicted)
        for _, rows in table.groupby(["standard", "reading", "pressure"]):
            each, [overall] = rows[rows["clause"] != "overall"]["verdict"], rows[rows["clause"] == "overall"]["verdict"]
            wanted = next((v for v in ("not assessable", "fails") if (each == v).any()), "holds")
            assert overall == wanted


def test_perfect_predictions_of_people_who_cover_everything_hold(people):
    table = screen_standards(people)
    assert (_overall(table)["verdict"].loc[list(READINGS_WITHOUT_LIMITS)] == "not assessable").all()
    overall = _overall(_with_limits(table))
    assert (overall["verdict"] == "holds").all()
    grades = overall.loc[["BHS 1993", "IEEE 1708-2014", "IEEE 1708a-2019"], "value"]
    assert (grades == "A").all()


def test_perfect_predictions_of_the_papers_range_cannot_be_assessed_for_dbp(people):
    inside = np.column_stack([np.clip(people.reference[:, p], *PAPER[name]) for p, name in enumerate(PAPER)])
    overall = _overall(screen_standards(replace(people, reference=inside, prediction=inside), limits=PAPER))
    for standard in ("ISO 81060-2:2018", "BHS 1993"):
        dbp = overall.xs("DBP", level="pressure").loc[standard]
        assert (dbp["verdict"] == "not assessable").all()
        assert dbp["reason"].str.contains("the configuration accepts DBP of 40 to 80 mmHg only").all()


def test_a_constant_prediction_fails_where_people_differ(people):
    table = screen_standards(_takers(people)["constant"])
    overall = _overall(_with_limits(table))
    assert (overall["verdict"] == "fails").all()
    assert (
        table[table["clause"].isin(["BP change"]) & table["quantity"].str.startswith("SD of errors")]["verdict"]
        == "fails"
    ).all()
    assert (overall.loc[["BHS 1993", "IEEE 1708-2014"], "value"] == "D").all()


def test_few_subjects_are_never_assessed(people):
    for name in ("three subjects", "one window"):
        table = screen_standards(_takers(people)[name])
        assert (_overall(table)["verdict"] == "not assessable").all()


def test_each_pressure_is_judged_by_itself(people):
    off = people.prediction.copy()
    off[:, 1] += 40
    overall = _overall(_with_limits(screen_standards(replace(people, prediction=off))))
    assert (overall.xs("SBP", level="pressure")["verdict"] == "holds").all()
    unbiased = overall.xs("DBP", level="pressure").drop(index=("ISO 81060-3:2022", "trend"))
    assert (unbiased["verdict"] == "fails").all()


def test_every_standard_has_its_meaning(people):
    assert set(MEANING) == set(screen_standards(people)["standard"])
    assert all(1 <= text.count(". ") + 1 <= 3 and text.endswith(".") for text in MEANING.values())


def test_the_table_survives_csv(people, tmp_path):
    table = screen_standards(people)
    table.to_csv(tmp_path / "standards.csv", index=False)
    again = pd.read_csv(tmp_path / "standards.csv", keep_default_na=False)
    assert list(again["verdict"]) == list(table["verdict"])
    assert list(again["reason"]) == list(table["reason"])


@pytest.mark.parametrize(
    ("value", "limit", "shown"),
    [
        (8.0001, "<= 8.0 mmHg", "8.0001"),
        (8.0, "<= 8.0 mmHg", "8.00"),
        (8.0 + 1e-12, "<= 8.0 mmHg", "8.00"),
        (7.9999, "< 8.0 mmHg", "7.9999"),
        (-5.004, "within ±5.0 mmHg", "-5.004"),
        (277.999, ">= 278", "277.999"),
        (29.996, ">= 30 %", "29.996"),
        (59.9951, "A >= 60 %, B >= 50 %, C >= 40 %", "59.995"),
        (5.0049, "A <= 5, B <= 6, C <= 7", "5.005"),
        (12.34567, "<= 8.0 mmHg", "12.35"),
    ],
)
def test_a_value_is_printed_so_that_it_compares_with_its_limits_as_it_does(value, limit, shown):
    assert f"{value:.{telling_digits(value, limit, 2)}f}" == shown


@pytest.mark.parametrize("beyond", [1e-2, 1e-4, 1e-6, 1e-8])
def test_the_words_of_a_failed_comparison_are_true(beyond):
    row = at_most("clause", "SD", 8.0 + beyond, 8.0)
    assert row.verdict == "fails"
    assert 8.0 < float(row.reason.split()[1]) < 8.02
    strict = [at_most("clause", "SD", value, 8.0, strictly=True) for value in (8.0 - beyond, 8.0)]
    assert [one.verdict for one in strict] == ["holds", "fails"]
    assert strict[1].reason == "SD: 8.000 mmHg, < 8.0 mmHg needed"
