"""The head of a report: whose recordings they are, how many, when, and what was kept of them."""

import json

import numpy as np
import pandas as pd
import pytest

from cuffless.config import StudyConfig
from cuffless.identities import PEOPLE
from cuffless.report.study.about import describe_study, whose_page
from cuffless.report.study.answer import answer_of
from cuffless.report.study.contents import StudyReport, collect_report
from cuffless.report.study.overview import banner, overview
from cuffless.report.study.page import write_report
from cuffless.report.study.pictures import HEIGHT, WIDTH, window_pictures
from cuffless.report.study.skill import comparisons
from cuffless.simulator import simulate_subject

WARD = {"records": {"source": "wfdb", "path": "ward"}}
QUALITY = pd.DataFrame(
    {
        "record": ["a", "b", "c"], "subject": ["p1", "p1", "p2"], "identity": "patient",
        "seconds": [3600.0, 1800.0, 1800.0], "windows_cut": [500, 300, 200], "windows_kept": [400, 300, 50],
        "sbp": [100, 0, 50], "snr": [0, 0, 100],
    }
)  # fmt: skip


def study(people="simulated", **sections):
    """A study of one data set, and of others in `sections`."""
    own = {"simulated": {}, "real": WARD}[people]
    given = {"networks": {"alexnet": {}}, "study": {"dataset": "ward", "networks": ["alexnet"]}}
    return {**given, "datasets": {"ward": own, **sections.pop("datasets", {})}, **sections}


def described(given, **more):
    return describe_study(StudyConfig(**given), given, **more)


