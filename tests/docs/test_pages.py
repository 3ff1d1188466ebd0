"""What the pages say of rules, reasons, standards and tables is what the program does."""

import ast
import re
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from cuffless.camera.pulse.custom import takes_frames, wave_of_colours, wave_of_frames
from cuffless.camera.windows.files import NO_PRESSURE
from cuffless.config import RULES, EvaluationOptions, SplitOptions, WindowOptions, read_config
from cuffless.config.study import merge
from cuffless.designs.audit import KINDS
from cuffless.designs.split_audit import declared_leaks
from cuffless.judgement import judge, read_table
from cuffless.judgement.standards import bhs, ieee1708, iso81060_2, iso81060_3
from cuffless.judgement.table.headers.opening import OPTIONAL, REQUIRED
from cuffless.windows import EXPLANATIONS


def test_every_rule_has_its_entry_in_order_and_in_the_words_of_the_program(page):
    rules = page("rejections").section("## Rules of windows")
    assert rules.headings(3) == list(RULES)
    for rule in RULES:
        said = re.match(r"\s*\*(.+?)\.?\*", rules.section(f"### {rule}").text).group(1)
        assert said[1:] == EXPLANATIONS[rule][1:]
        assert said[0].lower() == EXPLANATIONS[rule][0].lower()
    assert page("rejections").section("## Videos").headings(3) == [NO_PRESSURE]


@pytest.mark.parametrize(
    ("rule", "options"),
    [
        ("flat", ["flat_seconds"]),
        ("saturated", ["saturated_seconds"]),
        ("hr", ["hr_range"]),
        ("sbp", ["sbp_range"]),
        ("dbp", ["dbp_range"]),
        ("pulse_pressure", ["pulse_pressure_range"]),
        ("spread", ["spread_max"]),
        ("rates", ["rates_bpm"]),
        ("pulses", ["length", "pulses_tolerance"]),
        ("snr", ["snr_db"]),
    ],
)
def test_limits_in_the_page_on_rejections_are_the_programs(page, rule, options):
    entry = page("rejections").section(f"### {rule}").text.replace("−", "-")
    for option in options:
        for number in np.atleast_1d(getattr(WindowOptions(), option)):
            assert re.search(rf"(?<![\d.]){re.escape(f'{number:g}')}(?![\d.]\d)", entry), (option, number)


@pytest.fixture(scope="module")
def messages(project):
    """Texts in the code of records, windows, rules and the camera branch; what is filled in is a null character."""
    found, package = [], project / "src" / "cuffless"
    for stage in ("records", "windows", "camera"):
        for path in (*(package / stage).rglob("*.py"), package / "rejection.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.JoinedStr):
                    parts = ast.iter_child_nodes(node)
                    found.append("".join(part.value if isinstance(part, ast.Constant) else "\0" for part in parts))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append(node.value)
    return found


def test_every_reason_quoted_is_one_that_the_program_gives(page, messages):
    rows = re.findall(r'^\| (".*?) \|', page("rejections").text, re.MULTILINE)
    quoted = [reason for row in rows for reason in re.findall(r'"([^"]+)"', row)]
    assert len(quoted) > 15
    for reason in quoted:
        pieces = [re.escape(piece.strip()) for piece in reason.split("...")]
        assert any(re.search(".*?\0.*?".join(pieces), text) for text in messages), reason


@pytest.mark.parametrize("name", ["own_records", "own_network", "own_method", "leakage"])
def test_the_configurations_shown_are_valid(page, project, name):
    tiny = yaml.safe_load((project / "config" / "tiny.yaml").read_text())
    shown = [yaml.safe_load(block) for block in page(name).blocks("yaml")]
    assert shown
    for raw in shown:
        assert read_config(raw if "datasets" in raw else merge(tiny, raw)).study.networks


def test_the_network_shown_is_one(page, project, tmp_path, monkeypatch):
    from cuffless.networks import build_network

    (tmp_path / "my_network.py").write_text(page("own_network").blocks("python")[0])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "my_network", raising=False)
    tiny = yaml.safe_load((project / "config" / "tiny.yaml").read_text())
    options = read_config(merge(tiny, yaml.safe_load(page("own_network").blocks("yaml")[0]))).networks["mine"]
    labels = {"label_mean": (120, 62), "label_sd": (15, 8)}
    assert build_network(options, (175, 1), **labels).output_shape == (None, 2)
    with pytest.raises(ValueError, match="needs windows of at least 8 samples"):
        build_network(options, (7, 1), **labels)


