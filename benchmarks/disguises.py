"""What may happen to a signal between a record and its copy, for measuring which copies are found."""

from collections.abc import Callable

import numpy as np
from scipy.interpolate import make_interp_spline
from scipy.signal import butter, sosfiltfilt

SAMPLES_PER_BEAT = 125
Disguise = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def noisy(share: float) -> Disguise:
    """White noise of so many SDs."""
    return lambda windows, rng: windows + share * _sd(windows) * rng.standard_normal(windows.shape)


def later(samples: float) -> Disguise:
    """The same signal, a little later."""
    return lambda windows, _: _at(windows, np.arange(windows.shape[1]) + samples)


def stretched(share: float) -> Disguise:
    """A clock that differs by a share, such as from another sampling rate."""
    return lambda windows, _: _at(windows, np.arange(windows.shape[1]) * (1 - share))


def smoothed(frequency: float) -> Disguise:
    """A low-pass filter, in Hz of a pulse of 60 bpm."""
    sections = butter(3, frequency, fs=SAMPLES_PER_BEAT, output="sos")
    return lambda windows, _: sosfiltfilt(sections, windows, axis=1)


def clipped(share: float) -> Disguise:
    """So many of the samples cut off at either end."""
    return lambda windows, _: np.clip(windows, *np.quantile(windows, [share, 1 - share], axis=1)[:, :, None])


def quantized(bits: int) -> Disguise:
    """Rounded to so many bits of the window's range."""

    def disguise(windows: np.ndarray, _: np.random.Generator) -> np.ndarray:
        step = np.ptp(windows, axis=1, keepdims=True) / 2**bits
        return np.round(windows / step) * step

    return disguise


def inverted(windows: np.ndarray, _: np.random.Generator) -> np.ndarray:
    """Absorbance instead of intensity."""
    return -windows


def rescaled(windows: np.ndarray, _: np.random.Generator) -> np.ndarray:
    """Other gain and offset."""
    return 3.7 * windows - 12


def several(windows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Noise, a shift, rounding and the sign together."""
    for disguise in (noisy(0.02), later(2), quantized(8), inverted):
        windows = disguise(windows, rng)
    return windows


DISGUISES: dict[str, Disguise] = {
    "gain and offset": rescaled,
    "quantized to 8 bits": quantized(8),
    "quantized to 5 bits": quantized(5),
    "1 % noise": noisy(0.01),
    "1.5 % noise": noisy(0.015),
    "2 % noise": noisy(0.02),
    "3 % noise": noisy(0.03),
    "10 % noise": noisy(0.1),
    "1 sample later": later(1),
    "2 samples later": later(2),
    "3 samples later": later(3),
    "5 samples later": later(5),
    "resampled by 0.5 %": stretched(0.005),
    "resampled by 1 %": stretched(0.01),
    "low-pass at 5 Hz": smoothed(5),
    "low-pass at 3 Hz": smoothed(3),
    "inverted": inverted,
    "clipped by 5 %": clipped(0.05),
    "clipped by 15 %": clipped(0.15),
    "2 % noise, 2 samples, 8 bits, inverted": several,
}


def _at(windows: np.ndarray, place: np.ndarray) -> np.ndarray:
    here = np.arange(windows.shape[1])
    return make_interp_spline(here, windows, k=3, axis=1)(np.clip(place, 0, here[-1]))


def _sd(windows: np.ndarray) -> np.ndarray:
    return windows.std(axis=1, keepdims=True)
