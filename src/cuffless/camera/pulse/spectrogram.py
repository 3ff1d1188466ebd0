"""Spectrum over time: that of each window in which a rate was searched."""

import numpy as np

from cuffless.camera.pulse.rates import windows_inside
from cuffless.camera.pulse.spectra import power_spectra
from cuffless.camera.pulse.verdict import HOP_SECONDS, Rates

SHOWN_HZ = (0.5, 4.0)
"""Range of the frequencies."""
_ABOVE = 240 / 220  # of the range's upper end, so that rates there lie within the picture
COLUMNS = 600
"""Most windows whose spectra are computed."""


def shown_bpm(rates: Rates) -> tuple[float, float]:
    """Lowest and highest rate in bpm to show: the range that is accepted, and what was found outside it."""
    found = rates.hr[np.isfinite(rates.hr)]
    low, high = rates.rate_range[0], rates.rate_range[1] * _ABOVE
    if len(found):
        low, high = min(low, found.min()), max(high, found.max())
    return max(float(low), 60 * SHOWN_HZ[0]), min(float(high), 60 * SHOWN_HZ[1])


def spectrogram(rates: Rates) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spectra of windows over time.

    Parameters
    ----------
    rates : Rates

    Returns
    -------
    centre : (n,) float array
        Centres of windows in seconds, equally far apart, one second or more.
    frequency : (m,) float array
        In Hz, from 0.5 to 4.
    power : (n, m) float array
        Power of the pulse wave as a share of the highest in its window; NaN where no window is, or the wave is flat.
    """
    if not len(rates):
        return np.empty(0), np.empty(0), np.empty((0, 0))
    first, last = rates.start[0], rates.start[-1]
    hop = HOP_SECONDS * max(-(-round((last - first) / HOP_SECONDS) // COLUMNS), 1)
    wanted = first + hop * np.arange(int((last - first + HOP_SECONDS / 2) / hop) + 1)
    nearest = np.clip(np.searchsorted(rates.start, wanted - HOP_SECONDS / 2), 0, len(rates) - 1)
    there = np.abs(rates.start[nearest] - wanted) <= HOP_SECONDS / 2
    frequency, spectra = np.empty(0), np.empty((len(wanted), 0))
    for t0, fps, wave in rates.waves:
        at, begin = windows_inside(wave, fps, t0, rates.start[nearest], rates.seconds)
        at, begin = at[there[at]], begin[there[at]]
        if not len(at):
            continue
        blocks = np.lib.stride_tricks.sliding_window_view(wave, round(rates.seconds * fps))[begin]
        power, bins = power_spectra(blocks, fps)
        shown = slice(int(np.ceil(SHOWN_HZ[0] * bins)), int(SHOWN_HZ[1] * bins) + 1)
        power = power[:, shown]
        if not len(frequency):
            frequency = np.arange(shown.start, shown.start + power.shape[1]) / bins
            spectra = np.full((len(wanted), len(frequency)), np.nan)
        top = power.max(axis=1, keepdims=True)
        spectra[at] = np.divide(power, top, out=np.full_like(power, np.nan), where=top > 0)
    return rates.start[0] + rates.seconds / 2 + hop * np.arange(len(wanted)), frequency, spectra
