import numpy as np
import pytest

LABEL_MEAN, LABEL_SD = (120.0, 62.0), (15.0, 8.0)


@pytest.fixture(scope="session")
def build():
    """Build a network for windows of a length, with labels of known mean and SD."""
    import keras

    from cuffless.networks import build_network, channel_count

    def make(options, length=175, metadata=None):
        keras.utils.set_random_seed(0)
        shape = (length, channel_count(getattr(options, "derivatives", False)))
        return build_network(options, shape, label_mean=LABEL_MEAN, label_sd=LABEL_SD, metadata=metadata)

    return make


@pytest.fixture(scope="session")
def windows():
    """Sixteen windows of zero mean and unit variance, seven beats of 25 samples."""
    rng = np.random.default_rng(5)
    phase = 2 * np.pi * (np.arange(175) / 25 + rng.uniform(0, 1, (16, 1)))
    ppg = np.sin(phase) + 0.4 * np.sin(2 * phase + 1) + 0.05 * rng.normal(size=(16, 175))
    return ((ppg - ppg.mean(1, keepdims=True)) / ppg.std(1, keepdims=True)).astype(np.float16)
