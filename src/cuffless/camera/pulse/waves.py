"""From mean colours of skin to a pulse wave."""

import numpy as np
import scipy

from cuffless.camera.pulse.custom import MethodError, is_custom, takes_frames, wave_of_colours
from cuffless.camera.pulse.overlaps import overlap_sum, sliding_sum
from cuffless.camera.skin.trace import Trace, mean_over_rois
from cuffless.config import WindowOptions
from cuffless.signals import bandpass

WINDOW_SECONDS = 1.6
"""Stretch on which colours are normalized and projected: a pulse wave at 40 bpm fits into it."""
METHODS = ("pos", "chrom", "green", "red", "blue")
GAP_SECONDS = 1.0
"""Longer gaps are not interpolated."""
_GRID_HZ = 20.0  # slower recordings are interpolated to a grid fast enough for the pass band
_CHROM_BAND = (0.67, 4.0)  # Hz: 40-240 bpm, as in the method's paper
_CHROM_ORDER = 3
_CHANNELS = {"red": 0, "green": 1, "blue": 2}
_FLAT = 1e-13  # variance over the sum of its squares; below is rounding
_ROUNDING = 1e-6  # of a frame: 30.0000001 frames per second are 30
_PIECE = 4096  # windows
_JITTER = 1e-3  # of a frame: times this close to a uniform grid are on it


def pulse_wave(rgb, fps, *, method="pos", invert=True):
    """Pulse wave from the mean colour of skin.

    Parameters
    ----------
    rgb : (n, 3) float array
        Mean red, green and blue of each frame, not negative, on a uniform grid, without NaN.
    fps : float
        Frames per second.
    method : {"pos", "chrom", "green", "red", "blue"}
        POS, CHROM, or a single channel.
    invert : bool
        Orient the wave as a PPG, which rises with blood volume. False: as the light, which falls, like raw POS.

    Returns
    -------
    (n,) float array
        Pulse wave in arbitrary units, as many samples as frames, not filtered; a trace shorter than 1.6 s is one
        window.

    Raises
    ------
    ValueError
        If `rgb` has another shape, holds NaN or a negative value, `fps` is not positive, or the method is unknown.

    Notes
    -----
    POS: Wang, den Brinker, Stuijk & de Haan (2017), algorithm 1. CHROM: de Haan & Jeanne (2013).
    """
    rgb = np.asarray(rgb, float)
    if rgb.ndim != 2 or rgb.shape[1] != 3:
        raise ValueError(f"colours have shape {rgb.shape}; (n, 3) is needed: red, green, blue of each frame")
    if not np.isfinite(rgb).all() or (rgb < 0).any():
        raise ValueError("colours hold NaN, infinity or a negative value; cut the trace at missing frames first")
    if not fps > 0:
        raise ValueError(f"{fps} frames per second; a positive number is needed")
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; choose from {', '.join(METHODS)}")
    if len(rgb) < 2:
        return np.zeros(len(rgb))
    length = min(int(np.ceil(WINDOW_SECONDS * fps - _ROUNDING)), len(rgb))
    if method == "pos":
        brightness = _pos(rgb.T, length)
    elif method == "chrom":
        brightness = -_chrom(rgb.T, fps, length)
    else:
        brightness = _channel(rgb[:, _CHANNELS[method]])
    return -brightness if invert else brightness


def resample_uniformly(t, values, fps=None):
    """Bring a trace with jittering times or missing frames to a uniform grid.

    Parameters
    ----------
    t : (n,) float array
        Times in seconds, strictly rising.
    values : (n, ...) float array
        Values measured at these times, without NaN.
    fps : float, optional
        Samples per second of the grid; default: one over the median time between frames.

    Returns
    -------
    t0 : float
        Time of the first sample.
    fps : float
        Samples per second.
    values : (m, ...) float array
        On the grid ``t0 + i / fps``, up to the last time.

    Raises
    ------
    ValueError
        If there are fewer than two times, or they do not rise.

    Notes
    -----
    Monotone cubic interpolation (Fritsch & Butland 1984): times a millisecond apart make a spline overshoot.
    """
    t, values = np.asarray(t, float), np.asarray(values, float)
    steps = np.diff(t)
    if not len(steps) or not np.all(steps > 0):
        raise ValueError("times must rise, and there must be at least two; drop repeated times first")
    fps = 1 / float(np.median(steps)) if fps is None else float(fps)
    n = int(np.floor((t[-1] - t[0]) * fps + _JITTER)) + 1
    grid = t[0] + np.arange(n) / fps
    if n == len(t) and np.all(np.abs(grid - t) * fps < _JITTER):
        return float(t[0]), fps, values
    return float(t[0]), fps, scipy.interpolate.PchipInterpolator(t, values, axis=0)(np.minimum(grid, t[-1]))


