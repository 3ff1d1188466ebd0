"""`cuffless judge` as a user calls it."""

import json
import re
import shlex

import numpy as np
import pandas as pd
import pytest

QUICK = ("--bootstrap", "400")


@pytest.fixture
def predictions(tmp_path):
    """Write a table of a predictor: (what it says of (n, 2) references) -> path."""
    rng = np.random.default_rng(0)
    level = np.repeat(rng.normal(120, 15, 12), 10)
    reference = np.column_stack((level, 0.5 * level)) + rng.normal(0, 3, (120, 2))
    rows = pd.DataFrame(
        {"subject": np.repeat([f"p{k:02d}" for k in range(12)], 10), "start": np.tile(np.arange(10) * 10.0, 12)}
    )
    rows = rows.assign(record=rows["subject"], seconds=7.0, sbp_ref=reference[:, 0], dbp_ref=reference[:, 1])

    def write(say, name="table.csv", **columns):
        said = np.broadcast_to(say(reference), reference.shape)
        path = tmp_path / name
        rows.assign(sbp=said[:, 0], dbp=said[:, 1], **columns).to_csv(path, index=False)
        return path

    return write


def answer(result):
    return json.loads(result.stdout)


def skill(found, baseline, pressure="SBP"):
    [row] = [row for row in found["skill"] if row["baseline"] == baseline and row["pressure"] == pressure]
    return row


def test_a_page_tables_and_figures_are_written(cuffless, predictions, tmp_path):
    out = tmp_path / "out"
    result = cuffless("judge", predictions(lambda y: y + 5), "--output", out, *QUICK)
    assert result.exit_code == 0, result.stderr
    assert "<html" in (out / "judgement.html").read_text()[:500].lower()
    assert {path.stem for path in (out / "tables").iterdir()} >= {"skill", "merits", "standards", "leaks", "bins"}
    assert {path.name for path in (out / "figures").glob("*.pdf")} == {
        "skill_test.pdf", "bins_test.pdf", "agreement_test_predictor.pdf",
    }  # fmt: skip
    assert "120 windows of 12 subjects" in result.stdout
    assert "vs in-sample mean" in " ".join(result.stdout.split())  # there are no training rows


def test_doing_nothing_has_no_skill_and_the_truth_has_all(cuffless, predictions, tmp_path):
    for say, low, high in ((lambda y: (120, 60), -0.2, 0.1), (lambda y: y, 1, 1)):
        found = answer(cuffless("judge", predictions(say), "--output", tmp_path / "o", "--json", *QUICK))
        assert low <= skill(found, "population_mean")["skill"] <= high


def test_the_mean_neither_looks_at_its_input_nor_finds_an_event(cuffless, predictions, tmp_path):
    path = predictions(lambda y: (120, 60))
    said = cuffless("judge", path, "--output", tmp_path / "o", *QUICK).stdout
    said = " ".join(said.split())
    assert "looks at its input? SBP no, predictions do not vary DBP no, predictions do not vary" in said
    assert re.search(r"events found none; no alarm for SBP ≥ 130, ", said)
    found = answer(cuffless("judge", path, "--output", tmp_path / "o", "--json", *QUICK))
    own = [row for row in found["events"] if row["method"] == "network" and row["by"] == "window"]
    assert {row["ppv"] for row in own} == {None}
    assert {(row["verdict"], row["cost"]) for row in found["dependence"]} == {("hardly depends", 0)}


def test_the_truth_looks_at_its_input_and_finds_every_event(cuffless, predictions, tmp_path):
    found = answer(cuffless("judge", predictions(lambda y: y), "--output", tmp_path / "o", "--json", *QUICK))
    own = [row for row in found["events"] if row["method"] == "network" and row["n_events"]]
    assert own
    assert all(row["sensitivity"] == row["ppv"] == 1 and row["n_false"] == 0 for row in own)
    assert {row["verdict"] for row in found["dependence"]} == {"depends"}


def test_noise_is_worse_than_doing_nothing(cuffless, predictions, tmp_path):
    rng = np.random.default_rng(1)
    table = predictions(lambda y: y.mean(axis=0) + rng.normal(0, 40, y.shape))
    found = answer(cuffless("judge", table, "--output", tmp_path / "o", "--json", *QUICK))
    row = skill(found, "population_mean")
    assert row["upper"] < 0


