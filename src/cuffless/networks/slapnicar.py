"""Spectro-temporal network of Slapničar et al.

Slapničar, Mlakar & Luštrek 2019 (Sensors 19, 3420), with the sizes of Schrumpf et al.'s code; their paper
names no others, so both variants are alike. Each channel has a residual and a spectrogram branch of its own.
"""

import keras
import numpy as np
from keras import layers, ops
from keras.regularizers import L2

from cuffless.networks.blocks import convolution_norm, scaled

BLOCK_FILTERS = (32, 64, 64, 64)
BLOCK_KERNELS = (8, 5, 5)
POOL = 2
SPECTRUM_UNITS = 32
GRU_UNITS = 65
DENSE_UNITS = (32, 32)
WEIGHT_DECAY = 0.001
MOST_NUMBERS = 1 << 26
"""Of a spectrogram's frames, and of its Fourier matrices."""


def least_length(options) -> int:
    """Samples that fill one spectrogram frame and leave one after the poolings."""
    length = 1
    for _ in BLOCK_FILTERS:
        length = (length - 1) * options.pool_stride + POOL
    return max(length, options.n_fft)


def build(inputs, options):
    """Features that the linear outputs are read from.

    Parameters
    ----------
    inputs : (batch, length, channels) Keras tensor
    options : SlapnicarOptions
        `n_fft` and `hop` size the spectrogram, `pool_stride` shortens the sequence that the GRU walks along.

    Returns
    -------
    (batch, 32 x width) Keras tensor
    """
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
        x = layers.Dense(
            scaled(units, options.width),
            activation="relu",
            kernel_regularizer=L2(WEIGHT_DECAY),
            name=f"dense{i}",
        )(x)
        x = layers.Dropout(options.dropout, name=f"dropout{i}")(x)
    return x


def _residual_branch(x, options, *, name: str):
    """Four residual blocks of three convolutions, each followed by average pooling."""
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
    x = DecibelSpectrogram(options.n_fft, options.hop, name=f"{name}_spectrogram")(x)
    x = layers.Flatten(name=f"{name}_flatten")(x)
    x = layers.Dense(
        scaled(SPECTRUM_UNITS, options.width),
        activation="relu",
        kernel_regularizer=L2(WEIGHT_DECAY),
        name=f"{name}_spectrum",
    )(x)
    return layers.BatchNormalization(momentum=options.batch_norm_momentum, name=f"{name}_spectrum_norm")(x)


@keras.saving.register_keras_serializable(package="cuffless")
class DecibelSpectrogram(layers.Layer):
    """Power spectrogram in dB, cut off 80 dB below each window's maximum.

    Parameters
    ----------
    n_fft, hop : int
        Samples of a Hann frame, and between frames; frames reach the input's end only if they fit.

    Raises
    ------
    ValueError
        When built on an input shorter than a frame, or with more than one channel, or too large for memory.

    Notes
    -----
    The Fourier transform of so few points is two fixed matrix products, which run alike on every device.
    """

    FLOOR = 1e-10
    RANGE_DB = 80.0

    def __init__(self, n_fft: int, hop: int, **kwargs):
        super().__init__(**kwargs)
        self.n_fft = n_fft
        self.hop = hop

    def build(self, input_shape):
        """Prepare frame positions and the windowed Fourier matrices."""
        _, length, channels = input_shape
        if channels != 1:
            raise ValueError(f"a spectrogram is of one channel, got {channels}")
        if length < self.n_fft:
            raise ValueError(f"n_fft {self.n_fft} exceeds the window's {length} samples: lower n_fft")
        numbers = self.n_fft * max(self.n_fft, (length - self.n_fft) // self.hop + 1)
        if numbers > MOST_NUMBERS:  # a damaged model file may ask for any
            raise ValueError(
                f"n_fft {self.n_fft} and hop {self.hop} take {numbers:,} numbers: lower n_fft, or raise hop"
            )
        starts = np.arange(0, length - self.n_fft + 1, self.hop)
        time = np.arange(self.n_fft)
        self._positions = starts[:, None] + time
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * time / self.n_fft)
        phase = 2 * np.pi * np.outer(time, np.arange(self.n_fft // 2 + 1)) / self.n_fft
        self._cosine = (hann[:, None] * np.cos(phase)).astype(np.float32)
        self._sine = (hann[:, None] * np.sin(phase)).astype(np.float32)
        self.built = True

    def call(self, inputs):
        """Spectrogram of shape (batch, frames, n_fft // 2 + 1)."""
        frames = ops.take(inputs[:, :, 0], self._positions, axis=1)
        power = ops.square(ops.matmul(frames, self._cosine)) + ops.square(ops.matmul(frames, self._sine))
        decibel = 10 * ops.log10(ops.maximum(power, self.FLOOR))
        return ops.maximum(decibel, ops.max(decibel, axis=(1, 2), keepdims=True) - self.RANGE_DB)

    def compute_output_shape(self, input_shape):
        """Frames that fit, and the bins from zero to half the sampling rate."""
        return (input_shape[0], (input_shape[1] - self.n_fft) // self.hop + 1, self.n_fft // 2 + 1)

    def get_config(self):
        """Sizes, as saved in a model file."""
        return {**super().get_config(), "n_fft": self.n_fft, "hop": self.hop}
