import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from cuffless.config import MeanOptions
from cuffless.networks import load_network, predict_pressures
from cuffless.training import TrainingError, open_windows, train_network

# TensorFlow's variables lack NumPy 2's `copy` argument; Keras stumbles over it when it saves them.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def train(network, stores, seed=0, **more):
    return train_network(network, *stores, seed=seed, log=more.pop("log", lambda line: None), **more)


def same_weights(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one.model.get_weights(), other.model.get_weights(), strict=True))


@pytest.fixture(scope="module")
def trained(tiny, stores):
    lines = []
    result = train(tiny(epochs=15), stores, metadata={"windows": {"length": 7}}, log=lines.append)
    return result, lines


def test_a_network_learns_what_the_mean_regressor_cannot(trained, stores):
    mean = train(MeanOptions(), stores)
    assert trained[0].history[-1]["val_mae"] < 0.6 * mean.history[0]["val_mae"]


def test_the_epoch_with_the_lowest_validation_mae_is_kept(trained, stores):
    result, _ = trained
    maes = [row["val_mae"] for row in result.history]
    assert result.facts["best_epoch"] == 1 + int(np.argmin(maes))
    val = open_windows(stores[1])
    error = predict_pressures(result.model, val.ppg, derivatives=False) - val.labels
    assert np.abs(error).mean() == pytest.approx(min(maes), rel=1e-4)


def test_history_tells_both_sets_and_both_pressures_in_mmhg(trained):
    result, lines = trained
    assert [row["epoch"] for row in result.history] == list(range(1, 16))
    for row in result.history:
        assert (row["val_mae_sbp"] + row["val_mae_dbp"]) / 2 == pytest.approx(row["val_mae"])
        assert row["val_loss"] >= row["val_mae"] ** 2
    assert sum(" epoch " in line for line in lines) == 15
    assert lines[-1].startswith("build epoch 15/15: MAE ")


def test_results_are_written_with_the_facts_of_the_run(trained, backend, tmp_path):
    result, _ = trained
    result.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["history.csv", "model.keras", "run.json"]
    assert len(pd.read_csv(tmp_path / "history.csv")) == 15
    facts = json.loads((tmp_path / "run.json").read_text())
    assert facts["options"]["training"]["epochs"] == 15
    assert facts["backend"] == facts["options"]["training"]["backend"] == backend
    assert facts["versions"][backend]
    assert facts["hardware"]["threads"] in (0, 1)  # 0 if TensorFlow ran in this process before it was told
    assert facts["windows"] == {"train": 400, "val": 100, "length": 63}
    assert date.fromisoformat(facts["finished"]).isoformat() == facts["finished"]
    assert {"seed", "commit", "hardware", "wall_seconds", "cpu_seconds", "parameters"} <= set(facts)
    _, metadata = load_network(tmp_path / "model.keras")
    assert metadata["windows"] == {"length": 7}
    assert metadata["derivatives"] is False
    assert metadata["network"]["architecture"] == "tiny_network:build"


def test_seeds_and_derivatives_give_other_networks(tiny, stores):
    first = train(tiny(), stores, seed=4)
    assert same_weights(first, train(tiny(), stores, seed=4))
    assert not same_weights(first, train(tiny(), stores, seed=5))
    derivatives = train(tiny().model_copy(update={"derivatives": True}), stores, seed=4)
    assert derivatives.model.input_shape == (None, 63, 3)


def test_training_stops_when_the_validation_loss_no_longer_falls(tiny, stores):
    result = train(tiny(epochs=60, patience=2, learning_rate=0.03), stores)
    losses = [row["val_loss"] for row in result.history]
    assert len(losses) < 60
    assert int(np.argmin(losses)) == len(losses) - 3


def test_the_lowest_loss_may_decide_instead(tiny, stores):
    result = train(tiny(epochs=8, keep="loss", learning_rate=0.02), stores)
    assert result.facts["best_epoch"] == 1 + int(np.argmin([row["val_loss"] for row in result.history]))


def test_windows_beyond_memory_train_a_network_too(tiny, stores):
    result = train(tiny(epochs=10, ram_mb=0.02), stores)
    assert result.history[-1]["mae"] < 0.8 * result.history[0]["mae"]


def test_the_mean_regressor_predicts_the_training_mean(stores, tmp_path):
    result = train(MeanOptions(), stores)
    result.save(tmp_path)
    labels, val = open_windows(stores[0]).labels, open_windows(stores[1])
    model, _ = load_network(tmp_path / "model.keras")
    predicted = predict_pressures(model, val.ppg, derivatives=False)
    np.testing.assert_allclose(predicted, np.tile(labels.mean(axis=0), (100, 1)), rtol=1e-5)
    assert result.history[0]["val_mae"] == pytest.approx(np.abs(predicted - val.labels).mean(), rel=1e-5)


def test_a_loss_that_is_no_number_stops_the_training(tiny, stores):
    with pytest.raises(TrainingError, match=r"learning rate 1e\+30; lower training\.learning_rate"):
        train(tiny(learning_rate=1e30, epochs=20), stores)


def test_windows_of_different_length_are_refused(tiny, make_store, stores, tmp_path):
    short = make_store(tmp_path / "short.zarr.zip", 10, length=50)
    with pytest.raises(ValueError, match=r"have 63 samples, those of .*short\.zarr\.zip 50"):
        train(tiny(), (stores[0], short))
