"""What a reader finds on the page of a judgement."""

import base64
import io
import json
import re
from itertools import pairwise

import pandas as pd
import pytest

from cuffless.config import EvaluationOptions
from cuffless.report.judgement.page import CONTENTS, write_judgement_page


def test_the_first_thing_said_is_whether_it_is_better_than_doing_nothing(page):
    assert next(iter(page.sections)) == "skill"
    said = page.sections["skill"]
    assert said.index("SBP: AlexNet removes") < said.index("DBP: AlexNet")
    assert "better than doing nothing (95 % interval" in said
    before = page.source[: page.source.index('id="skill"')]
    assert "<table" not in before
    assert "<h2" not in before


def test_what_casts_doubt_stands_above_the_answer(judgement_page, judgement_of):
    notes = ["WARNING: one subject: nothing is known", "WARNING: another", "a note"]
    judgement = judgement_of()
    judgement.notes = notes
    said = judgement_page(judgement).sections["skill"]
    assert said.index("Warning: one subject: nothing is known. And 1 more.") < said.index("SBP: AlexNet")


def test_whose_predictions_they_are_stands_above_everything(tmp_path, judgement_of, open_page, page):
    write_judgement_page(
        judgement_of(), tmp_path / "page.html", title="cohort: splits", source="a", options=EvaluationOptions(),
        about="cohort: simulated people. <No>",
    )  # fmt: skip
    source = open_page(tmp_path / "page.html").source
    assert "<strong>cohort: simulated people. &lt;No&gt;</strong>" in source[: source.index('id="skill"')]
    assert "simulated people" not in page.source


def test_the_tables_that_were_judged_are_named_below_the_answer(page):
    (where,) = [name for name, text in page.sections.items() if "Predictions of predictions.csv" in text]
    assert where == "judged"


def test_every_section_is_there_and_listed(page):
    assert list(page.sections) == ["skill", *(name for name, _ in CONTENTS)]
    links = {attrs["href"] for attrs in page.all("a") if attrs["href"].startswith("#")}
    assert links >= {f"#{name}" for name, _ in CONTENTS}


