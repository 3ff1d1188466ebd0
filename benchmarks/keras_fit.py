"""What trainings are measured against: the same network, windows and order through `keras.Model.fit` on TensorFlow."""

import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

from cuffless.config import NetworkOptions

STEPS_AT_ONCE = 16  # of TensorFlow before it returns to Python
HANDOVER, VALIDATION_BATCH = 2048, 512


def train_by_keras(options: NetworkOptions, train_set: Path, val_set: Path, end_epoch: Callable[[], None]) -> None:
    """Train with Adam on the mean squared error, and calculate the validation error after each epoch.

    Parameters
    ----------
    options : NetworkOptions
        Of the network and its training.
    train_set, val_set : Path
        Materialized windows.
    end_epoch : callable
        Called after each epoch.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras
    import numpy as np
    import tensorflow as tf

    from cuffless.networks import build_network
    from cuffless.training import feed, open_windows

    setting = options.training
    tf.config.threading.set_intra_op_parallelism_threads(setting.threads)
    tf.config.threading.set_inter_op_parallelism_threads(setting.threads)
    keras.utils.set_random_seed(0)
    tf.config.experimental.enable_op_determinism()
    train, val = open_windows(train_set), open_windows(val_set)
    mean, sd = train.labels.mean(axis=0, dtype=float), train.labels.std(axis=0, dtype=float)
    model = build_network(options, (train.length, 1), label_mean=mean, label_sd=sd)
    model.compile(
        keras.optimizers.Adam(setting.learning_rate),
        loss="mse",
        metrics=["mae"],
        jit_compile=False,
        steps_per_execution=STEPS_AT_ONCE,
    )
    size, epochs = setting.batch_size, count(1)

    def pieces():
        return feed(train, batch_size=size * -(-HANDOVER // size), seed=0, epoch=next(epochs))

    signature = tf.TensorSpec((None, train.length, 1), tf.float32), tf.TensorSpec((None, 2), tf.float32)
    batches = tf.data.Dataset.from_generator(pieces, output_signature=signature).prefetch(1).rebatch(size)
    batches = batches.apply(tf.data.experimental.assert_cardinality(-(-len(train) // size))).prefetch(2)
    best = np.inf
    for _ in range(setting.epochs):
        model.fit(batches, epochs=1, verbose=0, shuffle=False)
        errors = [np.abs(model.predict_on_batch(x) - y).sum() for x, y in feed(val, batch_size=VALIDATION_BATCH)]
        if sum(errors) < best:
            best, _ = sum(errors), model.get_weights()
        end_epoch()
