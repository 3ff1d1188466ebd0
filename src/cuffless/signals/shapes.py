"""Figures of the shape of pulses: what a regression without a network is given."""

import itertools

import numpy as np
import scipy

from cuffless.signals.beats import find_pulses

SHAPES = (
    *("crest_time", "width25", "width50", "width75", "area", "notch_time", "notch_height"),
    *("upslope", "downslope", "b_over_a", "skewness", "beat_variation"),
)
"""Names of the figures, in their order."""
_POINTS = 64
"""Of an average pulse."""
_FINER = 4
_LEAST_BEATS = 2
_LAST_NOTCH = 0.75
"""Share of a beat."""


def pulse_shapes(ppg, *, beats=7.0):
    """Figures of the shape of the average pulse of each window.

    Parameters
    ----------
    ppg : (n_windows, n_samples) float array
        Windows of some pulses each.
    beats : float
        About how many beats, or seconds, a window lasts: the scale on which pulses are sought.

    Returns
    -------
    (n_windows, 12) float array
        `SHAPES`. Times are shares of a beat, heights shares of the pulse's height: time from foot to peak;
        widths at 25, 50 and 75 % of the height; mean height; time and height of the dicrotic notch, the first
        minimum after the peak or else the point where the slope increases most; steepest rise and fall in
        heights per beat; the ratio of the first dip to the first peak of the second derivative; skewness of
        the samples; SD of the beats' lengths as a share of their mean. A window with fewer than two whole beats
        gets the figures of a sine.

    Notes
    -----
    Elgendi 2012, Curr Cardiol Rev 8:14 (figures of contour and derivatives); Elgendi 2016, Bioengineering 3:21
    (skewness). Peaks are those of `find_pulses`, on windows interpolated fourfold: windows of the default study hold 25
    samples per beat, on which a peak's place alone is worth 4 % of a beat. Packages that measure PPG contours take
    recordings in real time at 75 Hz and more, not windows that were resampled to a length per beat.
    """
    ppg = np.atleast_2d(np.asarray(ppg, float))
    n = ppg.shape[1] * _FINER
    fine = scipy.signal.resample(ppg - ppg.mean(axis=1, keepdims=True), n, axis=1)
    found = np.tile(_figures(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_POINTS) / _POINTS), 0.0, 0.0), (len(ppg), 1))
    for row, (trace, window) in enumerate(zip(fine, ppg, strict=True)):
        peaks = find_pulses(trace, n / beats)
        if len(peaks) <= _LEAST_BEATS or not window.std():
            continue
        feet = np.array([a + np.argmin(trace[a:b]) for a, b in itertools.pairwise(peaks)])
        lengths = np.diff(feet)
        if len(lengths) < _LEAST_BEATS - 1:
            continue
        pulses = [_level(trace[a : b + 1]) for a, b in itertools.pairwise(feet)]
        found[row] = _figures(
            np.median(pulses, axis=0), float(scipy.stats.skew(window)), float(lengths.std() / lengths.mean())
        )
    return found


def _level(beat: np.ndarray) -> np.ndarray:
    """One beat from foot to foot on a common time axis, less the line between its feet, with height 1."""
    pulse = np.interp(np.linspace(0, len(beat) - 1, _POINTS), np.arange(len(beat)), beat)
    pulse = pulse - np.linspace(pulse[0], pulse[-1], _POINTS)
    return pulse / max(float(pulse.max()), 1e-12)


def _figures(pulse: np.ndarray, skewness: float, variation: float) -> np.ndarray:
    peak = int(np.clip(pulse.argmax(), 2, _POINTS - 4))
    widths = [float((pulse >= share * pulse.max()).mean()) for share in (0.25, 0.5, 0.75)]
    slope = np.gradient(pulse) * _POINTS
    bend = scipy.ndimage.gaussian_filter1d(np.gradient(slope), 1.5)
    last = max(int(_LAST_NOTCH * _POINTS), peak + 2)  # later, the slope increases towards the next pulse
    falling = pulse[peak + 1 : last]
    lows = scipy.signal.argrelmin(falling)[0]
    notch = peak + 1 + int(lows[0] if len(lows) else bend[peak + 1 : last].argmax())
    rise = int(bend[: peak + 1].argmax())
    dip = float(bend[rise : peak + 2].min())
    ratio = dip / bend[rise] if bend[rise] > 0 else 0.0
    return np.array(
        [
            *(peak / _POINTS, *widths, float(pulse.mean()), notch / _POINTS, float(pulse[notch])),
            *(float(slope.max()), float(slope.min()), ratio, skewness, variation),
        ]
    )
