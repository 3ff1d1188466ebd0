"""Building blocks that several architectures share."""

from keras import layers


def scaled(units: int, width: float) -> int:
    """Units or filters of a layer at a given width, at least one."""
    return max(1, round(units * width))


def convolution_norm(x, filters: int, kernel: int, *, strides: int = 1, momentum: float, name: str):
    """One-dimensional convolution of unchanged length (at stride 1), then batch normalization."""
    x = layers.Conv1D(filters, kernel, strides=strides, padding="same", name=name)(x)
    return layers.BatchNormalization(momentum=momentum, name=f"{name}_norm")(x)
