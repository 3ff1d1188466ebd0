"""Pulse frequency from the spectrum."""

from dataclasses import dataclass

import numpy as np
import scipy

from cuffless.signals.spectra import iter_power, spectrum_size

PULSE_HZ = (0.4, 4.2)
"""Lowest and highest recognized pulse frequency in Hz, whatever the search band."""
_NEAR_HZ = 1 / 16  # search width around half a line's frequency for its subharmonic
_EXACT_HZ = 0.02  # largest offset of a slow pulse's fundamental
_FUNDAMENTAL, _ODD, _SECOND = 1.1, 0.08, 0.6  # minimum amplitudes of a slow pulse's lines relative to the found line
_BELOW = (
    0.3,
    0.05,
    0.1,
)  # amplitudes relative to a line above the search band that indicate a slower fundamental; see the notes
_VALLEY = 2.0  # minimum ratio of its fundamental to the spectrum between the harmonics


@dataclass(frozen=True)
class PulseSearch:
    """How the pulse frequency is searched for."""

    band: tuple[float, float] = (0.67, 3.0)
    """(float, float): Search band in Hz."""
    method: str = "subharmonic"
    """{"subharmonic", "peak"}: The highest spectral peak ("peak", as in the paper), or half its frequency if this is
    above `min_hz` and the amplitude there exceeds `ratio` of the peak's: with a strong reflected wave the second
    harmonic is the highest in 8 % of blocks."""
    ratio: float = 0.3
    min_hz: float = 0.7
    """`ratio`, `min_hz`: See `method`."""
    cutoff: tuple[float, int] = (0.5, 4)
    """(float, int): Lower cut-off frequency in Hz and order of the zero-phase filter that the PPG went through; what it
    took from a slow pulse's fundamental is allowed for."""


def pulse_frequency(blocks, fs, search=PulseSearch()):
    """Pulse frequency of blocks of band-passed PPG, each on its own evidence.

    Parameters
    ----------
    blocks, fs, search
        As for `pulse_candidates`.

    Returns
    -------
    (n_blocks,) float array
        Frequencies in Hz: the fundamental of a slow pulse where there is evidence of one, else the usual frequency.
    """
    usual, slow = pulse_candidates(blocks, fs, search)
    return np.where(np.isfinite(slow), slow, usual)