class ModelOfOpenRppg:
    """What is used of a model of open-rppg, which is not installed: a frame comes again where one is missing."""

    def __init__(self, name):
        self.times, self.wave = [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def update_frame(self, image, ts):
        for _ in range(2 if len(self.times) == 3 else 1):
            self.times.append(ts)
            self.wave.append(float(image[0, 0, 0]))

    def bvp(self, *, raw):
        return self.wave, np.array(self.times)


def test_the_methods_shown_keep_the_contract(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setitem(sys.modules, "rppg", SimpleNamespace(Model=ModelOfOpenRppg))
    for name, code in zip(("my_ratio", "my_method"), page("own_method").blocks("python"), strict=True):
        (tmp_path / f"{name}.py").write_text(code)
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert takes_frames("my_method:me")
    assert not takes_frames("my_ratio:ratio")
    t = np.arange(60) / 30
    colours = np.array([120.0, 90.0, 70.0]) - np.outer(np.sin(6 * t), (0.3, 0.8, 0.5))
    times, wave = wave_of_colours("my_ratio:ratio", t, colours, 30.0)
    assert np.corrcoef(wave, np.sin(6 * t))[0, 1] > 0.99
    shades = np.full((60, 2, 2, 3), 0, np.uint8)
    shades[..., 2] = np.arange(60)[:, None, None]  # red, the last in OpenCV's order
    times, wave = wave_of_frames("my_method:me", zip(t, shades, strict=True))
    np.testing.assert_array_equal(times, t)
    np.testing.assert_allclose(wave, np.arange(60) / 59)


def test_the_page_on_predictions_has_every_option_of_judge_and_every_column(page, cuffless_commands):
    spans = {span.split(" ")[0] for span in page("own_predictions").spans()}
    assert cuffless_commands["judge"] - {"--output"} <= spans
    assert {*REQUIRED, *OPTIONAL} <= spans


@pytest.fixture(scope="module")
def judgement(tmp_path_factory):
    """Of 8 subjects with three calibration windows each."""
    rng = np.random.default_rng(0)
    subject, minute = np.repeat(np.arange(8), 12), np.tile(np.arange(12), 8)
    level = rng.normal(120, 15, 8)[subject]
    table = pd.DataFrame(
        {
            "subject": subject,
            "subset": np.where(minute < 3, "calibration", "test"),
            "start": 60.0 * minute,
            "seconds": 6.0,
            "sbp_ref": level + rng.normal(0, 6, 96),
            "dbp_ref": level / 2 + rng.normal(0, 4, 96),
            "sbp": level + rng.normal(0, 9, 96),
            "dbp": level / 2 + rng.normal(0, 6, 96),
        }
    )
    path = tmp_path_factory.mktemp("judged") / "predictions.csv"
    table.to_csv(path, index=False)
    return judge(read_table([path]), EvaluationOptions(bootstrap=400), limits={"SBP": (75, 165), "DBP": (40, 80)})


def test_the_columns_of_a_judgements_tables_are_those_named(page, read, judgement):
    listed = page("own_predictions").section("## The tables")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", listed.text, re.MULTILINE))
    assert set(rows) == set(judgement.tables)
    for name, table in judgement.tables.items():
        named = {word for span in re.findall(r"`([^`]+)`", rows[name]) for word in span.split(", ")}
        if "`_lower`" in rows[name]:
            named |= {f"{word}_{side}" for word in named for side in ("lower", "upper")}
        named |= {word.replace("sbp_", "dbp_") for word in named}
        assert set(table.columns) - {"case", "network", "pressure"} <= named, name


def test_standards_and_readings_are_those_of_the_program(page, judgement):
    standards = page("standards")
    for row in judgement.standards[["standard", "reading"]].drop_duplicates().itertuples():
        assert f"| {row.standard} | {row.reading}" in standards.text
    assert set(judgement.standards["verdict"]) <= set(re.findall(r"\*(holds|fails|not assessable)\*", standards.text))


def test_numbers_of_iso_81060_2_are_the_programs(page):
    said = page("standards").section("### ISO 81060-2:2018 (AAMI/ESH/ISO)").text
    limits = re.findall(r"(\d\.\d\d)(?: mmHg)? at (\d\.\d)", said)
    assert len(limits) == 4
    assert all(float(limit) == iso81060_2.criterion_2_limit(float(mean)) for limit, mean in limits)
    assert f"at least {iso81060_2.LEAST_SUBJECTS} subjects and {iso81060_2.LEAST_PAIRS} pairs" in said
    assert f"within ±{iso81060_2.MEAN_ERROR} mmHg and SD at most {iso81060_2.SD} mmHg" in said
    assert f"at least {iso81060_2.SEX_PERCENT} % each" in said
    for one in (one for coverage in iso81060_2.CUFF_COVERAGE.values() for one in coverage):
        assert f"{one.percent} % at or {'below' if one.side == '<=' else 'above'} {one.bound:g}" in said
    for pressure, coverage in iso81060_2.INVASIVE_COVERAGE.items():
        for one in coverage:
            assert f"{pressure} {'≤' if one.side == '<=' else '≥'} {one.bound:g}" in said


def test_numbers_of_the_other_standards_are_the_programs(page):
    said = page("standards").section("### BHS 1993").text
    for grade, shares in bhs.GRADES.items():
        assert f"| {grade} | {' | '.join(f'{share} %' for share in shares)} |" in said
    said = page("standards").section("### IEEE 1708-2014 and 1708a-2019").text
    numbers = [f"{grade} at most {most:g}" for grade, most in ieee1708.GRADES.items()]
    numbers += [f"{percent:g}" for percent in ieee1708.CHANGE_PERCENT]
    numbers += [f"{ieee1708.SUBJECTS_2014} subjects", f"{ieee1708.SUBJECTS_2019} subjects"]
    numbers += [f"{least} {name}" for name, least in ieee1708.SEXES_2019.values()]
    assert not [number for number in numbers if number not in said]
    said = page("standards").section("### ISO 81060-3:2022 (continuous)").text
    numbers = [f"At least {iso81060_3.LEAST_SUBJECTS} subjects", f"at least {iso81060_3.LEAST_INDEPENDENT}"]
    numbers += [f"±{iso81060_3.BIAS:g} mmHg"]
    numbers += [f"at most {limit} mmHg" for limit in (iso81060_3.S_CORR, iso81060_3.S_CORR_TREND)]
    assert not [number for number in numbers if number not in said]


def test_the_page_on_leakage_has_each_leak_and_what_each_kind_of_split_declares(page):
    assert re.findall(r"^\| `(\w+)` \|", page("leakage").section("## Seven leaks").text, re.MULTILINE) == [
        kind.name for kind in KINDS["splits"]
    ]
    assert f"({SplitOptions().duplicate_correlation:g})" in page("leakage").section("## Near-duplicates").text
    for kind in ("nonmixed", "record", "mixed", "official", "kfold"):
        said = re.search(rf"^\| `{kind}` \|.*\|(.*)\|$", page("leakage").text, re.MULTILINE).group(1)
        words = {"shared_subject": "subjects", "shared_record": "records", "overlapping_windows": "overlapping windows"}
        declared = declared_leaks(SplitOptions(kind=kind), overlap=0.5)
        assert {leak for leak, word in words.items() if word in said} == declared
        assert ("nothing" in said) == (not declared)
