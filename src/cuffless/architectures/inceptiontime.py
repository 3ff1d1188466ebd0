"""InceptionTime: convolutions of several lengths side by side.

Ismail Fawaz et al. 2020, Data Min Knowl Disc 34:1936. The paper averages five of them: train five seeds, whose mean is
judged as an ensemble.
"""

from typing import ClassVar, Literal

from cuffless.architectures.options import NetworkOptions
from cuffless.options import option

FILTERS = 32
POOLED = 3
"""Samples over which the branch without a long convolution takes the maximum."""
MODULES_PER_SHORTCUT = 3


class InceptionTimeOptions(NetworkOptions):
    """InceptionTime."""

    printed_name: ClassVar[str] = "InceptionTime"
    rank: ClassVar[int] = 11

    architecture: Literal["inceptiontime"] = "inceptiontime"
    """Architecture."""
    modules: int = option(6, ge=1, le=12)
    """Number of inception modules; every third one ends in a shortcut."""
    kernel: int = option(40, ge=4)
    """Length of the longest convolutions in samples; the others are a half and a quarter as long."""

    def parameter_estimate(self, samples: int) -> float:
        """Counted at full width."""
        return 0.42e6


def least_length(options) -> int:
    """A sample for each that the shortest convolutions see."""
    return options.kernel // 4


def build(inputs, options):
    """Features that the linear outputs are read from.

    Parameters
    ----------
    inputs : (batch, length, channels) Keras tensor
    options : InceptionTimeOptions

    Returns
    -------
    (batch, features) Keras tensor
    """
    from keras import layers

    from cuffless.architectures.layers.blocks import convolution_norm, scaled

    filters, momentum = scaled(FILTERS, options.width), options.batch_norm_momentum
    x = shortcut = inputs
    for module in range(1, options.modules + 1):
        x = _module(x, filters, options.kernel, momentum, f"module{module}")
        if module % MODULES_PER_SHORTCUT == 0:
            name = f"shortcut{module // MODULES_PER_SHORTCUT}"
            shortcut = convolution_norm(shortcut, 4 * filters, 1, momentum=momentum, name=name, bias=False)
            x = shortcut = layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_sum")([x, shortcut]))
    return layers.GlobalAveragePooling1D(name="average")(x)


def _module(x, filters: int, kernel: int, momentum: float, name: str):
    """Three convolutions of a narrowed input, and its maximum, side by side: figure 2 of the paper."""
    from keras import layers

    def convolution(x, length: int, part: str):
        return layers.Conv1D(filters, length, padding="same", use_bias=False, name=f"{name}_{part}")(x)

    narrow = convolution(x, 1, "narrow") if x.shape[-1] > 1 else x
    branches = [convolution(narrow, kernel // 2**i, f"convolution{i + 1}") for i in range(3)]
    pooled = layers.MaxPooling1D(POOLED, strides=1, padding="same", name=f"{name}_pool")(x)
    branches.append(convolution(pooled, 1, "pooled"))
    x = layers.Concatenate(name=f"{name}_join")(branches)
    x = layers.BatchNormalization(momentum=momentum, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)
