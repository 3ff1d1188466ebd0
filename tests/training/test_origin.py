"""What a model file holds of its training: on whom, and its errors on people that it has not seen."""

import json

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from cuffless.config import EvaluationOptions, IntervalOptions, MeanOptions, WindowOptions
from cuffless.networks import build_network, load_network, save_network
from cuffless.report.card import _errors
from cuffless.training import TrainedNetwork, calibrate, describe_origin
from cuffless.training.predictor import load_predictor
from cuffless.training.tables.origin import Origin

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
SHORT = WindowOptions(samples_per_beat=25)


@pytest.fixture(scope="module")
def table():
    """Windows of 30 people, of unequal number, the first 10 of whom trained and the last 8 tested."""
    rng = np.random.default_rng(4)
    counts = rng.integers(3, 30, 30)
    subset = np.repeat(["train", "val", "test"], (10, 12, 8))
    reference = rng.normal((120, 70), (18, 9), (30, 2)).repeat(counts, axis=0) + rng.normal(0, 4, (counts.sum(), 2))
    made = pd.DataFrame(
        {
            "subject": [f"p{k:02d}" for k in np.arange(30).repeat(counts)],
            "record": [f"r{k:02d}" for k in np.arange(30).repeat(counts)],
            "start": np.concatenate([7.0 * np.arange(n) for n in counts]),
            "seconds": 7.0,
            "subset": subset.repeat(counts),
            "sbp_ref": reference[:, 0],
            "dbp_ref": reference[:, 1],
            "hr": rng.normal(75, 8, counts.sum()),
            "network": "alexnet",
            "split": "nonmixed",
            "seed": 0,
        }
    )
    predicted = 0.3 * reference + 0.7 * np.array((118, 68)) + rng.normal(0, 5, reference.shape)
    predicted[made["subset"] == "train"] = np.nan
    made[["sbp", "dbp"]] = predicted
    return calibrate(made, IntervalOptions(level=0.8)).table


def test_the_error_in_the_model_file_is_that_of_its_card(table):
    origin = describe_origin(table, dataset="ward", people="real")
    card = _errors(table, EvaluationOptions(bootstrap=400)).set_index(["network", "pressure"])["mae"]
    for number, pressure in enumerate(("SBP", "DBP")):
        assert origin.tested.mae[number] == pytest.approx(card["alexnet", pressure])
        assert origin.tested.mean_mae[number] == pytest.approx(card["mean", pressure])


def test_training_and_test_people_are_counted(table):
    origin = describe_origin(table, dataset="ward", people="real")
    test = table[table["subset"] == "test"]
    assert (origin.subjects, origin.tested.subjects, origin.tested.known) == (10, 8, 0)
    assert (origin.windows, origin.tested.windows) == ((table["subset"] == "train").sum(), len(test))
    assert origin.trained_on() == "The network was trained on 10 subjects (ward: real people)."
    assert origin.error().startswith("On 8 subjects that it had never seen, its mean absolute error was ")


def test_intervals_are_counted_by_person(table):
    test = table[table["subset"] == "test"]
    inside = test["sbp_ref"].between(test["sbp_lo"], test["sbp_hi"])
    origin = describe_origin(table, dataset="ward", people="real")
    assert origin.tested.held[0] == pytest.approx(inside.groupby(test["subject"]).mean().mean())
    assert f"held {100 * origin.tested.held[0]:.0f} % and" in origin.error()
    bare = describe_origin(table.drop(columns=["sbp_lo", "sbp_hi", "dbp_lo", "dbp_hi"]), dataset="w", people="real")
    assert bare.tested.held is None
    assert "intervals" not in bare.error()


def test_people_who_were_in_training_are_not_called_new(table):
    known = table.assign(subject=[f"p{int(name[1:]) % 10:02d}" for name in table["subject"]])
    error = describe_origin(known, dataset="cohort", people="simulated").error()
    assert "its error on new people is unknown" in error
    assert "never seen" not in error
    some = table.replace({"subject": {"p29": "p00"}})
    assert "On 8 subjects, 1 of them known from training," in describe_origin(some, dataset="w", people="real").error()


def test_without_a_prediction_on_a_test_window_its_error_is_unknown(table):
    origin = describe_origin(table.assign(sbp=np.nan), dataset="cohort", people="simulated")
    assert origin.tested is None
    assert "unknown" in origin.error()
    with pytest.raises(ValueError, match="no training rows"):
        describe_origin(table[table["subset"] != "train"], dataset="cohort", people="simulated")


@pytest.fixture(scope="module")
def model():
    metadata = {"windows": SHORT.model_dump(mode="json")}
    return build_network(MeanOptions(), (175, 1), label_mean=(120, 70), label_sd=(15, 8), metadata=metadata)


def test_a_saved_network_keeps_its_origin_and_its_weights(table, model, tmp_path):
    origin = describe_origin(table, dataset="cohort", people="simulated")
    trained = TrainedNetwork(model, [], {"options": {}})
    weights = [array.copy() for array in model.get_weights()]
    trained.keep_origin(origin)
    trained.save(tmp_path)
    loaded, metadata = load_network(tmp_path / "model.keras")
    assert all(np.array_equal(a, b) for a, b in zip(loaded.get_weights(), weights, strict=True))
    assert metadata["windows"]["samples_per_beat"] == 25
    assert load_predictor(tmp_path / "model.keras").origin == origin
    assert Origin.model_validate(json.loads((tmp_path / "run.json").read_text())["origin"]) == origin


def test_a_model_file_without_an_origin_is_read(tmp_path):
    metadata = {"windows": SHORT.model_dump(mode="json")}
    bare = build_network(MeanOptions(), (175, 1), label_mean=(120, 70), label_sd=(15, 8), metadata=metadata)
    save_network(bare, tmp_path / "model.keras")
    assert load_predictor(tmp_path / "model.keras").origin is None


@pytest.mark.parametrize("origin", [7, {}, {"dataset": "a", "people": "martians", "subjects": 3, "windows": 4}])
def test_a_damaged_origin_is_named(origin, tmp_path):
    metadata = {"windows": SHORT.model_dump(mode="json"), "origin": origin}
    broken = build_network(MeanOptions(), (175, 1), label_mean=(120, 70), label_sd=(15, 8), metadata=metadata)
    save_network(broken, tmp_path / "model.keras")
    with pytest.raises(ValueError, match="what it holds of its training is damaged"):
        load_predictor(tmp_path / "model.keras")


def test_an_error_that_is_not_a_number_is_not_kept(table):
    origin = describe_origin(table, dataset="ward", people="real")
    with pytest.raises(ValidationError):
        Origin.model_validate(origin.model_dump() | {"tested": origin.tested.model_dump() | {"mae": (np.nan, 1.0)}})
