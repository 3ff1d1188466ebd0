"""Pulse rate of windows of a pulse wave, neither doubled nor halved."""

from collections.abc import Callable

import numpy as np
from scipy import fft, signal

from cuffless.signals.spectra import spectrum_size

SEARCH = (0.5, 220 / 60)
"""Range of the pulse frequency in Hz: 30 to 220 bpm."""
_TOP = 8.0  # Hz; harmonics above are ignored
_LOWEST = 0.3  # Hz; beats below the range are still found down to this, instead of twice their rate
_CLEAR = 7.0  # times the power beside it, which noise reaches in one bin in a thousand
_FASTEST = 280 / 60  # Hz; beats above the range are found up to this, instead of a part of their rate
_BREATHS = 0.41  # Hz; a line by itself that is not faster may be breathing
_MOST = 8.0  # most that one line counts
# Least sum over the lines that only the slower beat has, by how many times slower it is; the second number, over the
# square root of the number of windows, is added.
_ENOUGH = {2: (7.0, 5.5), 3: (11.0, 8.0)}
_BUT_ONE = {2: 3.5, 3: 8.0}  # least sum without the highest of these lines
_SHARED_SECONDS, _SHARED_HZ = 60, 0.05  # windows up to so far apart with peaks so close are evaluated together
_TINY = np.finfo(float).tiny
_LEAST_AMPLITUDE = 0.15  # of a line, relative to the peak
_WEAK = 0.15  # of the highest response; where it is lower, a slow wave's own line may be all that is left of it
_ALONE = 0.5  # least amplitude of such a line; below the range it must be the highest
_WIDE = 0.7  # of a spectrum's resolution, 1 / s: half-width in which a line is searched
_BESIDE = np.linspace(0.0, 1.0, 9)
_SAME = 0.1  # of a rate: greatest difference between a window and the stretch around it


def power_spectra(blocks: np.ndarray, fps: float) -> tuple[np.ndarray, float]:
    """Power of windows up to 8 Hz, and bins per Hz."""
    blocks = np.atleast_2d(blocks)
    n = blocks.shape[1]
    size = spectrum_size(fps, n)
    taper = signal.windows.hann(n, sym=False)
    spectrum = fft.rfft((blocks - blocks.mean(axis=1, keepdims=True)) * taper, size, axis=1)
    last = min(int(np.ceil(_TOP * size / fps)) + 2, spectrum.shape[1])
    return np.abs(spectrum[:, :last]) ** 2, size / fps


def pulse_frequencies(
    blocks: np.ndarray, fps: float, response: Callable[[np.ndarray], np.ndarray], *, hop: float | None = None
) -> np.ndarray:
    """Pulse frequency of windows.

    Parameters
    ----------
    blocks : (n, m) float array
        Windows of a pulse wave.
    fps : float
        Samples per second.
    response : callable
        Mean power of white noise in such windows at frequencies in Hz.
    hop : float, optional
        Seconds from window to window; default: the windows are unrelated.

    Returns
    -------
    (n,) float array
        In Hz, from 0.3 to 4.67: slower and faster beats than those of the range are found as what they are.

    Notes
    -----
    The highest peak between 30 and 280 bpm, or below where the power rises towards it; or a half or a third of its
    frequency if lines stand out that the faster beat cannot have. Their powers relative to the mean power beside them,
    averaged over nearby windows with the same peak, are added up, with and without the highest: one line at half the
    rate is not enough, as drift and breathing cause one.
    Spectra are compared with the response: method and filter weaken beats below 40 bpm, CHROM most of all, so that a
    strong second harmonic would win.
    """
    power, bins = power_spectra(blocks, fps)
    white = response(np.arange(power.shape[1]) / bins)
    at = _highest_peaks(power, bins)
    peak = _refine_peaks(power, at) / bins
    even = power / white
    top = even[np.arange(len(at)), at]
    resolution = fps / blocks.shape[1]
    found = peak.copy()
    for part, (least, alone) in _ENOUGH.items():
        slower = peak / part
        orders = [order for order in range(1, 2 * part + 2) if order % part]
        height, beside = np.swapaxes([_line(even, order, slower, bins, resolution) for order in orders], 0, 1)
        clear = np.minimum(height / np.maximum(beside, _TINY), _MOST)
        shared, count = _mean_lines(np.where(height > _LEAST_AMPLITUDE**2 * top, clear, 0), peak, hop)
        windows = np.maximum(count * (hop or 0) * resolution, 1)  # side by side
        enough = shared.sum(axis=0) > least + alone / np.sqrt(windows)
        enough &= shared.sum(axis=0) - shared.max(axis=0) > _BUT_ONE[part]
        if part == 2:
            weak = white[np.round(slower * bins).astype(int)] < _WEAK * white.max()
            strong = np.where(slower < SEARCH[0], height[0] > top, weak & (height[0] > _ALONE**2 * top))
            enough |= (clear[0] >= _CLEAR) & strong & (slower > _BREATHS)
        found = np.where(enough & (slower >= _LOWEST), slower, found)
    return found


