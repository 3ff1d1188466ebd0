"""Every example on the pages is run, or checked by what would run it: command lines, configurations, code, paths."""

import json
import os
import re
import shlex
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import yaml
from project_copy import copy_project

from cuffless.camera.skin.roi import read_regions
from cuffless.config import EvaluationOptions, RecordOptions, StudyConfig, read_config
from cuffless.config.study import merge
from cuffless.figures.registry import all_figures
from cuffless.judgement import judge, read_table
from cuffless.records import find_records, open_record
from docs.made.pictures import results_copied
from docs.made.printed import results_used

PROJECT = Path(__file__).resolve().parents[2]
TEXTS = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", PROJECT / "config" / "README.md"]
TEXTS += sorted((PROJECT / "docs").glob("*.md"))
every_text = pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(PROJECT)))
LANGUAGES = {"", "text", "yaml", "python", "json"}  # none: commands; text: what they print
DEFAULT = PROJECT / "config.yaml"
TABLES = {"table1", "table2", "personalization", "camera"}

NOT_RUN = {
    "apptainer": "builds images, which no test machine can",
    "cp": "copies a configuration; the shell's own",
    "cut": "shows columns of a table; the shell's own",
    "pip": "installs what no test needs",
    "sacct": "Slurm's own",
    "sed": "changes a number in a copy; the shell's own",
    "source": "the shell's own",
    "squeue": "Slurm's own",
    "tail": "shows logs; the shell's own",
    "tmux": "keeps a login session; not part of this project",
    "unzip": "unpacks a recording that is not part of this project",
    ".venv/bin/pre-commit": "installs a hook in a clone",
}
# Studies that are planned whole: (page or None, file that the page has the reader save, which of its YAML blocks).
SAVED = {
    ("README", "my_study.yaml"): None,  # a copy of the default study that the reader has changed
    ("external", "my_study.yaml"): 0,
    ("leakage", "stays.yaml"): -1,
    ("own_method", "study.yaml"): None,  # the reader's own, with videos
    ("own_network", "mine.yaml"): 0,
    ("own_records", "mine.yaml"): 0,
    ("tutorial", "my_study.yaml"): None,
}
MADE = {"results/challenge.records.yaml"}  # a configuration that a target of make writes


@every_text
def test_every_block_says_what_it_is(path, read):
    assert {language for language, _ in read(path).fences()} <= LANGUAGES


@pytest.fixture(scope="module")
def parsers():
    """Parsers of the program's commands by name."""
    import typer

    from cuffless.cli import app

    return typer.main.get_command(app).commands


def check_cuffless(words, parsers, **_):
    assert words[1] in parsers, words
    parsers[words[1]].make_context(words[1], list(words[2:]))  # raises at what it does not take


def check_make(words, page, **_):
    text = (PROJECT / "Makefile").read_text()
    targets = [word for word in words[1:] if "=" not in word]
    assert targets, words
    assert set(targets) <= set(re.findall(r"^([a-z0-9-]+):.*##", text, re.MULTILINE)), words
    for name, value in (word.split("=", 1) for word in words[1:] if "=" in word):
        assert re.search(rf"\$\([^)]*\b{name}\b", text), words
        if name == "CONFIG":
            check_configurations(value.split(), page)


def check_configurations(files, page):
    for name in files:
        assert (page, name) in SAVED or name in MADE or (PROJECT / name).is_file(), (page, name)


def check_snakemake(words, page, rules, known, **_):
    from snakemake.cli import get_argument_parser

    options = [word for word in words[1:] if word != "..."]
    given = get_argument_parser().parse_args(options)
    check_configurations(map(str, given.configfile or ()), page)
    assert not given.workflow_profile or (PROJECT / given.workflow_profile).is_dir()
    named = [*given.targets, *(given.forcerun or ()), *(given.until or ())]
    for name in named:
        assert name in rules or known(name), words


def check_python(words, **_):
    assert words[1] == "-m", words
    match words[2]:
        case "benchmarks":
            from benchmarks.__main__ import BENCHMARKS

            assert {word for word in words[3:] if not word.startswith("--")} <= set(BENCHMARKS), words
        case "tests.fuzz":
            text = (PROJECT / "tests" / "fuzz" / "__main__.py").read_text()
            assert {word for word in words if word.startswith("--")} <= set(re.findall(r'"(--\w+)"', text)), words
        case "pytest":
            assert all((PROJECT / word).exists() for word in words if word.startswith("tests")), words
        case "cuffless.config" | "benchmarks.numbers":
            assert len(words) == 3 or words[3:] == ["--pages"], words
        case module:
            pytest.fail(f"python -m {module}: who checks it?")


