"""Pulse rate over time from mean colours: sliding windows, their SNR, and which of them are accepted."""

from dataclasses import dataclass

import numpy as np

from cuffless.camera.pulse.blood import is_blood, line_colours
from cuffless.camera.pulse.faults import channel_faults, through_finger
from cuffless.camera.pulse.noise import noise_colour, pulse_snr, white_noise, whiten
from cuffless.camera.pulse.spectra import SEARCH, pulse_frequencies, undo_multiples
from cuffless.camera.pulse.waves import filtered_waves
from cuffless.camera.skin.trace import Trace, mean_over_rois

HOP_SECONDS = 1.0
AGREE_BPM = 5.0
"""Greatest difference between rates that agree."""
LEAST_BPM, ROUNDING_BPM = 60 * SEARCH[0], 1.0
SHORTEST = 5.0
"""Shortest window in seconds: three beats at the lowest rate."""
LEAST_FPS = 8.0
"""Below this the first harmonic of a fast pulse is above half the frame rate."""
_EVERY = 5  # of the windows, which are one second apart, one in so many measures the noise
_LASTING, _LEAST_RUN = 1 / 4, 5  # of a window's length, and windows: how long a run of confirmed windows has to be
CONTEXT_SECONDS = 30.0
"""Stretch around a shorter window that shows whether its rate is doubled."""


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
    within 5 bpm."""
    steady: np.ndarray
    """(n,) bool array: Whether the rates of neighbouring windows agree, however many regions there are."""
    blood: np.ndarray
    """(n,) bool array: False where the line that the rate was read from is one of brightness; True if that cannot be
    told from the channels, or the window is not accepted for another reason."""
    threshold: float
    certain: float
    """`threshold`, `certain`: SNR in dB that noise exceeds in one window in 20, and hardly ever exceeds in a whole
    recording."""
    method: str
    """From colours to the pulse wave."""
    waves: tuple
    """Tuple of (t0, fps, (m,) float array): Band-passed pulse wave of each stretch without a gap."""

    def __len__(self):
        return len(self.start)

    @property
    def centre(self) -> np.ndarray:
        """Centre of each window in seconds."""
        return self.start + self.seconds / 2

    @property
    def confirmed(self) -> np.ndarray:
        """Windows with an SNR that noise rarely has, and a rate within the range that something else confirms."""
        return self.loud & self.agree & self.blood & (self.hr >= LEAST_BPM - ROUNDING_BPM)

    @property
    def loud(self) -> np.ndarray:
        """Windows with an SNR that noise rarely has."""
        return self.snr > self.threshold

    @property
    def accepted(self) -> np.ndarray:
        """Windows to rely on: confirmed ones, if at least one of them has an SNR that noise hardly ever has, and lasts.

        In noise too, one of many windows is confirmed now and then, and what wavers is often the same in all regions.
        But few windows around it are confirmed as well, though they share most of their samples.
        """
        confirmed = self.confirmed
        most = self._run_lengths(np.ones(len(self), bool)).max(initial=0)
        lasting = self._run_lengths(confirmed) >= min(max(self.seconds * _LASTING / HOP_SECONDS, _LEAST_RUN), most)
        return confirmed & (confirmed & lasting & self.steady & (self.snr > self.certain)).any()

    def _run_lengths(self, chosen: np.ndarray) -> np.ndarray:
        """Number of windows, one hop apart, in the run of chosen windows that each belongs to; 0 where not chosen."""
        joined = np.diff(self.start, prepend=-np.inf) < 1.5 * HOP_SECONDS
        run = np.cumsum(chosen & ~(joined & np.roll(chosen, 1)))
        return np.where(chosen, np.bincount(run[chosen], minlength=len(run) + 1)[run], 0)


def pulse_rates(trace: Trace, *, method: str = "pos", seconds: float = 30.0, choices: int = 1) -> Rates:
    """Pulse rate over time.

    Parameters
    ----------
    trace : Trace
    method : {"pos", "chrom", "green", "red", "blue"}
    seconds : float
        Length of a window; windows start one second apart.
    choices : int
        Number of methods that the caller chooses from by what they accept: noise has as many chances.

    Returns
    -------
    Rates
        Without windows if no stretch is as long as one.

    Raises
    ------
    ValueError
        If a window is shorter than 5 s, or there are fewer than 8 frames per second.
    """
    if not seconds >= SHORTEST:
        raise ValueError(f"windows of {seconds:g} s hold too few beats; use at least {SHORTEST:g} s")
    if trace.fps < LEAST_FPS:
        raise ValueError(f"{trace.fps:g} frames per second; at least {LEAST_FPS:g} are needed for a pulse rate")
    noise = white_noise(round(trace.fps, 1), seconds, method)
    rgb = mean_over_rois(trace)
    waves = filtered_waves(trace.t, rgb, trace.fps, method)
    start = np.concatenate([np.empty(0), *(_starts(t0, fps, wave, seconds) for t0, fps, wave in waves)])
    hr, snr = _rates_at(waves, start, seconds, noise), np.full(len(start), -np.inf)
    if np.isfinite(hr).any():
        snr = _snr_at(waves, start, hr, seconds, noise)
    roi_hr = hr[:, None]
    if len(trace.rois) > 1:
        each = [filtered_waves(trace.t, colours, trace.fps, method) for colours in trace.rgb.transpose(1, 0, 2)]
        roi_hr = np.column_stack([_rates_at(roi, start, seconds, noise) for roi in each])
    several = np.isfinite(roi_hr).sum(axis=1) > 1
    steady = _neighbours_agree(start, hr, seconds, waves, noise)
    agree = np.where(several, _regions_agree(roi_hr), steady)
    blood = np.ones(len(start), bool)
    at = np.flatnonzero((snr > noise.threshold) & agree)
    if len(at) and not channel_faults(rgb, trace.fps) and not through_finger(rgb):
        colours = line_colours(trace.t, rgb, waves, start[at], hr[at], seconds)
        blood[at] = is_blood(colours, start[at])
    certain = noise.certain(choices * max(len(start) * HOP_SECONDS / seconds, 1))
    return Rates(start, seconds, hr, snr, roi_hr, agree, steady, blood, noise.threshold, certain, method, tuple(waves))


def why_nothing(name: str, rates: Rates) -> str:
    """Why no window of a recording is accepted, in one sentence; empty if one is."""
    if rates.accepted.any():
        return ""
    if not len(rates):
        longest = max((len(wave) / fps for _, fps, wave in rates.waves), default=0.0)
        return f"{name}: no stretch without a gap holds a window of {rates.seconds:g} s (the longest: {longest:.1f} s)"
    windows = f"windows of {rates.seconds:g} s"
    rare = f"{rates.threshold:.1f} dB, which noise alone exceeds in 5 % of windows"
    loud = rates.loud
    if not np.isfinite(rates.snr).any():
        return f"{name}: no pulse wave; it is flat in every window"
    if not loud.any():
        return (
            f"{name}: no pulse wave; the SNR of {len(rates)} {windows} is at most {rates.snr.max():.1f} dB, "
            f"not above {rare}"
        )
    if n := int(rates.confirmed.sum()):
        clear = (rates.confirmed & (rates.snr > rates.certain)).any()
        return f"{name}: no reliable pulse wave; {n} of {len(rates)} {windows} have an SNR above {rare}, but " + (
            "they do not last" if clear else f"none above {rates.certain:.1f} dB, which noise hardly ever exceeds"
        )
    if (bright := loud & rates.agree & ~rates.blood).any():
        return (
            f"{name}: no pulse wave; the line at {np.median(rates.hr[bright]):.1f} bpm is in all channels alike, as "
            "from motion or a lamp, and not most in green, as from blood"
        )
    if (loud & rates.agree).any():
        slow = rates.hr[loud & rates.agree].max()
        return f"{name}: its clearest rate is {slow:.1f} bpm; nothing below {LEAST_BPM:g} bpm is accepted"
    many = np.isfinite(rates.roi_hr).sum(axis=1)[loud] > 1
    whose = "the regions" if np.mean(many) > 0.5 else "neighbouring windows"
    return (
        f"{name}: no reliable pulse wave; {int(loud.sum())} of {len(rates)} {windows} have an SNR above {rare}, but "
        f"the rates of {whose} differ by more than {AGREE_BPM:g} bpm"
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
        inside, first = _inside(wave, fps, t0, start, seconds)
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


def _inside(wave, fps, t0, start, seconds):
    """Which windows are in a wave, and their first samples."""
    first = np.round((start - t0) * fps).astype(int)
    inside = np.flatnonzero((first >= 0) & (first + round(seconds * fps) <= len(wave)))
    return inside, first[inside]


def _snr_at(waves, start, hr, seconds, noise):
    """SNR in dB of windows, with noise of the recording's own colour; -inf where there is no rate."""
    known = np.flatnonzero(np.isfinite(hr))
    held = [(t0, fps, wave, *_inside(wave, fps, t0, start[known], seconds)) for t0, fps, wave in waves]
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
    """Whether a window's rates differ by no more than 5 bpm, over the regions that are visible."""
    lowest, highest = (np.where(np.isfinite(rates), rates, empty) for empty in (np.inf, -np.inf))
    return highest.max(axis=1, initial=-np.inf) - lowest.min(axis=1, initial=np.inf) <= AGREE_BPM


def _neighbours_agree(start, rates, seconds, waves, noise):
    """Whether a window's rate agrees with those of the windows half a length before and after it, if there are any.

    Windows one hop apart share nearly all their samples and agree even in noise. If a window has no such neighbours,
    the rates of its two halves must agree with it.
    """
    agree, alone = np.ones(len(start), bool), np.ones(len(start), bool)
    hops = max(round(seconds / 2 / HOP_SECONDS), 1) * HOP_SECONDS
    for distance in (-hops, hops):
        at = np.clip(np.searchsorted(start, start + distance - HOP_SECONDS / 2), 0, max(len(start) - 1, 0))
        there = np.abs(start[at] - start - distance) < HOP_SECONDS / 2
        agree &= ~there | (np.abs(rates[at] - rates) <= AGREE_BPM)
        alone &= ~there
    if alone.any():
        halves = [_rates_at(waves, start[alone] + part, seconds / 2, noise) for part in (0, seconds / 2)]
        agree[alone] = np.all(np.abs(np.array(halves) - rates[alone]) <= AGREE_BPM, axis=0)
    return agree