def test_no_screen_is_called_passed_and_few_subjects_make_it_not_assessable(cuffless, predictions, tmp_path):
    found = answer(cuffless("judge", predictions(lambda y: y), "--output", tmp_path / "o", "--json", *QUICK))
    verdicts = {row["standard"]: row["verdict"] for row in found["standards"] if row["pressure"] == "SBP"}
    assert any("81060-2" in name for name in verdicts)
    assert all(verdict == "not assessable" for name, verdict in verdicts.items() if "81060" in name)
    assert "pass" not in {row["verdict"] for row in found["standards"]}


def test_columns_and_units_are_mapped(cuffless, predictions, tmp_path):
    path = predictions(lambda y: y + 5)
    rows = pd.read_csv(path).rename(columns={"sbp": "sys", "dbp": "dia"})
    for name in ("sbp_ref", "dbp_ref", "sys", "dia"):
        rows[name] /= 7.50062
    rows.to_csv(path, index=False)
    options = ("--column", "sbp=sys", "--column", "dbp=dia", "--output", tmp_path / "o", "--json", *QUICK)
    refused = cuffless("judge", path, *options)
    assert refused.exit_code == 1
    assert "if the file is in kPa, pass --unit kpa" in answer(refused)["reason"]
    found = answer(cuffless("judge", path, "--unit", "kpa", *options))
    [mae] = [r["mae"] for r in found["merits"] if r["average"] == "pooled" and r["pressure"] == "SBP"]
    assert mae == pytest.approx(5, abs=0.01)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gone.csv",), "gone.csv not found"),
        (("tables",), "tables is a folder; give a table of predictions"),
        (("notes.txt",), "must end in .csv"),
        (("table.csv", "--column", "sbp"), "give NAME=THEIRS"),
        (("table.csv", "--unit", "psi"), "--unit"),
        (("table.csv", "--bootstrap", "5"), "--bootstrap"),
        (("table.csv", "--bootstrap", "100"), "--bootstrap: 100 is not allowed: 95 % intervals need 400 resamples"),
        (("table.csv", "--confidence", "0.999"), "99.9 % intervals need 20,000 resamples or more"),
        (("table.csv", "--confidence", "0.5"), "--confidence: 0.5 is not allowed"),
        (("table.csv", "--sex", "0=f"), "--sex f=0,m=1"),
        (("table.csv", "--without", "sbp"), "only record, start"),
    ],
)
def test_wrong_use_is_told(cuffless, predictions, tmp_path, monkeypatch, arguments, said):
    predictions(lambda y: y)
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "tables").mkdir()
    monkeypatch.chdir(tmp_path)
    result = cuffless("judge", *arguments, "--output", tmp_path / "o")
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", " ").split())
    assert not (tmp_path / "o").exists()


def test_what_casts_doubt_is_said_on_the_terminal(cuffless, predictions, tmp_path):
    path = predictions(lambda y: y)
    pd.read_csv(path).query("subject == 'p00'").to_csv(path, index=False)
    result = cuffless("judge", path, "--output", tmp_path / "o", *QUICK)
    assert result.exit_code == 0
    assert "WARNING: one subject (p00)" in result.stderr


@pytest.mark.parametrize("windows", [1, 5])
def test_one_subject_is_told_in_the_singular_with_a_table_of_its_errors(cuffless, predictions, tmp_path, windows):
    path = predictions(lambda y: y + 3)
    pd.read_csv(path).query("subject == 'p00'").head(windows).to_csv(path, index=False)
    result = cuffless("judge", path, "--output", tmp_path / "o", *QUICK)
    assert result.exit_code == 0
    said = " ".join(result.stdout.split())
    assert f"{'1 window' if windows == 1 else '5 windows'} of 1 subject; baselines" in said
    assert "MAE mean error SD of error" in said
    assert "SBP 3.0 +3.0 0.0" in said
    assert not re.search(r"\b1 (windows|subjects)\b", said + result.stderr)
    assert "Skill: share" not in said


