"""The input study, carried out by the workflow: killed in the middle, and gone on with."""

import copy
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import yaml
import zarr

FIGURE = "results/figures/fig2.pdf"


@pytest.fixture(scope="module")
def input_study(make_study):
    """The tiny cohort's input study: killed after its first training, then finished."""
    study = make_study("inputs")
    study.config = copy.deepcopy(study.config)
    study.config["simulator"]["subjects"] = 12
    study.config["windowings"] = {"main": {}, "inputs": {"samples_per_beat": 32}}
    study.config["inputs"] = {
        "windowing": "inputs", "lengths": [2, 7], "networks": ["alexnet"], "repeats": 1,
        "windows": [60, 20, 20], "training": {"epochs": 1},
    }  # fmt: skip
    (study.folder / "study.yaml").write_text(yaml.safe_dump(study.config))
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--configfile", "study.yaml", "--", FIGURE]
    said = study.folder / "said.txt"
    with said.open("w") as out:
        run = subprocess.Popen(command, cwd=study.folder, start_new_session=True, stdout=out, stderr=out)
        deadline = time.monotonic() + 240
        while not (trained := said.read_text().count("(Rule: train_input)")) and time.monotonic() < deadline:
            assert run.poll() is None, "it ended before its first training"
            time.sleep(0.2)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    study.trained, study.found = trained, {path: path.stat().st_mtime_ns for path in runs(study)}
    study("--unlock")
    study("--quiet", "--", FIGURE)
    return study


def runs(study):
    return sorted((study.folder / "results" / "tiny" / "inputs" / "training").rglob("run.json"))


@pytest.mark.slow
def test_what_was_trained_before_a_kill_is_not_trained_again(input_study):
    assert len(runs(input_study)) == 8  # croppings x lengths x derivatives
    assert 0 < input_study.trained < 8
    kept = [path for path, written in input_study.found.items() if path.stat().st_mtime_ns == written]
    assert len(kept) >= input_study.trained
    assert input_study.planned(None, "--", FIGURE) == {}


@pytest.mark.slow
def test_all_crops_have_the_same_stretches_and_as_many_training_windows(input_study):
    folder = input_study.folder / "results" / "tiny" / "inputs"
    stretches = pd.read_parquet(folder / "stretches.parquet")
    for crop, samples in (("beats2", 64), ("beats7", 224), ("time2", 64), ("time7", 224)):
        manifest = pd.read_parquet(folder / "sets" / f"{crop}.parquet")
        pd.testing.assert_frame_equal(manifest[list(stretches)], stretches)
        with zarr.storage.ZipStore(folder / "sets" / crop / "train.zarr.zip", mode="r") as opened:
            root = zarr.open_group(opened, mode="r")
            assert root["ppg"].shape == ((stretches["subset"] == "train").sum(), samples)
            train = manifest[manifest["subset"] == "train"].sort_values("position")
            assert np.allclose(root["labels"][:], train[["sbp", "dbp"]])


@pytest.mark.slow
def test_a_record_is_read_once_for_all_crops(input_study):
    logs = sorted((input_study.folder / "logs" / "tiny" / "cut_crops").glob("*.log"))
    said = "".join(path.read_text() for path in logs).splitlines()
    assert len([line for line in said if "windows kept" in line]) == 12


@pytest.mark.slow
def test_errors_and_tests_cover_every_run(input_study):
    folder = input_study.folder / "results" / "tiny" / "inputs" / "evaluation"
    mae, tests = pd.read_csv(folder / "mae.csv"), pd.read_csv(folder / "tests.csv")
    assert len(mae) == 2 * 8
    assert mae["n_train"].nunique() == mae["n_test"].nunique() == 1
    assert set(tests["comparison"]) == {"beats vs time", "derivatives vs signal"}
    assert len(tests) == 2 * 2 * 2


@pytest.mark.slow
def test_a_further_repeat_trains_only_that(input_study):
    config = copy.deepcopy(input_study.config)
    config["inputs"]["repeats"] = 2
    planned = input_study.planned(config, "--", FIGURE)
    assert planned["train_input"] == 8
    assert "cut_crops" not in planned
    assert "materialize_crop" not in planned
