"""Signal-to-noise ratio of pulse signals."""

import numpy as np
import scipy

from cuffless.signals.spectra import iter_power, spectrum_size


def signal_to_noise(ppg, fs, pulse_hz, *, half_width=0.1, harmonic_half_width=0.1, band=(0.5, 8.0)):
    """Signal-to-noise ratio of stretches of PPG.

    Parameters
    ----------
    ppg : (n_windows, n_samples) float array
        Band-passed PPG in real time (not resampled to a rate of 60 bpm). Must not hold NaN.
    fs : float
        Sampling rate in Hz; at least twice the upper end of `band`.
    pulse_hz : (n_windows,) float array
        Pulse frequency of each window in Hz.
    half_width, harmonic_half_width : float
        Half-widths in Hz of the signal bands around the pulse frequency and its second harmonic.
    band : (float, float)
        Band in Hz of signal and noise.

    Returns
    -------
    (n_windows,) float array
        SNR in dB; ``-inf`` for a flat window.

    Raises
    ------
    ValueError
        If `ppg` contains NaN, the band extends beyond fs / 2, or a pulse frequency is outside (0, fs / 4).

    Notes
    -----
    De Haan & van Leest (2014), eq. 8; Schrumpf et al. (2021), eq. 1. The paper gives no bands. The value depends
    on the length of the stretch and on the bands: give both wherever it is printed.
    """
    ppg = np.atleast_2d(ppg)
    pulse_hz = np.atleast_1d(np.asarray(pulse_hz, dtype=float))
    if band[1] > fs / 2:
        raise ValueError(f"SNR band {band} Hz extends beyond half the sampling rate, {fs / 2:g} Hz")
    if len(pulse_hz) and not (np.all(pulse_hz > 0) and np.all(pulse_hz < fs / 4)):
        raise ValueError(f"pulse frequencies must lie in (0, {fs / 4:g}) Hz")
    n = ppg.shape[1]
    size = spectrum_size(fs, n)
    taper = scipy.signal.windows.hamming(n, sym=False).astype(np.float32)
    centred = ppg.astype(np.float32, copy=False) - ppg.mean(axis=1, keepdims=True, dtype=np.float32)
    if np.isnan(centred).any():
        raise ValueError("PPG contains NaN; cut it at missing samples first")
    first, last = int(np.ceil(band[0] * size / fs)), int(np.floor(band[1] * size / fs))

    def within(centre, width):
        # Bands are narrow: summing their few bins is cheaper than cumulative sums over all.
        span = np.arange(int(np.ceil(2 * width * size / fs)) + 1)
        at = np.ceil((centre - width) * size / fs).astype(int)[:, None] - first + span
        inside = (at >= 0) & (at <= last - first) & (at + first <= ((centre + width) * size / fs)[:, None])
        return np.clip(at, 0, last - first), inside

    at, inside = within(pulse_hz, half_width)
    at_second, inside_second = within(2 * pulse_hz, harmonic_half_width)
    n_bins, at, inside = at.shape[1], np.hstack((at, at_second)), np.hstack((inside, inside_second))
    pulse, total = np.empty((2, len(ppg)), np.float32)
    for rows, power in iter_power(centred, taper, size, slice(first, last + 1)):
        lines = np.where(inside[rows], np.take_along_axis(power, at[rows], axis=1), 0)
        pulse[rows] = lines[:, :n_bins].sum(axis=1) + lines[:, n_bins:].sum(axis=1)
        total[rows] = power.sum(axis=1)
    rest = total - pulse
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = 10 * np.log10(pulse / np.maximum(rest, np.finfo(float).tiny))
    return np.where(pulse > 0, ratio, -np.inf)