def test_the_page_loads_nothing_from_elsewhere(page):
    assert not [attrs for tag, attrs in page.elements if "src" in attrs]
    hrefs = [attrs["href"] for _, attrs in page.elements if "href" in attrs]
    assert all(href.startswith(("#", "data:")) for href in hrefs)
    style = page.source[page.source.index("<style>") : page.source.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert page.source.count("plotly.js v") == 1


def test_headings_follow_in_order(page):
    levels = [int(tag[1]) for tag, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_charts_tables_and_pickers_say_what_they_are(page):
    charts = [attrs for tag, attrs in page.elements if attrs.get("class") == "chart"]
    assert len(charts) == 12
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in charts)
    assert len(page.all("caption")) == len(page.all("table"))
    labelled = {attrs["for"] for attrs in page.all("label")}
    assert {attrs["id"] for attrs in page.all("select")} == labelled


def test_no_text_is_smaller_than_14_pixels(page):
    style = page.source[page.source.index("<style>") : page.source.index("</style>")]
    sizes = [float(size) for size in re.findall(r"font-size: ([\d.]+)rem", style)]
    assert sizes
    assert min(sizes) * 16 >= 14
    charts = [chart for figure in page.data["figures"].values() for own in figure.values() for chart in own.values()]
    assert all(found >= 14 for chart in charts for found in _font_sizes(chart))


def _font_sizes(part):
    if isinstance(part, dict):
        own = [part["size"]] if {"size"} == set(part) else []
        return own + [size for value in part.values() for size in _font_sizes(value)]
    return [size for value in part for size in _font_sizes(value)] if isinstance(part, list) else []


def test_a_case_whose_people_were_in_training_does_not_open_the_page(judgement_page):
    page = judgement_page(cases=("mixed", "nonmixed"))
    said = page.sections["skill"]
    cases = page.source[page.source.index('id="pick-case"') :]
    assert cases.index("non-mixed") < cases.index(">mixed<")
    assert said.index("SBP: AlexNet") < said.index("Warning: 40 of the test subjects were in training")
    assert said.count("were in training") == 2  # for both predictors of the mixed case


def test_what_a_table_cannot_support_is_named(judgement_page):
    page = judgement_page(cases=("nonmixed",), calibrated=False)
    assert "Not assessable: there are no calibration rows with times." in page.sections["drift"]
    unassessed = page.sections["unassessed"]
    assert "skill against: calibration mean" in unassessed
    assert "error against the time since calibration" in unassessed
    assert "leak: near duplicates" in unassessed
    assert "ISO 81060-2:2018, cuff reference: share of SBP at the low end" in unassessed
    assert "age and sex only (no column age)" in page.sections["skill"]


def test_what_the_mean_was_fitted_on_is_said_at_once(judgement_page, judgement_of):
    judgement = judgement_of(cases=("nonmixed",))
    judgement.cases["baselines_fitted_on"] = "the test subjects themselves (in-sample)"
    judgement.skill["in_sample"] = judgement.skill["baseline"].isin(["population_mean", "heart_rate"])
    said = judgement_page(judgement).sections["skill"]
    assert "are fitted on: the test subjects themselves (in-sample)" in said
    assert "always predicting the in-sample mean" in said
    assert "heart rate only (in-sample)" in said
    assert "in-sample" not in judgement_page(judgement_of(cases=("nonmixed",))).sections["skill"]


def test_standards_are_screens_and_never_passed(page):
    said = page.sections["standards"]
    assert "It certifies nothing" in said
    assert re.search(r"ISO 81060-2:2018 SBP \? not assessable cuff reference 40 subjects, 85 are needed", said)
    assert "✗ fails" in said
    assert not re.search(r"\bpass(es|ed)?\b", said)
    assert "For cuffs that measure now and then" in said  # what the standard means, in a sentence


def test_the_papers_tests_are_named_for_what_they_are(page):
    assert "Kolmogorov-Smirnov p on windows*" in page.sections["tests"]
    assert "not to judge by" in page.sections["tests"]


def test_warnings_come_before_notes(page):
    said = page.sections["notes"]
    warned = said.index("Warning: SBP is not above DBP")
    assert warned < said.index("1 seed: the intervals") < said.index("no column age")


def test_tables_can_be_had_as_csv(page, judgement_of):
    links = {attrs["download"]: attrs["href"] for attrs in page.all("a") if "download" in attrs}
    head = "data:text/csv;charset=utf-8;base64,"
    table = pd.read_csv(io.BytesIO(base64.b64decode(links["skill.csv"].removeprefix(head))))
    pd.testing.assert_frame_equal(table[["baseline", "skill"]], judgement_of().skill[["baseline", "skill"]])


def test_a_long_table_says_where_its_csv_lies(judgement_page):
    page = judgement_page(subjects=600, windows=2)
    assert "subjects.csv is long: it lies in tables/subjects.csv" in page.sections["subjects"]


@pytest.mark.parametrize("bad", ["<script>alert(1)</script>", "</script><img src=x>", "{{ 7 * 7 }}%{x}"])
def test_names_stay_words(judgement_page, bad):
    page = judgement_page(cases=("nonmixed", f"mixed/{bad}"), networks=(f"net{bad}",), subjects=6, names=f"#{bad}")
    assert len(page.all("script")) == 3
    assert not page.all("img")
    assert bad in page.sections["judged"]
    if "<" in bad:
        names = [trace["name"] for chart in page.data["figures"]["bins"]["0/0"].values() for trace in chart["data"]]
        assert not any("<" in name for name in names)


def test_a_page_of_250000_predictions_stays_small(judgement_page):
    page = judgement_page(cases=("nonmixed",), networks=("a", "b", "c", "d", "mean"), subjects=170, windows=300)
    assert len(page.source.encode()) < 8e6


def test_a_page_of_250000_predictions_with_intervals_stays_small(judgement_page):
    page = judgement_page(cases=("nonmixed",), networks=("a", "b", "c", "d"), subjects=170, windows=300, stated=True)
    assert len(page.source.encode()) < 8e6


def test_the_command_that_repeats_the_judgement_is_told(page):
    said = page.sections["repeat"]
    assert "cuffless judge predictions.csv --output FOLDER --confidence 0.95 --bootstrap 2000 --seed 0" in said
    assert "numpy" in said


def test_pickers_offer_only_the_networks_of_a_case(judgement_page, judgement_of):
    one, two = (
        judgement_of(cases=("nonmixed",), networks=("alexnet",)),
        judgement_of(cases=("tuned",), networks=("lstm",)),
    )
    joined = {
        name: value + getattr(two, name) if name == "notes" else pd.concat([value, getattr(two, name)])
        for name, value in vars(one).items()
    }
    page = judgement_page(type(one)(**joined))
    assert page.data["choices"] == [[0], [1]]
    assert set(page.data["figures"]["skill"]) == {"0/0", "1/1"}


def test_the_answer_says_whether_the_predictor_looks_at_its_input(page):
    said = page.sections["skill"]
    assert said.index("SBP: AlexNet removes") < said.index("Does it look at its input? SBP: predictions depend")
    assert "Exchanged between people, they are wrong by 12.3 instead of 10.1 mmHg (cost 2.2 [2.1, 2.3]): " in said
    assert "the person's level is known (worth 2.0 mmHg); changes within a person are hardly followed." in said
    assert "SBP changes of a person ✗ hardly depends within each person 10.1 10.3" in page.sections["dependence"]


def test_baselines_of_events_are_called_in_sample_where_they_are(judgement_page, judgement_of):
    judgement = judgement_of(cases=("nonmixed",))
    judgement.skill["in_sample"] = judgement.skill["baseline"].eq("population_mean")
    assert "DBP ≥ 80 in-sample mean 20.0 %" in judgement_page(judgement).sections["events"]


def test_of_baselines_that_do_nearly_the_same_the_events_show_one(judgement_page, judgement_of):
    judgement = judgement_of(cases=("nonmixed",))
    mean = judgement.events[judgement.events["method"] == "population_mean"]
    more = [mean.assign(method=name) for name in ("heart_rate", "demographics", "hold_first", "hold_last")]
    judgement.events = pd.concat([judgement.events, *more], ignore_index=True)
    said = judgement_page(judgement).sections["events"]
    assert "DBP ≥ 80 age and sex only" in said
    assert "DBP ≥ 80 last calibration value held" in said
    assert "heart rate only" not in said
    assert "first calibration value held" not in said


def test_each_table_can_say_that_it_is_scrolled(page):
    boxes = len(re.findall(r'<div class="box[ "]', page.source))
    assert boxes > 10
    assert (
        len(
            re.findall(
                r'<p class="small more-of-it" hidden></p>\s*<div class="frame">\s*<div class="box[ "]', page.source
            )
        )
        == boxes
    )
    assert "more-right" in page.source[page.source.index("<style>") : page.source.index("</style>")]


def test_events_stand_beside_what_the_population_mean_finds(page):
    said = page.sections["events"]
    assert "DBP ≥ 80 AlexNet 20.0 % (160 of 800) 31 [22, 43] 31 [22, 43] 50 [22, 43]" in said
    assert "DBP ≥ 80 population mean 20.0 % (160 of 800) 31 [22, 43] 31 [22, 43] – 31 [22, 43] 0 (0)" in said
    assert "DBP ≥ 90 AlexNet 0.0 % (0 of 800)" in said
    assert "DBP ≥ 90 population mean" not in said  # there is nothing to find
    assert said.index("By window") < said.index("By person") < said.rindex("20.0 % (8 of 40)")


def test_the_first_screen_says_in_plain_words_what_was_found_on_whom_and_how_many(page):
    said = page.sections["skill"]
    answer = "Yes, for SBP and DBP. AlexNet was tested on 800 windows of 40 subjects. None of them was in training, in "
    assert f"{answer}which there were 95 other subjects." in said
    assert said.index("Yes, for SBP and DBP.") < said.index("SBP: AlexNet removes")


@pytest.mark.parametrize(
    ("leaks", "words"),
    [
        ([("shared_subject", "not assessable")], "Whether they were in training is not known"),
        ([("shared_subject", "none"), ("divided_subject", "none")], "None of them was in the training of the fold"),
        ([("shared_subject", "none"), ("divided_subject", "not assessable")], "None of them was in training, in"),
        ([("shared_subject", "found")], "Not all of them are new to it."),
    ],
)
def test_whether_the_people_were_in_training_is_said_as_far_as_it_is_known(judgement_page, judgement_of, leaks, words):
    judgement = judgement_of(cases=("test",), networks=("predictor",))
    rows = [{"case": "test", "kind": k, "count": 1, "verdict": v, "examples": "", "reason": ""} for k, v in leaks]
    judgement.leaks = pd.DataFrame(rows)
    assert (
        f"The predictor was tested on 800 windows of 40 subjects. {words}"
        in judgement_page(judgement).sections["skill"]
    )


def test_verdicts_that_differ_are_said_for_each_pressure(judgement_page, judgement_of):
    judgement = judgement_of(cases=("nonmixed",), networks=("alexnet",))
    unsure = judgement.skill["pressure"].eq("DBP")
    judgement.skill.loc[unsure, "lower"] = -0.5
    assert "SBP: yes. DBP: not shown. AlexNet was" in judgement_page(judgement).sections["skill"]


@pytest.mark.parametrize(
    "times",
    [{"start": float("nan"), "elapsed": float("nan")}, {"start": 0.0, "elapsed": 0.0}],
)
def test_without_times_that_differ_no_axis_is_one_of_time(judgement_page, judgement_of, times):
    judgement = judgement_of(cases=("nonmixed",), calibrated=False)
    judgement.traces = judgement.traces.assign(**times)
    page = judgement_page(judgement)
    assert {subject["clock"] for case in page.data["traces"] for subject in case} == {"order"}
    assert not page.data["figures"]["drift"]
    titles = re.findall(r'"title": ?\{"text": ?"([^"]*)"', json.dumps(page.data["figures"]))
    assert titles
    assert not [title for title in titles if re.search(r"minute|second|time|hour", title)]
    assert "number of the window" in page.source
    assert "the number of the window" in page.sections["traces"]


@pytest.mark.parametrize("pressures", [("SBP",), ("DBP",), ("MAP",), ("SBP", "DBP", "MAP")])
def test_the_page_shows_the_pressures_that_the_table_has(judgement_page, pressures):
    page = judgement_page(cases=("nonmixed",), pressures=pressures, stated=True)
    assert page.data["pressures"] == list(pressures)
    shown = [attrs["data-pressure"] for _, attrs in page.elements if "data-figure" in attrs]
    assert set(shown) == set(pressures)
    assert len([attrs for _, attrs in page.elements if "data-trace" in attrs]) == len(pressures)
    for name in ("skill", "bins", "agreement", "subjects", "drift", "interval_bins", "risk"):
        assert {tuple(own) for own in page.data["figures"][name].values()} == {pressures}
    assert {len(subject["reference"]) for subject in page.data["traces"][0]} == {len(pressures)}
    for absent in {"SBP", "DBP", "MAP"} - set(pressures):
        assert f"{absent}:" not in page.sections["skill"]


def test_a_table_without_seeds_hears_nothing_of_them(judgement_page):
    said = judgement_page(cases=("nonmixed",), seeds=float("nan"), stated=True)
    for name in ("skill", "notes", "judged", "dependence", "merits", "intervals"):
        assert not re.search(r"\bseeds?\b", said.sections[name]), name
    assert "1 seed: the intervals" in judgement_page(cases=("nonmixed",), seeds=1).sections["notes"]
    assert "1 seed:" not in judgement_page(cases=("nonmixed",), seeds=5).sections["notes"]


@pytest.mark.parametrize("windows", [1, 20])
def test_one_subject_is_told_in_the_singular_with_a_table_of_its_errors(judgement_page, judgement_of, windows):
    judgement = judgement_of(cases=("test",), networks=("predictor",), subjects=1, windows=windows, calibrated=False)
    judgement.skill = judgement.skill.assign(skill=float("nan"), reason="not assessable: no other subject")
    judgement.tests = judgement.tests.head(0)
    judgement.merits["me"] = -1.5
    page = judgement_page(judgement)
    counted = "1 window of 1 subject" if windows == 1 else "20 windows of 1 subject"
    skill = page.sections["skill"]
    assert f"Not assessable, for SBP and DBP. The predictor was tested on {counted}." in skill
    assert re.search(rf"SBP: the predictor errs by [\d.]+ mmHg \(MAE; mean error −1.5\) in {counted}; skill", skill)
    assert "Not assessable: a test needs a baseline and two subjects or more." in page.sections["tests"]
    assert f"p000000 SBP {windows} " in page.sections["subjects"]
    said = " ".join([*page.sections.values(), json.dumps(page.data["figures"])])
    assert not re.findall(r"(?<![\d.,])1 (?:windows|subjects|seeds|days|rows|people|predictors)\b", said)


def test_of_many_subjects_the_worst_are_listed_and_the_rest_is_named(judgement_page, judgement_of):
    judgement = judgement_of(cases=("nonmixed",), networks=("alexnet",), subjects=60, windows=2)
    said = judgement_page(judgement).sections["subjects"]
    assert "The 20 subjects with the largest errors, for each pressure; 40 more subjects in subjects.csv." in said
    own = judgement.subjects[judgement.subjects["pressure"] == "SBP"].sort_values("mae", ascending=False)
    assert said.index(str(own["subject"].iloc[0])) < said.index(str(own["subject"].iloc[1]))
    assert f"{own['subject'].iloc[-1]} SBP" not in said
    few = judgement_page(cases=("nonmixed",), networks=("alexnet",), subjects=20).sections["subjects"]
    assert "more subject" not in few
