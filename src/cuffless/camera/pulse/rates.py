"""Pulse rate over time from mean colours: sliding windows, their SNR, and which of them are accepted."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from cuffless.camera.errors import RppgError
from cuffless.camera.pulse.custom import takes_frames
from cuffless.camera.pulse.noise import noise_colour, pulse_snr, white_noise, whiten
from cuffless.camera.pulse.spectra import SEARCH, pulse_frequencies, undo_multiples
from cuffless.camera.pulse.waves import filtered_trace, filtered_waves, stretches
from cuffless.camera.skin.trace import Trace, mean_over_rois

HOP_SECONDS = 1.0
AGREE_BPM, _AGREE_SHARE = 5.0, 0.05
AGREE_FAST = f"{100 * _AGREE_SHARE:g} % above {AGREE_BPM / _AGREE_SHARE:g} bpm"
"""`AGREE_BPM`, `AGREE_FAST`: Greatest difference between rates that agree, and in words that of fast rates, which vary
by more."""
RATE_RANGE = (round(60 * SEARCH[0]), round(60 * SEARCH[1]))
"""Pulse rates in bpm that are accepted by default."""
_ROUNDING_BPM = 0.5
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
FLAT, NOISY, OUT_OF_RANGE, UNCERTAIN = "flat", "too noisy", "out of range", "recording uncertain"
REGIONS, NEIGHBOURS, HALVES = "regions disagree", "neighbours disagree", "halves disagree"
REASONS = (FLAT, NOISY, REGIONS, NEIGHBOURS, HALVES, OUT_OF_RANGE, UNCERTAIN)
"""Why a window is not accepted; the first that holds is given."""


@dataclass(frozen=True)
class Rates:
    """Pulse rate and SNR of sliding windows."""

    start: np.ndarray
    """(n,) float array: Start of each window in seconds."""
    seconds: float
    """Length of the windows."""
    hr: np.ndarray
    snr: np.ndarray
    """`hr`, `snr`: (n,) float arrays: Pulse rate in bpm and SNR in dB, of all regions together; NaN and -inf where the
    wave is flat. The SNR is that of the wave after the colour of its noise is removed."""
    roi_hr: np.ndarray
    """(n, n_roi) float array: Pulse rate of each region; NaN where it is not visible throughout."""
    agree: np.ndarray
    """(n,) bool array: Whether the rates of the regions, or of neighbouring windows where there is one region, agree
    within 5 bpm or 5 %."""
    threshold: float
    certain: float
    """`threshold`, `certain`: SNR in dB that noise exceeds in one window in 20, and hardly ever exceeds in a whole
    recording."""
    method: str
    """From colours to the pulse wave."""
    waves: tuple
    """Tuple of (t0, fps, (m,) float array): Band-passed pulse wave of each stretch without a gap."""
    rate_range: tuple[float, float] = RATE_RANGE
    """Lowest and highest rate in bpm that is accepted."""

    def __len__(self):
        return len(self.start)

    @property
    def centre(self) -> np.ndarray:
        """Centre of each window in seconds."""
        return self.start + self.seconds / 2

    @property
    def in_range(self) -> np.ndarray:
        """Windows with a rate in the range; half a beat per minute beyond it is rounding."""
        low, high = self.rate_range
        return (self.hr >= low - _ROUNDING_BPM) & (self.hr <= high + _ROUNDING_BPM)

    @property
    def confirmed(self) -> np.ndarray:
        """Windows with an SNR that noise rarely has, and a rate within the range that something else confirms."""
        return (self.snr > self.threshold) & self.agree & self.in_range

    @property
    def accepted(self) -> np.ndarray:
        """Windows to rely on: confirmed ones, if at least one of them has an SNR that noise hardly ever has.

        In noise too, one of many windows is confirmed now and then.
        """
        confirmed = self.confirmed
        return confirmed & (confirmed & (self.snr > self.certain)).any()

    @property
    def reasons(self) -> np.ndarray:
        """(n,) array of str: Why each window is not accepted, one of `REASONS`; empty if it is."""
        several = np.isfinite(self.roi_hr).sum(axis=1) > 1
        alone = ~np.any([there for _, there in _neighbours(self.start, self.seconds)], axis=0)
        rules = {
            "": self.accepted,
            FLAT: ~np.isfinite(self.hr),
            NOISY: self.snr <= self.threshold,
            REGIONS: ~self.agree & several,
            HALVES: ~self.agree & alone,
            NEIGHBOURS: ~self.agree,
            OUT_OF_RANGE: ~self.confirmed,
        }
        return np.select(list(rules.values()), list(rules), UNCERTAIN)


def check_rate_range(low: float, high: float) -> None:
    """Raise ValueError unless these are a range of pulse rates that can be measured."""
    if not RATE_RANGE[0] <= low < high <= RATE_RANGE[1]:
        raise ValueError(
            f"{low:g} {high:g} is not a range of pulse rates: give the lowest and the highest rate in bpm, in "
            f"this order, within {RATE_RANGE[0]:g} and {RATE_RANGE[1]:g}"
        )


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
    trace: Trace, *, method: str = "pos", seconds: float = SECONDS, rate_range: tuple[float, float] = RATE_RANGE
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
    agree = np.where(several, _regions_agree(roi_hr), _neighbours_agree(start, hr, seconds, waves, noise))
    certain = noise.certain(max(len(start) * HOP_SECONDS / seconds, 1))
    return Rates(start, seconds, hr, snr, roi_hr, agree, noise.threshold, certain, method, tuple(waves), rate_range)


def why_nothing(name: str, rates: Rates) -> str:
    """Why no window of a recording is accepted, in one sentence; empty if one is."""
    if rates.accepted.any():
        return ""
    if not len(rates):
        longest = max((len(wave) / fps for _, fps, wave in rates.waves), default=0.0)
        return f"{name}: no stretch without a gap holds a window of {rates.seconds:g} s (the longest: {longest:.1f} s)"
    windows = f"window{'' if len(rates) == 1 else 's'} of {rates.seconds:g} s"
    rare = f"{rates.threshold:.1f} dB, which noise alone exceeds in 5 % of windows"
    loud = rates.snr > rates.threshold
    if not np.isfinite(rates.snr).any():
        return f"{name}: no pulse wave; it is flat in every window"
    if not loud.any():
        return (
            f"{name}: no pulse wave; the SNR of {len(rates)} {windows} is at most {rates.snr.max():.1f} dB, "
            f"not above {rare}"
        )
    outside = rates.snr[loud & rates.agree & ~rates.in_range]
    if (outside > rates.certain).any():
        low, high = rates.rate_range
        bpm = rates.hr[rates.snr == outside.max()][0]
        if bpm < low:
            return f"{name}: its clearest rate is {bpm:.1f} bpm; nothing below {low:g} bpm is accepted"
        return f"{name}: its clearest rate is {bpm:.1f} bpm; nothing above {high:g} bpm is accepted"
    if n := int(rates.confirmed.sum()):
        return (
            f"{name}: no reliable pulse wave; {n} of {len(rates)} {windows} have an SNR above {rare}, but none "
            f"above {rates.certain:.1f} dB, which noise hardly ever exceeds"
        )
    whose = {REGIONS: "the regions", HALVES: "the two halves of a window", NEIGHBOURS: "neighbouring windows"}
    apart = Counter(reason for reason in rates.reasons[loud].tolist() if reason in whose)
    if not apart:
        low, high = rates.rate_range
        return (
            f"{name}: no reliable pulse wave; the rates of the {int(loud.sum())} of {len(rates)} {windows} that have "
            f"an SNR above {rare} are outside {low:g} to {high:g} bpm"
        )
    return (
        f"{name}: no reliable pulse wave; {int(loud.sum())} of {len(rates)} {windows} have an SNR above {rare}, but "
        f"the rates of {whose[apart.most_common(1)[0][0]]} differ by more than {AGREE_BPM:g} bpm ({AGREE_FAST})"
    )


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
    return np.maximum(AGREE_BPM, _AGREE_SHARE * rates)


def _neighbours_agree(start, rates, seconds, waves, noise):
    """Whether a window's rate agrees with those of the windows half a length before and after it, if there are any.

    Windows one hop apart share nearly all their samples and agree even in noise. If a window has no such neighbours,
    the rates of its two halves must agree with it.
    """
    agree, alone = np.ones(len(start), bool), np.ones(len(start), bool)
    for at, there in _neighbours(start, seconds):
        agree &= ~there | (np.abs(rates[at] - rates) <= _tolerance(rates))
        alone &= ~there
    if alone.any():
        halves = [_rates_at(waves, start[alone] + part, seconds / 2, noise) for part in (0, seconds / 2)]
        agree[alone] = np.all(np.abs(np.array(halves) - rates[alone]) <= _tolerance(rates[alone]), axis=0)
    return agree


def _neighbours(start, seconds):
    """For the windows half a length before, then after: which they are, and whether they exist."""
    hops = max(round(seconds / 2 / HOP_SECONDS), 1) * HOP_SECONDS
    for distance in (-hops, hops):
        at = np.clip(np.searchsorted(start, start + distance - HOP_SECONDS / 2), 0, max(len(start) - 1, 0))
        yield at, np.abs(start[at] - start - distance) < HOP_SECONDS / 2
