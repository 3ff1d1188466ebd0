"""Building blocks that several architectures share."""

from keras import layers


def scaled(units: int, width: float) -> int:
    """Units or filters of a layer at a given width, at least one."""
    return max(1, round(units * width))


def convolution_norm(
    x,
    filters: int,
    kernel: int,
    *,
    strides: int = 1,
    momentum: float,
    name: str,
    bias: bool = True,
    initializer: str = "glorot_uniform",
    gamma: str = "ones",
):
    """One-dimensional convolution of unchanged length (at stride 1), then batch normalization that starts at gamma."""
    x = layers.Conv1D(
        filters, kernel, strides=strides, padding="same", use_bias=bias, kernel_initializer=initializer, name=name
    )(x)
    return layers.BatchNormalization(momentum=momentum, gamma_initializer=gamma, name=f"{name}_norm")(x)
