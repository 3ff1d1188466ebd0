import json

import pytest
import yaml
from pydantic import ValidationError

from cuffless.config import (
    ConfigError,
    EvaluationOptions,
    RecordOptions,
    WindowOptions,
    least_bootstrap,
    load_config,
    read_config,
)
from cuffless.config.documentation import option_table, schema


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({"windows": {"snr_dB": -5}}, "windows.snr_dB: unknown option; did you mean snr_db?"),
        ({"windows": {"overlap": 1.0}}, "windows.overlap: 1.0 is not allowed"),
        (
            {"windowings": {"main": {"lenght": 3}}},
            "windowings.main.lenght: unknown option; did you mean length?",
        ),
        ({"networks": {"vgg": {}}, "study": {"networks": ["vgg"]}}, "architecture must be one of alexnet"),
        ({"study": {"networks": ["vgg"]}}, "study.networks: 'vgg' is not defined"),
        ({"study": {"dataset": "mimic"}}, "study.dataset: 'mimic' is not defined; defined are cohort"),
        ({"networks": {"alexnet": {"pool_stride": 2}}}, "networks.alexnet.pool_stride: unknown option"),
        ({"splits": {"fractions": [0.5, 0.1, 0.1]}}, "three positive fractions that add up to 1 are needed"),
        ({"windows": {"sbp_range": [165, 75]}}, "the first number must be smaller than the second"),
        ({"windows": {"rules": ["snr", "snr"]}}, "values must be unique"),
        ({"study": {"seeds": [0, 0]}}, "study.seeds: [0, 0] is not allowed: values must be unique"),
        ({"study": {"seeds": [-1]}}, "study.seeds.0: -1 is not allowed"),
        ({"intervals": {"level": 95}}, "intervals.level: 95 is not allowed"),
        ({"networks": {"mean": {"output": "quantiles"}}}, "networks.mean.output: unknown option"),
        (
            {"evaluation": {"bootstrap": 100}},
            "evaluation.bootstrap: 100 is not allowed: 95 % intervals need 400 resamples or more, so that 10 lie "
            "beyond each limit; use as many, or lower confidence",
        ),
        ({"evaluation": {"confidence": 0.999}}, "evaluation.bootstrap: 2000 is not allowed: 99.9 % intervals need"),
        ({"records": {"source": "wfdb"}}, "records.path: source wfdb needs the folder of the recordings"),
    ],
)
def test_a_mistake_is_one_line_with_key_value_and_remedy(config, line):
    with pytest.raises(ConfigError) as caught:
        read_config(config)
    assert sum(line in part for part in str(caught.value).splitlines()) == 1


def test_named_blocks_lie_over_their_section():
    study = read_config(
        {
            "windows": {"samples_per_beat": 25, "snr_db": -5},
            "windowings": {"main": {}, "half": {"overlap": 0.5, "snr_db": -9}},
            "training": {"epochs": 7},
            "networks": {"lstm": {"training": {"batch_size": 128}}},
            "study": {"networks": ["lstm"]},
            "splits": {"cap": 9, "named": {"mine": {"kind": "mixed", "cap": 5}, "other": {}}},
        }
        | {"study": {"networks": ["lstm"], "splits": ["mine"]}}
    )
    assert study.windowings["main"].snr_db == -5
    assert (study.windowings["half"].snr_db, study.windowings["half"].samples_per_beat) == (-9, 25)
    assert (study.networks["lstm"].training.batch_size, study.networks["lstm"].training.epochs) == (128, 7)
    assert (study.splits.named["mine"].cap, study.splits.named["other"].cap) == (5, 9)


def test_presets_fill_in_only_what_is_left_open():
    assert WindowOptions(preset="paper").rules == ("missing", "beats", "hr", "sbp", "dbp", "snr")
    code = WindowOptions(preset="code")
    assert (code.cropping, code.overlap, code.sbp_range, code.dbp_range) == (
        "time",
        0.5,
        (40, 200),
        (40, 120),
    )
    assert "snr" not in code.rules
    assert WindowOptions(preset="code", overlap=0.0).overlap == 0.0
    assert WindowOptions(limits="code", dbp_range=(30, 90)).dbp_range == (30, 90)


def test_equal_options_give_equal_text_whatever_their_spelling():
    assert WindowOptions(snr_db=-7, overlap=0).canonical() == WindowOptions(overlap=0.0, snr_db=-7.0).canonical()


