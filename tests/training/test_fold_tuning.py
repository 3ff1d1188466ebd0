"""Fine-tuning outputs on rPPG: what changes, what must not, and that a stopped run goes on."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from finetuned import stop_and_go_on, write_windows

from cuffless.config import AlexNetOptions, LstmOptions, ResNetOptions, SlapnicarOptions
from cuffless.config.rppg import RppgTuningOptions
from cuffless.designs.fits import fold_fits
from cuffless.designs.folds import SETTINGS, sample_folds
from cuffless.networks import build_network, predict_pressures
from cuffless.training.finetune import finetune_network

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
LENGTH, SUBJECTS, N = 60, 4, 25
OPTIONS = RppgTuningOptions(epochs=12, learning_rate=0.02)
NETWORKS = {
    "alexnet": AlexNetOptions(width=0.0625, dropout=0.25),
    "resnet": ResNetOptions(width=0.0625, blocks=(1, 1)),
    "slapnicar": SlapnicarOptions(width=0.125, pool_stride=2, dropout=0.25),
    "lstm": LstmOptions(width=0.125, input_stride=5),
}


def build(name="alexnet", length=LENGTH):
    import keras

    keras.utils.set_random_seed(0)
    return build_network(NETWORKS[name], (length, 1), label_mean=(120, 60), label_sd=(15, 8))


def make_study(folder, length=LENGTH, offset=25.0):
    """Windows whose pressures are the network's own and an offset, that of the last subject apart from the others'."""
    rng = np.random.default_rng(0)
    ppg = rng.standard_normal((SUBJECTS * N, length)).astype(np.float16)
    own = np.repeat(np.arange(SUBJECTS), N)
    labels = predict_pressures(build(length=length), ppg, derivatives=False) + offset
    labels[own == SUBJECTS - 1] += 20
    labels = labels.astype(np.float32)
    k = np.tile(np.arange(N), SUBJECTS)
    index = pd.DataFrame({"subject": [f"v{s}" for s in own], "record": "r", "row": k, "start": 6.0 * k, "seconds": 6.0})
    index = index.assign(sbp=labels[:, 0], dbp=labels[:, 1], hr=70.0, snr=3.0, position=np.arange(len(index)))
    write_windows(folder / "windows.zarr.zip", ppg, labels)
    return index, folder / "windows.zarr.zip", ppg


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    index, store, ppg = make_study(tmp_path_factory.mktemp("store"))
    return index, store, sample_folds(index, OPTIONS).windows, ppg


def tune(made, model=None, **given):
    _, store, plan, _ = made
    options = given.pop("options", OPTIONS)
    return finetune_network(model or build(), fold_fits(plan, options), store, derivatives=False, seed=0, **given)


@pytest.fixture(scope="module")
def tuned(made):
    model = build()
    weights = {layer.name: [np.copy(w) for w in layer.get_weights()] for layer in model.layers}
    return model, weights, tune(made, model, log=lambda line: None)


def maes(table):
    test = table[table["subset"] == "test"]
    test = test.assign(error=(test["sbp"] - test["sbp_ref"]).abs())
    return test.pivot_table(index="subject", columns="setting", values="error")


def test_every_setting_predicts_the_windows_that_test_it(made, tuned):
    _, _, plan, _ = made
    table, fits, _ = tuned[2]
    for setting in SETTINGS:
        rows = table[(table["setting"] == setting) & (table["subset"] == "test")]
        expected = plan[plan[f"test_{setting}"]]
        assert (
            rows[["subject", "start", "fold"]].to_numpy().tolist()
            == expected[["subject", "start", "fold"]].to_numpy().tolist()
        )
    assert len(table[table["setting"] == "before"]) == SUBJECTS * N
    assert fits.groupby("setting").size().to_dict() == {"tuned": 4, "first": 4, "random": 4}
    assert (fits["n_val"] == N).all()
    assert (fits.loc[fits["setting"] == "tuned", "n_train"] == 2 * N).all()
    assert (fits.loc[fits["setting"] != "tuned", "n_train"] == 2 * N + 5).all()


def test_before_is_the_network_as_it_was_trained(made, tuned):
    _, _, plan, ppg = made
    table = tuned[2][0]
    before = table[table["setting"] == "before"][["sbp", "dbp"]].to_numpy()
    whole = predict_pressures(build(), ppg[plan["position"]], derivatives=False)
    assert np.allclose(before, whole, atol=1e-3)


def test_fine_tuning_learns_what_other_people_share_and_not_the_test_subjects_own(tuned):
    found = maes(tuned[2][0])
    assert (found.loc[["v0", "v1", "v2"], "tuned"] < 0.8 * found.loc[["v0", "v1", "v2"], "before"]).all()
    assert found.loc["v3", "tuned"] > 15
    assert found.loc["v3", "first"] < found.loc["v3", "tuned"]


def test_frozen_layers_do_not_move_by_a_bit(made, tuned, monkeypatch):
    from cuffless.training.tuner import Tuner

    model, weights, (_, _, facts) = tuned
    assert facts["trained_layers"] == ["head"]
    for layer in model.layers:  # the network comes back as it was given
        assert all(np.array_equal(a, b) for a, b in zip(layer.get_weights(), weights[layer.name], strict=True))
    after, fit = [], Tuner.fit
    watched = build()

    def watch(self, *args, **kwargs):
        outcome = fit(self, *args, **kwargs)
        after.append({layer.name: [np.copy(w) for w in layer.get_weights()] for layer in watched.layers})
        return outcome

    monkeypatch.setattr(Tuner, "fit", watch)
    tune(made, watched, log=lambda line: None)
    assert len(after) == 3 * SUBJECTS
    for now in after:
        for name, then in weights.items():
            same = [np.array_equal(a, b) for a, b in zip(now[name], then, strict=True)]
            assert all(same) or name == "head", name
    assert not np.array_equal(after[0]["head"][0], weights["head"][0])


@pytest.mark.slow
@pytest.mark.parametrize("name", list(NETWORKS))
def test_only_the_outputs_of_each_network_train(name, tmp_path):
    index, store, _ = make_study(tmp_path, length=175)
    model = build(name, 175)
    weights = {layer.name: [np.copy(w) for w in layer.get_weights()] for layer in model.layers}
    plan = sample_folds(index, OPTIONS).windows
    options = RppgTuningOptions(epochs=2)
    _, _, facts = finetune_network(
        model, fold_fits(plan, options), store, derivatives=False, seed=0, log=lambda line: None
    )
    assert facts["trained_layers"] == ["head"]
    for layer in model.layers:
        assert all(np.array_equal(a, b) for a, b in zip(layer.get_weights(), weights[layer.name], strict=True))
    dropout = {"alexnet": ["dropout1", "dropout2"]}.get(name)
    assert dropout is None or facts["dropout_not_acting"] == dropout


def test_the_validation_subject_decides_when_to_stop(made):
    index, _, plan, ppg = made
    harmed = plan.loc[plan["fold"] == 1, "val_subject"].iloc[0]
    labels = index[["sbp", "dbp"]].to_numpy(np.float32)
    labels[(index["subject"] == harmed).to_numpy()] -= 60  # every step of training leads away from it
    index = index.assign(sbp=labels[:, 0], dbp=labels[:, 1])
    store = made[1].parent / "harmed.zarr.zip"
    write_windows(store, ppg, labels)
    plan = sample_folds(index, OPTIONS).windows
    _, fits, _ = tune((index, store, plan, ppg), log=lambda line: None)
    of = fits[fits["val_subject"] == harmed]
    assert len(of) >= 3
    assert (of["best_epoch"] == 0).all()
    assert (of["epochs"] == OPTIONS.patience).all()
    assert (fits.loc[fits["val_subject"] != harmed, "best_epoch"] > 0).any()


@pytest.mark.slow
def test_a_run_that_is_stopped_goes_on_after_the_folds_that_are_done(made, tuned, tmp_path):
    again, (table, fits, _) = stop_and_go_on(partial(tune, made, state=tmp_path))
    assert again[0] == "alexnet, fold 1 of 4 (v0): already done, skipped"
    assert again[1].startswith("alexnet, fold 2 of 4 (v1): SBP MAE before ")
    pd.testing.assert_frame_equal(table, tuned[2][0], check_dtype=False)
    pd.testing.assert_frame_equal(fits, tuned[2][1])


def test_another_store_is_refused(made, tmp_path):
    index, _, plan, ppg = made
    write_windows(tmp_path / "other.zarr.zip", ppg, np.full((len(ppg), 2), 100, np.float32))
    with pytest.raises(ValueError, match="does not hold the plan's 100 windows"):
        tune((index, tmp_path / "other.zarr.zip", plan, ppg))


def test_the_table_keeps_to_the_contract(made, tuned):
    columns = fold_fits(made[2], OPTIONS).columns
    assert {"subject", "record", "start", "subset", "sbp_ref", "sbp", "network", "split", "seed", "fold"} <= set(
        columns
    )
    table = tuned[2][0].assign(network="alexnet", split="nonmixed", seed=0)[list(columns)]
    assert table.notna().all(axis=None)
