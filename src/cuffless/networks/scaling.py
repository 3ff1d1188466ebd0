"""The fixed last layer: from the scale of the network to mmHg."""

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="cuffless")
class PressureScaling(keras.layers.Layer):
    """Multiply SBP and DBP by the training labels' SD and add their mean; nothing here is a weight.

    Quantile outputs are pairs of SBP and DBP, too.

    Parameters
    ----------
    mean, sd : two floats each
        Mean and standard deviation of the training labels, SBP and DBP, in mmHg.
    metadata : str
        JSON object that travels with the model: windowing options, derivatives, network options.

    Raises
    ------
    ValueError
        If a number is not finite, or an SD is not positive.
    """

    def __init__(self, mean, sd, metadata: str = "{}", **kwargs):
        super().__init__(**kwargs)
        self.mean = _pair("mean", mean)
        self.sd = _pair("standard deviation", sd)
        if min(self.sd) <= 0:
            raise ValueError(f"the labels' standard deviation must be positive, got {self.sd}: are they all equal?")
        self.metadata = metadata

    def call(self, inputs):
        """Pressures in mmHg, shape (batch, 2), or (batch, 6) with quantile outputs."""
        pairs = inputs.shape[-1] // 2
        return inputs * ops.array(self.sd * pairs, inputs.dtype) + ops.array(self.mean * pairs, inputs.dtype)

    def compute_output_shape(self, input_shape):
        """Shape is unchanged."""
        return input_shape

    def get_config(self):
        """Numbers and metadata, as saved in a model file."""
        return {**super().get_config(), "mean": self.mean, "sd": self.sd, "metadata": self.metadata}


def _pair(name: str, values) -> list[float]:
    pair = [float(value) for value in values]
    if len(pair) != 2 or not np.isfinite(pair).all():
        raise ValueError(f"the labels' {name} must be two finite numbers (SBP, DBP), got {pair}")
    return pair
