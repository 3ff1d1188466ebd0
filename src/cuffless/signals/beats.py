"""Pulses in PPG and arterial pressure."""

import warnings
from dataclasses import dataclass

import numpy as np
import scipy

# Quadratic least-squares smoothing over five samples (Savitzky & Golay): a single extreme of a noisy trace is biased.
_SMOOTH = np.array([-3.0, 12.0, 17.0, 12.0, -3.0]) / 35.0
_MOST_ROWS = 1024
_NEIGHBOURS = 7  # pulses (three on either side) among which a pulse must stand out
_LONGEST_RISE = 2.0  # seconds, the length of a beat at 30 bpm: a foot is not sought further back
_CUT_SHARE = 0.1  # share of a pulse's height by which a recording's first sample may exceed the next foot and be a foot


@dataclass(frozen=True)
class PressureBeats:
    """Beats of arterial pressure, in time order."""

    peak: np.ndarray
    foot: np.ndarray
    """`peak`, `foot`: (n_beats,) int arrays: Sample indices of the systolic point and the preceding diastolic point."""
    sbp: np.ndarray
    dbp: np.ndarray
    """`sbp`, `dbp`: (n_beats,) float arrays: Pressures there in mmHg."""


def find_pulses(trace, fs, *, min_prominence=0.0, share=0.4):
    """Systolic peaks of a pulsatile signal.

    Parameters
    ----------
    trace : (n_samples,) float array
        Signal without missing samples.
    fs : float
        Sampling rate in Hz.
    min_prominence : float
        Minimum prominence of a peak in the signal's unit.
    share : float
        Minimum prominence relative to the largest of the neighbouring peaks: local, so that an artefact affects only
        its surroundings, and above that of dicrotic waves.

    Returns
    -------
    (n_peaks,) int array
        Sample indices of the peaks.
    """
    peaks, prominence = _prominent(trace, min_prominence, int(2 * fs) | 1)
    if not len(peaks):
        return peaks
    least = share * scipy.ndimage.maximum_filter1d(prominence, _NEIGHBOURS)
    stands_out = prominence >= least
    return _first_of_equals(trace, peaks[stands_out], least[stands_out])


def _prominent(trace, least, wlen):
    """What `find_peaks` gives with a minimum prominence: peaks, and their prominences."""
    peaks, _ = scipy.signal.find_peaks(trace)
    if least > 0:
        peaks = _drop_ripple(trace, peaks, least)
    with warnings.catch_warnings():
        # Peaks without prominence are shoulders; a share of their neighbours' prominence drops them.
        warnings.simplefilter("ignore", RuntimeWarning)
        prominence = scipy.signal.peak_prominences(trace, peaks, wlen)[0]
    enough = prominence >= least
    return peaks[enough], prominence[enough]


def _drop_ripple(trace, peaks, least):
    """Drop peaks that a valley before a higher neighbour shows to be too low: measuring a prominence is slow."""
    between, at = trace, peaks
    for _ in range(2):  # what is left is hardly ripple
        if len(at) < 2:
            break
        between = np.minimum.reduceat(between[: at[-1]], at[:-1])
        height = trace[peaks]
        too_low = np.minimum(height[1:], height[:-1]) - between < least
        keep = np.ones(len(peaks), bool)
        keep[:-1] &= ~(too_low & (height[1:] > height[:-1]))
        keep[1:] &= ~(too_low & (height[1:] < height[:-1]))
        at = np.flatnonzero(keep)
        peaks = peaks[at]
    return peaks


def _first_of_equals(trace, peaks, least):
    """The first of equally high peaks without a valley between them, as in quantized or clipped traces."""
    after = np.flatnonzero(trace[peaks[1:]] == trace[peaks[:-1]]) + 1
    if not len(after):
        return peaks
    valley = np.minimum.reduceat(trace, np.column_stack((peaks[after - 1], peaks[after])).ravel())[::2]
    return np.delete(peaks, after[trace[peaks[after]] - valley < least[after]])


