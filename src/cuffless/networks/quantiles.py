"""Quantile outputs: the median of each pressure, and limits that lie on either side of it."""

import keras
from keras import ops

PRESSURES = 2
QUANTILES = 3
"""Median, lower limit, upper limit: the order of outputs, each for SBP and DBP."""


@keras.saving.register_keras_serializable(package="cuffless")
class OrderedQuantiles(keras.layers.Layer):
    """Turn six linear outputs into medians, lower and upper limits of SBP and DBP, which never cross.

    Parameters
    ----------
    level : float
        Share that the limits are trained to hold between them; they are the quantiles (1 - level) / 2 and
        (1 + level) / 2.

    Raises
    ------
    ValueError
        If the level is not between 0 and 1.

    Notes
    -----
    A limit lies softplus of its output away from the median, so that gradients reach it wherever it is.
    """

    def __init__(self, level: float, **kwargs):
        super().__init__(**kwargs)
        self.level = float(level)
        if not 0 < self.level < 1:
            raise ValueError(f"the level of quantile outputs must be between 0 and 1, got {level}")

    def call(self, inputs):
        """Medians, lower limits, upper limits, shape (batch, 6), on the scale of the inputs."""
        median, below, above = ops.split(inputs, QUANTILES, axis=-1)
        return ops.concatenate([median, median - ops.softplus(below), median + ops.softplus(above)], axis=-1)

    def compute_output_shape(self, input_shape):
        """Shape is unchanged."""
        return input_shape

    def get_config(self):
        """Return what a model file holds."""
        return {**super().get_config(), "level": self.level}


def quantile_level(model) -> float | None:
    """Level of a network's quantile outputs; None if it gives pressures alone.

    Parameters
    ----------
    model : keras.Model
    """
    if len(model.outputs) != 1 or tuple(model.outputs[0].shape[1:]) != (PRESSURES * QUANTILES,):
        return None
    return next((layer.level for layer in model.layers if isinstance(layer, OrderedQuantiles)), None)


def without_limits(model):
    """Network that gives the medians of one with quantile outputs; any other as it is.

    Parameters
    ----------
    model : keras.Model
        It shares its layers and weights with the result.
    """
    if quantile_level(model) is None:
        return model
    return keras.Model(model.inputs, model.outputs[0][:, :PRESSURES], name=model.name)