def stretches(t, gap=GAP_SECONDS):
    """Stretches of a trace without a gap.

    Parameters
    ----------
    t : (n,) float array
        Times in seconds, rising.
    gap : float
        Longest time in seconds between two frames of a stretch.

    Returns
    -------
    (k, 2) int array
        Half-open intervals of samples.
    """
    if not len(t):
        return np.empty((0, 2), int)
    cuts = np.flatnonzero(np.diff(t) > gap) + 1
    return np.column_stack((np.concatenate(([0], cuts)), np.concatenate((cuts, [len(t)]))))


def pulse_stretches(t, rgb, fps=None, *, method="pos", invert=True):
    """Pulse waves of a trace, one for each stretch without a gap.

    Parameters
    ----------
    t : (n,) float array
        Times in seconds, strictly rising.
    rgb : (n, 3) float array
        Mean colours; NaN where no skin is visible.
    fps : float, optional
        Samples per second of the waves; default: one over the median time between frames.
    method, invert
        As for `pulse_wave`; or ``module:function`` of a custom method that takes colours, which orients its wave as
        a PPG itself.

    Returns
    -------
    list of (t0, fps, wave)
        Start in seconds, samples per second and pulse wave of each stretch of at least 1.6 s.
    """
    seen = np.isfinite(rgb).all(axis=1)
    if seen.sum() < 2:
        return []
    fps = 1 / float(np.median(np.diff(t))) if fps is None else fps
    t, rgb = t[seen], rgb[seen]
    waves = []
    for first, stop in stretches(t):
        if t[stop - 1] - t[first] >= WINDOW_SECONDS:
            t0, _, colours = resample_uniformly(t[first:stop], rgb[first:stop], fps)
            if is_custom(method):
                times = t0 + np.arange(len(colours)) / fps
                waves += _placed(*wave_of_colours(method, times, colours, fps), fps, invert)
            else:
                waves.append((t0, fps, pulse_wave(colours, fps, method=method, invert=invert)))
    return waves


def trace_waves(trace: Trace, fps=None, *, method="pos", invert=True):
    """Pulse waves of all regions of a trace together, by any method.

    Parameters
    ----------
    trace : Trace
    fps, method, invert
        As for `pulse_stretches`; or a custom method that takes frames, whose wave is in `Trace.waves`.

    Returns
    -------
    list of (t0, fps, wave)
        As from `pulse_stretches`.

    Raises
    ------
    MethodError
        If the method takes frames, and the trace does not come from a video; or a custom method fails.
    """
    if not takes_frames(method):
        return pulse_stretches(trace.t, mean_over_rois(trace), fps, method=method, invert=invert)
    if method not in trace.waves:
        raise MethodError(f"method {method} takes frames, which a colour trace does not have; give the video")
    return _placed(*trace.waves[method], trace.fps if fps is None else fps, invert)


def _placed(t, wave, fps, invert):
    """A custom method's wave as `pulse_stretches` gives waves: on a uniform grid, without gaps."""
    return [
        (*resample_uniformly(t[first:stop], wave[first:stop] if invert else -wave[first:stop], fps),)
        for first, stop in stretches(t)
        if t[stop - 1] - t[first] >= WINDOW_SECONDS
    ]


def filtered_waves(t, rgb, fps, method):
    """Band-passed pulse waves of a trace's stretches, as `pulse_stretches` gives them."""
    return _filtered(pulse_stretches(t, rgb, _grid_rate(fps), method=method))


def filtered_trace(trace: Trace, method):
    """Band-passed pulse waves of all regions of a trace together, as `trace_waves` gives them."""
    return _filtered(trace_waves(trace, _grid_rate(trace.fps), method=method))


def _grid_rate(fps):
    return fps * np.ceil(_GRID_HZ / fps)


