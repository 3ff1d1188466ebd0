"""What the training of every network keeps to, on the backend of this process; `test_backends.py` has it run on JAX."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from small_networks import SMALL, training

from cuffless.config import ProtocolOptions
from cuffless.networks import build_network, load_network, predict_outputs, predict_pressures
from cuffless.networks.quantiles import quantile_level
from cuffless.training import open_windows, train_network
from cuffless.training.backends import current_module
from cuffless.training.backends.loss import pinball
from cuffless.training.tail import Tail
from cuffless.training.tuner import Tuner

# TensorFlow's variables lack NumPy 2's `copy` argument; Keras stumbles over it when it saves them.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
LENGTH = 175
FEWER = {"resnet": {"width": 0.03, "blocks": (1,)}, "slapnicar": {"width": 0.05}, "lstm": {"width": 0.05}}
OTHER = Path(os.environ.get("NETWORKS_OF_TENSORFLOW", "nowhere"))
"""Where the networks are that another process has written on the other backend."""


class StoppedError(Exception):
    """Ends a training between two epochs."""


@pytest.fixture(scope="module")
def windows(make_store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("windows")
    make = {"length": LENGTH, "shards": False}
    return make_store(folder / "train.zarr.zip", 72, **make), make_store(folder / "val.zarr.zip", 24, seed=1, **make)


@pytest.fixture
def options(request, shallow, tiny):
    """Options of a network, of few layers: SMALL's, or of the user's own."""
    if request.param == "own":
        return tiny()
    small = SMALL[request.param]
    return small.model_copy(update={**FEWER.get(small.architecture, {}), "training": training()})


@pytest.mark.parametrize("options", [*SMALL, "own"], indirect=True)
def test_a_network_is_trained_resumed_saved_and_fine_tuned(options, windows, backend, request, tmp_path):
    """One test of all, for each training traces or compiles the network."""

    def trained(seed=4, state=None, log=lambda line: None):
        return train_network(options, *windows, seed=seed, state=state, log=log)

    def stop(line):
        if " epoch 1/" in line:
            raise StoppedError

    calm = trained()
    weights = calm.model.get_weights()
    assert calm.facts["epochs_run"] == 2
    assert all(np.isfinite(weight).all() for weight in weights)

    with pytest.raises(StoppedError):
        trained(state=tmp_path / "state", log=stop)
    resumed = trained(state=tmp_path / "state")
    assert resumed.facts["resumed_after_epochs"] == [1]
    for one, other in zip(resumed.model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(resumed.history, calm.history, strict=True):
        assert {**one, "seconds": 0} == {**other, "seconds": 0}

    val = open_windows(windows[1])
    pressures = predict_pressures(calm.model, val.ppg, derivatives=False)
    best = calm.history[calm.facts["best_epoch"] - 1]
    assert np.abs(pressures - val.labels).mean() == pytest.approx(best["val_mae"], abs=1e-3)
    assert np.square(pressures - val.labels).mean() == pytest.approx(best["val_loss"], rel=1e-4)

    calm.save(folder := _folder(request, tmp_path))
    np.save(folder / "pressures.npy", pressures)
    assert json.loads((folder / "run.json").read_text())["backend"] == backend

    tail = Tail(calm.model, "heads", derivatives=False)
    features = tail.features(val.ppg)
    tuned = Tuner(tail, ProtocolOptions(epochs=4, learning_rate=0.05)).fit(
        features, pressures + np.float32([8, -5]), np.empty(0, int), seed=[0]
    )
    assert tuned.best_epoch > 0
    assert np.abs(tail.pressures(features) - pressures).max() > 0.5
    tail.reset()
    for one, other in zip(calm.model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("options", [*SMALL, "own"], indirect=True)
def test_a_network_of_quantiles_is_trained_saved_and_read(options, windows, tmp_path):
    options = options.model_copy(update={"output": "quantiles", "training": training(epochs=1)})
    trained = train_network(options, *windows, seed=4, log=lambda line: None)
    val = open_windows(windows[1])
    outputs = trained.outputs(val.ppg)
    median, lower, upper = np.split(outputs, 3, axis=1)
    assert np.isfinite(outputs).all()
    assert (lower < median).all()
    assert (median < upper).all()
    np.testing.assert_array_equal(trained.pressures(val.ppg), median)
    losses = pinball(outputs.astype(float), val.labels, np.array([[0.5], [0.05], [0.95]]), np)
    [row] = trained.history
    assert row["val_loss"] == pytest.approx(losses.mean() + sum(map(float, trained.model.losses)), rel=1e-3)
    assert row["val_mae"] == pytest.approx(np.abs(median - val.labels).mean(), rel=1e-4)

    trained.save(tmp_path)
    again, _ = load_network(tmp_path / "model.keras")
    assert quantile_level(again) == options.intervals.level
    np.testing.assert_allclose(predict_outputs(again, val.ppg, derivatives=False), outputs, rtol=0, atol=1e-2)
    np.testing.assert_allclose(predict_pressures(again, val.ppg, derivatives=False), median, rtol=0, atol=1e-2)


def _folder(request, tmp_path) -> Path:
    """Where the process that has started this one reads the network; for others, a temporary one."""
    name = request.node.callspec.id
    return OTHER.parent / "jax" / name if OTHER.is_dir() else tmp_path / "results"


@pytest.mark.parametrize("options", ["resnet", "lstm-paper"], indirect=True)
def test_another_seed_builds_another_network(options):
    def drawn(seed):
        backend = current_module()
        backend.prepare(seed, 1)
        with backend.building():
            model = build_network(options, (LENGTH, 1), label_mean=(120, 60), label_sd=(15, 8))
        return [np.array(weight) for weight in model.trainable_weights if len(weight.shape) > 1]

    assert not any(np.array_equal(one, other) for one, other in zip(drawn(1), drawn(2), strict=True))


@pytest.mark.skipif(not OTHER.is_dir(), reason="only for the process that test_backends.py starts")
def test_networks_of_the_other_backend_predict_the_same():
    folders = sorted(OTHER.iterdir())
    assert len(folders) >= len(SMALL)
    for folder in folders:
        with current_module().building():  # its first weights, which those of the file replace
            model, _ = load_network(folder / "model.keras")
        windows, expected = np.load(folder / "windows.npy"), np.load(folder / "pressures.npy")
        np.testing.assert_allclose(predict_pressures(model, windows, derivatives=False), expected, rtol=0, atol=1e-3)
