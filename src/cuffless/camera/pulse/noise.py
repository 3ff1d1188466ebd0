"""The noise of a recording: its colour, which is removed, and the SNR that white noise then reaches."""

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
from scipy import fft

from cuffless.camera.errors import RppgError
from cuffless.camera.pulse.custom import is_custom, takes_frames
from cuffless.camera.pulse.spectra import power_spectra, pulse_frequencies
from cuffless.camera.pulse.waves import filtered_waves
from cuffless.config import WindowOptions
from cuffless.windows.measure import snr_of

PERCENTILE = 95.0
"""Percentile of the SNR of noise that a window must exceed."""
_RARE = 99.5  # percentile; beyond it the tail is assumed to be exponential in dB
_CERTAIN = 0.01  # share of recordings of noise with a window above the certain SNR
_WINDOWS = 1000
_SEED = 20170
_LEVEL, _SHARE = 100.0, 0.01  # mean colour, and noise as a share of it; built-in methods do not depend on them
_TOGETHER = 10  # windows of noise that a custom method gets at once, as a recording has
_APART = 2.0  # s between them
_PIECES = 16  # of the pass band, equally wide in octaves
_LEAST_PIECES = 6  # fewer give no colour
_DEGREE = 2
_HARMONICS = 16
_LINE = 0.06  # of the pulse frequency: half-width of its lines, unless the spectrum's resolution is coarser
_LOWEST = 1e-3  # of the response's maximum, so that nothing outside the pass band is divided by nearly 0


@dataclass(frozen=True)
class WhiteNoise:
    """White noise after the processing of a recording."""

    frequency: np.ndarray
    """(k,) float array: In Hz."""
    power: np.ndarray
    """(k,) float array: Mean power of windows at these frequencies."""
    threshold: float = np.nan
    rare: float = np.nan
    """`threshold`, `rare`: SNR in dB that one window in 20 exceeds, and one in 200."""

    def response(self, frequency: np.ndarray) -> np.ndarray:
        """Power at other frequencies."""
        return np.maximum(np.interp(frequency, self.frequency, self.power), _LOWEST * self.power.max())

    def certain(self, n_windows: float) -> float:
        """SNR in dB that hardly any recording of noise exceeds, if it has so many windows side by side."""
        decades = np.log10((1 - PERCENTILE / 100) * n_windows / _CERTAIN) / np.log10((100 - PERCENTILE) / (100 - _RARE))
        return float(self.threshold + (self.rare - self.threshold) * decades)


@lru_cache(maxsize=64)
def white_noise(fps: float, seconds: float, method: str) -> WhiteNoise:
    """Spectrum and SNR of windows of white noise.

    Parameters
    ----------
    fps, seconds : float
        Frames per second, and length of a window.
    method : str
        As for `pulse_rates`.

    Notes
    -----
    Simulated: independent noise in the three channels is processed like a recording. How a custom method responds to
    noise in frames is not known: its wave of noise is taken to be white before it is filtered.
    """
    if takes_frames(method):
        return white_noise(fps, seconds, "green")  # one channel is what it was, apart from its mean
    n = int(_WINDOWS * seconds * fps)
    rgb = _LEVEL * (1 + _SHARE * np.random.default_rng(_SEED).standard_normal((n, 3)))
    t = np.arange(n) / fps
    if is_custom(method):
        t += _APART * (t // (_TOGETHER * seconds))
    waves = []
    with suppress(RppgError):  # a custom method may recognize noise
        waves = filtered_waves(t, rgb, fps, method)
    if not any(wave.any() for _, _, wave in waves):
        return white_noise(fps, seconds, "green")
    rate = waves[0][1]
    length = round(seconds * rate)
    blocks = np.concatenate([wave[: len(wave) // length * length].reshape(-1, length) for _, _, wave in waves])
    power, bins = power_spectra(blocks, rate)
    noise = WhiteNoise(np.arange(power.shape[1]) / bins, power.mean(axis=0))
    snr = pulse_snr(blocks, rate, pulse_frequencies(blocks, rate, noise.response))
    return replace(noise, threshold=float(np.percentile(snr, PERCENTILE)), rare=float(np.percentile(snr, _RARE)))


def pulse_snr(blocks: np.ndarray, fps: float, hz: np.ndarray) -> np.ndarray:
    """SNR of windows in dB, in the default bands for windows of PPG."""
    return snr_of(blocks, fps, hz, WindowOptions())


def noise_colour(blocks: np.ndarray, hz: np.ndarray, fps: float, noise: WhiteNoise) -> np.ndarray:
    """Colour of the noise beside the pulse.

    Parameters
    ----------
    blocks : (n, m) float array
        Windows of a pulse wave.
    hz : (n,) float array
        Pulse frequency of each; it and its harmonics are left out.
    fps : float
        Samples per second.
    noise : WhiteNoise
        White noise after the same processing.

    Returns
    -------
    (k,) float array
        Coefficients of a polynomial in the logarithm of the frequency in Hz: the logarithm of the noise's power over
        that of white noise.
    """
    low, high = WindowOptions().band
    power, bins = power_spectra(blocks, fps)
    frequency = np.arange(power.shape[1]) / bins
    even = power / noise.response(frequency)
    orders = np.arange(1, _HARMONICS + 1)[:, None]
    half = np.maximum(2 * fps / blocks.shape[1], _LINE * hz)
    for row, own, width in zip(even, hz, half, strict=True):
        row[(np.abs(frequency - orders * own) < width).any(axis=0)] = np.nan
    edges = np.geomspace(low, min(high, 0.45 * fps), _PIECES + 1)
    points = []
    for first, last in pairwise(edges):
        part = even[:, (frequency >= first) & (frequency < last)]
        part = part[np.isfinite(part)]
        if len(part) and (mean := part.mean()) > 0:
            points.append((np.log(first * last) / 2, np.log(mean)))
    if len(points) < _LEAST_PIECES:
        return np.zeros(1)
    middle, level = np.transpose(points)
    return np.polyfit(middle, level, _DEGREE)


def whiten(wave: np.ndarray, fps: float, colour: np.ndarray) -> np.ndarray:
    """Filter a wave so that its noise has the spectrum of white noise after the same processing.

    Parameters
    ----------
    wave : (n,) float array
    fps : float
        Samples per second.
    colour : (k,) float array
        As from `noise_colour`.
    """
    size = fft.next_fast_len(len(wave) + int(4 * fps), real=True)  # padded, so that its ends do not meet
    tilt = np.polyval(colour, np.log(np.clip(fft.rfftfreq(size, 1 / fps), *WindowOptions().band)))
    return fft.irfft(fft.rfft(wave, size) * np.exp((tilt.mean() - tilt) / 2), size)[: len(wave)]
