"""Zero-phase filtering."""

from functools import cache

import numpy as np
import scipy

from cuffless.signals.blocks import row_blocks

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
    ppg = np.asarray(ppg, float)
    sections, settled = _design(order, *band, fs)
    padding = max(min(3 * (2 * len(sections) + 1), ppg.shape[-1] - 1), 0)
    # As scipy.signal.sosfiltfilt, but in place and in blocks: its copies cost as much as the filter.
    before = 2 * ppg[..., :1] - ppg[..., padding:0:-1]
    after = 2 * ppg[..., -1:] - ppg[..., -2 : -(padding + 2) : -1]
    filtered = np.concatenate((before, ppg, after), axis=-1)
    for line in (filtered, filtered[..., ::-1]):
        state = np.expand_dims(settled, tuple(range(1, line.ndim))) * line[..., :1]
        for block in row_blocks(line.shape[-1]):
            line[..., block], state = scipy.signal.sosfilt(sections, line[..., block], zi=state)
    return filtered[..., padding : padding + ppg.shape[-1]]


def lowpass(ppg, fs, cutoff=8.0, order=4):
    """Butterworth low-pass, applied forwards and backwards: for stretches that are short beside a high-pass's response.

    Parameters
    ----------
    ppg : (..., n_samples) float array
        Signal without missing samples.
    fs : float
        Sampling rate in Hz.
    cutoff : float
        Cut-off frequency in Hz.
    order : int
        Order of the Butterworth prototype.

    Returns
    -------
    (..., n_samples) float array
    """
    sections = scipy.signal.butter(order, cutoff, "lowpass", fs=fs, output="sos")
    padding = min(round(fs / cutoff), np.shape(ppg)[-1] - 1)
    return scipy.signal.sosfiltfilt(sections, ppg, axis=-1, padlen=padding)


@cache
def _design(order, low, high, fs):
    """Second-order sections, and their state after a long step of one."""
    sections = scipy.signal.butter(order, (low, high), "bandpass", fs=fs, output="sos")
    return sections, scipy.signal.sosfilt_zi(sections)