def _filtered(waves):
    options = WindowOptions()
    return [(t0, rate, bandpass(wave, rate, options.band, options.filter_order)) for t0, rate, wave in waves]


def _pos(colours, length):
    """Raw POS, piece by piece: the waves of windows add up, and a piece that fits the cache takes half the time."""
    windows = colours.shape[1] - length + 1
    wave = np.zeros(colours.shape[1])
    for first in range(0, windows, _PIECE):
        held = slice(first, min(first + _PIECE, windows) + length - 1)
        wave[held] += _pos_piece(colours[:, held], length)
    return wave


def _pos_piece(colours, length):
    """Raw POS in closed form: a window's wave is linear in its colours, so the weights of windows can be summed."""
    level = colours.mean(axis=1, keepdims=True)
    centred = colours - level  # products of small numbers lose fewer digits
    red, green, blue = centred
    products = np.stack((red * red, green * green, blue * blue, red * green, red * blue, green * blue))
    sums = sliding_sum(np.concatenate((centred, products)), length)
    sums /= length
    mean = sums[:3]
    gain = _inverse(mean + level)
    # Covariances of the normalized channels.
    rr, gg, bb = gain**2 * (sums[3:6] - mean**2)
    rg, rb, gb = (gain[a] * gain[b] * (sums[a + b + 5] - mean[a] * mean[b]) for a, b in ((0, 1), (0, 2), (1, 2)))
    first = _variance(gg + bb, -2 * gb)  # of S1 = G - B
    second = _variance(4 * rr + gg + bb, 2 * gb - 4 * (rg + rb))  # of S2 = -2 R + G + B
    alpha = _deviation_ratio(first, second)
    weight = np.stack((-2 * alpha, 1 + alpha, alpha - 1)) * gain
    offset = np.sum(weight * mean, axis=0, keepdims=True)  # a window's wave has no mean
    summed = overlap_sum(np.concatenate((weight, offset)), length, colours.shape[1])
    return np.einsum("cn,cn->n", summed[:3], centred) - summed[3]


def _variance(squares, products):
    """Variance of a sum; 0 if it is only rounding."""
    total = squares + products
    return np.where(total > _FLAT * squares, total, 0)


def _deviation_ratio(numerator, denominator):
    """Ratio of two standard deviations; 0 where the second is 0."""
    known = denominator > 0
    return np.sqrt(np.divide(numerator, denominator, out=np.zeros_like(numerator), where=known))


def _inverse(mean):
    """One over the mean, 0 for a channel without light."""
    return np.divide(1, mean, out=np.zeros_like(mean), where=mean > 0)


def _chrom(colours, fps, length):
    """CHROM: chrominance signals of normalized colours, filtered, their ratio tuned in windows that overlap by half."""
    around = scipy.ndimage.uniform_filter1d(colours, length, axis=1, mode="nearest")
    normal = colours * _inverse(around)
    x = 3 * normal[0] - 2 * normal[1]
    y = 1.5 * normal[0] + normal[1] - 1.5 * normal[2]
    high = min(_CHROM_BAND[1], 0.45 * fps)
    if high > _CHROM_BAND[0]:
        sos = scipy.signal.butter(_CHROM_ORDER, (_CHROM_BAND[0], high), "bandpass", fs=fps, output="sos")
        x, y = scipy.signal.sosfiltfilt(sos, np.stack((x, y)), padlen=min(21, len(x) - 1))
    size, hop = len(x), max(length // 2, 1)
    length = 2 * hop
    taper = scipy.signal.windows.hann(length, sym=False)
    windows = -(-size // hop) + 1
    padded = np.zeros((2, (windows + 1) * hop))
    padded[:, hop : hop + size] = x, y
    x, y = np.lib.stride_tricks.sliding_window_view(padded, length, axis=1)[:, ::hop]
    parts = (x - _deviation_ratio(x.var(axis=1), y.var(axis=1))[:, None] * y) * taper
    wave = np.zeros(padded.shape[1])
    wave[:-hop] += parts[:, :hop].ravel()
    wave[hop:] += parts[:, hop:].ravel()
    return wave[hop : hop + size]


def _channel(values):
    """One channel as a share of its mean."""
    mean = values.mean()
    return values / mean - 1 if mean > 0 else np.zeros(len(values))
