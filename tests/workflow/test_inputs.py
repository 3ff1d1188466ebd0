"""The input study, carried out by the workflow."""

import copy

import numpy as np
import pandas as pd
import pytest
import zarr

pytestmark = pytest.mark.slow
FIGURE = "results/figures/fig2.pdf"


@pytest.fixture(scope="module")
def input_study(grown_study):
    """The tiny cohort's input study, of one length: what several lengths have in common, `tests/windows` looks at."""
    inputs = {
        "windowing": "inputs", "lengths": [2], "networks": ["alexnet"], "repeats": 1,
        "windows": [60, 20, 20], "training": {"epochs": 1},
    }  # fmt: skip
    study = grown_study("inputs", windowings={"main": {}, "inputs": {"samples_per_beat": 32}}, inputs=inputs)
    study("--quiet", "--", FIGURE)
    return study


def test_it_goes_from_records_to_its_figure(input_study):
    assert (input_study.folder / FIGURE).read_bytes().startswith(b"%PDF")
    runs = (input_study.folder / "results" / "tiny" / "training" / "inputs").rglob("run.json")
    assert len(list(runs)) == 4  # croppings x derivatives
    assert input_study.planned(None, "--", FIGURE) == {}


def test_all_crops_have_the_same_stretches_and_as_many_training_windows(input_study):
    folder = input_study.folder / "results" / "tiny" / "designs" / "inputs"
    stretches = pd.read_parquet(folder / "stretches.parquet")
    for crop, samples in (("beats2", 64), ("time2", 64)):
        manifest = pd.read_parquet(folder / "sets" / f"{crop}.parquet")
        pd.testing.assert_frame_equal(manifest[list(stretches)], stretches)
        with zarr.storage.ZipStore(folder / "sets" / crop / "train.zarr.zip", mode="r") as opened:
            root = zarr.open_group(opened, mode="r")
            assert root["ppg"].shape == ((stretches["subset"] == "train").sum(), samples)
            train = manifest[manifest["subset"] == "train"].sort_values("position")
            assert np.allclose(root["labels"][:], train[["sbp", "dbp"]])


def test_a_record_is_read_once_for_all_crops(input_study):
    logs = sorted((input_study.folder / "logs" / "tiny" / "cut_crops").glob("*.log"))
    said = "".join(path.read_text() for path in logs).splitlines()
    assert len([line for line in said if "windows kept" in line]) == 24


def test_errors_and_tests_cover_every_run(input_study):
    folder = input_study.folder / "results" / "tiny" / "judgement" / "inputs" / "tables"
    mae, tests = pd.read_csv(folder / "mae.csv"), pd.read_csv(folder / "tests.csv")
    assert len(mae) == 2 * 4
    assert mae["n_train"].nunique() == mae["n_test"].nunique() == 1
    assert set(tests["comparison"]) == {"beats vs time", "derivatives vs signal"}
    assert len(tests) == 2 * 2 * 2


def test_a_further_repeat_trains_only_that(input_study):
    config = copy.deepcopy(input_study.config)
    config["inputs"]["repeats"] = 2
    planned = input_study.planned(config, "--", FIGURE)
    assert planned["train_input"] == 4
    assert "cut_crops" not in planned
    assert "materialize_crop" not in planned
