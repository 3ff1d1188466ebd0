"""A frozen encoder as a Keras layer: a function of NumPy arrays, whatever it is made of."""

import keras
import numpy as np
from keras import ops

from cuffless.errors import describe_error
from cuffless.own_code import custom_function


def encode(encoder: str, parameters: dict, ppg: np.ndarray) -> np.ndarray:
    """Features of windows.

    Parameters
    ----------
    encoder : str
        ``module:function``, called as ``function(ppg, **parameters)``.
    parameters : dict
    ppg : (n, length) float32 array
        Windows of zero mean and unit variance.

    Returns
    -------
    (n, features) float32 array

    Raises
    ------
    ValueError
        If the function cannot be imported or fails, or does not give one row of finite numbers per window.
    """
    function = custom_function(encoder)
    try:
        features = np.asarray(function(ppg, **parameters), np.float32)
    except Exception as error:  # a user's function may raise anything
        raise ValueError(f"encoder {encoder} fails on {len(ppg)} windows: {describe_error(error, 200)}") from error
    if features.ndim != 2 or len(features) != len(ppg) or not features.shape[1]:
        raise ValueError(
            f"encoder {encoder} gives an array of shape {features.shape} for {len(ppg)} windows; it must give one row "
            "of features per window"
        )
    if not np.isfinite(features).all():
        raise ValueError(f"encoder {encoder} gives features that are not finite; return numbers for every window")
    return features


@keras.saving.register_keras_serializable(package="cuffless")
class FrozenEncoder(keras.layers.Layer):
    """Features of windows by a function that is not trained.

    Parameters
    ----------
    encoder : str
        As for `encode`.
    parameters : dict
    features : int
        Number of features of a window.

    Notes
    -----
    It runs between compiled programs, never inside one: in a program of JAX on a processor, a function that waits for
    its own arguments can wait for ever.
    """

    def __init__(self, encoder: str, parameters: dict, features: int, **kwargs):
        super().__init__(trainable=False, **kwargs)
        self.encoder, self.parameters, self.features = encoder, dict(parameters), int(features)

    def call(self, inputs):
        """Features, shape (batch, features)."""
        try:
            windows = np.asarray(inputs)[:, :, 0]
        except Exception as error:  # each backend has an error of its own for numbers that are not there yet
            raise ValueError(
                f"encoder {self.encoder} cannot be part of a compiled program: train the layers after it alone "
                "(layers: heads or dense), and call the network instead of predict_on_batch"
            ) from error
        return ops.convert_to_tensor(self._encode(windows))

    def _encode(self, windows) -> np.ndarray:
        found = encode(self.encoder, self.parameters, np.asarray(windows, np.float32))
        if found.shape[1] != self.features:
            raise ValueError(
                f"encoder {self.encoder} gives {found.shape[1]} features, but {self.features} when the network was "
                "trained; name the encoder that it was trained with"
            )
        return found

    def compute_output_shape(self, input_shape):
        """One row of features per window."""
        return (input_shape[0], self.features)

    def get_config(self):
        """What it was made with, as saved in a model file."""
        made = {"encoder": self.encoder, "parameters": self.parameters, "features": self.features}
        config = {**super().get_config(), **made}
        config.pop("trainable", None)
        return config
