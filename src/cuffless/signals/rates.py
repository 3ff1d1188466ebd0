"""Pulse frequency from the spectrum."""

import numpy as np
import scipy

MAX_BIN_HZ = 0.5 / 60  # Bins of at most 0.5 bpm: an unpadded spectrum quantizes the rate to 4 bpm.


def spectrum_size(fs, n_samples):
    """Length of a zero-padded FFT whose bins are at most 0.5 bpm wide."""
    return scipy.fft.next_fast_len(max(int(np.ceil(fs / MAX_BIN_HZ)), n_samples), real=True)


def pulse_frequency(blocks, fs, *, search=(0.67, 3.0), method="subharmonic", ratio=0.3, min_hz=0.7):
    """Pulse frequency of blocks of band-passed PPG.

    Parameters
    ----------
    blocks : (n_blocks, n_samples) float array
        Band-passed PPG.
    fs : float
        Sampling rate in Hz.
    search : (float, float)
        Search band in Hz.
    method : {"subharmonic", "peak"}
        The highest spectral peak as it stands ("peak", the paper), or half its frequency where the spectrum
        there exceeds `ratio` of the peak's amplitude and lies above `min_hz`: with a strong reflected wave the second
        harmonic wins in 8 % of blocks.
    ratio, min_hz : float
        See `method`.

    Returns
    -------
    (n_blocks,) float array
        Frequencies in Hz, refined by a parabola through the peak.

    Raises
    ------
    ValueError
        If the search band does not lie below half the sampling rate.

    Notes
    -----
    Schrumpf et al. (2021), section 3.3: the spectral component of highest amplitude.
    """
    blocks = np.atleast_2d(blocks)
    if not 0 < search[0] < search[1] < fs / 2:
        raise ValueError(f"search band {search} Hz must lie between 0 and {fs / 2:g} Hz, half the sampling rate")
    n = blocks.shape[1]
    size = spectrum_size(fs, n)
    taper = scipy.signal.windows.hann(n, sym=False).astype(np.float32) if n > 2 else np.ones(n, np.float32)
    low = max(int(np.ceil(search[0] * size / fs)), 1)
    high = min(int(np.floor(search[1] * size / fs)), size // 2 - 1)
    spectrum = scipy.fft.rfft(blocks.astype(np.float32) * taper, size, axis=1)[:, : high + 2]
    power = spectrum.real**2 + spectrum.imag**2
    peak = low + np.argmax(power[:, low : high + 1], axis=1)
    if method == "subharmonic":
        peak = _subharmonic(power, peak, ratio, int(np.ceil(min_hz * size / fs)), 4 * size // (fs * 64))
    rows = np.arange(len(peak))
    left, mid, right = (np.sqrt(power[rows, peak + k]) for k in (-1, 0, 1))
    curvature = left - 2 * mid + right
    shift = np.divide(0.5 * (left - right), curvature, out=np.zeros_like(mid), where=curvature < 0)
    return (peak + np.clip(shift, -0.5, 0.5).astype(float)) * fs / size


def _subharmonic(power, peak, ratio, lowest, reach):
    """Move a peak to half its bin where the spectrum stands high enough there."""
    reach = max(int(reach), 1)
    around = (peak // 2)[:, None] + np.arange(-reach, reach + 1)
    around = np.clip(around, 1, power.shape[1] - 2)
    local = np.take_along_axis(power, around, axis=1)
    best = np.argmax(local, axis=1)
    rows = np.arange(len(peak))
    half = around[rows, best]
    take = (local[rows, best] > ratio**2 * power[rows, peak]) & (half > lowest)
    return np.where(take, half, peak)
