"""A training that is killed ends with the same network as one that is not."""

import json

import numpy as np
import pytest

from cuffless.training import train_network
from cuffless.training.backends import current_module
from cuffless.training.checkpoints import state_folder
from cuffless.training.state import STATE_FILE, Progress, load_state, save_state

# TensorFlow's variables lack NumPy 2's `copy` argument; Keras stumbles over it when it saves them.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


class StoppedError(Exception):
    """Ends a training as a kill would: between two lines."""


def test_a_training_stopped_on_its_way_ends_bit_for_bit_as_if_undisturbed(tiny, stores, tmp_path):
    """In one process; `tests/workflow/test_study.py` kills one for good."""

    def stop(line):
        if " epoch 3/" in line:
            raise StoppedError

    def trained(state, log):
        return train_network(tiny(epochs=6, batch_size=8), *stores, seed=3, state=tmp_path / state, log=log)

    calm = trained("calm", lambda line: None)
    with pytest.raises(StoppedError):
        trained("state", stop)
    lines = []
    resumed = trained("state", lines.append)
    assert next(line for line in lines if line.startswith("build:")) == "build: continuing after epoch 3"
    assert not any(" epoch 3/" in line for line in lines)
    assert [row["val_mae"] for row in resumed.history] == [row["val_mae"] for row in calm.history]
    for one, other in zip(resumed.model.get_weights(), calm.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def small():
    """A network that a state may be taken up in, and its engine after a step."""
    import keras

    keras.utils.set_random_seed(0)
    inputs = keras.Input((63, 1))
    network = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(inputs)))
    engine = current_module().Engine(network, 0.001)
    step(engine)
    return network, engine


def step(engine):
    engine.train([np.ones((4, 63, 1), np.float32)], np.ones((4, 2), np.float32), np.arange(4), 4)


def test_a_state_holds_weights_optimizer_and_counters(small, tmp_path):
    small, engine = small
    optimizer = [np.copy(array) for array in engine.optimizer_state()]
    weights = small.get_weights()
    best = [weight + 1 for weight in weights]
    history = [{"epoch": 1, "val_loss": 0.1 + 0.2}]
    save_state(tmp_path, small, engine, Progress(history, 1, 0.3, 0.1 + 0.2, 0, 1.5, [], best), {"seed": 1})
    small.set_weights([0 * weight for weight in weights])
    step(engine)

    progress = load_state(tmp_path, small, engine, {"seed": 1})
    assert (progress.epoch, progress.history, progress.lowest_loss) == (1, history, 0.1 + 0.2)
    read = [*small.get_weights(), *progress.best_weights, *engine.optimizer_state()]
    for found, expected in zip(read, [*weights, *best, *optimizer], strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "other"])
def test_a_state_that_is_damaged_or_anothers_is_not_taken_up(small, tmp_path, damage):
    small, engine = small
    save_state(tmp_path, small, engine, Progress([{"epoch": 1}], best_weights=small.get_weights()), {"seed": 1})
    path = tmp_path / STATE_FILE
    content = path.read_bytes()
    path.write_bytes({"cut": content[: len(content) // 2], "empty": b"", "text": b"none", "other": content}[damage])
    lines = []
    before = small.get_weights()
    progress = load_state(tmp_path, small, engine, {"seed": 2 if damage == "other" else 1}, lines.append)
    assert progress.epoch == 0
    assert "training starts from the beginning" in lines[0]
    for weight, expected in zip(small.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_no_training_takes_up_the_state_of_another_backend(tiny, stores, backend, tmp_path):
    train_network(tiny(epochs=1), *stores, seed=0, state=tmp_path, log=lambda line: None)
    with np.load(tmp_path / STATE_FILE) as arrays:
        assert json.loads(str(arrays["facts"]))["backend"] == backend
    folders = {state_folder("d", "run", [], "{}", "code", backend=name) for name in ("tensorflow", "jax")}
    assert len(folders) == 2


def test_the_state_goes_once_the_results_are_written(tiny, stores, tmp_path):
    result = train_network(tiny(), *stores, seed=0, state=tmp_path / "state", log=lambda line: None)
    assert (tmp_path / "state" / STATE_FILE).is_file()
    result.save(tmp_path / "results")
    assert not (tmp_path / "state").exists()
    assert json.loads((tmp_path / "results" / "run.json").read_text())["resumed_after_epochs"] == []


def test_another_learning_rate_never_goes_on_from_old_weights(tiny, stores, tmp_path):
    def trained(state, rate):
        result = train_network(tiny(learning_rate=rate), *stores, seed=0, state=state, log=lambda line: None)
        return result.model.get_weights()

    trained(tmp_path / "state", 0.01)
    for found, fresh in zip(trained(tmp_path / "state", 0.002), trained(None, 0.002), strict=True):
        np.testing.assert_array_equal(found, fresh)


def test_a_training_that_had_ended_is_not_trained_on(tiny, stores, tmp_path):
    options = tiny(epochs=30, patience=1, learning_rate=0.05)
    lines = []
    first = train_network(options, *stores, seed=0, state=tmp_path / "state", log=lines.append)
    epochs = first.facts["epochs_run"]
    again = train_network(options, *stores, seed=0, state=tmp_path / "state", log=lines.append)
    assert epochs < 30
    assert lines[-1] == f"build: continuing after epoch {epochs}"
    assert again.history == first.history
    for found, expected in zip(again.model.get_weights(), first.model.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