def test_the_terminal_names_the_baseline_that_is_hardest_to_beat(cuffless, predictions, tmp_path):
    path = predictions(lambda y: y + 3, age=50, sex="f", hr=70.0)
    said = " ".join(cuffless("judge", path, "--output", tmp_path / "o", *QUICK).stdout.replace("│", " ").split())
    assert "hardest" in said
    table = pd.read_csv(tmp_path / "o/tables/skill.csv")
    worst = table.query("average == 'subject' and pressure == 'SBP'").nsmallest(1, "skill")["skill"].iloc[0]
    assert f"{worst:+.2f}" in said


def test_a_predictor_takes_a_few_short_lines_of_a_terminal(cuffless, predictions, tmp_path):
    path = predictions(lambda y: y + 3)
    said = cuffless("judge", path, "--output", tmp_path / "o", *QUICK)
    lines = said.stdout.splitlines()
    first, last = lines.index("predictor"), next(i for i, line in enumerate(lines) if line.startswith("Skill: "))
    assert last - first <= 10
    assert max(map(len, lines[:last])) <= 80
    assert said.stderr.count("not assessable") == 1


def test_the_same_command_gives_the_same_page(cuffless, predictions, tmp_path):
    path = predictions(lambda y: y + 5)
    pages = []
    for _ in range(2):
        cuffless("judge", path, "--output", tmp_path / "o", *QUICK)
        pages.append((tmp_path / "o" / "judgement.html").read_bytes())
    assert pages[0] == pages[1]


