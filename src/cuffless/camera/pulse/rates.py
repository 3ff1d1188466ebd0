"""Pulse rate over time from mean colours: sliding windows and their SNR."""

import numpy as np

from cuffless.camera.errors import RppgError
from cuffless.camera.pulse.blood import is_blood, line_colours
from cuffless.camera.pulse.custom import takes_frames
from cuffless.camera.pulse.faults import channel_faults, is_infrared, through_finger
from cuffless.camera.pulse.noise import noise_colour, pulse_snr, white_noise, whiten
from cuffless.camera.pulse.spectra import pulse_frequencies, undo_multiples
from cuffless.camera.pulse.verdict import (
    AGREE_BPM,
    AGREE_SHARE,
    HOP_SECONDS,
    RATE_RANGE,
    Rates,
    check_rate_range,
    neighbours,
)
from cuffless.camera.pulse.waves import filtered_trace, filtered_waves, stretches
from cuffless.camera.skin.trace import Trace, mean_over_rois

SECONDS = 30.0
"""Length of a window by default."""
SHORTEST = 5.0
"""Shortest window in seconds: three beats at the lowest rate."""
SHORTEST_BY_DEFAULT = 8.0
"""Shortest window in seconds that is chosen for a short clip: four beats at the lowest rate."""
LEAST_FPS = 8.0
"""Below this the first harmonic of a fast pulse is above half the frame rate."""
_EVERY = 5  # of the windows, which are one second apart, one in so many measures the noise
CONTEXT_SECONDS = 30.0
"""Stretch around a shorter window that shows whether its rate is doubled."""


def default_seconds(trace: Trace) -> tuple[float, str]:
    """Length of windows for a trace: 30 s, or the longest that fits a short one.

    Parameters
    ----------
    trace : Trace

    Returns
    -------
    seconds : float
        30 if a stretch without a gap holds so many seconds; otherwise the length of the longest stretch.
    note : str
        Why it is not 30 s; empty if it is.

    Raises
    ------
    RppgError
        If no stretch holds 8 s.
    """
    rgb = mean_over_rois(trace)
    t = trace.t[np.isfinite(rgb).all(axis=1)]
    if any(t[stop - 1] - t[first] >= SECONDS for first, stop in stretches(t)):
        return SECONDS, ""
    longest = max((len(wave) / fps for _, fps, wave in filtered_waves(trace.t, rgb, trace.fps, "green")), default=0.0)
    frame = 1 / trace.fps
    if longest + frame < SHORTEST_BY_DEFAULT:
        raise RppgError(
            f"its longest stretch without a gap has {longest:.3g} s; a pulse rate needs at least "
            f"{SHORTEST_BY_DEFAULT:g} s"
        )
    if longest + frame >= SECONDS:
        return min(float(np.floor(100 * longest) / 100), SECONDS), ""
    tenths = np.floor(10 * longest) / 10
    seconds = float(tenths if tenths >= SHORTEST_BY_DEFAULT else np.floor(100 * longest) / 100)
    return seconds, f"no stretch without a gap holds {SECONDS:g} s: windows of {seconds:g} s are used"


def pulse_rates(
    trace: Trace,
    *,
    method: str = "pos",
    seconds: float = SECONDS,
    rate_range: tuple[float, float] = RATE_RANGE,
    choices: int = 1,
) -> Rates:
    """Pulse rate over time.

    Parameters
    ----------
    trace : Trace
    method : {"pos", "chrom", "green", "red", "blue"}
        Or ``module:function`` of a custom method.
    seconds : float
        Length of a window; windows start one second apart.
    rate_range : (float, float)
        Lowest and highest rate in bpm that is accepted. Rates outside it are measured, too, and never taken for a half
        or a multiple inside it.
    choices : int
        Number of methods that the caller chooses from by what they accept: noise has as many chances.

    Returns
    -------
    Rates
        Without windows if no stretch is as long as one.

    Raises
    ------
    ValueError
        If a window is shorter than 5 s, there are fewer than 8 frames per second, the range is not within 30 and
        220 bpm, or a custom method fails.
    """
    check_rate_range(*rate_range)
    if not seconds >= SHORTEST:
        raise ValueError(f"windows of {seconds:g} s hold too few beats; use at least {SHORTEST:g} s")
    if trace.fps < LEAST_FPS:
        raise ValueError(f"{trace.fps:g} frames per second; at least {LEAST_FPS:g} are needed for a pulse rate")
    waves = filtered_trace(trace, method)
    noise = white_noise(round(trace.fps, 1), seconds, method)
    start = np.concatenate([np.empty(0), *(_starts(t0, fps, wave, seconds) for t0, fps, wave in waves)])
    hr, snr = _rates_at(waves, start, seconds, noise), np.full(len(start), -np.inf)
    if np.isfinite(hr).any():
        snr = _snr_at(waves, start, hr, seconds, noise)
    roi_hr = hr[:, None]
    if len(trace.rois) > 1 and not takes_frames(method):
        each = [filtered_waves(trace.t, colours, trace.fps, method) for colours in trace.rgb.transpose(1, 0, 2)]
        roi_hr = np.column_stack([_rates_at(roi, start, seconds, noise) for roi in each])
    several = np.isfinite(roi_hr).sum(axis=1) > 1
    steady = _neighbours_agree(start, hr, seconds, waves, noise)
    agree = np.where(several, _regions_agree(roi_hr), steady)
    blood = np.ones(len(start), bool)
    at = np.flatnonzero((snr > noise.threshold) & agree)
    rgb = mean_over_rois(trace)
    if len(at) and shows_blood(trace, rgb, method):
        colours = line_colours(trace.t, rgb, waves, start[at], hr[at], seconds)
        blood[at] = is_blood(colours, start[at])
    certain = noise.certain(choices * max(len(start) * HOP_SECONDS / seconds, 1))
    return Rates(
        start,
        seconds,
        hr,
        snr,
        roi_hr,
        agree,
        steady,
        blood,
        noise.threshold,
        certain,
        method,
        tuple(waves),
        rate_range,
    )


