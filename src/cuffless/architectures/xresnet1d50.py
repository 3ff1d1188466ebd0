"""XResNet1d50: a residual network of 50 layers as biosignal benchmarks use it.

He et al. 2019 (arXiv 1812.01187) changed the stem and the shortcuts of ResNet; Strodthoff et al. 2021 (IEEE J Biomed
Health Inform 25:1519) took it to one dimension for ECG, with kernels of 5 samples and stages of one width; on PPG:
Moulaeifard et al. 2025 (arXiv 2502.19167).
"""

from typing import ClassVar, Literal

from cuffless.architectures.options import NetworkOptions
from cuffless.options import option

STEM_FILTERS = (32, 32, 64)
STAGE_FILTERS = 64
EXPANSION = 4
KERNEL = 5


class XResNet1d50Options(NetworkOptions):
    """XResNet1d50."""

    printed_name: ClassVar[str] = "XResNet1d50"
    rank: ClassVar[int] = 10

    architecture: Literal["xresnet1d50"] = "xresnet1d50"
    """Architecture."""
    blocks: tuple[int, ...] = option((3, 4, 6, 3), min_length=1, max_length=4)
    """Number of bottleneck blocks in each stage; 3, 4, 23, 3 make it XResNet1d101."""
    dropout: float = option(0.5, ge=0, lt=1)
    """Share of features left out before the outputs, in training."""

    def parameter_estimate(self, samples: int) -> float:
        """Counted at full width."""
        return 0.90e6


def least_length(options) -> int:
    """Samples of which one is left after the stem (by 4) and a halving at each further stage."""
    return 4 * 2 ** (len(options.blocks) - 1)


def build(inputs, options):
    """Features that the linear outputs are read from.

    Parameters
    ----------
    inputs : (batch, length, channels) Keras tensor
    options : XResNet1d50Options
        `blocks` holds the number of bottleneck blocks of each stage.

    Returns
    -------
    (batch, features) Keras tensor
    """
    from keras import layers

    from cuffless.architectures.layers.blocks import scaled

    x, momentum = inputs, options.batch_norm_momentum
    for i, filters in enumerate(STEM_FILTERS, start=1):
        x = _convolution(x, scaled(filters, options.width), KERNEL, 2 if i == 1 else 1, momentum, f"stem{i}")
        x = layers.ReLU(name=f"stem{i}_relu")(x)
    x = layers.MaxPooling1D(3, strides=2, padding="same", name="stem_pool")(x)
    for stage, blocks in enumerate(options.blocks, start=1):
        for block in range(1, blocks + 1):
            stride = 2 if stage > 1 and block == 1 else 1
            x = _bottleneck(x, scaled(STAGE_FILTERS, options.width), stride, momentum, f"stage{stage}_block{block}")
    pooled = [layers.GlobalMaxPooling1D(name="maximum")(x), layers.GlobalAveragePooling1D(name="average")(x)]
    x = layers.Concatenate(name="pool")(pooled)
    x = layers.BatchNormalization(momentum=momentum, name="pool_norm")(x)
    return layers.Dropout(options.dropout, name="dropout")(x)


def _convolution(x, filters: int, kernel: int, stride: int, momentum: float, name: str, **norm):
    from cuffless.architectures.layers.blocks import convolution_norm

    return convolution_norm(
        x, filters, kernel, strides=stride, momentum=momentum, name=name, bias=False, initializer="he_normal", **norm
    )


def _bottleneck(x, filters: int, stride: int, momentum: float, name: str):
    """Narrow, convolve, widen, and add to the input, which is averaged where the length is halved.

    The last normalization starts at zero, so that a new block passes its input on (He et al. 2019, section 3.1).
    """
    from keras import layers

    wide, shortcut = EXPANSION * filters, x
    if stride > 1:
        shortcut = layers.AveragePooling1D(stride, padding="same", name=f"{name}_shortcut_pool")(shortcut)
    if x.shape[-1] != wide:
        shortcut = _convolution(shortcut, wide, 1, 1, momentum, f"{name}_shortcut")
    x = layers.ReLU(name=f"{name}_relu1")(_convolution(x, filters, 1, 1, momentum, f"{name}_narrow"))
    x = _convolution(x, filters, KERNEL, stride, momentum, f"{name}_convolution")
    x = layers.ReLU(name=f"{name}_relu2")(x)
    x = _convolution(x, wide, 1, 1, momentum, f"{name}_widen", gamma="zeros")
    return layers.ReLU(name=f"{name}_relu3")(layers.Add(name=f"{name}_sum")([x, shortcut]))
