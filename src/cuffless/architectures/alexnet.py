"""AlexNet in one dimension.

Krizhevsky, Sutskever & Hinton 2012; regression on PPG: Schrumpf et al. 2021, section 3.2. The paper gives
no layer sizes, so both variants have those of the authors' code. `paper` keeps AlexNet's order (convolution,
ReLU, normalization, pooling; batch normalization stands where local response normalization stood); `code`
pools first. The authors' code ends in ReLU; its outputs are linear here, as the paper says.
"""

from typing import ClassVar, Literal

from cuffless.architectures.options import NetworkOptions
from cuffless.options import option

# Filters, kernel, stride, and whether max-pooling (3, stride 2) follows.
CONVOLUTIONS = (
    (96, 7, 3, True),
    (256, 3, 1, True),
    (384, 3, 1, False),
    (384, 3, 1, False),
    (256, 3, 1, True),
)
DENSE_UNITS = (4096, 4096)


class AlexNetOptions(NetworkOptions):
    """AlexNet in one dimension."""

    printed_name: ClassVar[str] = "AlexNet"
    rank: ClassVar[int] = 1

    architecture: Literal["alexnet"] = "alexnet"
    """Architecture."""
    dropout: float = option(0.5, ge=0, lt=1)
    """Dropout after each dense layer."""

    def parameter_estimate(self, samples: int) -> float:
        """Counted at full width; the dense layers grow with the window."""
        return 16.6e6 + 43_500 * samples


def least_length(options) -> int:
    """Samples that leave one after the strided convolution and three poolings: 15 -> 7 -> 3 -> 1."""
    return 3 * (15 - 1) + 1


def build(inputs, options):
    """Features that the linear outputs are read from.

    Parameters
    ----------
    inputs : (batch, length, channels) Keras tensor
    options : AlexNetOptions

    Returns
    -------
    (batch, 4096 x width) Keras tensor
    """
    from keras import layers

    from cuffless.architectures.layers.blocks import scaled

    x = inputs
    pool_first = options.variant == "code"
    for i, (filters, kernel, stride, pooled) in enumerate(CONVOLUTIONS, start=1):
        x = layers.Conv1D(
            scaled(filters, options.width), kernel, strides=stride, padding="same", name=f"convolution{i}"
        )(x)
        if pooled and pool_first:
            x = layers.MaxPooling1D(3, strides=2, name=f"pool{i}")(x)
        x = layers.ReLU(name=f"relu{i}")(x)
        x = layers.BatchNormalization(momentum=options.batch_norm_momentum, name=f"norm{i}")(x)
        if pooled and not pool_first:
            x = layers.MaxPooling1D(3, strides=2, name=f"pool{i}")(x)
    x = layers.Flatten(name="flatten")(x)
    for i, units in enumerate(DENSE_UNITS, start=1):
        x = layers.Dense(scaled(units, options.width), activation="relu", name=f"dense{i}")(x)
        x = layers.Dropout(options.dropout, name=f"dropout{i}")(x)
    return x