def pulse_candidates(blocks, fs, search=PulseSearch()):
    """Pulse frequency of blocks of band-passed PPG, and the fundamental of slower pulses.

    Parameters
    ----------
    blocks : (n_blocks, n_samples) float array
        Band-passed PPG.
    fs : float
        Sampling rate in Hz.
    search : PulseSearch

    Returns
    -------
    usual, slow : (n_blocks,) float arrays
        Frequencies in Hz, refined by a parabola through the peak. `usual` lies above the search band where the pulse
        does; `slow` is NaN where nothing speaks for a pulse below `search.min_hz`.

    Raises
    ------
    ValueError
        If the search band is not below half the sampling rate.

    Notes
    -----
    Schrumpf et al. (2021), section 3.3: the spectral component of highest amplitude.

    Within the search band alone, harmonics of a slower pulse and noise below a faster one would be taken for pulses of
    a usual rate. Above the band, the highest line counts if it exceeds all lines in the band and is not a harmonic:
    there is no line of 0.3 of its amplitude at a half or a third of its frequency, and no line of 0.05 at a half
    together with one of 0.1 at 3/2. Below `search.min_hz`, respiration and wander are often stronger than a pulse, so a
    line there is the fundamental of a slow pulse only if it is at a half or a third of the usual frequency, would
    without the filter exceed the usual line by a factor of 1.1, exceeds the spectrum between the harmonics by a factor
    of 2, and has a harmonic that a pulse of the usual frequency does not have: at 3/2 of it (0.08 of its amplitude) or
    2/3 of it (0.6), also above the spectrum between the harmonics. A pulse with every second beat weak for a long time
    (bigeminy) has such a spectrum too.
    """
    blocks = np.atleast_2d(blocks)
    low_hz, high_hz = search.band
    if not 0 < low_hz < high_hz < fs / 2:
        raise ValueError(f"search band {search.band} Hz must lie between 0 and {fs / 2:g} Hz, half the sampling rate")
    n = blocks.shape[1]
    size = spectrum_size(fs, n)
    hertz = fs / size
    taper = scipy.signal.windows.hann(n, sym=False).astype(np.float32) if n > 2 else np.ones(n, np.float32)
    low = max(int(np.ceil(low_hz / hertz)), 1)
    high = min(int(np.floor(high_hz / hertz)), size // 2 - 1)
    top = min(max(int(np.floor(PULSE_HZ[1] / hertz)), high), size // 2 - 1)
    last = min(3 * top // 2 + _bins(_NEAR_HZ, hertz), size // 2 - 1)  # the third harmonic of half the highest line
    power = np.empty((len(blocks), last + 2), np.float32)
    for rows, part in iter_power(blocks, taper, size, slice(last + 2)):
        power[rows] = part
    peak = low + np.argmax(power[:, low : high + 1], axis=1)
    usual = peak
    if search.method == "subharmonic":
        lowest = int(np.ceil(search.min_hz / hertz))
        usual = _subharmonic(power, peak, search.ratio, lowest, _bins(_NEAR_HZ, hertz))
    if top > high:
        usual = _faster_pulse(power, peak, usual, slice(high + 1, top + 1), hertz)
    slow, is_slow = _slower_pulse(power, usual, search.min_hz, hertz, search.cutoff)
    return _refine(power, usual) * hertz, np.where(is_slow, _refine(power, slow) * hertz, np.nan)


def lasting_frequency(usual, slow):
    """Pulse frequency of blocks that overlap by half: a slow pulse counts if it persists.

    Parameters
    ----------
    usual, slow : (n_blocks,) float arrays
        As from `pulse_candidates`, in time order.

    Returns
    -------
    (n_blocks,) float array
        `slow` where a neighbouring block has nearly the same; between two such blocks also half or a third of `usual`
        if that is their frequency. A few seconds of an irregular rhythm may look like a slow pulse, but do not persist.
    """
    if len(slow) == 1:
        return np.where(np.isfinite(slow), slow, usual)
    with_next = np.abs(np.diff(slow)) <= _NEAR_HZ  # false beside a NaN
    lasts = np.append(with_next, False) | np.append(False, with_next)
    lasting = np.where(lasts, slow, np.nan)
    around = np.full(len(slow), np.nan)
    around[1:-1] = (lasting[:-2] + lasting[2:]) / 2
    order = np.rint(usual / around)
    same = np.isin(order, (2, 3)) & (np.abs(usual - order * around) <= 2 * _NEAR_HZ)
    return np.where(lasts, slow, np.where(same, usual / np.where(same, order, 1), usual))


def _refine(power, at):
    """Fractional bins of the maxima of parabolas through their neighbours."""
    rows = np.arange(len(at))
    left, mid, right = (np.sqrt(power[rows, at + k]) for k in (-1, 0, 1))
    curvature = left - 2 * mid + right
    shift = np.divide(0.5 * (left - right), curvature, out=np.zeros_like(mid), where=curvature < 0)
    return at + np.clip(shift, -0.5, 0.5).astype(float)


def _bins(width, hertz):
    return max(int(width / hertz), 1)


def _line(power, centre, reach):
    """Bin and power of the highest spectral value near each row's bin."""
    around = np.clip(centre[:, None] + np.arange(-reach, reach + 1), 1, power.shape[1] - 2)
    local = np.take_along_axis(power, around, axis=1)
    best = np.argmax(local, axis=1)
    rows = np.arange(len(centre))
    return around[rows, best], local[rows, best]


def _median_power(power, unit, half_width, at):
    """Median power around a multiple of each row's bin; `half_width` is in the same unit."""
    span = np.linspace(at - half_width, at + half_width, 9)
    around = np.clip(np.rint(unit[:, None] * span).astype(int), 1, power.shape[1] - 1)
    return np.median(np.take_along_axis(power, around, axis=1), axis=1)


def _subharmonic(power, peak, ratio, lowest, reach):
    """Move a peak to half its bin if the spectrum is high enough there."""
    half, there = _line(power, peak // 2, reach)
    return np.where((there > ratio**2 * power[np.arange(len(peak)), peak]) & (half > lowest), half, peak)


def _faster_pulse(power, peak, found, above, hertz):
    """Move to the highest line above the search band if it is the pulse and not a harmonic."""
    rows = np.arange(len(peak))
    top = above.start + np.argmax(power[:, above], axis=1)
    line = power[rows, top]
    is_line = (line >= power[rows, top - 1]) & (line >= power[rows, top + 1])
    some = np.flatnonzero(is_line & (line > power[rows, peak]))
    third, half, beyond = (
        _line(power[some], np.rint(top[some] * at).astype(int), _bins(_NEAR_HZ, hertz))[1]
        for at in (1 / 3, 1 / 2, 3 / 2)
    )
    least, weak, odd = (share**2 * line[some] for share in _BELOW)
    harmonic = (third > least) | (half > least) | ((half > weak) & (beyond > odd))
    is_pulse = np.zeros(len(rows), bool)
    is_pulse[some] = ~harmonic
    return np.where(is_pulse, top, found)


def _slower_pulse(power, found, min_hz, hertz, cutoff):
    """Bin of the fundamental of a pulse below `min_hz`, and whether there is one."""
    height = power[np.arange(len(found)), found]
    result, is_slow = found, np.zeros(len(found), bool)
    for order, other, share in ((3, 2 / 3, _SECOND), (2, 3 / 2, _ODD)):
        slow, fundamental = _line(power, np.rint(found / order).astype(int), _bins(_NEAR_HZ / order, hertz))
        passed = 1 / (1 + (cutoff[0] / (slow * hertz)) ** (2 * cutoff[1]))
        take = (slow * hertz >= PULSE_HZ[0]) & (slow * hertz < min_hz)
        take &= np.abs(order * slow - found) <= _EXACT_HZ / hertz * order
        take &= fundamental > (_FUNDAMENTAL * passed) ** 2 * height
        some = np.flatnonzero(take)  # few, if any: medians are slow
        if not len(some):
            continue
        near = power[some]
        _, odd = _line(near, np.rint(found[some] * other).astype(int), _bins(_EXACT_HZ, hertz))
        between = np.maximum(*(_median_power(near, slow[some], 0.2, at) for at in (1.5, 2.5)))
        take[some] = (odd > share**2 * height[some]) & (odd > between) & (fundamental[some] > _VALLEY**2 * between)
        result, is_slow = np.where(take, slow, result), is_slow | take
    return result, is_slow
