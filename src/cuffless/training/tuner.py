"""Fitting the tail of a network to a few windows."""

from dataclasses import dataclass

import numpy as np

from cuffless.config import ProtocolOptions
from cuffless.training.tail import Tail


@dataclass(frozen=True)
class Tuned:
    """How a fit went."""

    n_train: int
    n_val: int
    """`n_train`, `n_val`: Windows trained on, and held out to decide when to stop."""
    epochs: int
    best_epoch: int
    """`epochs`, `best_epoch`: Epochs run, and the one whose weights were kept; 0: the network as it was."""
    loss: float
    """Mean squared error in mmHg^2 of the kept weights on the held-out windows; on the trained ones where none is."""


class Tuner:
    """Fits one tail again and again, each time from the network's own weights; compiled once.

    Parameters
    ----------
    tail : Tail
    options : ProtocolOptions
        Learning rate, epochs, patience, batch size.

    Notes
    -----
    Mean squared error in mmHg and Adam, as in training (paper, section 3.5.2). A custom loop, because
    `keras.Model.fit` costs more for each of some hundred fits than the fit itself.
    """

    def __init__(self, tail: Tail, options: ProtocolOptions):
        import keras

        self.tail, self.options = tail, options
        self._variables = tail.model.trainable_variables
        self._optimizer = keras.optimizers.Adam(options.learning_rate)
        self._optimizer.build(self._variables)
        self._fresh = [variable.numpy() for variable in self._optimizer.variables]
        self._epoch, self._loss = _compiled(tail.model, self._optimizer, self._variables)

    def fit(self, features: list[np.ndarray], labels: np.ndarray, val: np.ndarray, *, seed: list[int]) -> Tuned:
        """Train the tail on a subject's calibration windows.

        Parameters
        ----------
        features : list of (n, ...) float arrays
            As from `Tail.features`, of all calibration windows: those that train come first.
        labels : (n, 2) float array
            SBP and DBP in mmHg.
        val : int array
            Rows that decide when to stop: the last ones; none; or all, where the authors' code stops on what it
            trains on.
        seed : list of int
            Of dropout and of the order of windows.

        Returns
        -------
        Tuned
            The tail then has the weights of the epoch with the lowest loss on `val`; without any, on the windows that
            train, where training ends at an RMS error of `few_rms`; the network's own where no epoch was better.

        Raises
        ------
        ValueError
            If there is no window to train on.
        """
        import tensorflow as tf

        from cuffless.training.state import reseed

        n = len(labels)
        train = np.arange(n if len(val) == n else n - len(val))
        if not len(train):
            raise ValueError("no calibration window to train on; raise the budget or lower validation_share")
        self._restart()
        x = [tf.constant(part, tf.float32) for part in features]
        y = tf.constant(labels, tf.float32)
        judged = val if len(val) else train
        x_val, y_val = [tf.gather(part, judged) for part in x], tf.gather(y, judged)
        start = best = float(self._loss(x_val, y_val))
        best_epoch, weights = 0, self.tail.model.get_weights()
        size = tf.constant(self.options.batch_size)
        words = np.random.SeedSequence(seed).generate_state(2)
        epoch, enough = 0, None if len(val) else self.options.few_rms**2
        while epoch < self.options.epochs and not self._ended(epoch - best_epoch, best, enough):
            epoch += 1
            reseed(self.tail.model, int(words[0]), epoch)
            order = np.random.default_rng([int(words[1]), epoch]).permutation(train)
            self._epoch(x, y, tf.constant(order, tf.int32), size)
            loss = float(self._loss(x_val, y_val))
            if not np.isfinite(loss):
                break
            if loss < best:
                best, best_epoch, weights = loss, epoch, self.tail.model.get_weights()
        self.tail.model.set_weights(weights)
        return Tuned(len(train), 0 if len(val) == n else len(val), epoch, best_epoch, best if best_epoch else start)

    def _ended(self, waited: int, best: float, enough: float | None) -> bool:
        """Whether training ends: the loss no longer falls on windows held out, or is low enough without any."""
        return waited >= self.options.patience if enough is None else best <= enough

    def _restart(self) -> None:
        self.tail.reset()
        for variable, value in zip(self._optimizer.variables, self._fresh, strict=True):
            variable.assign(value)


def _compiled(model, optimizer, variables):
    """One epoch over given rows, and the mean squared error; traced once for any number of windows."""
    import tensorflow as tf

    inputs = [tf.TensorSpec(tensor.shape, tf.float32) for tensor in model.inputs]
    labels = tf.TensorSpec((None, 2), tf.float32)

    def error(x, y, training):
        given = model(x if len(x) > 1 else x[0], training=training)
        return tf.reduce_mean(tf.square(given - y))

    @tf.function(input_signature=[inputs, labels, tf.TensorSpec((None,), tf.int32), tf.TensorSpec((), tf.int32)])
    def epoch(x, y, order, size):
        for start in tf.range(0, tf.shape(order)[0], size):
            rows = order[start : start + size]
            with tf.GradientTape() as tape:
                loss = error([tf.gather(part, rows) for part in x], tf.gather(y, rows), True)
                loss += sum(model.losses)  # the weights' regularization
            optimizer.apply(tape.gradient(loss, variables), variables)

    @tf.function(input_signature=[inputs, labels])
    def loss(x, y):
        return error(x, y, False)

    return epoch, loss