def drop_close(peaks, heights, least_gap):
    """Drop each peak with a higher one closer than a gap, so that a pulse with two humps counts once.

    Parameters
    ----------
    peaks, heights : (n_peaks,) arrays
        Positions in ascending order, and heights.
    least_gap : (n_peaks,) float array
        Minimum distance at each peak, in the unit of the positions.

    Returns
    -------
    (m,) array
        Remaining positions.
    """
    gap = np.diff(peaks)
    later_wins = heights[1:] > heights[:-1]
    keep = np.ones(len(peaks), bool)
    keep[:-1] &= ~((gap < least_gap[:-1]) & later_wins)
    keep[1:] &= ~((gap < least_gap[1:]) & ~later_wins)
    return peaks[keep]


def pressure_beats(abp, fs, *, min_prominence=10.0, labels="exact"):
    """Systolic and diastolic points of unfiltered arterial pressure.

    Parameters
    ----------
    abp : (n_samples,) float array
        Arterial pressure in mmHg without missing samples.
    fs : float
        Sampling rate in Hz.
    min_prominence : float
        Minimum height of a pulse in mmHg.
    labels : {"exact", "code"}
        "code" reads the trace one sample early and truncates to whole mmHg, as in the paper's released code.

    Returns
    -------
    PressureBeats

    Notes
    -----
    Schrumpf et al. (2021), section 3.3. The diastolic point is the lowest sample since the previous systolic peak, the
    last of equal ones: rise times differ between arteries and people, so no fixed interval before the peak contains
    every foot. A beat whose lowest sample is the first of the search interval (after seconds without a beat, or if the
    recording begins during its rise, well above the next foot) has no foot and is left out.
    """
    peak = find_pulses(abp, fs, min_prominence=min_prominence)
    peak, foot = _feet(abp, peak, round(_LONGEST_RISE * fs))
    if labels == "code":
        sbp, dbp = (np.trunc(abp[np.maximum(at - 1, 0)]) for at in (peak, foot))
    else:
        sbp, dbp = _smooth(abp, peak), _smooth(abp, foot)
    return PressureBeats(peak, foot, sbp, dbp)


def _feet(abp, peak, longest):
    """Peaks that have a foot, and the feet."""
    first = np.maximum(np.concatenate(([0], peak[:-1])), peak - longest)
    valley = np.flatnonzero((abp[1:-1] <= abp[:-2]) & (abp[1:-1] < abp[2:])) + 1
    valley = np.concatenate(([0], valley))  # the first sample counts as one until it is compared with the next beat
    depth = np.append(abp[valley], np.inf)
    begin, end = np.searchsorted(valley, first), np.searchsorted(valley, peak)
    some = end > begin
    peak, first, begin, end = peak[some], first[some], begin[some], end[some]
    if not len(peak):
        return peak, peak.copy()
    # Interleaved bounds: every other result is the minimum from `begin` to `end`.
    least = np.minimum.reduceat(depth, np.column_stack((begin, end)).ravel())[::2]
    beat = np.repeat(np.arange(len(peak)), end - begin)
    at = np.arange(len(beat)) + np.repeat(end - np.cumsum(end - begin), end - begin)
    lowest = depth[at] == least[beat]
    foot = np.zeros(len(peak), np.intp)
    foot[beat[lowest]] = valley[at[lowest]]  # the last of equal ones is kept
    found = least <= abp[first]
    if foot[0] == 0:
        found[0] = len(peak) > 1 and abp[0] - least[1] <= _CUT_SHARE * (abp[peak[0]] - least[1])
    return peak[found], foot[found]


def _smooth(trace, at):
    around = np.clip(at[:, None] + np.arange(-2, 3), 0, len(trace) - 1)
    # In parts for which BLAS starts no threads: they cost more than the product.
    parts = np.array_split(trace[around], len(at) // _MOST_ROWS + 1)
    return np.concatenate([part @ _SMOOTH for part in parts])
