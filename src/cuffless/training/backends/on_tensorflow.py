"""TensorFlow as the backend of trainings."""

from contextlib import AbstractContextManager, nullcontext

import numpy as np

from cuffless.networks.kernels import fused_kernels
from cuffless.training.backends.adam import BETA1, BETA2, EPSILON
from cuffless.training.backends.loss import pinball, quantile_shares

NEEDLESS = ("cv2", "jax", "matplotlib", "matplotlib.pyplot")
_PREDICTED = 512  # windows at a time


def load() -> None:
    """Import Keras and TensorFlow."""
    import keras  # noqa: F401
    import tensorflow  # noqa: F401


def prepare(seed: int, threads: int, log=print) -> None:
    """Fix threads, random numbers and deterministic operations."""
    import keras
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError:  # TensorFlow has already run something in this process
        if _threads() != threads:
            log(
                f"TensorFlow already runs on {_threads() or 'all'} threads, not {threads}: the last bits may differ; "
                "train in a fresh process for identical results"
            )
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def building() -> AbstractContextManager[None]:
    """Nothing: TensorFlow draws initial weights fast enough."""
    return nullcontext()


def devices() -> dict:
    """Threads within an operation (0: as many as there are cores) and names of GPUs."""
    import tensorflow as tf

    gpus = [
        tf.config.experimental.get_device_details(device).get("device_name", device.name)
        for device in tf.config.list_physical_devices("GPU")
    ]
    return {"threads": _threads(), "gpus": gpus}


def _threads() -> int:
    import tensorflow as tf

    return tf.config.threading.get_intra_op_parallelism_threads()


class Engine:
    """See `cuffless.training.backends.Engine`; traced once for any number of windows.

    A loop of its own, and not `keras.Model.fit`: that spends as long on preparing the first epoch as on ten epochs of a
    small network, and more on each of some hundred fits than the fit itself takes.
    """

    def __init__(self, model, learning_rate: float):
        import tensorflow as tf

        self._model, self._rate, self._shares = model, learning_rate, quantile_shares(model)
        self._weights = list(model.trainable_variables)
        self._steps = tf.Variable(0, dtype=tf.int64)
        self._moments = [[tf.Variable(tf.zeros(w.shape, w.dtype)) for w in self._weights] for _ in range(2)]
        inputs = [tf.TensorSpec(tensor.shape, tf.float32) for tensor in model.inputs]
        labels, order, size = (tf.TensorSpec(*spec) for spec in (((None, 2),), ((None,), tf.int32), ((), tf.int32)))
        self._train = tf.function(self._epoch, input_signature=[inputs, labels, order, size], autograph=False)
        self._run = tf.function(self._outputs, input_signature=[inputs], autograph=False)

    def train(self, x, y, order, batch_size: int):
        """Take one step for each batch of rows."""
        with fused_kernels():  # while it is traced
            return self._train(list(x), y, np.asarray(order, np.int32), np.int32(batch_size))

    def predict(self, x) -> np.ndarray:
        """All outputs in mmHg of rows."""
        outputs = np.empty((len(x[0]), self._model.output_shape[-1]), np.float32)
        with fused_kernels():
            for start in range(0, len(outputs), _PREDICTED):
                rows = slice(start, start + _PREDICTED)
                outputs[rows] = self._run([part[rows] for part in x])
        return outputs

    def optimizer_state(self) -> list[np.ndarray]:
        """Return steps, and first and second moments of all weights."""
        return [variable.numpy() for variable in self._optimizer_variables]

    def set_optimizer_state(self, arrays) -> None:
        """Restore what `optimizer_state` has given."""
        for variable, value in zip(self._optimizer_variables, arrays, strict=True):
            variable.assign(value)

    @property
    def _optimizer_variables(self) -> list:
        return [self._steps, *self._moments[0], *self._moments[1]]

    def _outputs(self, x, training: bool = False):
        return self._model(x if len(x) > 1 else x[0], training=training)

    def _epoch(self, x, y, order, size):
        import tensorflow as tf

        rows = tf.shape(order)[0]

        def step(start, sums):
            taken = order[start : start + size]
            sums += self._step([tf.gather(part, taken) for part in x], tf.gather(y, taken))
            return start + size, sums

        going = (tf.constant(0), tf.zeros(2))
        return tf.while_loop(lambda start, _: start < rows, step, going, parallel_iterations=1)[1]

    def _step(self, x, y):
        """Update the weights by one batch; its loss and absolute error, each times its number of windows."""
        import tensorflow as tf

        with tf.GradientTape() as tape:
            outputs = self._outputs(x, training=True)
            loss = tf.reduce_mean(self._losses(outputs, y))
            loss += sum(self._model.losses)  # penalties of the weights
        self._update(tape.gradient(loss, self._weights))
        n = tf.cast(tf.shape(y)[0], tf.float32)
        return n * tf.stack([loss, tf.reduce_mean(tf.abs(outputs[:, :2] - y))])

    def _losses(self, outputs, y):
        import tensorflow as tf

        return tf.square(outputs - y) if self._shares is None else pinball(outputs, y, self._shares, tf)

    def _update(self, gradients) -> None:
        """Adam, one kernel per weight: composed of Keras's operations it takes as long as the gradients themselves."""
        import tensorflow as tf

        step = tf.cast(self._steps.assign_add(1), tf.float32)
        numbers = {
            "beta1_power": tf.pow(BETA1, step),
            "beta2_power": tf.pow(BETA2, step),
            "lr": self._rate,
            "beta1": BETA1,
            "beta2": BETA2,
            "epsilon": EPSILON,
        }
        for weight, first, second, gradient in zip(self._weights, *self._moments, gradients, strict=True):
            if gradient is None:  # a weight that the outputs do not depend on
                continue
            tf.raw_ops.ResourceApplyAdam(
                var=weight.value.handle,
                m=first.handle,
                v=second.handle,
                grad=tf.convert_to_tensor(gradient),
                **{name: tf.cast(value, first.dtype) for name, value in numbers.items()},
            )
            if weight.constraint is not None:
                weight.assign(weight.constraint(weight))