def _highest_peaks(power, bins):
    """Bins of the highest peaks; below the range where the power rises towards there."""
    lowest, low, high = (round(hz * bins) for hz in (_LOWEST, SEARCH[0], _FASTEST))
    at = low + np.argmax(power[:, low : high + 1], axis=1)
    for row in np.flatnonzero(at == low):
        while at[row] > lowest and power[row, at[row] - 1] > power[row, at[row]]:
            at[row] -= 1
    return at


def _mean_lines(lines, peak, hop):
    """Mean of each line over nearby windows with the same peak, and the number of these windows."""
    total, count = lines.copy(), np.ones(len(peak))
    for step in range(1, min(int(_SHARED_SECONDS / hop) + 1, len(peak)) if hop else 0):
        same = np.abs(peak[step:] - peak[:-step]) <= _SHARED_HZ
        total[:, step:] += np.where(same, lines[:, :-step], 0)
        total[:, :-step] += np.where(same, lines[:, step:], 0)
        count[step:] += same
        count[:-step] += same
    return total / count, count


def undo_multiples(hz: np.ndarray, context: np.ndarray) -> np.ndarray:
    """Rates of short windows, divided by 2 or 3 if they are that multiple of the rate of the stretch around them."""
    times = np.round(hz / context)
    folded = np.isin(times, list(_ENOUGH)) & (np.abs(hz - times * context) <= _SAME * times * context)
    return np.where(folded, hz / np.maximum(times, 1), hz)


def _line(power, order, slower, bins, resolution):
    """Highest power at a multiple of a frequency, and the noise's mean power (by median) up to the next multiples."""
    centre = order * slower * bins
    reach = int(np.ceil(_WIDE * resolution * bins))
    last = power.shape[1] - 1
    at = np.round(centre).astype(int)[:, None] + np.arange(-reach, reach + 1)
    height = np.take_along_axis(power, np.clip(at, 0, last), axis=1).max(axis=1)
    near = np.minimum(2 * resolution, 0.35 * slower)[:, None]
    far = near + (0.5 * slower[:, None] - near) * _BESIDE
    sides = np.concatenate((-far, far), axis=1) * bins + centre[:, None]
    beside = np.median(np.take_along_axis(power, np.clip(np.round(sides).astype(int), 0, last), axis=1), axis=1)
    return np.where(at[:, -1] <= last, height, 0.0), beside / np.log(2)


def _refine_peaks(power, at):
    """Positions of peaks to a fraction of a bin, by a parabola through three amplitudes."""
    rows = np.arange(len(at))
    left, mid, right = (np.sqrt(power[rows, at + step]) for step in (-1, 0, 1))
    curvature = left - 2 * mid + right
    shift = np.divide(0.5 * (left - right), curvature, out=np.zeros_like(mid), where=curvature < 0)
    return at + np.clip(shift, -0.5, 0.5)
