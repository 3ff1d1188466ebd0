"""The report of a study: read from its files, and honest about what it has no part in."""

import json
import re
import struct
import zlib
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from cuffless.designs.audit import make_leak
from cuffless.report.study.contents import MANY, TABLES, ReportError, StudyReport, collect_report
from cuffless.report.study.page import SECTIONS, write_report
from cuffless.report.study.skill import comparison_sentence, comparisons

NETWORKS = ("alexnet", "lstm", "mean")
SETS = ("train", "val", "test")


def overall(settings):
    rows = []
    for setting in settings:
        for pressure, mean in (("SBP", 17.0), ("DBP", 8.0)):
            for network, skill in (("alexnet", 0.2), ("lstm", -0.1), ("mean", 0.0)):
                rows += [
                    {
                        "split": setting, "network": network, "pressure": pressure, "average": average,
                        "mae": mean * (1 - skill), "lower": mean * (1 - skill) - 1, "upper": mean * (1 - skill) + 2,
                        "skill": skill, "skill_lower": skill - 0.1, "skill_upper": skill + 0.1,
                        "n_subjects": 39, "n_windows": 1520, "seeds": 1,
                    }
                    for average in ("pooled", "subject")
                ]  # fmt: skip
    return pd.DataFrame(rows)


def table1(settings, **columns):
    rows = overall(settings).rename(columns={"split": "setting"})
    return rows.assign(paper=np.where(rows["average"] == "pooled", 16.6, np.nan), note="", **columns)