def shows_blood(trace: Trace, rgb: np.ndarray, method: str) -> bool:
    """Whether a trace's mean colours tell blood from light, and the method's wave is on the clock of the frames."""
    if takes_frames(method) or channel_faults(rgb, trace.fps):
        return False
    return not through_finger(rgb) and not is_infrared(rgb, trace.fps)


def _starts(t0, fps, wave, seconds):
    """Starts of the windows of one wave, on its samples."""
    length = round(seconds * fps)
    if len(wave) < length:
        return np.empty(0)
    return t0 + np.round(np.arange(0, (len(wave) - length) / fps + 1e-9, HOP_SECONDS) * fps) / fps


def _blocks(wave, fps, first, seconds):
    return np.lib.stride_tricks.sliding_window_view(wave, round(seconds * fps))[first]


def _rates_at(waves, start, seconds, noise):
    """Rates in bpm of the windows at these starts; NaN if no wave contains the window, or it is flat."""
    rates = np.full(len(start), np.nan)
    for t0, fps, wave in waves:
        inside, first = windows_inside(wave, fps, t0, start, seconds)
        if not len(inside) or not wave.any():
            continue
        blocks = _blocks(wave, fps, first, seconds)
        hz = pulse_frequencies(blocks, fps, noise.response, hop=HOP_SECONDS)
        longer = min(CONTEXT_SECONDS, len(wave) / fps)
        if longer > seconds:
            around = first - round((longer - seconds) / 2 * fps)
            around = np.clip(around, 0, len(wave) - round(longer * fps))
            hz = undo_multiples(
                hz, pulse_frequencies(_blocks(wave, fps, around, longer), fps, noise.response, hop=HOP_SECONDS)
            )
        rates[inside] = np.where(np.ptp(blocks, axis=1) > 0, 60 * hz, np.nan)
    return rates


def windows_inside(wave, fps, t0, start, seconds):
    """Which windows, by their starts in seconds, are in a wave that begins at `t0`, and their first samples."""
    first = np.round((start - t0) * fps).astype(int)
    inside = np.flatnonzero((first >= 0) & (first + round(seconds * fps) <= len(wave)))
    return inside, first[inside]


def _snr_at(waves, start, hr, seconds, noise):
    """SNR in dB of windows, with noise of the recording's own colour; -inf where there is no rate."""
    known = np.flatnonzero(np.isfinite(hr))
    held = [(t0, fps, wave, *windows_inside(wave, fps, t0, start[known], seconds)) for t0, fps, wave in waves]
    blocks = np.concatenate([_blocks(wave, fps, first, seconds) for _, fps, wave, _, first in held if len(first)])
    owners = np.concatenate([known[at] for *_, at, first in held if len(first)])
    colour = noise_colour(blocks[::_EVERY], hr[owners[::_EVERY]] / 60, waves[0][1], noise)
    snr = np.full(len(start), -np.inf)
    for _, fps, wave, at, first in held:
        if len(at):
            blocks = _blocks(whiten(wave, fps, colour), fps, first, seconds)
            snr[known[at]] = pulse_snr(blocks, fps, hr[known[at]] / 60)
    return snr


def _regions_agree(rates):
    """Whether a window's rates agree, over the regions that are visible."""
    lowest, highest = (np.where(np.isfinite(rates), rates, empty) for empty in (np.inf, -np.inf))
    lowest, highest = lowest.min(axis=1, initial=np.inf), highest.max(axis=1, initial=-np.inf)
    return highest - lowest <= _tolerance(lowest)


def _tolerance(rates):
    """Greatest difference in bpm from rates that agree."""
    return np.maximum(AGREE_BPM, AGREE_SHARE * rates)


def _neighbours_agree(start, rates, seconds, waves, noise):
    """Whether a window's rate agrees with those of the windows half a length before and after it, if there are any.

    Windows one hop apart share nearly all their samples and agree even in noise. If a window has no such neighbours,
    the rates of its two halves must agree with it.
    """
    agree, alone = np.ones(len(start), bool), np.ones(len(start), bool)
    for at, there in neighbours(start, seconds):
        agree &= ~there | (np.abs(rates[at] - rates) <= _tolerance(rates))
        alone &= ~there
    if alone.any():
        fps = waves[0][1]
        half = round(seconds * fps) // 2 / fps  # whole frames, so that the second half does not end after the window
        halves = [_rates_at(waves, start[alone] + part, half, noise) for part in (0, half)]
        agree[alone] = np.all(np.abs(np.array(halves) - rates[alone]) <= _tolerance(rates[alone]), axis=0)
    return agree
