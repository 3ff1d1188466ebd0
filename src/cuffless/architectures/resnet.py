"""ResNet-50 in one dimension.

He et al. 2016; regression on PPG: Schrumpf et al. 2021, section 3.2. The paper gives no layer sizes, so both
variants have those of the authors' code (which sets batch-norm momentum to 0.9 in its blocks, and drops the
derivatives that it has computed; here they reach the network).
"""

from typing import ClassVar, Literal

from cuffless.architectures.options import NetworkOptions
from cuffless.options import option

STEM_FILTERS = 64
STAGE_FILTERS = (64, 128, 256, 512)
EXPANSION = 4


class ResNetOptions(NetworkOptions):
    """ResNet-50 in one dimension."""

    printed_name: ClassVar[str] = "ResNet"
    rank: ClassVar[int] = 2

    architecture: Literal["resnet"] = "resnet"
    """Architecture."""
    blocks: tuple[int, ...] = option((3, 4, 6, 3), min_length=1, max_length=4)
    """Number of bottleneck blocks in each stage."""

    def parameter_estimate(self, samples: int) -> float:
        """Counted at full width."""
        return 16.2e6


def least_length(options) -> int:
    """Samples that leave two to average, after the stem (by 6) and a halving at each further stage."""
    return 6 * (2 ** (len(options.blocks) - 1) + 1) - 1


def build(inputs, options):
    """Features that the linear outputs are read from.

    Parameters
    ----------
    inputs : (batch, length, channels) Keras tensor
    options : ResNetOptions
        `blocks` holds the number of bottleneck blocks of each stage.

    Returns
    -------
    (batch, features) Keras tensor
    """
    from keras import layers

    from cuffless.architectures.layers.blocks import scaled

    x = layers.ZeroPadding1D(3, name="stem_padding")(inputs)
    x = layers.Conv1D(scaled(STEM_FILTERS, options.width), 7, strides=2, name="stem")(x)
    x = layers.BatchNormalization(momentum=options.batch_norm_momentum, name="stem_norm")(x)
    x = layers.ReLU(name="stem_relu")(x)
    x = layers.MaxPooling1D(3, strides=3, name="stem_pool")(x)
    for stage, (filters, blocks) in enumerate(zip(STAGE_FILTERS, options.blocks, strict=False), start=1):
        for block in range(1, blocks + 1):
            x = _bottleneck(
                x,
                scaled(filters, options.width),
                stride=2 if stage > 1 and block == 1 else 1,
                project=block == 1,
                momentum=options.batch_norm_momentum,
                name=f"stage{stage}_block{block}",
            )
    x = layers.AveragePooling1D(2, name="pool")(x)
    return layers.Flatten(name="flatten")(x)


def _bottleneck(x, filters: int, *, stride: int, project: bool, momentum: float, name: str):
    """Narrow, convolve, widen, and add to the (projected) input: He et al. 2016, figure 5 right."""
    from keras import layers

    from cuffless.architectures.layers.blocks import convolution_norm

    wide = EXPANSION * filters
    shortcut = x
    if project:
        shortcut = convolution_norm(x, wide, 1, strides=stride, momentum=momentum, name=f"{name}_shortcut")
    x = convolution_norm(x, filters, 1, strides=stride, momentum=momentum, name=f"{name}_narrow")
    x = layers.ReLU(name=f"{name}_relu1")(x)
    x = convolution_norm(x, filters, 3, momentum=momentum, name=f"{name}_convolution")
    x = layers.ReLU(name=f"{name}_relu2")(x)
    x = convolution_norm(x, wide, 1, momentum=momentum, name=f"{name}_widen")
    x = layers.Add(name=f"{name}_sum")([x, shortcut])
    return layers.ReLU(name=f"{name}_relu3")(x)
