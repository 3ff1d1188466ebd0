"""Spectrogram in decibels, as a Keras layer."""

import keras
import numpy as np
from keras import layers, ops

MOST_NUMBERS = 1 << 26
"""Of a spectrogram's frames, and of its Fourier matrices."""


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
            raise ValueError(f"a spectrogram takes one channel, got {channels}")
        if length < self.n_fft:
            raise ValueError(f"n_fft {self.n_fft} exceeds the window's {length} samples: lower n_fft")
        numbers = self.n_fft * max(self.n_fft, (length - self.n_fft) // self.hop + 1)
        if numbers > MOST_NUMBERS:  # a damaged model file may ask for any
            raise ValueError(
                f"n_fft {self.n_fft} and hop {self.hop} need {numbers:,} numbers; lower n_fft or raise hop"
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
