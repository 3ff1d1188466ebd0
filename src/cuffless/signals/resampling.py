"""Resampling by interpolation."""

import numpy as np
import scipy

from cuffless.signals.blocks import row_blocks


def cubic_windows(trace, start, seconds, fs, n_samples):
    """Cut windows and resample each to `n_samples` samples.

    Parameters
    ----------
    trace : (n,) float array
        Signal, band-limited well below ``fs / 2``.
    start, seconds : (n_windows,) float arrays
        Start and length of each window in seconds.
    fs : float
        Sampling rate of `trace` in Hz.
    n_samples : int
        Samples per window after resampling.

    Returns
    -------
    (n_windows, n_samples) float32 array

    Notes
    -----
    Cubic interpolation through four neighbours; on PPG limited to 8 Hz it differs from a spline by 1e-4 RMS.
    """
    result = np.empty((len(start), n_samples), np.float32)
    for some in row_blocks(len(start), 4 * n_samples):  # several arrays at once
        position = start[some, None] * fs
        origin = np.floor(position)
        offset = np.arange(float(n_samples)) * (seconds[some, None] * fs / n_samples)
        offset += position - origin
        whole = np.floor(offset)
        part = np.subtract(offset, whole, out=offset).astype(np.float32)
        whole += origin
        result[some] = _cubic(trace, whole.astype(np.intp), part)
    return result


def to_rate(trace, fs, new_fs, first, n_samples):
    """Resample a signal to another sampling rate; missing samples stay missing.

    Parameters
    ----------
    trace : (n,) float array
        Signal; NaN marks missing samples.
    fs, new_fs : float
        Present and new sampling rate in Hz.
    first : float
        Time of the first new sample in seconds from the first sample of `trace`.
    n_samples : int
        Number of new samples.

    Returns
    -------
    (n_samples,) float64 array

    Notes
    -----
    A reduction is preceded by a linear-phase low-pass at 0.45 of the lower rate; its taps are short enough that a gap
    grows by at most 0.1 s on either side.
    """
    trace = np.asarray(trace, float)
    if fs > 1.01 * new_fs:
        taps = scipy.signal.firwin(2 * int(np.ceil(8 * fs / new_fs)) + 1, 0.45 * new_fs, fs=fs)
        trace = scipy.ndimage.convolve1d(trace, taps, mode="nearest")
    position = (first + np.arange(n_samples) / new_fs) * fs
    whole = np.floor(position + 1e-9).astype(np.int64)
    return _cubic(trace, whole, np.maximum(position - whole, 0))


def _cubic(trace, at, part):
    """Lagrange interpolation at ``at + part`` through the samples at -1, 0, 1, 2; ends are repeated.

    `at` ascends, and is overwritten.
    """
    if not at.size:
        return np.empty(at.shape, part.dtype)
    # Coefficients of the cubic are computed once per sample; windows then gather these rather than neighbours.
    first, last = np.clip((at[..., 0].min(), at[..., -1].max()), 0, len(trace) - 1)
    near = trace[max(first - 1, 0) : last + 3].astype(part.dtype)
    beyond_ends = (int(first == 0), max(last + 3 - len(trace), 0))
    if any(beyond_ends):
        near = np.pad(near, beyond_ends, "edge")
    before, here, after, beyond = near[:-3], near[1:-2], near[2:-1], near[3:]
    slope = after - before / 3 - here / 2 - beyond / 6
    bend = (before + after) / 2 - here
    jerk = (beyond - before) / 6 + (here - after) / 2
    at -= first
    result = jerk.take(at, mode="clip")
    for coefficient in (bend, slope, here):
        result *= part
        result += coefficient.take(at, mode="clip")
    return result
