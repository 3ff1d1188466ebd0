import numpy as np
import pytest

from cuffless.config import AlexNetOptions, LstmOptions, MeanOptions, ProtocolOptions, ResNetOptions, SlapnicarOptions
from cuffless.designs.fits import divide_calibration
from cuffless.networks import build_network, predict_pressures
from cuffless.training.tail import Tail
from cuffless.training.tuner import Tuner

LENGTH = 175
NETWORKS = {
    "alexnet": AlexNetOptions(width=0.0625, dropout=0.25),
    "resnet": ResNetOptions(width=0.0625, blocks=(1, 1)),
    "slapnicar": SlapnicarOptions(width=0.125, pool_stride=2, dropout=0.25),
    "lstm": LstmOptions(width=0.125, input_stride=5),
}
DENSE = {
    "alexnet": ["dense1", "dense2", "head"],
    "resnet": ["head"],
    "slapnicar": ["dense1", "dense2", "head"],
    "lstm": ["dense1", "head"],
}


def build(name):
    import keras

    keras.utils.set_random_seed(1)
    return build_network(NETWORKS[name], (LENGTH, 1), label_mean=(120, 60), label_sd=(15, 8))


@pytest.fixture(scope="module")
def windows():
    return np.random.default_rng(0).standard_normal((30, LENGTH)).astype(np.float16)


@pytest.mark.slow
@pytest.mark.parametrize("layers", ["heads", "dense", "all", "last7"])
@pytest.mark.parametrize("name", list(NETWORKS))
def test_trunk_and_tail_together_are_the_network(name, layers, windows):
    model = build(name)
    whole = predict_pressures(model, windows, derivatives=False)
    tail = Tail(model, layers, derivatives=False)
    assert np.allclose(tail.pressures(tail.features(windows)), whole, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(NETWORKS))
def test_dense_layers_are_named_by_what_they_are(name):
    assert Tail(build(name), "heads", derivatives=False).trained == ["head"]
    assert Tail(build(name), "dense", derivatives=False).trained == DENSE[name]


@pytest.mark.slow
@pytest.mark.parametrize(("options", "share"), [(ResNetOptions(), 0.0026), (LstmOptions(), 1.0)])
def test_the_last_seven_layers_are_a_trifle_of_one_network_and_all_of_another(options, share):
    model = build_network(options, (875, 1), label_mean=(120, 60), label_sd=(15, 8))
    assert Tail(model, "last7", derivatives=False).trained_share == pytest.approx(share, abs=0.0001)


def test_batch_normalization_keeps_its_statistics_when_all_layers_train(windows):
    model = build("alexnet")
    tail = Tail(model, "all", derivatives=False)
    norms = [layer for layer in model.layers if layer.name.startswith("norm")]
    before = [norm.get_weights() for norm in norms]
    features = tail.features(windows)
    Tuner(tail, ProtocolOptions(epochs=2)).fit(features, np.full((30, 2), 90.0), np.empty(0, int), seed=[0])
    for norm, weights in zip(norms, before, strict=True):
        for now, then in zip(norm.get_weights(), weights, strict=True):
            assert np.array_equal(now, then)
    assert not np.array_equal(model.get_layer("convolution1").get_weights()[0], tail._start[0])


def test_the_mean_regressor_has_nothing_to_train():
    model = build_network(MeanOptions(), (LENGTH, 1), label_mean=(120, 60), label_sd=(1, 1))
    with pytest.raises(ValueError, match="no weights to train"):
        Tail(model, "dense", derivatives=False)


def sequential():
    import keras

    return keras.Sequential([keras.Input((LENGTH, 1)), keras.layers.Flatten(), keras.layers.Dense(2, name="out")])


def test_a_sequential_network_is_cut_like_any_other(windows):
    model = sequential()
    tail = Tail(model, "dense", derivatives=False)
    assert tail.trained == ["out"]
    assert np.allclose(tail.pressures(tail.features(windows)), model.predict_on_batch(windows[..., None]), atol=1e-4)


def test_a_model_within_a_network_is_not_taken_for_its_head():
    import keras

    inputs = keras.Input((LENGTH, 1))
    inner = keras.Sequential([keras.Input((LENGTH, 1)), keras.layers.Flatten(), keras.layers.Dense(2)], name="inner")
    nested = keras.Model(inputs, inner(inputs))
    with pytest.raises(ValueError, match="heads lie inside its nested model 'inner'"):
        Tail(nested, "heads", derivatives=False)
    assert Tail(nested, "all", derivatives=False).trained == ["inner"]