def test_the_paper_study_has_the_numbers_of_the_paper(project):
    study = load_config(project / "config" / "paper.yaml")
    windows = study.windowings["main"]
    assert (windows.cropping, windows.length, windows.samples, windows.overlap) == ("beats", 7, 875, 0.0)
    assert (windows.band, windows.filter_order, windows.snr_db) == ((0.5, 8.0), 4, -7.0)
    assert (windows.sbp_range, windows.dbp_range, windows.hr_range) == ((75, 165), (40, 80), (50, 140))
    assert windows.pulse_search == (0.67, 3.0)
    assert (windows.pulse_block_seconds, windows.snr_seconds) == (16, 7)
    assert (windows.snr_band_hz, windows.snr_harmonic_hz, windows.snr_range) == (0.1, 0.1, (0.5, 8.0))
    for split in study.splits.named.values():
        assert split.cap == 2000
        assert split.subjects == (3750, 625, 625)
        assert split.windows == (1_000_000, 250_000, 250_000)
        assert split.mixed_subjects == 750
        assert split.fractions == (0.75, 0.125, 0.125)
        assert split.stratify == "none"
    assert list(study.study.networks) == ["alexnet", "resnet", "slapnicar", "lstm"]
    assert len(study.study.seeds) >= 3
    for name in study.study.networks:
        network = study.networks[name]
        assert (network.variant, network.width, network.derivatives) == ("paper", 1.0, False)
        training = network.training
        assert (training.learning_rate, training.epochs, training.patience) == (0.001, 200, 10)
        assert (training.batch_size, training.keep) == (32, "mae")
    assert study.networks["resnet"].blocks == (3, 4, 6, 3)
    inputs = study.inputs
    assert inputs.lengths == (1, 2, 5, 7, 9, 11, 13, 15, 17, 20)
    assert (set(inputs.croppings), set(inputs.derivatives)) == ({"beats", "time"}, {True, False})
    assert (inputs.networks, inputs.repeats) == (("alexnet", "resnet"), 3)
    assert (inputs.windows, inputs.stretch_seconds) == ((100_000, 25_000, 25_000), 20)
    assert (inputs.training.epochs, inputs.training.patience, inputs.training.keep) == (50, None, "loss")
    assert study.datasets[inputs.dataset].records.source == "kachuee"
    assert study.evaluation.bootstrap == 2000
    assert study.evaluation.bin_mmhg == 10


@pytest.mark.parametrize(
    "name", ["config.yaml", "config/tiny.yaml", "config/real.yaml", "config/paper.yaml", "config/authors.yaml"]
)
def test_every_configuration_that_comes_along_is_valid(project, name):
    load_config(project / name)


def test_the_default_study_shrinks_sizes_and_not_the_method(project):
    main = load_config(project / "config.yaml").windowings["main"]
    paper = WindowOptions()
    changed = {k for k, v in main.model_dump().items() if v != getattr(paper, k)}
    assert changed == {"samples_per_beat"}


def test_seeds_are_laid_over_the_default_study(project):
    over = yaml.safe_load((project / "config" / "seeds.yaml").read_text())
    base = yaml.safe_load((project / "config.yaml").read_text())
    base["study"] |= over["study"]
    assert read_config(base).study.seeds == (0, 1, 2, 3, 4)


def test_documentation_and_schema_are_in_step(project):
    assert (project / "config" / "README.md").read_text() == option_table(), "run make docs"
    assert (project / "config" / "schema.json").read_text() == schema(), "run make docs"
    json.loads(schema())


def test_what_only_chooses_files_does_not_change_how_they_are_read():
    assert RecordOptions(path="a", shards=3).reading() == RecordOptions(path="b", exclude=("x",)).reading()
    assert RecordOptions(csv_fs=100).reading() != RecordOptions(csv_fs=125).reading()


def test_whom_a_record_is_of_changes_neither_the_listing_nor_the_windows():
    plain, runs = RecordOptions(), RecordOptions(identity="runs", runs_gap=5)
    assert plain.choosing() == runs.choosing()
    assert plain.reading() == runs.reading()
    assert json.loads(runs.naming()) == {"identity": "runs", "runs_gap": 5}
    assert plain.naming() == RecordOptions(runs_gap=5).naming()


def test_intervals_are_those_of_the_section_unless_a_network_has_its_own():
    config = read_config(
        {
            "intervals": {"level": 0.8, "method": "scaled"},
            "networks": {"alexnet": {"intervals": {"method": "none"}}, "lstm": {}},
            "study": {"networks": ["alexnet", "lstm"]},
        }
    )
    found = {name: (network.intervals.level, network.intervals.method) for name, network in config.networks.items()}
    assert found == {"alexnet": (0.8, "none"), "lstm": (0.8, "scaled"), "mean": (0.8, "scaled")}


@pytest.mark.parametrize(("confidence", "least"), [(0.8, 100), (0.9, 200), (0.95, 400), (0.99, 2000), (0.999, 20_000)])
def test_an_interval_has_ten_resamples_beyond_each_limit_or_is_refused(confidence, least):
    assert least_bootstrap(confidence) == least
    assert least * (1 - confidence) / 2 == pytest.approx(10)
    assert EvaluationOptions(confidence=confidence, bootstrap=least).bootstrap == least
    with pytest.raises(ValidationError, match=f"need {least:,} resamples or more, so that 10 lie beyond each limit"):
        EvaluationOptions(confidence=confidence, bootstrap=least - 1)
