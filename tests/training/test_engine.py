"""The engine of this process's backend takes the steps that Keras's `fit` takes."""

import numpy as np
import pytest

from cuffless.training.backends import current_module
from cuffless.training.state import reseed

# TensorFlow's variables lack NumPy 2's `copy` argument, and so do Keras's under JAX.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
RATE, BATCH = 0.01, 8


def normalized(keras, n=24):
    """Convolution without a bias, whose gradient before a normalization is zero but for rounding."""
    inputs = keras.Input((20, 1))
    x = keras.layers.BatchNormalization(momentum=0.8)(keras.layers.Conv1D(4, 5, strides=2, use_bias=False)(inputs))
    x = keras.layers.Flatten()(keras.layers.ReLU()(x))
    return keras.Model(inputs, keras.layers.Dense(2)(x)), n


def limited(keras, n=21):
    """Penalties and limits of weights, and a last batch that is not full."""
    inputs = keras.Input((20, 1))
    unit = keras.constraints.UnitNorm(axis=0)
    x = keras.layers.Dense(6, activation="tanh", kernel_constraint=unit)(keras.layers.Flatten()(inputs))
    return keras.Model(inputs, keras.layers.Dense(2, kernel_regularizer=keras.regularizers.L2(0.3))(x)), n


def memory(keras, n=17):
    inputs = keras.Input((6, 2))
    return keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Bidirectional(keras.layers.LSTM(3))(inputs))), n


def several(keras, n=20):
    """Two inputs, as the tail of a residual network has."""
    one, other = keras.Input((5,)), keras.Input((4, 2))
    x = keras.layers.Concatenate()([keras.layers.Dense(4)(one), keras.layers.Flatten()(other)])
    return keras.Model([one, other], keras.layers.Dense(2)(x)), n


def frozen(keras, n=16):
    inputs = keras.Input((20, 1))
    norm, dense = keras.layers.BatchNormalization(), keras.layers.Dense(3, name="frozen")
    x = dense(keras.layers.Flatten()(norm(inputs)))
    norm.trainable = dense.trainable = False
    return keras.Model(inputs, keras.layers.Dense(2)(x)), n


def windows_of(model, n, seed=0):
    rng = np.random.default_rng(seed)
    x = [rng.normal(size=(n, *tensor.shape[1:])).astype(np.float32) for tensor in model.inputs]
    return x, rng.normal(3, 2, (n, 2)).astype(np.float32)


@pytest.mark.parametrize("make", [normalized, limited, memory, several, frozen])
def test_an_epoch_is_that_of_keras(make, keras):
    keras.utils.set_random_seed(3)
    model, n = make(keras)
    x, y = windows_of(model, n)
    order = np.random.default_rng(1).permutation(n)
    start = model.get_weights()
    engine = current_module().Engine(model, RATE)
    sums = [np.asarray(engine.train(x, y, order, BATCH), float) for _ in range(2)]
    found = model.get_weights()

    model.set_weights(start)
    model.compile(keras.optimizers.Adam(RATE), "mse", metrics=["mae"])
    given = [part[order] for part in x]
    done = model.fit(given if len(given) > 1 else given[0], y[order], BATCH, epochs=2, shuffle=False, verbose=0)
    for variable, one, other, before in zip(model.weights, found, model.get_weights(), start, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=2e-5, err_msg=variable.path)
        trains = any(variable is known for known in model.trainable_variables)
        assert trains != np.array_equal(one, before) or "moving" in variable.path
    for sum_, loss, mae in zip(sums, done.history["loss"], done.history["mae"], strict=True):
        np.testing.assert_allclose(sum_ / n, [loss, mae], rtol=1e-4)
    np.testing.assert_allclose(engine.predict(x), model.predict_on_batch(x if len(x) > 1 else x[0]), atol=1e-5)


