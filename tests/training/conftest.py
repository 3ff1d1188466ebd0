import sys

import numpy as np
import pytest
from small_networks import BACKEND, training

TINY = """
import keras


def build(input_shape, options):
    x = inputs = keras.Input(input_shape)
    x = keras.layers.Conv1D(8, 9, strides=3, padding="same", activation="relu")(x)
    x = keras.layers.BatchNormalization(momentum=0.9)(x)
    x = keras.layers.Dropout(0.1)(keras.layers.Flatten()(x))
    x = keras.layers.Dense(16, activation="relu")(x)
    return keras.Model(inputs, keras.layers.Dense(6 if options.output == "quantiles" else 2)(x))
"""


@pytest.fixture(scope="session", autouse=True)
def backend():
    """Name of the backend; JAX is prepared before Keras is imported, as a training does it."""
    from cuffless.training.backends import use_backend

    if BACKEND == "jax":
        use_backend(BACKEND).prepare(0, 1)
    return BACKEND


@pytest.fixture(scope="session")
def keras(backend):
    """Keras, which no module imports as it is collected: that takes its time."""
    import keras

    return keras


@pytest.fixture
def shallow(monkeypatch):
    """Architectures of all their kinds of layers, but few of each: tracing and compiling take their time for each."""
    from cuffless.architectures import lstm, slapnicar

    monkeypatch.setattr(slapnicar, "BLOCK_FILTERS", (32,))
    monkeypatch.setitem(lstm.VARIANTS, "paper", (32, "same", (64,), (128,)))
    monkeypatch.setitem(lstm.VARIANTS, "code", (64, "causal", (128,), (256,)))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Options of a network that is traced in a second, with dropout and batch normalization; epochs=2, ..."""
    from cuffless.config import CustomOptions

    folder = tmp_path_factory.mktemp("modules")
    (folder / "tiny_network.py").write_text(TINY)

    def make(**options):
        return CustomOptions(architecture="tiny_network:build", training=training(**options))

    sys.path.insert(0, str(folder))
    yield make
    sys.path.remove(str(folder))
    sys.modules.pop("tiny_network", None)


@pytest.fixture(scope="session")
def make_store():
    """Write a store of windows whose second harmonic tells the pressure: (path, n) -> path."""
    import zarr

    def make(path, n, *, length=63, seed=0, labels=None, shards=True, **arrays):
        rng = np.random.default_rng(seed)
        if labels is None:
            labels = rng.normal([120, 60], [15, 8], (n, 2))
        phase = 2 * np.pi * (7 * np.arange(length) / length + rng.uniform(0, 1, (n, 1)))
        told = (labels - [120, 60]) / [15, 8]
        ppg = np.sin(phase) + 0.3 * (1 + 0.6 * told[:, :1]) * np.sin(2 * phase + 1 + 0.6 * told[:, 1:])
        ppg = (ppg - ppg.mean(1, keepdims=True)) / ppg.std(1, keepdims=True)
        with zarr.storage.ZipStore(path, mode="w") as store:
            group = zarr.create_group(store)
            rows = {"shards": (-(-n // 32) * 32 or 32, length)} if shards else {}
            array = group.create_array("ppg", shape=(n, length), dtype="float16", chunks=(32, length), **rows)
            if n:
                array[:] = ppg.astype(np.float16)
            group.create_array("labels", data=labels.astype(np.float32))
        return path

    return make


@pytest.fixture(scope="session")
def stores(make_store, tmp_path_factory):
    """Stores of 400 training and 100 validation windows of 63 samples."""
    folder = tmp_path_factory.mktemp("stores")
    return make_store(folder / "train.zarr.zip", 400), make_store(folder / "val.zarr.zip", 100, seed=1)
