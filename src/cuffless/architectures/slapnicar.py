"""Spectro-temporal network of Slapničar et al.

Slapničar, Mlakar & Luštrek 2019 (Sensors 19, 3420), with the sizes of Schrumpf et al.'s code; their paper
names no others, so both variants are alike. Each channel has a residual and a spectrogram branch of its own.
"""

from typing import ClassVar, Literal

from cuffless.architectures.options import NetworkOptions
from cuffless.options import option

BLOCK_FILTERS = (32, 64, 64, 64)
BLOCK_KERNELS = (8, 5, 5)
POOL = 2
SPECTRUM_UNITS = 32
GRU_UNITS = 65
DENSE_UNITS = (32, 32)
WEIGHT_DECAY = 0.001


class SlapnicarOptions(NetworkOptions):
    """Spectro-temporal network of Slapnicar et al."""

    printed_name: ClassVar[str] = "Slapničar"
    rank: ClassVar[int] = 3

    architecture: Literal["slapnicar"] = "slapnicar"
    """Architecture."""
    dropout: float = option(0.25, ge=0, lt=1)
    """Dropout after each dense layer."""
    pool_stride: int = option(1, ge=1, le=4)
    """Stride of the pooling after each residual block."""
    n_fft: int = option(64, ge=8)
    """Samples of a spectrogram frame."""
    hop: int = option(64, ge=1)
    """Samples between spectrogram frames."""

    def parameter_estimate(self, samples: int) -> float:
        """Counted at full width."""
        return 0.28e6


def least_length(options) -> int:
    """Samples that fill one spectrogram frame and leave one after the poolings."""
    length = 1
    for _ in BLOCK_FILTERS:
        length = (length - 1) * options.pool_stride + POOL
    return max(length, options.n_fft)


def register_layers():
    """Have Keras know the spectrogram's layer."""
    import cuffless.architectures.layers.spectrogram  # noqa: F401


def build(inputs, options):
    """Features that the linear outputs are read from.

    Parameters
    ----------
    inputs : (batch, length, channels) Keras tensor
    options : SlapnicarOptions
        `n_fft` and `hop` size the spectrogram, `pool_stride` shortens the input sequence of the GRU.

    Returns
    -------
    (batch, 32 x width) Keras tensor
    """
    from keras import layers

    from cuffless.architectures.layers.blocks import scaled

    momentum = options.batch_norm_momentum
    waves, spectra = [], []
    for i in range(inputs.shape[-1]):
        channel = inputs[:, :, i : i + 1] if inputs.shape[-1] > 1 else inputs
        waves.append(_residual_branch(channel, options, name=f"channel{i + 1}"))
        spectra.append(_spectral_branch(channel, options, name=f"channel{i + 1}"))
    wave, spectrum = waves[0], spectra[0]
    if len(waves) > 1:
        wave = layers.Concatenate(name="waves")(waves)
        spectrum = layers.Concatenate(name="spectra")(spectra)
    wave = layers.BatchNormalization(momentum=momentum, name="wave_norm")(wave)
    wave = layers.GRU(scaled(GRU_UNITS, options.width), name="gru")(wave)
    wave = layers.BatchNormalization(momentum=momentum, name="gru_norm")(wave)
    spectrum = layers.BatchNormalization(momentum=momentum, name="spectrum_norm")(spectrum)
    x = layers.Concatenate(name="joined")([spectrum, wave])
    for i, units in enumerate(DENSE_UNITS, start=1):
        x = _dense(x, units, options, f"dense{i}")
        x = layers.Dropout(options.dropout, name=f"dropout{i}")(x)
    return x


def _residual_branch(x, options, *, name: str):
    """Four residual blocks of three convolutions, each followed by average pooling."""
    from keras import layers

    from cuffless.architectures.layers.blocks import convolution_norm, scaled

    momentum = options.batch_norm_momentum
    for block, filters in enumerate(BLOCK_FILTERS, start=1):
        units = scaled(filters, options.width)
        label = f"{name}_block{block}"
        shortcut = convolution_norm(x, units, 1, momentum=momentum, name=f"{label}_shortcut")
        if block == 1:
            x = layers.BatchNormalization(momentum=momentum, name=f"{name}_norm")(x)
        for i, kernel in enumerate(BLOCK_KERNELS, start=1):
            x = convolution_norm(x, units, kernel, momentum=momentum, name=f"{label}_convolution{i}")
            if i < len(BLOCK_KERNELS):
                x = layers.ReLU(name=f"{label}_relu{i}")(x)
        x = layers.Add(name=f"{label}_sum")([shortcut, x])
        x = layers.ReLU(name=f"{label}_relu{len(BLOCK_KERNELS)}")(x)
        x = layers.AveragePooling1D(POOL, strides=options.pool_stride, name=f"{label}_pool")(x)
    return x


def _spectral_branch(x, options, *, name: str):
    from keras import layers

    from cuffless.architectures.layers.spectrogram import DecibelSpectrogram

    x = DecibelSpectrogram(options.n_fft, options.hop, name=f"{name}_spectrogram")(x)
    x = layers.Flatten(name=f"{name}_flatten")(x)
    x = _dense(x, SPECTRUM_UNITS, options, f"{name}_spectrum")
    return layers.BatchNormalization(momentum=options.batch_norm_momentum, name=f"{name}_spectrum_norm")(x)


def _dense(x, units: int, options, name: str):
    from keras import layers
    from keras.regularizers import L2

    from cuffless.architectures.layers.blocks import scaled

    units = scaled(units, options.width)
    return layers.Dense(units, activation="relu", kernel_regularizer=L2(WEIGHT_DECAY), name=name)(x)