def test_a_weight_without_a_gradient_stays_as_it_is(keras):
    class Idle(keras.layers.Layer):
        def build(self, shape):
            self.idle = self.add_weight(shape=(3,), initializer="ones", name="idle")

        def call(self, x):
            return x

    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(2)(Idle()(inputs)))
    start = model.get_weights()
    x, y = windows_of(model, 8)
    current_module().Engine(model, RATE).train(x, y, np.arange(8), BATCH)
    same = [np.array_equal(a, b) for a, b in zip(start, model.get_weights(), strict=True)]
    assert same == ["idle" in weight.path for weight in model.weights]


@pytest.fixture(scope="module")
def dropping(keras):
    """A network with dropout and large layers, its engine and windows."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((64,))
    x = keras.layers.Dropout(0.5)(keras.layers.Dense(64, activation="relu")(inputs))
    model = keras.Model(inputs, keras.layers.Dense(2)(x))
    return model, current_module().Engine(model, RATE), windows_of(model, 20)


def test_dropout_follows_from_seed_and_epoch(dropping):
    model, engine, (x, y) = dropping
    start, fresh = model.get_weights(), engine.optimizer_state()

    def losses(seed, epoch):
        model.set_weights(start)
        engine.set_optimizer_state(fresh)
        reseed(model, seed, epoch)
        return np.asarray(engine.train(x, y, np.arange(20), BATCH)).tolist()

    first = losses(1, 1)
    assert losses(1, 2) != first != losses(2, 1)
    assert losses(1, 1) == first


def test_dropout_differs_from_batch_to_batch(dropping):
    model, _, (x, y) = dropping
    engine = current_module().Engine(model, 0.0)  # nothing is learnt
    reseed(model, 1, 1)
    rows = np.arange(BATCH)
    one = np.asarray(engine.train(x, y, rows, BATCH))
    two = np.asarray(engine.train(x, y, np.concatenate([rows, rows]), BATCH))
    assert not np.allclose(two, 2 * one, rtol=1e-3)
    assert not np.allclose(one, np.asarray(engine.train(x, y, rows, BATCH)), rtol=1e-3)


def test_arrays_taken_from_an_engine_or_given_to_it_never_change(dropping):
    """JAX may share their memory, and reuse it for the results of a step."""
    model, engine, (x, y) = dropping
    engine.train(x, y, np.arange(20), BATCH)
    taken = [*model.get_weights(), *engine.optimizer_state()]
    copies = [np.copy(array) for array in taken]
    for _ in range(2):
        model.set_weights(taken[: len(model.weights)])
        engine.set_optimizer_state(taken[len(model.weights) :])
        engine.train(x, y, np.arange(20), BATCH)
        for array, copy in zip(taken, copies, strict=True):
            np.testing.assert_array_equal(array, copy)


def test_what_the_optimizer_remembers_continues_a_training(dropping):
    model, engine, (x, y) = dropping

    def epochs(engine, n):
        for epoch in range(n):
            reseed(model, 0, epoch)
            engine.train(x, y, np.arange(20), BATCH)
        return model.get_weights()

    epochs(engine, 2)
    weights, state = model.get_weights(), engine.optimizer_state()
    expected = epochs(engine, 2)
    other = current_module().Engine(model, RATE)
    model.set_weights(weights)
    other.set_optimizer_state(state)
    for one, known in zip(epochs(other, 2), expected, strict=True):
        np.testing.assert_array_equal(one, known)
    model.set_weights(weights)
    assert not np.array_equal(epochs(current_module().Engine(model, RATE), 2)[0], expected[0])


def test_rows_that_are_not_in_the_order_do_not_train(dropping):
    model, _, (x, y) = dropping
    start = model.get_weights()
    ends = []
    for others in (0, 1e6):
        model.set_weights(start)
        reseed(model, 0, 1)
        some = y.copy()
        some[10:] += others
        current_module().Engine(model, RATE).train(x, some, np.arange(10), BATCH)
        ends.append(model.get_weights())
    for one, other in zip(*ends, strict=True):
        np.testing.assert_array_equal(one, other)
