"""TensorFlow's fused kernels give what Keras's composed operations give, and its gradients."""

import numpy as np
import pytest
from small_networks import BACKEND

from cuffless.networks.kernels import fused_kernels

pytestmark = pytest.mark.skipif(BACKEND != "tensorflow", reason="the kernels are TensorFlow's")
KERNELS = {"FusedBatchNormV3", "BlockLSTM"}
STEPS = 7


def inputs_of(shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).normal(0.5, 2, shape).astype(dtype)


def results(call, layer, inputs):
    """Outputs of a layer, gradients with respect to its inputs and weights, and its moving statistics after it."""
    import tensorflow as tf

    given = [tf.convert_to_tensor(array) for array in inputs]
    with tf.GradientTape() as tape:
        tape.watch(given)
        outputs = call(given)
        loss = tf.reduce_sum(outputs * inputs_of(outputs.shape, seed=1))
    gradients = tape.gradient(loss, [*given, *layer.trainable_variables])
    moving = [variable.numpy() for variable in layer.non_trainable_variables]
    return [outputs.numpy(), *(gradient.numpy() for gradient in gradients), *moving]


def kernels_in(call, inputs):
    """Names of the fused kernels that a layer is traced to."""
    import tensorflow as tf

    with fused_kernels():
        specs = [tf.TensorSpec(array.shape, array.dtype) for array in inputs]
        graph = tf.function(lambda *given: call(list(given)), autograph=False).get_concrete_function(*specs).graph
    return KERNELS & {operation.type for operation in graph.get_operations()}


def require_same(call, layer, inputs, kernel):
    import keras

    layer.build(inputs[0].shape)
    for i, variable in enumerate(layer.trainable_variables):  # no zeros and ones
        variable.assign(inputs_of(variable.shape, seed=2 + i) / 3)
    start = layer.get_weights()
    keras.utils.set_random_seed(0)
    composed = results(call, layer, inputs)
    layer.set_weights(start)
    with fused_kernels():
        fused = results(call, layer, inputs)
    assert kernels_in(call, inputs) == {kernel}
    assert len(fused) > 3
    for one, other in zip(fused, composed, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=2e-5 * np.abs(other).max())


@pytest.mark.parametrize("shape", [(12, 5), (6, 9, 4), (3, 4, 5, 2), (2, 3)], ids=str)
def test_batch_normalization_of_training_is_that_of_keras(shape):
    import keras

    layer = keras.layers.BatchNormalization(momentum=0.7, epsilon=0.01)
    require_same(lambda x: layer(x[0], training=True), layer, [inputs_of(shape)], "FusedBatchNormV3")


@pytest.mark.parametrize("sequences", [True, False], ids=["sequences", "last"])
@pytest.mark.parametrize("backwards", [False, True], ids=["forward", "backwards"])
@pytest.mark.parametrize("steps", [1, STEPS])
def test_lstm_is_that_of_keras(sequences, backwards, steps):
    import keras

    layer = keras.layers.LSTM(3, return_sequences=sequences, go_backwards=backwards)
    require_same(lambda x: layer(x[0], training=True), layer, [inputs_of((4, steps, 2)) / 2], "BlockLSTM")


def test_lstm_in_both_directions_is_that_of_keras():
    import keras

    layer = keras.layers.Bidirectional(keras.layers.LSTM(3, return_sequences=True))
    require_same(lambda x: layer(x[0], training=True), layer, [inputs_of((4, STEPS, 2)) / 2], "BlockLSTM")


def test_lstm_begins_at_its_given_states_and_returns_the_last():
    import keras
    import tensorflow as tf

    layer = keras.layers.LSTM(3, return_state=True)
    inputs = [inputs_of((4, STEPS, 2)) / 2, inputs_of((4, 3), seed=8) / 3, inputs_of((4, 3), seed=9) / 3]
    require_same(
        lambda x: tf.concat(layer(x[0], initial_state=x[1:], training=True), axis=-1), layer, inputs, "BlockLSTM"
    )


def test_predictions_of_an_lstm_with_dropout_use_its_kernel():
    import keras

    layer = keras.layers.LSTM(3, dropout=0.5)
    require_same(lambda x: layer(x[0], training=False), layer, [inputs_of((4, STEPS, 2)) / 2], "BlockLSTM")


@pytest.mark.parametrize(
    "options",
    [{"scale": False}, {"center": False}, {"renorm": True}, {"axis": 1}, {"dtype": "mixed_float16"}, {"frozen": True}],
    ids=str,
)
def test_other_batch_normalization_is_left_to_keras(options):
    import keras

    options = dict(options)
    frozen = options.pop("frozen", False)
    layer = keras.layers.BatchNormalization(**options)
    layer.build((6, 9, 9))
    layer.trainable = not frozen
    x = inputs_of((6, 9, 9), dtype=np.float16 if "dtype" in options else np.float32)
    assert kernels_in(lambda x: layer(x[0], training=True), [x]) == set()


def test_batch_normalization_with_a_mask_or_outside_of_training_is_left_to_keras():
    import keras

    layer = keras.layers.BatchNormalization()
    layer.build((6, 9, 4))
    x = inputs_of((6, 9, 4))
    mask = np.arange(9) < np.arange(3, 9)[:, None]
    assert kernels_in(lambda x: layer(x[0], training=True), [x]) == {"FusedBatchNormV3"}
    assert kernels_in(lambda x: layer(x[0], mask=x[1], training=True), [x, mask]) == set()
    assert kernels_in(lambda x: layer(x[0], training=False), [x]) == set()


@pytest.mark.parametrize(
    "options",
    [
        {"activation": "relu"},
        {"recurrent_activation": "hard_sigmoid"},
        {"use_bias": False},
        {"dropout": 0.3},
        {"recurrent_dropout": 0.3},
        {"dtype": "float16"},
    ],
    ids=str,
)
def test_other_lstm_is_left_to_keras(options):
    import keras

    layer = keras.layers.LSTM(3, **options)
    layer.build((4, STEPS, 2))
    x = inputs_of((4, STEPS, 2), dtype=options.get("dtype", np.float32))
    assert kernels_in(lambda x: layer(x[0], training=True), [x]) == set()


def test_lstm_with_a_mask_is_left_to_keras():
    import keras

    layer = keras.layers.LSTM(3)
    layer.build((4, STEPS, 2))
    mask = np.arange(STEPS) < np.arange(3, 7)[:, None]
    assert kernels_in(lambda x: layer(x[0], mask=x[1]), [inputs_of((4, STEPS, 2)), mask]) == set()


def methods():
    import keras

    return keras.layers.BatchNormalization.call, keras.layers.LSTM.inner_loop


def test_kerass_methods_return_after_the_context():
    before = methods()
    with fused_kernels():
        within = methods()
    assert not set(before) & set(within)
    assert methods() == before
    with pytest.raises(KeyError), fused_kernels():
        raise KeyError
    assert methods() == before


def test_a_gpu_is_left_to_keras(monkeypatch):
    from cuffless.networks import kernels

    monkeypatch.setattr(kernels, "_has_gpu", lambda: True)
    before = methods()
    with fused_kernels():
        assert methods() == before
