"""Pulses in PPG and arterial pressure."""

import warnings
from dataclasses import dataclass

import numpy as np
import scipy

# Quadratic least-squares smoothing over five samples (Savitzky & Golay): the extreme of a noisy trace alone is biased.
_SMOOTH = np.array([-3.0, 12.0, 17.0, 12.0, -3.0]) / 35.0
_NEIGHBOURS = 7  # pulses (three either side) among which a pulse must stand out
_UPSTROKE_SECONDS = 0.4


@dataclass(frozen=True)
class PressureBeats:
    """Beats of arterial pressure, in time order.

    Attributes
    ----------
    peak, foot : (n_beats,) int arrays
        Samples of the systolic and of the preceding diastolic point.
    sbp, dbp : (n_beats,) float arrays
        Pressures there in mmHg.
    """

    peak: np.ndarray
    foot: np.ndarray
    sbp: np.ndarray
    dbp: np.ndarray


def find_pulses(trace, fs, *, min_prominence=0.0, share=0.4):
    """Systolic peaks of a pulsatile signal.

    Parameters
    ----------
    trace : (n_samples,) float array
        Signal without missing samples.
    fs : float
        Sampling rate in Hz.
    min_prominence : float
        Least prominence of a peak in the signal's unit.
    share : float
        Least prominence as a share of the greatest among the neighbouring peaks: local, so that an artefact costs
        only its own surroundings, and above that of dicrotic waves.

    Returns
    -------
    (n_peaks,) int array
        Samples of the peaks.
    """
    with warnings.catch_warnings():
        # Peaks of no prominence are shoulders; the share below drops them.
        warnings.simplefilter("ignore", RuntimeWarning)
        peaks, found = scipy.signal.find_peaks(trace, prominence=min_prominence, wlen=int(2 * fs) | 1)
    if not len(peaks):
        return peaks
    prominence = found["prominences"]
    return peaks[prominence >= share * scipy.ndimage.maximum_filter1d(prominence, _NEIGHBOURS)]


def drop_close(peaks, heights, least_gap):
    """Drop each peak that has a higher one nearer than a gap: of a two-humped pulse one hump counts.

    Parameters
    ----------
    peaks, heights : (n_peaks,) arrays
        Positions in ascending order, and heights.
    least_gap : (n_peaks,) float array
        Least distance at each peak, in the positions' unit.

    Returns
    -------
    (m,) array
        Positions that remain.
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
        Least height of a pulse in mmHg.
    labels : {"exact", "code"}
        "code" reads the trace one sample early and truncates to whole mmHg, as the authors' released code does.

    Returns
    -------
    PressureBeats

    Notes
    -----
    Schrumpf et al. (2021), section 3.3. The diastolic point is the lowest sample within 0.4 s before the systolic peak.
    """
    peak = find_pulses(abp, fs, min_prominence=min_prominence)
    if not len(peak):
        nothing = np.empty(0)
        return PressureBeats(peak, peak.copy(), nothing, nothing)
    back = np.arange(-round(_UPSTROKE_SECONDS * fs), 1)
    before = np.maximum(peak[:, None] + back, 0)
    foot = before[np.arange(len(peak)), np.argmin(abp[before], axis=1)]
    if labels == "code":
        sbp, dbp = (np.trunc(abp[np.maximum(at - 1, 0)]) for at in (peak, foot))
    else:
        sbp, dbp = _smoothed(abp, peak), _smoothed(abp, foot)
    return PressureBeats(peak, foot, sbp, dbp)


def _smoothed(trace, at):
    around = np.clip(at[:, None] + np.arange(-2, 3), 0, len(trace) - 1)
    return trace[around] @ _SMOOTH
