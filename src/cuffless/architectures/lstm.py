"""Convolution and bidirectional LSTM layers.

Schrumpf et al. 2021, section 3.2 and figure 1. The text counts four LSTM layers; its sizes, the figure and
the published weights say three. `code` is the wider network of the authors' repository, with a causal
convolution.
"""

from typing import ClassVar, Literal

from cuffless.architectures.options import NetworkOptions
from cuffless.options import option

KERNEL = 5
# Filters of the convolution, its padding, units of the LSTM layers in each direction, of the dense layers.
VARIANTS = {
    "paper": (32, "same", (64, 64, 32), (128,)),
    "code": (64, "causal", (128, 128, 64), (512, 256, 128)),
}


class LstmOptions(NetworkOptions):
    """Convolution and bidirectional LSTM layers."""

    printed_name: ClassVar[str] = "LSTM"
    rank: ClassVar[int] = 4

    architecture: Literal["lstm"] = "lstm"
    """Architecture."""
    input_stride: int = option(1, ge=1)
    """Stride of the first convolution."""

    def parameter_estimate(self, samples: int) -> float:
        """Counted at full width."""
        return 1.0e6 if self.variant == "code" else 0.2e6


def least_length(options) -> int:
    """Samples that fill the convolution's kernel once."""
    return KERNEL


def build(inputs, options):
    """Features that the linear outputs are read from.

    Parameters
    ----------
    inputs : (batch, length, channels) Keras tensor
    options : LstmOptions
        `input_stride` shortens the input sequence of the LSTM layers.

    Returns
    -------
    (batch, 128 x width) Keras tensor
    """
    from keras import layers

    from cuffless.architectures.layers.blocks import scaled

    filters, padding, recurrent, dense = VARIANTS[options.variant]
    x = layers.Conv1D(
        scaled(filters, options.width),
        KERNEL,
        strides=options.input_stride,
        padding=padding,
        activation="relu",
        name="convolution",
    )(inputs)
    for i, units in enumerate(recurrent, start=1):
        cells = layers.LSTM(scaled(units, options.width), return_sequences=i < len(recurrent))
        x = layers.Bidirectional(cells, name=f"lstm{i}")(x)
    for i, units in enumerate(dense, start=1):
        x = layers.Dense(scaled(units, options.width), activation="relu", name=f"dense{i}")(x)
    return x