def settings_skill():
    """Skill of personalization, budgets of 1 and 20 %."""
    rows = []
    for budget in ("1", "20 %"):
        for pressure in ("SBP", "DBP"):
            for baseline, value in (("calibration_mean", 0.1 if budget == "1" else -0.25), ("mean", 0.4)):
                rows.append(
                    {
                        "protocol": "main", "network": "alexnet", "method": "network", "setting": "first",
                        "budget": budget, "pressure": pressure, "average": "subject", "baseline": baseline,
                        "skill": value, "lower": value - 0.1, "upper": value + 0.05, "mae": 10.0,
                        "baseline_mae": 10.0 / (1 - value), "n_subjects": 20,
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def png(width=600, height=300):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\x00" * height * (1 + (width + 7) // 8))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


AUDIT = {
    "kind": "mixed",
    "leaks": {
        "shared_subject": make_leak(["p1", "p2"], "subjects", declared=True, count=24),
        "overlapping_windows": make_leak([], "windows", count=3),
    },
    "undeclared": ["overlapping_windows"],
    "warnings": [],
    "sets": {"test": {"windows": 100, "subjects": 24, "records": 24, "sbp": {"p5": 90, "median": 115, "p95": 150}}},
    "notes": ["24 subjects in place of 750"],
}
CLEAN = {**AUDIT, "undeclared": [], "leaks": {"shared_subject": make_leak([], "subjects")}}
RUN = {
    "seed": 0, "epochs_run": 7, "best_epoch": 3, "parameters": 1234, "wall_seconds": 7.4, "cpu_seconds": 5.3,
    "commit": "9cc1a50f9f97e7c00c52", "windows": {"train": 3662}, "versions": {"keras": "3.15.1", "zarr": None},
    "hardware": {"cpu": "a processor", "threads": 1, "cores": 2, "gpus": []},
}  # fmt: skip
QUALITY = pd.DataFrame(
    {
        "record": ["a", "b"], "subject": ["p1", "p<2>"], "seconds": [600.0, 300.0], "windows_cut": [80, 20],
        "windows_kept": [60, 0], "missing": [5, 0], "sbp": [15, 20], "reason": ["", "all 20 windows rejected"],
        "passed_over": ["", ""],
    }
)  # fmt: skip


@pytest.fixture
def files(tmp_path):
    """The files of a study with everything."""
    skill = settings_skill()
    camera = {"setting": "tuned"}
    tables = {
        "quality": QUALITY,
        "camera_quality": QUALITY.rename(columns={"record": "recording"}).assign(no_pressure=[0, 0]),
        "overall": overall(["nonmixed", "mixed"]),
        "table1": table1(["nonmixed", "mixed"]),
        "table2": table1(["before", "tuned"]),
        "personal_skill": skill,
        "camera_skill": skill.iloc[:4].assign(protocol="", budget="", **camera),
        "leakage": overall(["nonmixed", "mixed"]).rename(columns={"split": "dose"}),
        "confounding": overall([0.0, 0.5]).rename(columns={"split": "confounding"}).assign(dose="nonmixed"),
    }
    found = {}
    for name, table in tables.items():
        found[name] = tmp_path / f"{name}.csv"
        table.to_csv(found[name], index=False)
    many = {
        "audits": ["designs/splits/nonmixed.audit.json", "designs/splits/mixed.audit.json"],
        "personal_audits": ["designs/personalization/main/audit.json"],
        "camera_audit": ["designs/camera/folds.audit.json"],
        "runs": [f"training/nonmixed/{network}/seed0/run.json" for network in NETWORKS],
    }
    for name, paths in many.items():
        found[name] = [tmp_path / path for path in paths]
        for path in found[name]:
            path.parent.mkdir(parents=True, exist_ok=True)
            content = RUN if name == "runs" else AUDIT if path.name == "mixed.audit.json" else CLEAN
            path.write_text(json.dumps(content))
    found["figures"] = [tmp_path / f"{name}.png" for name in ("fig7", "fig8", "fig9", "own_figure")]
    for path in found["figures"]:
        path.write_bytes(png())
    found["benchmarks"] = [
        tmp_path / "logs/cohort/cut_windows/main/shard000.tsv",
        tmp_path / "logs/cohort/write_table1.tsv",
    ]
    for path in found["benchmarks"]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("s\th:m:s\tmax_rss\tcpu_time\n60.0\t0:01:00\t200.0\t30.0\n60.0\t0:01:00\t-\t-\n")
    return found


@pytest.fixture
def report_page(files, tmp_path, open_page):
    def write(**given):
        path = tmp_path / "report.html"
        write_report(collect_report(given or files), path)
        return open_page(path)

    return write


def test_the_report_opens_with_the_answer_on_people_not_seen(report_page, files):
    page = report_page()
    assert next(iter(page.sections)) == "answer"
    said = page.sections["answer"]
    assert "SBP: On 39 people they have never seen, the 2 networks are off by 13.6 to 18.7 mmHg on average; " in said
    assert "the mean of the training people is off by 17.0: 1 is better and 1 is not shown to be better." in said
    assert said.index("DBP: On 39 people") < said.index("Figure 7")
    said = page.sections["skill"]
    assert said.index("on people whom the networks have never seen") < said.index("people whom the networks know")
    assert "better than doing nothing: AlexNet (0.20 [0.10, 0.30])" in said
    assert "1 seed: no ranking of networks" in said


def test_a_split_with_folds_is_shown_with_the_sets_and_trainings_of_each(files, report_page, tmp_path):
    sets = [{name: {**AUDIT["sets"]["test"], "subjects": n + k} for n, name in enumerate(SETS, 7)} for k in (0, 1)]
    audit = {**CLEAN, "kind": "kfold", "of_folds": [{"fold": k, "sets": own} for k, own in enumerate(sets, 1)]}
    path = tmp_path / "kfold.audit.json"
    path.write_text(json.dumps(audit | {"notes": ["35 subjects in 2 folds, each tested once"]}))
    run = tmp_path / "training/kfold.fold2/alexnet/seed0/run.json"
    run.parent.mkdir(parents=True)
    run.write_text(json.dumps(RUN))
    overall(["kfold"]).to_csv(files["overall"], index=False)
    page = report_page(audits=[path], runs=[run], overall=files["overall"])
    table = page.sections["splits"]
    for k, name in enumerate(("k-fold, fold 1", "k-fold, fold 2")):
        assert table.count(name) == 3
        assert all(str(n + k) in table for n in (7, 8, 9))
    assert "split k-fold: 35 subjects in 2 folds, each tested once" in table
    assert "On 39 people, each tested by networks that have never seen them, the 2" in page.sections["answer"]
    assert "on everybody, each tested once by networks that have never seen them" in page.sections["skill"]
    assert "k-fold, fold 2" in page.sections["trainings"]


def test_hidden_people_and_runs_are_told_before_any_number(report_page, tmp_path):
    leak = {"count": 9, "declared": False, "examples": ["a1 and b2"], "verdict": "found", "reason": "neighbours alike"}
    leak |= {"order": "record numbers", "p": 0.001}
    audit = {
        **AUDIT,
        "identity": ["run"],
        "runs": {"gap": 3, "records": 85, "runs": 35},
        "leaks": {"hidden_order": leak},
    }
    path = tmp_path / "nonmixed.audit.json"
    path.write_text(json.dumps(audit | {"undeclared": ["hidden_order"]}))
    quality = tmp_path / "quality.csv"
    QUALITY.assign(identity="run", subject="run_a1").to_csv(quality, index=False)
    sections = report_page(audits=[path], quality=quality).sections
    assert "subjects are 35 runs of 85 records whose numbers lie at most 3 apart" in sections["answer"]
    assert "people may be hidden in the order of split nonmixed" in sections["answer"]
    assert "Probably a leak, inferred rather than observed: split non-mixed: neighbours alike" in sections["splits"]
    assert "let through" not in sections["splits"]
    assert "2 records (those with windows are 1 run of neighbouring numbers)" in sections["records"]


def test_every_part_shows_what_was_given(report_page):
    sections = report_page().sections
    assert "2 records of 2 subjects, 0.2 h: 100 windows cut, 60 kept; 1 without any window." in sections["records"]
    assert "p<2>" in sections["records"]
    assert "all 20 windows rejected" in sections["records"]
    assert "Undeclared leak, let through by leakage: warn: split mixed: overlapping windows" in sections["splits"]
    assert "by design" in sections["splits"]
    assert "13.6 [12.6, 15.6] (16.6)" in sections["tables"]
    assert "fine-tuned on other people" in sections["tables"]
    assert "its V shape" in sections["answer"]
    assert "own figure of this study" in sections["figures"]
    assert "Figure 8" in sections["personal"]
    assert "Figure 9" in sections["camera"]
    assert "Leakage" in sections["doses"]
    assert "9cc1a50f9f97" in sections["trainings"]
    assert "a processor" in sections["versions"]


def test_a_splits_own_table_of_leaks_counts_before_its_audit(report_page, files, tmp_path):
    path = tmp_path / "mixed.leaks.csv"
    rows = [
        {"kind": "near_duplicates", "count": 2, "declared": False, "verdict": "found", "examples": "a", "reason": ""},
        {"kind": "shared_subject", "count": 9, "declared": True, "verdict": "found", "examples": "", "reason": ""},
        {"kind": "calibration_in_test", "count": None, "declared": False, "verdict": "not assessable", "examples": "",
         "reason": "no calibration windows"},
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(path, index=False)
    said = report_page(**files, leaks=[path]).sections["splits"]
    assert "Undeclared leak, let through by leakage: warn: split mixed: near duplicates" in said
    assert "overlapping windows" not in said  # the audit of the mixed split has it
    assert "no calibration windows" in said
    assert "split non-mixed shared subject" in said


def test_doses_are_splits_or_strengths_and_subjects_count_the_same(report_page, files):
    figures = report_page().data["figures"]
    network, *_, mean = figures["dose-leakage"][""]["SBP"]["data"]
    assert network["x"] == ["non-mixed", "mixed"]
    assert len(network["y"]) == 2  # not pooled rows besides
    assert (network["line"]["dash"], mean["line"]["dash"]) == ("solid", "dash")
    network = figures["dose-confounding"][""]["SBP"]["data"][0]
    assert network["x"] == [0.0, 0.5]
    assert network["name"] == "AlexNet, non-mixed"


def test_time_is_summed_by_rule(files):
    stages = collect_report(files).stages.set_index("stage")
    assert set(stages.index) == {"cut_windows", "write_table1"}
    assert stages.loc["cut_windows", ["jobs", "seconds", "cpu_seconds", "max_mb"]].tolist() == [2, 120, 30, 200]


def test_the_report_is_one_file_with_texts_for_its_pictures(report_page):
    page = report_page()
    pictures = page.all("img")
    assert len(pictures) == 4
    assert all(attrs["src"].startswith("data:image/png;base64,") and len(attrs["alt"]) > 20 for attrs in pictures)
    assert {(attrs["width"], attrs["height"]) for attrs in pictures} == {("600", "300")}
    hrefs = [attrs["href"] for _, attrs in page.elements if "href" in attrs]
    assert all(href.startswith(("#", "data:")) for href in hrefs)
    assert not [tag for tag, attrs in page.elements if "src" in attrs and tag != "img"]
    levels = [int(tag[1]) for tag, _ in page.headings]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def linked_sections(page):
    return {attrs["href"][1:] for attrs in page.all("a") if attrs["href"].startswith("#")} - {"content"}


def test_what_a_study_does_not_have_is_neither_a_section_nor_in_the_contents(report_page, files):
    page = report_page(overall=files["overall"])
    assert list(page.sections) == ["answer", "skill"]
    assert [attrs["href"] for attrs in page.all("a") if attrs["href"].startswith("#")] == [
        "#content",
        "#skill",
        "#skill",
    ]
    full = report_page()
    assert set(full.sections) == {name for name, _ in SECTIONS} - {
        "networks",
        "external",
        "events",
        "intervals",
        "standards",
    }
    linked = {attrs["href"].removeprefix("#") for attrs in full.all("a") if attrs["href"].startswith("#")} - {"content"}
    assert linked == set(full.sections) - {"answer"}
    assert not re.search("No [a-z ]+ (was|were) given|This study has no", " ".join(full.sections.values()))


def test_a_study_with_nothing_still_has_a_report(tmp_path, open_page):
    write_report(StudyReport(), tmp_path / "report.html")
    assert "no predictions were judged" in open_page(tmp_path / "report.html").sections["answer"]


def test_schematics_come_last_and_losses_are_with_the_trainings(report_page, files, tmp_path):
    figures = [tmp_path / f"{name}.png" for name in ("fig1", "fig7", "fig_losses", "fig_networks")]
    for path in figures:
        path.write_bytes(png())
    page = report_page(**files | {"figures": figures})
    assert "figures" not in page.sections
    assert page.sections["trainings"].startswith("Trainings Error by epoch ")
    assert "Figure 1" in page.sections["networks"]
    assert "Schematics of all networks" in page.sections["networks"]
    assert list(page.sections).index("networks") > list(page.sections).index("trainings")


def test_screens_are_shown_with_what_they_ask_for(report_page, files, judgement_of, tmp_path):
    path = tmp_path / "standards.csv"
    judgement_of().standards.to_csv(path, index=False)
    said = report_page(**files, standards=path).sections["standards"]
    assert "It certifies nothing" in said
    assert "the configuration cuts this range" in said
    assert "For cuffs that measure now and then" in said


def test_events_and_dependence_are_reported_for_each_network(report_page, files, judgement_of, tmp_path):
    judged = judgement_of()
    given = {name: tmp_path / f"{name}.csv" for name in ("events", "dependence")}
    for name, path in given.items():
        getattr(judged, name).to_csv(path, index=False)
    page = report_page(**files, **given)
    said = page.sections["events"]
    assert "AlexNet 31 %, PPV 50 % (in 20.0 %)" in said
    assert "DBP ≥ 80" in said
    assert "DBP ≥ 90" not in said  # it never happens
    assert "AlexNet: SBP: predictions depend on the input. Exchanged between people," in said
    assert "events.csv" in [attrs.get("download") for attrs in page.all("a")]


def test_personalization_is_judged_against_the_calibration_mean_at_the_largest_budget(files):
    found = {one.name: one for one in comparisons(collect_report(files))}
    said = comparison_sentence(found["personal/first"], "SBP")
    assert said.verdict == "worse"
    assert "AlexNet (−0.25 [−0.35, −0.20])" in said.text
    assert "calibration mean: MAE 8.0 mmHg" in said.more  # 10 / (1 + 0.25)


def test_few_subjects_and_skill_without_an_upper_limit_are_warned_of_in_every_arm(files, report_page, tmp_path):
    path = tmp_path / "skill.csv"
    settings_skill().assign(n_subjects=9, upper=1.0).to_csv(path, index=False)
    said = report_page(**{**files, "personal_skill": path}).sections["skill"]
    assert "Intervals of fewer than 17 subjects are wide" in said
    assert "The skill of alexnet (SBP), alexnet (DBP) has almost no upper limit against some baseline" in said
    assert "no upper limit" not in report_page(**files).sections["skill"]


def test_a_judgement_of_the_study_brings_more_baselines(files, judgement_of, tmp_path):
    path = tmp_path / "skill.csv"
    judgement_of(networks=("alexnet", "mean")).skill.to_csv(path, index=False)
    first = comparisons(collect_report({**files, "skill": path}))[0]
    assert first.name == "nonmixed"
    assert first.nothing == "population_mean"
    assert "calibration_mean" in set(first.rows["baseline"])
    assert set(first.rows["network"]) == {"alexnet"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"tables": "x.csv"}, "unknown part of a report: 'tables'"),
        ({"overall": "absent.csv"}, "absent.csv does not exist"),
        ({"overall": ["a.csv", "b.csv"]}, "one table is expected, not 2"),
    ],
)
def test_what_cannot_be_read_is_named(given, words):
    with pytest.raises(ReportError, match=words):
        collect_report(given)


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "mixed.audit.json").write_text("{")
    with pytest.raises(ReportError, match=r"mixed\.audit\.json cannot be read as JSON"):
        collect_report({"audits": [tmp_path / "mixed.audit.json"]})


def test_names_are_read_as_text_and_nothing_else_is(tmp_path):
    path = tmp_path / "quality.csv"
    table = pd.DataFrame({"subject": ["NA", "1", "01"], "record": ["a", "nan", "b"], "age": [40.0, np.nan, 61.0]})
    table.to_csv(path, index=False)
    pd.testing.assert_frame_equal(collect_report({"quality": path}).quality, table)


def test_absent_parts_may_be_empty_lists():
    report = collect_report({key: [] for key in (*TABLES, *MANY)})
    assert report.overall is None
    assert report.runs == []
