"""A frozen encoder with a ridge regression: penalties chosen over people, features computed once, files that load."""

import sys

import numpy as np
import pytest
from small_networks import BACKEND

from cuffless.architectures.encoder import EncoderOptions
from cuffless.config import TrainingOptions
from cuffless.networks import load_network, predict_pressures
from cuffless.training import open_windows, train_network
from cuffless.training.ridge import fit_ridge
from cuffless.training.tail import Tail

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

ENCODER = """
from pathlib import Path

import numpy as np


def encode(ppg, *, folder, powers=(1, 2, 3)):
    with (Path(folder) / "calls.txt").open("a") as file:
        file.write(f"{len(ppg)}\\n")
    return np.column_stack([(ppg[:, :40] ** power).mean(axis=1) for power in powers])


def fails(ppg):
    raise RuntimeError("no weights")


def short(ppg):
    return np.ones((1, 3))


def infinite(ppg):
    return np.full((len(ppg), 2), np.inf)
"""


@pytest.fixture(scope="module", autouse=True)
def module(tmp_path_factory):
    folder = tmp_path_factory.mktemp("modules")
    (folder / "my_encoder.py").write_text(ENCODER)
    sys.path.insert(0, str(folder))
    yield
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def stores(make_store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("windows")
    make = {"length": 175, "shards": False}
    return make_store(folder / "train.zarr.zip", 60, **make), make_store(folder / "val.zarr.zip", 20, seed=1, **make)


@pytest.fixture
def options(tmp_path):
    calls = tmp_path / "calls.txt"
    training = TrainingOptions(backend=BACKEND)
    return EncoderOptions(encoder="my_encoder:encode", parameters={"folder": str(tmp_path)}, training=training), calls


PEOPLE = np.repeat(np.arange(12), 5)


def _train(options, stores, **more):
    return train_network(options, *stores, seed=0, people=PEOPLE, log=lambda line: None, **more)


def test_a_known_relation_is_found_and_the_penalty_is_small():
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(30), 20)
    x = rng.normal(3, 5, (600, 4)) * [1, 10, 0.1, 1]
    slopes = np.array([[1, 2], [0.1, 0], [-20, 5], [0, 0]])
    y = x @ slopes + [120, 60] + rng.normal(0, 0.1, (600, 2))
    found = fit_ridge(x, y, people, (1e-6, 1e-2, 10.0), 5, seed=0)
    np.testing.assert_allclose(found.slopes, slopes, atol=0.05)
    np.testing.assert_allclose(found.pressures(x), y, atol=1)
    assert found.penalties == (1e-6, 1e-6)


def test_a_penalty_that_only_people_tell_apart_is_chosen_over_people():
    """Features that name the person: folds of windows would think them useful, folds of people do not."""
    rng = np.random.default_rng(1)
    people = np.repeat(np.arange(24), 30)
    of_person = rng.normal(0, 1, (24, 20))
    y = np.column_stack([120 + rng.normal(0, 15, 24), 70 + rng.normal(0, 8, 24)])[people]
    x = of_person[people] + rng.normal(0, 0.01, (720, 20))
    penalties = (1e-4, 100.0)
    assert fit_ridge(x, y, people, penalties, 5, seed=0).penalties == (100.0, 100.0)
    assert fit_ridge(x, y, np.arange(720), penalties, 5, seed=0).penalties == (1e-4, 1e-4)


def test_constant_features_give_the_mean_and_one_person_is_refused():
    y = np.random.default_rng(0).normal(100, 10, (40, 2))
    found = fit_ridge(np.full((40, 3), 7.0), y, np.repeat(np.arange(4), 10), (0.1,), 5, seed=0)
    np.testing.assert_allclose(found.pressures(np.full((2, 3), 7.0)), np.tile(y.mean(axis=0), (2, 1)), atol=1e-6)
    with pytest.raises(ValueError, match="of one person"):
        fit_ridge(np.ones((4, 3)), y[:4], np.zeros(4), (0.1,), 5, seed=0)


def test_features_are_computed_once_for_all_seeds(options, stores, tmp_path):
    own, calls = options
    first = _train(own, stores, state=tmp_path / "state" / "run_seed0" / "digest")
    counted = calls.read_text()
    assert "60" in counted.split()
    again = _train(own, stores, state=tmp_path / "state" / "run_seed1" / "digest")
    assert calls.read_text().split().count("60") == 1  # only the probe, which learns the number of features, runs anew
    np.testing.assert_array_equal(again.model.get_weights()[0], first.model.get_weights()[0])
    assert first.facts["ridge"]["features"] == 3
    assert len(list((tmp_path / "state" / "features").glob("*.npy"))) == 2


def test_it_is_saved_read_back_and_fine_tuned_like_any_network(options, stores, tmp_path):
    own, _ = options
    trained = _train(own, stores)
    ppg = np.asarray(open_windows(stores[1]).ppg)
    expected = trained.pressures(ppg)
    labels = open_windows(stores[1]).labels
    assert trained.history[0]["val_mae_sbp"] == pytest.approx(np.abs(expected - labels)[:, 0].mean(), abs=0.01)
    trained.save(tmp_path)
    with pytest.raises(ValueError, match=r"asks for the encoder my_encoder:encode.*--network my_encoder:encode"):
        load_network(tmp_path / "model.keras")
    model, metadata = load_network(tmp_path / "model.keras", ["my_encoder:encode"])
    np.testing.assert_allclose(predict_pressures(model, ppg, derivatives=False), expected, rtol=1e-5)
    assert metadata["network"]["encoder"] == "my_encoder:encode"
    scale = model.get_layer("mmhg")  # by which an audit knows what it was fitted on
    np.testing.assert_allclose(scale.sd, open_windows(stores[0]).labels.std(axis=0), rtol=1e-4)
    tail = Tail(model, "heads", derivatives=False)
    assert tail.trained == ["head"]
    np.testing.assert_allclose(tail.pressures(tail.features(ppg)), expected, rtol=1e-5)


def test_the_built_in_encoder_needs_no_name_to_be_loaded(stores, tmp_path):
    trained = _train(EncoderOptions(training=TrainingOptions(backend=BACKEND)), stores)
    trained.save(tmp_path)
    model, _ = load_network(tmp_path / "model.keras")
    assert model.get_layer("encoder").features == 12


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("fails", "encoder my_encoder:fails fails on 2 windows: .*no weights"),
        ("short", r"gives an array of shape \(1, 3\) for 2 windows"),
        ("infinite", "features that are not finite"),
        ("absent", "has no function 'absent'"),
    ],
)
def test_an_encoder_that_is_none_is_named_with_what_it_does(stores, function, message):
    own = EncoderOptions(encoder=f"my_encoder:{function}", training=TrainingOptions(backend=BACKEND))
    with pytest.raises(ValueError, match=message):
        _train(own, stores)


def test_training_needs_the_windows_people(options, stores):
    with pytest.raises(ValueError, match="needs the subject of each of its 60 windows"):
        train_network(options[0], *stores, seed=0, log=lambda line: None)


@pytest.mark.parametrize("penalty", [0.0, -1.0])
def test_a_penalty_that_collinear_features_cannot_be_fitted_with_is_refused(penalty):
    with pytest.raises(ValueError, match="greater than 0"):
        EncoderOptions(penalties=(0.1, penalty))