def skill(networks, baseline=17.1, n=39, split="nonmixed"):
    """Errors of networks, each as (MAE, lower and upper limit of skill), and of the mean."""
    rows = [
        {
            "split": split, "network": network, "pressure": pressure, "average": "subject", "mae": mae,
            "lower": mae - 1, "upper": mae + 1, "skill": 1 - mae / baseline, "skill_lower": low, "skill_upper": high,
            "n_subjects": n, "n_windows": 40 * n, "seeds": 1,
        }
        for pressure in ("SBP", "DBP")
        for network, (mae, low, high) in {**networks, "mean": (baseline, 0.0, 0.0)}.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def answered(networks, people="people", audits=None, **kwargs):
    report = StudyReport(overall=skill(networks, **kwargs), audits=audits or {})
    return answer_of(report, comparisons(report), people)


@pytest.mark.parametrize("given", [{}, {"rppg": {}, "personalization": {}}])
def test_a_page_about_simulated_people_says_so_before_any_number(given, tmp_path, open_page):
    report = StudyReport(about=described(study(**given)), quality=QUALITY, overall=skill({"alexnet": (14.7, 0.1, 0.2)}))
    write_report(report, tmp_path / "report.html")
    page = open_page(tmp_path / "report.html")
    head = page.source[page.source.index("<h1>") : page.source.index('id="answer"')]
    assert head.index("Simulated people. ") < head.index("ward: 2 simulated people, 2.0 h")
    assert "On 39 simulated people it has never seen" in page.sections["answer"]


def test_a_page_about_real_people_says_so_and_nothing_of_simulated_ones(tmp_path, open_page):
    about = described(study("real", personalization={}))
    report = StudyReport(about=about, quality=QUALITY, overall=skill({"alexnet": (14.7, 0.1, 0.2)}))
    write_report(report, tmp_path / "report.html")
    page = open_page(tmp_path / "report.html")
    body = page.source[page.source.index("<body>") : page.source.index("<script>")]
    assert "ward: 2 real people, 2.0 h of signal" in body
    assert "simulat" not in body.lower()
    assert "On 39 people it has never seen" in page.sections["answer"]


def test_where_some_people_are_real_each_data_set_is_named():
    given = study("real", rppg={}, datasets={"stays": {"simulator": {"records": 3}}, "clinic": WARD})
    assert banner(described(given)) == (
        "Simulated people: ward (recordings of faces). Real people: ward (contact recordings)."
    )
    given = study("simulated", external=["ward", "clinic"], datasets={"clinic": WARD})
    assert banner(described(given)) == (
        "Simulated people: ward (contact recordings, external test). Real people: clinic (external test)."
    )
    assert banner({}) == ""
    assert whose_page("ward", "real") == "ward: real people."
    assert whose_page("ward", "simulated").startswith("ward: simulated people. ")


def test_ages_and_sexes_are_given_where_they_are_known_and_left_out_elsewhere(tmp_path):
    people = pd.DataFrame({"subject": ["x", "x", "y", "z"], "age": [30, 30, 41, np.nan], "sex": ["f", "f", "m", ""]})
    people.assign(row=1).to_parquet(tmp_path / "windows.parquet")
    camera = QUALITY.rename(columns={"record": "recording"}).drop(columns="identity")
    camera.to_csv(tmp_path / "quality.csv", index=False)
    files = {"camera_quality": tmp_path / "quality.csv", "camera_people": tmp_path / "windows.parquet"}
    about = described(study("real", rppg={"source": "ready", "path": str(tmp_path / "quality.csv")}))
    known = overview(collect_report(files, about))
    assert known["Faces"] == "2 real people, 2.0 h of signal; aged 30 to 41 (median 36), 1 woman, 1 man"
    people[["subject"]].to_parquet(tmp_path / "windows.parquet")
    assert overview(collect_report(files, about))["Faces"] == "2 real people, 2.0 h of signal"


def test_ages_of_simulated_people_are_those_that_they_were_simulated_with():
    given = study(simulator={"subjects": 2, "seed": 7, "minutes": 1})
    report = StudyReport(about=described(given), quality=QUALITY)
    [one, other] = sorted(
        simulate_subject(n, StudyConfig(**given).datasets["ward"].simulator).parameters.age for n in (1, 2)
    )
    assert f"aged {one:.0f} to {other:.0f} (median" in overview(report)["Data set"]


def test_unnamed_people_are_not_counted_as_people():
    about = described(study("real"))
    for identity in PEOPLE:
        said = overview(StudyReport(about=about, quality=QUALITY.assign(identity=identity)))["Data set"]
        assert said == "ward: 2 real people, 2.0 h of signal"
    for identity in ("record", "run"):
        said = overview(StudyReport(about=about, quality=QUALITY.assign(identity=identity)))["Data set"]
        assert said == "ward: 3 recordings of real people, not all of them named, 2.0 h of signal"


def test_the_date_is_that_of_the_trainings(tmp_path):
    def dated(*days):
        return overview(StudyReport(runs=[{"finished": day} for day in days])).get("Trained")

    assert dated("2026-11-30", "2026-11-30") == "30 November 2026"
    assert dated("2026-12-02", "2026-11-30", "2026-12-01") == "30 November 2026 to 2 December 2026"
    assert dated(None) is None


def test_the_configuration_is_named_with_what_it_asks_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = study(personalization={}, snakemake={"threads": 2}, splits={"cap": 40, "fractions": [0.6, 0.2, 0.2]})
    about = described(given, files=[tmp_path / "own.yaml", "own.yaml", "/elsewhere/more.yaml"], overridden=True)
    assert about["files"] == ["own.yaml", "more.yaml"]
    assert json.loads(json.dumps(about)) == about
    assert about["options"]["splits.fractions"] == "0.6, 0.2, 0.2"
    assert not [name for name in about["options"] if name.startswith("snakemake")]
    assert overview(StudyReport(about=about))["Configuration"] == (
        "own.yaml, more.yaml and options of the command line: AlexNet; splits non-mixed, mixed; 1 seed; "
        "with personalization"
    )


@pytest.mark.parametrize(
    ("networks", "verdict", "end"),
    [
        ({"alexnet": (14.7, 0.1, 0.2)}, "better",
         "AlexNet is off by 14.7 mmHg on average; always predicting the mean of the training people is off by 17.1: "
         "AlexNet is better."),
        ({"alexnet": (17.0, -0.1, 0.2)}, "not shown", "AlexNet is not shown to be better."),
        ({"alexnet": (19.0, -0.3, -0.1)}, "worse", "AlexNet is worse."),
        ({"alexnet": (19.0, np.nan, np.nan)}, "not assessable", "with so few people this holds for them alone."),
        ({"alexnet": (14.7, 0.1, 0.2), "lstm": (13.2, 0.1, 0.2)}, "better",
         "the 2 networks are off by 13.2 to 14.7 mmHg on average; always predicting the mean of the training people is "
         "off by 17.1: both are better."),
        ({"alexnet": (19.0, -0.3, -0.1), "lstm": (13.2, 0.1, 0.2)}, "not shown", "1 is better and 1 is worse."),
        ({"a": (19.0, -0.3, -0.1), "b": (19.1, -0.3, -0.1), "c": (19.1, -0.3, -0.1)}, "worse", "all 3 are worse."),
        ({"alexnet": (17.2, -0.3, 0.1), "lstm": (17.2, -0.1, 0.2)}, "not shown",
         "the 2 networks are off by 17.2 mmHg on average; always predicting the mean of the training people is off by "
         "17.1: none is shown to be better."),
    ],
)  # fmt: skip
def test_the_answer_has_the_errors_of_networks_and_mean_and_ranks_nothing(networks, verdict, end):
    sbp, dbp = answered(networks).sentences
    assert (sbp.verdict, dbp.verdict) == (verdict, verdict)
    assert sbp.text.startswith("On 39 people ")
    assert sbp.text.endswith(end)


def test_the_answer_says_whether_the_networks_know_the_people():
    one = {"alexnet": (14.7, 0.1, 0.2)}
    leak = {"shared_subject": {"count": 9}}
    mixed = answered(one, split="own", audits={"own": {"kind": "mixed", "leaks": leak}})
    assert mixed.sentences[0].text.startswith("On 39 people it knows from training, AlexNet")
    assert "does not show how they do on new people" in " ".join(mixed.notes)
    assert (
        "On 39 people it has never seen"
        in answered(one, split="own", audits={"own": {"kind": "nonmixed"}}).sentences[0].text
    )
    assert "On 39 people of split own," in answered(one, split="own").sentences[0].text
    assert "On 1 simulated person it" in answered(one, "simulated people", n=1).sentences[0].text
    told = answered(one, split="own", audits={"own": {"kind": "nonmixed", "identity": ["folder", "table"]}})
    assert "On 39 people it has never seen" in told.sentences[0].text
    runs = answered(one, split="own", audits={"own": {"kind": "nonmixed", "identity": ["run"]}})
    assert "On 39 subjects it has never seen" in runs.sentences[0].text


def test_few_people_are_warned_of_beside_the_answer_and_no_network_is_no_ones_answer():
    assert "fewer than 17 subjects are wide" in answered({"alexnet": (14.7, 0.1, 0.2)}, n=9).warnings[0]
    sbp, dbp = answered({}).sentences
    assert sbp.text == (
        "No network was judged. On 39 people, always predicting the mean of the training people is off by 17.1 mmHg on "
        "average."
    )
    assert dbp.pressure == "DBP"


def example(rule, ppg, abp, **facts):
    facts = {"sbp": 120.4, "dbp": 80.2, "hr": 71.0} | facts
    return pd.DataFrame({"rule": rule, "second": np.arange(len(ppg)) / 10, "ppg": ppg, "abp": abp, **facts})


def test_windows_are_drawn_with_gaps_and_on_one_scale_of_pressure(tmp_path, open_page):
    wave = np.sin(np.arange(40.0))
    gap = np.where(np.arange(40) // 10 == 1, np.nan, wave)
    low, high = 100 + 10 * wave, np.where(np.arange(40) == 3, 900, 150 + 10 * wave)
    examples = pd.concat([example("kept", wave, low), example("sbp", gap, high), example("snr", wave[:20] * 0, np.nan)])
    report = StudyReport(quality=QUALITY, examples=examples)
    kept, sbp, snr = window_pictures(report)
    assert (kept.title, kept.words) == ("Kept", "750 windows, 75.0\N{NO-BREAK SPACE}%")
    assert (sbp.title, sbp.words) == (
        "Rejected: SBP outside the accepted range",
        "150 windows, 15.0\N{NO-BREAK SPACE}%",
    )
    assert kept.measured == "120/80 mmHg, 71 bpm"
    assert (len(kept.ppg), len(sbp.ppg), snr.abp) == (1, 2, ())

    def heights(lines):
        return np.array([float(corner.split(",")[1]) for line in lines for corner in line.split()])

    def widths(lines):
        return np.array([float(corner.split(",")[0]) for line in lines for corner in line.split()])

    assert heights(kept.abp).min() > heights(sbp.abp).max() - HEIGHT / 8  # the lower pressure is drawn lower
    assert np.ptp(heights(snr.ppg)) == 0
    assert widths(kept.ppg).max() == WIDTH
    assert widths(snr.ppg).max() < WIDTH / 1.9
    assert all(0 <= y <= HEIGHT for one in (kept, sbp, snr) for y in heights([*one.ppg, *one.abp]))
    write_report(report, tmp_path / "report.html")
    page = open_page(tmp_path / "report.html")
    assert len([attrs for attrs in page.all("svg") if attrs["role"] == "img" and attrs["aria-label"]]) == 3
    assert "nan" not in "".join(attrs["points"] for attrs in page.all("polyline"))


def test_without_signals_there_are_no_pictures_and_the_counts_remain():
    report = StudyReport(quality=QUALITY, examples=pd.DataFrame(columns=["rule", "second", "ppg", "abp"]))
    assert window_pictures(report) == []
    assert overview(report)["Windows"] == "750 of 1,000 kept (75 %)"
