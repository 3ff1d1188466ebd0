"""A frozen encoder with a ridge regression on its features: how pretrained models are usually tried on a new task."""

from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from cuffless.architectures.options import ArchitectureOptions, TrainingOptions
from cuffless.options import option

BUILT_IN = {"pulse_shape": "cuffless.signals.shapes:pulse_shapes"}
"""Encoders that come along, by name."""


class EncoderOptions(ArchitectureOptions):
    """Frozen encoder and ridge regression."""

    printed_name: ClassVar[str] = "Encoder + ridge"
    rank: ClassVar[int] = 20
    closed_form: ClassVar[bool] = True

    architecture: Literal["encoder"] = "encoder"
    """Architecture."""
    encoder: str = option("pulse_shape", pattern=r"^(pulse_shape|[A-Za-z_][\w.]*:[A-Za-z_]\w*)$")
    """`pulse_shape` (a dozen figures of the shape of a window's pulses), or `module:function`; the function takes
    windows (n, samples) of zero mean and unit variance and returns features (n, m)."""
    parameters: dict[str, Any] = option({})
    """Passed to the function as keywords."""
    penalties: tuple[Annotated[float, Field(gt=0)], ...] = option((0.0001, 0.001, 0.01, 0.1, 1.0, 10.0), min_length=1)
    """Penalties of the ridge regression to choose from, for SBP and DBP separately: above 0, added to the variance of
    each standardized feature, which is 1."""
    folds: int = option(5, ge=2)
    """Groups of training subjects for the cross-validation that chooses the penalty."""
    training: TrainingOptions = TrainingOptions()
    """Backend, threads and memory; nothing is trained by steps."""

    @property
    def function(self) -> str:
        """The encoder as ``module:function``."""
        return BUILT_IN.get(self.encoder, self.encoder)


def least_length(options) -> int:
    """One sample: the function must check for itself."""
    return 1


def build(inputs, options):
    """Features that the linear outputs are read from.

    Parameters
    ----------
    inputs : (batch, length, 1) Keras tensor
    options : EncoderOptions

    Returns
    -------
    (batch, features) Keras tensor

    Raises
    ------
    ValueError
        If the encoder does not give features of a window; see `encode`.
    """
    from cuffless.architectures.layers.encoder import FrozenEncoder, encode

    beats = np.sin(np.arange(2 * inputs.shape[1], dtype=np.float32).reshape(2, -1) / 4) * np.sqrt(2)
    features = encode(options.function, options.parameters, beats).shape[1]
    return FrozenEncoder(options.function, options.parameters, features, name="encoder")(inputs)


def register_layers() -> None:
    """Have Keras know this network's own layer."""
    from cuffless.architectures.layers import encoder  # noqa: F401  registers it