def test_sexes_in_numbers_are_judged_once_their_meaning_is_told(cuffless, predictions, tmp_path):
    path = predictions(lambda y: y + 3, age=np.arange(120) // 10 + 50.0, sex=np.arange(120) // 10 % 2)
    refused = cuffless("judge", path, "--output", tmp_path / "o", *QUICK)
    assert refused.exit_code == 1
    assert "column sex holds '0', '1' in 120 rows (lines 2, 3, 4, 5, 6, ...)" in refused.stderr
    assert "say --sex f=0,m=1 or --sex f=1,m=0, or leave the column out: --without sex" in refused.stderr
    told = cuffless("judge", path, "--output", tmp_path / "o", "--sex", "f=0,m=1", "--json", *QUICK)
    assert skill(answer(told), "demographics")["skill"] > 0
    assert "--sex f=0,m=1" in (tmp_path / "o" / "judgement.html").read_text()
    left = answer(cuffless("judge", path, "--output", tmp_path / "o", "--without", "sex", "--json", *QUICK))
    assert skill(left, "demographics")["reason"] == "not assessable: no column sex"


def test_predictors_have_figures_of_their_own_whatever_they_are_called(cuffless, predictions, tmp_path):
    called = ("net/1", "net_1", "N" * 300)
    path = predictions(lambda y: y + 5)
    rows = pd.read_csv(path)
    pd.concat([rows.assign(network=name, split="S" * 300) for name in called]).to_csv(path, index=False)
    out = tmp_path / "out"
    result = cuffless("judge", path, "--output", out, *QUICK)
    assert result.exit_code == 0, result.stderr
    drawn = {kind: len(list((out / "figures").glob(f"{kind}_*.pdf"))) for kind in ("agreement", "skill", "bins")}
    assert drawn == {"agreement": len(called), "skill": 1, "bins": 1}
    page = (out / "judgement.html").read_text()
    assert all(name in page for name in called)


def stated_intervals(predictions, **changes):
    """Intervals that hold 8 of each person's 10 windows."""
    path = predictions(lambda y: y + 5)
    rows = pd.read_csv(path)
    for name in ("sbp", "dbp"):
        shift = np.where(np.arange(len(rows)) % 10 < 8, 0.0, 30.0)
        rows = rows.assign(**{f"{name}_lo": rows[name] - 10 - shift, f"{name}_hi": rows[name] + 10 - shift})
    rows.assign(**changes).to_csv(path, index=False)
    return path


def test_intervals_of_known_coverage_are_judged_in_a_sentence_in_json_and_on_the_page(cuffless, predictions, tmp_path):
    path, out = stated_intervals(predictions), tmp_path / "out"
    result = cuffless("judge", path, "--output", out, "--level", "0.95", *QUICK)
    assert result.exit_code == 0, result.stderr
    said = " ".join(result.stdout.split())
    assert re.search(
        r"95 % intervals SBP hold 80 \[\d+, \d+\] %: fewer than they should \(stated by the predictor\)", said
    )
    assert "sbp lies outside of its own interval in 24 rows" in result.stderr
    page = (out / "judgement.html").read_text()
    assert "they hold 80 % of a person" in page
    assert "--level 0.95" in page
    assert {path.name for path in (out / "figures").glob("intervals_*.pdf")} == {"intervals_test_predictor.pdf"}
    found = answer(cuffless("judge", path, "--output", out, "--json", *QUICK))
    [row] = [row for row in found["intervals"] if row["kind"] == "given" and row["pressure"] == "SBP"]
    assert [row["coverage"], row["level"], row["seed"]] == [0.8, 0.9, 0]
    [mean] = [row for row in found["intervals"] if row["kind"] == "population mean" and row["pressure"] == "SBP"]
    assert mean["seed"] is None
    assert found["risk"] == []


def test_intervals_that_cannot_be_read_are_refused_with_the_remedy(cuffless, predictions, tmp_path):
    path = stated_intervals(predictions, sbp_lo=-10.0, sbp_hi=10.0)
    refused = cuffless("judge", path, "--output", tmp_path / "o", *QUICK)
    assert refused.exit_code == 1
    assert "give the limits themselves, not their distance from the prediction" in refused.stderr
    left = cuffless("judge", path, "--output", tmp_path / "o", "--without", "sbp_lo", "--without", "sbp_hi", *QUICK)
    assert left.exit_code == 0, left.stderr
    assert "SBP hold" not in left.stdout
    assert "90 % intervals       DBP hold" in left.stdout


def renamed(path, names):
    """The columns of a table under other names."""
    rows = pd.read_csv(path).rename(columns=names)
    rows.to_csv(path, index=False)
    return path


def test_a_foreign_table_is_judged_without_options_and_what_was_read_is_said(cuffless, predictions, tmp_path):
    names = {
        "subject": "patient_id",
        "sbp_ref": "SBP_true",
        "sbp": "SBP_pred",
        "dbp_ref": "DBP_true",
        "dbp": "DBP_pred",
    }
    path = renamed(predictions(lambda y: y + 5), names)
    result = cuffless("judge", path, "--output", tmp_path / "o", *QUICK)
    assert result.exit_code == 0, result.stderr
    said = "reading subject=patient_id, sbp_ref=SBP_true, dbp_ref=DBP_true, sbp=SBP_pred, dbp=DBP_pred"
    assert result.stderr.splitlines().count(f"cuffless: {said}") == 1
    assert len(result.stdout.splitlines()) + len(result.stderr.splitlines()) <= 40


def test_a_doubt_comes_with_a_whole_command_that_works(cuffless, predictions, tmp_path):
    path = renamed(predictions(lambda y: y + 5), {"sbp_ref": "sbp 0", "dbp_ref": "dbp 0"})
    options = ("--output", tmp_path / "o o", "--network", "mine", *QUICK)
    asked = cuffless("judge", path, *options)
    assert asked.exit_code == 1
    reason, command = asked.stderr.splitlines()
    assert "sbp_ref may be sbp 0 or sbp" in reason
    words = shlex.split(command)
    assert words[:2] == ["cuffless", "judge"]
    assert "--network mine --bootstrap 400" in command
    result = cuffless(*words[1:])
    assert result.exit_code == 0, result.stderr
    assert answer(cuffless("judge", path, "--json", *options))["command"] == command


def test_near_misses_are_named(cuffless, predictions, tmp_path):
    path = predictions(lambda y: y + 5)
    for option, near in (
        (("--column", "sbp=sbq"), "did you mean sbp?"),
        (("--column", "sbbp=sbp"), "did you mean sbp?"),
        (("--without", "sekonds"), "did you mean seconds?"),
        (("--colum", "sbp=sbp"), "--column"),
    ):
        result = cuffless("judge", path, "--output", tmp_path / "o", *option)
        assert result.exit_code in (1, 2)
        assert near in " ".join(result.stderr.replace("│", " ").split())
