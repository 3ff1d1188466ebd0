"""TensorFlow's fused kernels for layers that Keras composes of many small operations.

On a processor, small networks spend most of a training step between operations: Keras runs an LSTM layer as a loop of
some twenty operations a step, and batch normalization as a dozen. TensorFlow has one kernel for each.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps


@contextmanager
def fused_kernels() -> Iterator[None]:
    """Let batch normalization and LSTM layers use fused kernels in what is traced or run meanwhile.

    Nothing changes under another backend than TensorFlow, nor with a GPU, where Keras itself takes cuDNN's kernels.
    Results differ from the composed operations' by rounding; layers keep their names, weights and files.
    """
    import keras

    if keras.backend.backend() != "tensorflow" or _has_gpu():
        yield
        return
    norm, lstm = keras.layers.BatchNormalization, keras.layers.LSTM
    composed = norm.call, lstm.inner_loop
    norm.call, lstm.inner_loop = _with_composed(_normalize, norm.call), _with_composed(_run_lstm, lstm.inner_loop)
    try:
        yield
    finally:
        norm.call, lstm.inner_loop = composed


def _has_gpu() -> bool:
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def _with_composed(fused, composed):
    """A layer's method that takes the fused kernel where it gives the same, and Keras's operations elsewhere."""

    @wraps(composed)  # Keras reads the arguments of a layer's method
    def method(*args, **kwargs):
        found = fused(*args, **kwargs)
        return composed(*args, **kwargs) if found is None else found

    return method


def _normalize(layer, inputs, training=None, mask=None):
    """Batch normalization of training, or None where there is no kernel for it."""
    import tensorflow as tf

    rank = len(inputs.shape)
    if not (training and layer.trainable and layer.axis in (-1, rank - 1) and inputs.dtype == tf.float32):
        return None
    if mask is not None or layer.renorm or not (layer.scale and layer.center) or layer.synchronized:
        return None
    rows = tf.reshape(inputs, [1, 1, -1, inputs.shape[-1]])  # as an image of one line
    normal = tf.raw_ops.FusedBatchNormV3(
        x=rows,
        scale=tf.convert_to_tensor(layer.gamma),
        offset=tf.convert_to_tensor(layer.beta),
        mean=[],
        variance=[],
        epsilon=layer.epsilon,
        is_training=True,
    )
    n = tf.cast(tf.shape(rows)[2], tf.float32)
    variance = normal.batch_variance * ((n - 1) / n)  # the kernel divides by n - 1, Keras by n
    for moving, new in ((layer.moving_mean, normal.batch_mean), (layer.moving_variance, variance)):
        moving.assign(moving * layer.momentum + new * (1 - layer.momentum))
    outputs = tf.reshape(normal.y, tf.shape(inputs))
    outputs.set_shape(inputs.shape)
    return outputs


def _run_lstm(layer, sequences, initial_state, mask, training=False):
    """Output, outputs of all steps and states of an LSTM layer, or None where there is no kernel for it."""
    import keras
    import tensorflow as tf

    cell = layer.cell
    usual = cell.activation is keras.activations.tanh and cell.recurrent_activation is keras.activations.sigmoid
    if not usual or mask is not None or not cell.use_bias or sequences.dtype != tf.float32:
        return None
    if training and (cell.dropout or cell.recurrent_dropout):
        return None
    steps = tf.transpose(sequences, [1, 0, 2])
    if layer.go_backwards:
        steps = tf.reverse(steps, [0])
    weights = tf.concat([tf.convert_to_tensor(cell.kernel), tf.convert_to_tensor(cell.recurrent_kernel)], axis=0)
    none = tf.zeros([layer.units])
    out = tf.raw_ops.BlockLSTM(  # the gradient of BlockLSTMV2 takes its gates in another order than it does itself
        seq_len_max=tf.shape(steps, out_type=tf.int64)[0],
        x=steps,
        cs_prev=initial_state[1],
        h_prev=initial_state[0],
        w=_reordered(weights),
        wci=none,  # no peepholes
        wcf=none,
        wco=none,
        b=_reordered(tf.convert_to_tensor(cell.bias)),
        forget_bias=0,
        cell_clip=-1,
    )
    last = out.h[-1]
    outputs = tf.transpose(out.h, [1, 0, 2]) if layer.return_sequences else last[:, None]
    return last, outputs, [last, out.cs[-1]]


def _reordered(weights):
    """Weights of the gates from Keras's order (input, forget, cell, output) to the kernel's."""
    import tensorflow as tf

    into, forget, cell, out = tf.split(weights, 4, axis=-1)
    return tf.concat([into, cell, forget, out], axis=-1)