CHECKS = {
    "cuffless": check_cuffless,
    "make": check_make,
    "snakemake": check_snakemake,
    "python": check_python,
    ".venv/bin/python": check_python,
}


@every_text
def test_every_command_line_is_one_that_its_program_takes(path, read, parsers, rules, known):
    for words in read(path).command_lines():
        if words[0] not in NOT_RUN:
            assert words[0] in CHECKS, words
            CHECKS[words[0]](words, page=path.stem, parsers=parsers, rules=rules, known=known)


@every_text
def test_every_command_line_in_running_text_is_one_that_its_program_takes(path, read, rules, known):
    for span in read(path).spans():
        if re.match(r"(snakemake|python -m|make) \S", span) and not re.search(r"\.\.\.|\bFILE\b", span):
            words = shlex.split(span)
            CHECKS[words[0]](words, page=path.stem, rules=rules, known=known)


def test_no_program_is_excused_that_no_page_names(read):
    assert set(NOT_RUN) == {words[0] for path in TEXTS for words in read(path).command_lines()} - set(CHECKS)


@pytest.fixture(scope="module")
def workflow_text():
    files = [PROJECT / "Snakefile", *sorted((PROJECT / "workflow" / "rules").glob("*.smk"))]
    return "\n".join(path.read_text() for path in files)


@pytest.fixture(scope="module")
def rules(workflow_text):
    """Names of the workflow's rules."""
    return set(re.findall(r"^(?:rule|checkpoint) (\w+):", workflow_text, re.MULTILINE))


@pytest.fixture(scope="module")
def known(workflow_text):
    """Whether a path below results/ is one of the workflow's files, or a folder of some."""
    written = set(re.findall(r'"(results/[^"\s]+)"', workflow_text)) | {
        "results/{dataset}/raw/{shard}/{subject}/{record}",  # beside the list of simulated recordings
        "results/{dataset}/state/features",  # a cache, which no rule declares
        "results/{dataset}/judgement/{arm}/figures/{figure}.pdf",
        "results/{dataset}/finetuning/{arm}/{protocol}/{network}/seed{seed}/predictions.parquet",
        "results/benchmarks.csv",
        "results/false_pulses.md",
        "results/numbers/{instructions}",
        "results/challenge.records.yaml",
        "results/snakemake-report.html",
    }
    patterns = [re.sub(r"\{+[^{}]*\}+", "{}", pattern).split("/") for pattern in written]

    def is_known(name):
        parts = re.sub(r"[^/]*<[^>]*>[^/.]*|DATASET", "<>", name).rstrip("/").split("/")
        if parts[:2] in (["results", "figures"], ["results", "tables"]) and len(parts) > 2:
            stem = parts[2].split(".")[0]
            return stem in all_figures() or stem in TABLES
        of_file = "." in parts[-1]
        return any(
            (len(parts) == len(pattern) if of_file else len(parts) <= len(pattern))
            and all(
                part == "<>" or re.fullmatch(re.escape(one).replace(r"\{\}", ".+"), part)
                for one, part in zip(pattern, parts, strict=False)
            )
            for pattern in patterns
        )

    return is_known


@every_text
def test_every_path_of_a_result_is_one_of_the_workflow(path, read, known):
    text = re.sub(r"^```text\n.*?^```", "", read(path).text, flags=re.MULTILINE | re.DOTALL)
    for name in re.findall(r"results/(?:[\w./{}*-]|<[^>\n]*>)+", text):
        assert known(name.replace("*", "x").rstrip(".")), name


def test_a_path_that_no_rule_writes_is_noticed(known):
    assert known("results/<data set>/windows/<windowing>.quality.csv")
    assert not known("results/<data set>/windows/<windowing>.qualities.csv")
    assert not known("results/figures/fig77.pdf")


@pytest.fixture(scope="module")
def planned(tmp_path_factory, snakemake_at_hand):
    """Plan a page's targets in a copy of the workflow: (files beside it, arguments) -> finished dry run."""
    folder = tmp_path_factory.mktemp("planned")
    copy_project(PROJECT, folder)
    for name in ("ward", "lab", "results/cohort/raw"):  # the reader's recordings
        (folder / name).mkdir(parents=True)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def plan(files, arguments):
        for name, text in files.items():
            (folder / name).write_text(text)
        arguments = ["--dry-run", "--quiet", "all", *arguments]
        return snakemake_at_hand(arguments, cwd=folder, env=environment, output=folder / "dry_run.txt")

    return plan


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tutorial", "own_records", "own_network", "leakage", "external"])
def test_the_studies_on_a_page_can_be_planned_as_they_are_written(page, planned, name):
    files = {f"{name}.py": code for code in page(name).blocks("python")} | {"my_study.yaml": DEFAULT.read_text()}
    if name == "own_network":
        files["my_network.py"] = page(name).blocks("python")[0]
    for (where, file), number in SAVED.items():
        if where == name and number is not None:
            files[file] = page(name).blocks("yaml")[number]
    given = [words[1:] for words in page(name).command_lines() if words[0] == "snakemake" and "--report" not in words]
    targets = [word for words in given for word in words if re.fullmatch(r"(results/.*|records)", word)]
    options = [word for word in given[-1] if word not in {*targets, "--"}]
    assert targets
    if name == "tutorial":  # of the default study, as are the pictures
        targets += [*results_copied(), *results_used(PROJECT)]
    done = planned(files, [*options, "--", *targets])
    assert done.returncode == 0, done.stdout[-2000:]


