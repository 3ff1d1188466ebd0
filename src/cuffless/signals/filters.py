"""Zero-phase filtering."""

from functools import cache

import numpy as np
import scipy

# After this time the response of the band-pass to a step has decayed to 1e-15 (slowest pole of 0.5 Hz, 4th order).
SETTLING_SECONDS = 32.0


def bandpass(ppg, fs, band=(0.5, 8.0), order=4):
    """Butterworth band-pass, applied forwards and backwards.

    Parameters
    ----------
    ppg : (..., n_samples) float array
        Signal without missing samples.
    fs : float
        Sampling rate in Hz.
    band : (float, float)
        Cut-off frequencies in Hz.
    order : int
        Order of the Butterworth prototype.

    Returns
    -------
    (..., n_samples) float array

    Raises
    ------
    ValueError
        If the band is not below half the sampling rate.

    Notes
    -----
    Schrumpf et al. (2021), section 3.5.1.
    """
    if not 0 < band[0] < band[1] < fs / 2:
        raise ValueError(f"pass band {band} Hz must lie between 0 and {fs / 2:g} Hz, half the sampling rate")
    sos = _sections(order, *band, fs)
    padding = min(3 * (2 * len(sos) + 1), np.shape(ppg)[-1] - 1)
    return scipy.signal.sosfiltfilt(sos, ppg, padlen=max(padding, 0))


@cache
def _sections(order, low, high, fs):
    return scipy.signal.butter(order, (low, high), "bandpass", fs=fs, output="sos")