def test_a_layer_that_is_called_twice_hides_the_heads():
    import keras

    inputs = keras.Input((LENGTH, 1))
    flat = keras.layers.Flatten()(inputs)
    head = keras.layers.Dense(1, name="twice")
    outputs = keras.layers.Concatenate()([head(flat), head(keras.layers.Dense(LENGTH)(flat))])
    with pytest.raises(ValueError, match="'twice' is called more than once"):
        Tail(keras.Model(inputs, outputs), "heads", derivatives=False)


@pytest.fixture(scope="module")
def tuner(windows):
    tail = Tail(build("alexnet"), "dense", derivatives=False)
    return Tuner(tail, ProtocolOptions(few_rms=0.5, epochs=60, patience=5)), tail.features(windows)


def labels_of(features, tail, offset):
    return tail.pressures(features) + np.asarray(offset, np.float32)


def test_fine_tuning_learns_a_subjects_offset(tuner):
    tuner, features = tuner
    tuner.tail.reset()
    labels = labels_of(features, tuner.tail, (12, -6))
    tuned = tuner.fit(features, labels, np.arange(24, 30), seed=[0])
    assert np.square(tuner.tail.pressures(features) - labels).mean() < 0.2 * (12**2 + 6**2) / 2
    assert (tuned.n_train, tuned.n_val) == (24, 6)
    assert 0 < tuned.best_epoch <= tuned.epochs


def test_each_fit_begins_at_the_networks_own_weights(tuner):
    tuner, features = tuner
    tuner.tail.reset()
    labels = labels_of(features, tuner.tail, (12, -6))
    none = np.empty(0, int)
    tuner.fit(features, labels, none, seed=[3])
    first = tuner.tail.pressures(features)
    tuner.fit(features, labels + 40, none, seed=[4])
    tuner.fit(features, labels, none, seed=[3])
    assert np.array_equal(tuner.tail.pressures(features), first)


def test_weights_are_those_of_the_epoch_that_was_best_on_windows_held_out(tuner):
    tuner, features = tuner
    tuner.tail.reset()
    labels = labels_of(features, tuner.tail, (0, 0))
    labels[:24] += 30  # what trains contradicts what is held out
    tuned = tuner.fit(features, labels, np.arange(24, 30), seed=[0])
    assert tuned.best_epoch == 0
    assert tuned.epochs == 5
    assert np.allclose(tuner.tail.pressures(features)[24:], labels[24:], atol=1e-3)


def test_a_diverging_fit_leaves_the_network_as_it_was(windows):
    tail = Tail(build("alexnet"), "dense", derivatives=False)
    features = tail.features(windows)
    before = tail.pressures(features)
    tuner = Tuner(tail, ProtocolOptions(learning_rate=1e20, epochs=3))
    tuned = tuner.fit(features, before + 5, np.empty(0, int), seed=[0])
    assert tuned.best_epoch == 0
    assert np.array_equal(tail.pressures(features), before)


def test_with_few_windows_training_goes_on_until_they_are_met(tuner):
    tuner, features = tuner
    tuner.tail.reset()
    labels = labels_of(features, tuner.tail, (12, -6))[:3]
    few = [part[:3] for part in features]
    tuned = tuner.fit(few, labels, np.empty(0, int), seed=[0])
    error = np.sqrt(np.square(tuner.tail.pressures(few) - labels).mean())
    assert error <= tuner.options.few_rms + 1e-3 or tuned.epochs == tuner.options.epochs
    assert error == pytest.approx(np.sqrt(tuned.loss), abs=1e-2)


def test_at_least_one_window_trains_however_large_the_share_held_out():
    train, val = divide_calibration(12, "random", ProtocolOptions(validation_share=0.99))
    assert (len(train), len(val)) == (1, 11)


def test_held_out_windows_come_last_and_only_where_there_are_enough():
    options = ProtocolOptions()
    train, val = divide_calibration(20, "first", options)
    assert (train.tolist(), val.tolist()) == (list(range(16)), list(range(16, 20)))
    assert len(divide_calibration(9, "first", options)[1]) == 0
    code = ProtocolOptions(preset="code", leakage="warn")
    train, val = divide_calibration(20, "first", code)
    assert train.tolist() == val.tolist()
    train, val = divide_calibration(60, "random", code)
    assert (len(train), len(val)) == (40, 20)
