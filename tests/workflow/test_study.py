"""The workflow from nothing to its figures, and what a change makes it do again."""

import copy
import json
import re
import shutil
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import yaml

from cuffless.endings import KEPT

pytestmark = pytest.mark.slow

OTHERS = {"fig1", "fig4", "fig5", "fig6", "fig_losses", "fig_networks"}  # than Figure 7
WRITTEN = (pd.read_parquet, "predictions.parquet"), (pd.read_csv, "history.csv")
TRAINING = "results/tiny/training/{}/alexnet/seed0/{}"


def changed(tiny, /, **sections):
    """The study's configuration with values laid over it."""

    def lay(base, over):
        for key, value in over.items():
            if isinstance(value, dict):
                lay(base.setdefault(key, {}), value)
            else:
                base[key] = value
        return base

    return lay(copy.deepcopy(tiny.config), sections)


def test_the_tiny_study_goes_from_nothing_to_every_figure(tiny_study):
    results = tiny_study.folder / "results"
    for name in (*OTHERS, "fig7"):
        assert (results / "figures" / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        assert (results / "figures" / f"{name}.png").stat().st_size > 5000
    table = pd.read_csv(results / "tables" / "table1.csv")
    columns = {"pressure", "setting", "network", "mae", "lower", "upper", "n_subjects", "n_windows", "seeds"}
    assert columns | {"average", "paper"} <= set(table.columns)
    assert set(table["setting"]) == {"mixed", "nonmixed"}
    assert set(table["network"]) == {"alexnet", "mean"}


def test_predictions_keep_to_their_contract(tiny_study):
    table = pd.read_parquet(tiny_study.folder / TRAINING.format("nonmixed", "predictions.parquet"))
    manifest = pd.read_parquet(tiny_study.folder / "results/tiny/designs/splits/nonmixed.parquet")
    assert len(table) == len(manifest)
    assert set(table["subset"]) == {"train", "val", "test"}
    train = table["subset"] == "train"
    assert table.loc[~train, ["sbp", "dbp"]].notna().all(axis=None)
    assert table.loc[train, ["sbp", "dbp"]].isna().all(axis=None)
    subjects = table.groupby("subset")["subject"].agg(set)
    assert not subjects["train"] & subjects["test"]
    run = json.loads((tiny_study.folder / TRAINING.format("nonmixed", "run.json")).read_text())
    assert {"options", "versions", "seed", "hardware"} <= set(run)
    assert "need 9 people in the validation set, and it has 4:" in run["intervals"]["reason"]
    assert "sbp_lo" not in table


def test_the_mean_regressor_predicts_the_mean_of_its_own_training_set_only(tiny_study):
    path = tiny_study.folder / "results/tiny/training/nonmixed/mean/seed0/predictions.parquet"
    table = pd.read_parquet(path)
    train, test = table[table["subset"] == "train"], table[table["subset"] == "test"]
    assert np.allclose(test["sbp"], train["sbp_ref"].mean(), atol=0.01)
    assert np.allclose(test["dbp"], train["dbp_ref"].mean(), atol=0.01)


def test_whom_a_record_is_of_is_decided_without_cutting_again(tiny_study):
    config = changed(tiny_study, datasets={"tiny": {"records": {"identity": "record"}}})
    planned = set(tiny_study.planned(config, "--", "results/tiny/designs/splits/nonmixed.audit.json"))
    assert {"join_quality", "join_windows", "sample_split"} <= planned
    assert not planned & {"list_records", "cut_windows"}


def test_with_nothing_to_do_nothing_is_done(tiny_study):
    assert tiny_study.planned() == {}


@pytest.mark.parametrize(
    ("section", "runs", "runs_not"),
    [
        ({"windows": {"snr_db": -3.0}}, {"cut_windows", "sample_split", "train_network"}, {"simulate_records"}),
        ({"training": {"epochs": 4}}, {"train_network", "judge_splits"}, {"cut_windows", "sample_split"}),
        ({"figures": {"dpi": 150}}, OTHERS | {"fig7", "publish_figure"}, {"judge_splits", "train_network"}),
        ({"evaluation": {"bootstrap": 500}}, {"judge_splits", "fig7"}, {"train_network", "fig5"}),
        ({"splits": {"seed": 5}}, {"sample_split", "train_network"}, {"cut_windows"}),
        ({"snakemake": {"shard_mem_mb": 1400}}, set(), {"cut_windows", "train_network", "simulate_records"}),
    ],
)
def test_a_changed_option_repeats_only_what_reads_it(tiny_study, section, runs, runs_not):
    planned = set(tiny_study.planned(changed(tiny_study, **section)))
    assert runs <= planned
    assert not runs_not & planned


def test_training_epochs_do_not_repeat_the_mean_regressor(tiny_study):
    assert tiny_study.planned(changed(tiny_study, training={"epochs": 4}))["train_network"] == 2


def test_adding_a_network_trains_only_that(tiny_study):
    config = changed(tiny_study, study={"networks": ["alexnet", "resnet"]})
    config["networks"]["resnet"] = {"width": 0.0625, "blocks": [1, 1, 1, 1]}
    planned = tiny_study.planned(config)
    assert planned["train_network"] == 2
    assert not {"cut_windows", "materialize_split", "sample_split", "fig4", "fig5"} & set(planned)


def test_adding_subjects_simulates_only_their_shards_anew(tiny_study):
    planned = tiny_study.planned(changed(tiny_study, simulator={"subjects": 25}))
    assert planned["simulate_records"] == 1


@pytest.mark.parametrize(
    ("module", "line", "runs", "runs_not"),
    [
        ("figures/paper/fig7.py", "EXTRA = 1", {"fig7"}, OTHERS | {"judge_splits", "train_network"}),
        ("windows/quality.py", "EXTRA = 1", {"cut_windows", "train_network"}, {"simulate_records", "list_records"}),
        ("windows/quality.py", "# A comment changes nothing.", set(), {"cut_windows", "fig7"}),
        ("judgement/measures/bins.py", "EXTRA = 1", {"judge_splits"}, {"train_network"}),
        ("arms/splits.py", "EXTRA = 1", {"judge_splits"}, {"train_network"}),
        ("arms/camera.py", "EXTRA = 1", set(), {"judge_splits"}),
        ("designs/split.py", "EXTRA = 1", {"sample_split"}, {"cut_windows"}),
        ("architectures/lstm.py", "EXTRA = 1", set(), {"train_network"}),
        ("architectures/alexnet.py", "EXTRA = 1", {"train_network"}, {"sample_split"}),
    ],
)
def test_a_changed_module_repeats_only_its_stage_and_what_follows(tiny_study, module, line, runs, runs_not):
    path = tiny_study.folder / "src" / "cuffless" / module
    text = path.read_text()
    try:
        path.write_text(f"{text}\n{line}\n")
        planned = set(tiny_study.planned())
    finally:
        path.write_text(text)
    assert runs <= planned
    assert not runs_not & planned


def test_why_names_the_changed_option(tiny_study):
    (tiny_study.folder / "study.yaml").write_text(yaml.safe_dump(changed(tiny_study, windows={"snr_db": -3.0})))
    done = subprocess.run(
        [sys.executable, "workflow/why.py", "--configfile", "study.yaml"],
        cwd=tiny_study.folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"Cutting windows .*snr_db: -7\.0 -> -3\.0", done.stdout)


def test_a_training_killed_on_one_core_ends_with_the_predictions_of_one_undisturbed_on_four(
    tiny_study, fresh_study, wait_until
):
    fresh_study.go_on_from(tiny_study)
    config = changed(tiny_study, training={"epochs": 60, "patience": 60})
    target = TRAINING.format("nonmixed", "predictions.parquet")
    results = fresh_study.folder / "results"
    before = {path: path.stat().st_mtime_ns for path in (results / "tiny" / "designs").rglob("*.*")}
    fresh_study.killed_once(
        lambda: list(results.glob("tiny/state/*/*/state.npz")),
        "--",
        target,
        config=config,
        cores=1,
        wait_until=wait_until,
    )
    fresh_study("--unlock", config=config)
    fresh_study("--", target, config=config, cores=1)
    log = next((fresh_study.folder / "logs").rglob("alexnet_seed0.log")).read_text()
    assert "continuing after epoch" in log
    assert before == {path: path.stat().st_mtime_ns for path in before}
    resumed = [read(fresh_study.folder / TRAINING.format("nonmixed", name)) for read, name in WRITTEN]
    fresh_study("--forcerun", "train_network", "--", target, config=config, cores=4)
    log = next((fresh_study.folder / "logs").rglob("alexnet_seed0.log")).read_text()
    assert "continuing after epoch" not in log
    undisturbed = [read(fresh_study.folder / TRAINING.format("nonmixed", name)) for read, name in WRITTEN]
    for one, other in zip(resumed, undisturbed, strict=True):
        pd.testing.assert_frame_equal(
            one.drop(columns="seconds", errors="ignore"),
            other.drop(columns="seconds", errors="ignore"),
            check_exact=True,
        )


def test_a_run_stopped_from_the_keyboard_says_so_in_one_line_and_goes_on(tiny_study, fresh_study, wait_until):
    fresh_study.go_on_from(tiny_study)
    config = changed(tiny_study, training={"epochs": 2000, "patience": 2000})
    target = TRAINING.format("nonmixed", "predictions.parquet")
    states = (fresh_study.folder / "results/tiny/state").glob
    said = fresh_study.killed_once(
        lambda: list(states("*/*/state.npz")), "--", target, config=config, wait_until=wait_until, by=signal.SIGINT
    )
    assert said.rstrip().splitlines()[-1] == f"Stopped. {KEPT}"
    assert said.count(KEPT) == 1
    assert not re.search("Traceback|Error in rule|RuleException", said)
    assert fresh_study.planned(config, "--", target) == {"train_network": 1}  # neither locked nor begun again
    assert list(states("*/*/state.npz"))


def test_a_network_of_the_users_own_joins_by_a_config_line(tiny_study, fresh_study):
    fresh_study.go_on_from(tiny_study)
    (fresh_study.folder / "own_network.py").write_text(
        "import keras\n\n\n@keras.saving.register_keras_serializable(package='own')\n"
        "class Halved(keras.layers.Layer):\n    def call(self, inputs):\n        return inputs / 2\n\n\n"
        "def build(input_shape, options):\n"
        "    inputs = keras.Input(input_shape)\n"
        "    x = keras.layers.Flatten()(Halved()(inputs))\n"
        "    x = keras.layers.Dense(options.parameters['units'], 'relu')(x)\n"
        "    return keras.Model(inputs, keras.layers.Dense(2)(x))\n"
    )
    config = changed(fresh_study, study={"networks": ["mine"]}, training={"epochs": 2})
    config["networks"] = {"mine": {"architecture": "own_network:build", "parameters": {"units": 8}}}
    config["personalization"] = {"subjects": 2, "min_windows": 20, "budget_windows": [1], "budget_shares": []}
    config["personalization"] |= {"epochs": 1, "named": {"main": {}}}
    stages = ("training/nonmixed", "finetuning/personalization/main")
    targets = [f"results/tiny/{stage}/mine/seed0/predictions.parquet" for stage in stages]
    fresh_study("--", *targets, config=config)
    table = pd.read_parquet(fresh_study.folder / targets[0])
    assert table.loc[table["subset"] == "test", "sbp"].between(40, 250).all()
    assert len(pd.read_parquet(fresh_study.folder / targets[1]))  # its module was imported where the model was loaded


def test_recordings_in_a_folder_are_used_or_rejected_with_a_reason(tiny_study, fresh_study):
    fresh_study.go_on_from(tiny_study)
    hospital = fresh_study.folder / "hospital"
    for path in sorted((fresh_study.folder / "results" / "tiny" / "raw").glob("p*/p*"))[:2]:
        shutil.copytree(path, hospital / path.name)
    (hospital / "broken.hea").write_text("nonsense\n")
    records = {"source": "wfdb", "path": "hospital", "shards": 1}
    config = changed(
        fresh_study,
        datasets={"hospital": {"records": records}, "absent": {"records": {**records, "path": "nowhere"}}},
        real={"model": TRAINING.format("nonmixed", "model.keras")},
    )
    done = fresh_study("--", "real_records", config=config)
    assert "absent is skipped: folder nowhere does not exist" in done.stdout + done.stderr
    summary = pd.read_csv(fresh_study.folder / "results" / "hospital" / "real" / "summary.csv").set_index("record")
    assert len(summary) == 3
    assert "not a readable WFDB header" in summary.loc["broken", "reason"]
    predictions = pd.read_csv(fresh_study.folder / "results" / "hospital" / "real" / "predictions.csv")
    assert len(predictions) == summary["windows_kept"].sum() > 0
    assert predictions["sbp"].between(40, 250).all()


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"windows": {"snr_dB": -3}}, "windows.snr_dB: unknown option; did you mean snr_db?"),
        ({"windows": {"overlap": 1.0}}, "windows.overlap: 1.0 is not allowed"),
        ({"study": {"networks": ["vgg"]}}, "study.networks: 'vgg' is not defined; defined are alexnet, mean"),
    ],
)
def test_a_mistake_in_the_configuration_is_one_clear_line(fresh_study, section, message):
    done = fresh_study("-n", config=changed(fresh_study, **section), check=False)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert sum(message in line for line in said.splitlines()) == 1
    assert "Traceback" not in said


def test_too_few_subjects_stop_with_a_clear_word(fresh_study):
    config = changed(
        fresh_study, simulator={"subjects": 2, "minutes": 2}, datasets={"tiny": {"records": {"shards": 1}}}
    )
    done = fresh_study("--", "results/tiny/designs/splits/nonmixed.parquet", config=config, check=False)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "needs at least 3 subjects with windows" in said
    assert not re.search("Traceback|Error in rule|RuleException", said)
    assert said.rstrip().splitlines()[-1].endswith(KEPT)


def test_the_report_is_written_with_captions(tiny_study):
    tiny_study("--report", "report.html")
    text = (tiny_study.folder / "report.html").read_text()
    assert "people whom the networks have never seen" in text
    assert "One row per record" in text