def completed(raw, tiny):
    """An example of a configuration with what it leaves to the reader: data sets, paths, networks, small sizes."""
    if "records" in raw:
        raw = {"datasets": {"tiny": raw}}
    if {"study", "datasets"} <= set(raw):
        return raw
    own = list(raw.get("datasets", ["tiny"]))
    named = [raw.get("study", {}).get("dataset", own[0]), *own]
    paths = {name: {"records": {"source": "wfdb", "path": "DIR"}} for name in named if name != "tiny"}
    study = {"study": {"dataset": named[0]}, "datasets": paths | {"tiny": {"records": {"path": "DIR"}}}}
    return merge(merge(tiny, study), raw)


@pytest.fixture(scope="module")
def tiny():
    return yaml.safe_load((PROJECT / "config" / "tiny.yaml").read_text())


@every_text
def test_every_configuration_shown_is_valid(path, read, tiny):
    for language, content in read(path).fences():
        if language == "yaml":
            assert read_config(completed(yaml.safe_load(content), tiny)).study.networks


@every_text
def test_every_option_shown_in_a_line_of_text_is_valid(path, read, tiny):
    for span in read(path).spans():
        if not re.fullmatch(r"([a-z_]+: )?\{[a-z_]+: .*\}", span):
            continue
        raw = yaml.safe_load(span)
        if "source" in raw:
            raw = {"records": raw}
        elif "kind" in raw:
            raw = {"splits": {"named": {"shown": raw}}}
        if set(raw) <= {*StudyConfig.model_fields, "records"}:
            assert read_config(completed(raw, tiny)).study.networks, span


class Absent(types.ModuleType):
    """A package that is not among the dependencies: the example says that the reader brings it."""

    def __getattr__(self, name):
        return Absent(name) if not name.startswith("__") else super().__getattribute__(name)


@every_text
def test_every_piece_of_python_runs_up_to_what_the_reader_brings(path, read, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    given = {"patients": ["a", "b"], "true": np.full((2, 2), 90.0), "said": np.full((2, 2), 80.0)}
    for name in ("torch", "rppg"):
        monkeypatch.setitem(sys.modules, name, Absent(name))
    for code in read(path).blocks("python"):
        exec(compile(code, path.name, "exec"), given)


def test_the_table_made_in_five_lines_can_be_judged(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    true = np.random.default_rng(0).normal((120, 60), (15, 8), (40, 2))
    exec(page("own_predictions").blocks("python")[0], {"patients": np.arange(40) % 8, "true": true, "said": true + 5})
    table = read_table([tmp_path / "predictions.csv"])
    assert judge(table, EvaluationOptions(bootstrap=400)).tables["merits"]["mae"].round(6).eq(5).any()


def test_the_windows_saved_for_an_external_test_are_read_as_saved(page, tmp_path):
    made = {}
    exec(page("external").blocks("python")[0], made)
    ppg = np.random.default_rng(0).normal(size=(6, 625))
    made["save_windows"](tmp_path / "windows.h5", ppg, np.full(6, 120.0), np.full(6, 70.0), [1, 1, 1, 2, 2, 2])
    options = RecordOptions(source="ready", path=str(tmp_path), shards=1)
    first, second = find_records(options)
    assert first.subject != second.subject
    read, sbp, dbp = open_record(first.path, options).ready.read(0, 3)
    np.testing.assert_allclose(read, ppg[:3])
    assert (*sbp, *dbp) == (120, 120, 120, 70, 70, 70)


def test_the_regions_shown_are_read(page, tmp_path):
    (shown,) = page("rppg").blocks("json")
    (tmp_path / "regions.json").write_text(shown)
    regions = read_regions(tmp_path / "regions.json")
    assert regions.polygon_at("forehead", 5.0) is not None
    assert regions.polygon_at("forehead", 20.0) is None
    assert json.loads(shown)["video"] == "face.mp4"
