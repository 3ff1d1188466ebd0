"""Pulse frequency of windows of a few beats, from the lag at which they repeat themselves."""

import numpy as np

from cuffless.signals.rates import PULSE_HZ

_SLOWEST_HZ = 0.5  # a beat of 2 s
_LEAST_SECONDS = 0.3  # of a window that its shifted copy must overlap
_FULL_SECONDS, _UNSURE = 0.6, 0.3  # a shorter overlap is evidence of less: score lost where none is left
_NEARLY = 0.2  # how far below the highest a lag's score may be: two beats fit as well as one, and a long lag by chance
_PER_SECOND = 0.05  # score that a lag costs for the same reason
_CURVED_SECONDS = 1.0  # overlap from which a slope between window and copy is drift rather than part of a pulse
_QUIET = 0.2  # share of the window's variance added to that of two overlaps: flat parts always match


def repeat_frequency(windows, fs):
    """Pulse frequency of windows of a few beats.

    Parameters
    ----------
    windows : (n_windows, n_samples) float array
        PPG without missing samples and noise above the pulse's harmonics; at least a second. Best not high-passed: near
        the ends of a short window the filter leaves more of itself than of the pulse.
    fs : float
        Sampling rate in Hz; the lag is refined by a parabola, so that 25 Hz are enough.

    Returns
    -------
    (n_windows,) float array
        Frequencies in Hz, from about 0.5 to 4.2. A pulse whose beat is longer than the window less 0.3 s is not seen to
        repeat itself, and its frequency is wrong.

    Notes
    -----
    A spectrum of 2 s cannot tell 60 from 75 bpm. A window is compared with a copy of itself, one lag later, and scores
    by the share of their variance that the difference leaves, after its mean and, where they overlap for long, its
    slope: a level that drifts is not part of the pulse. The pulse's lag is the shortest peak of the score that comes
    near the highest.
    """
    windows = _without_line(np.atleast_2d(np.asarray(windows, float)))
    n = windows.shape[1]
    shortest = max(int(fs / PULSE_HZ[1]) - 1, 1)
    longest = min(int(fs / _SLOWEST_HZ) + 1, n - int(_LEAST_SECONDS * fs))
    lags = np.arange(shortest, max(longest, shortest + 2) + 1)
    total = windows.var(axis=1)
    score = np.column_stack([_score(windows, lag, fs, total) for lag in lags])
    inner = score[:, 1:-1]
    is_peak = (inner >= score[:, :-2]) & (inner > score[:, 2:])
    highest = np.where(is_peak, inner, -np.inf).max(axis=1, keepdims=True)
    first = 1 + np.argmax(is_peak & (inner >= highest - _NEARLY), axis=1)
    best = np.where(is_peak.any(axis=1), first, np.clip(np.argmax(score, axis=1), 1, len(lags) - 2))
    return np.clip(fs / (lags[0] + _refined(score, best)), *PULSE_HZ)


def _without_line(windows):
    """Windows less their straight lines of best fit."""
    time = np.linspace(-1, 1, windows.shape[1])
    centred = windows - windows.mean(axis=1, keepdims=True)
    return centred - np.outer(centred @ time / (time @ time), time)


def _score(windows, lag, fs, total):
    """How well windows match themselves a lag later: 1 for a perfect match, about 0 or less for none."""
    before, after = windows[:, :-lag], windows[:, lag:]
    n = before.shape[1]
    apart = before - after
    time = np.arange(n) - (n - 1) / 2
    drift = (apart @ time) ** 2 / (time @ time) / n
    seconds = n / fs
    left = apart.var(axis=1) - drift * seconds**2 / (seconds**2 + _CURVED_SECONDS**2)
    whole = before.var(axis=1) + after.var(axis=1) + _QUIET * total
    missing = np.divide(left, whole, out=np.ones(len(windows)), where=whole > 0)
    return 1 - missing - _UNSURE * max(0.0, 1 - seconds / _FULL_SECONDS) - _PER_SECOND * lag / fs


def _refined(score, at):
    """Fractional positions of the maxima of parabolas through their neighbours."""
    rows = np.arange(len(at))
    left, middle, right = (score[rows, at + step] for step in (-1, 0, 1))
    curvature = left - 2 * middle + right
    shift = np.divide(0.5 * (left - right), curvature, out=np.zeros(len(at)), where=curvature < 0)
    return at + np.clip(shift, -0.5, 0.5)
