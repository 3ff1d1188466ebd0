"""Pulse rate over time from mean colours: sliding windows, their SNR, and which of them to believe."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cuffless.config import WindowOptions
from cuffless.rppg.pulse import pulse_stretches
from cuffless.rppg.trace import Trace, mean_over_rois
from cuffless.signals import bandpass, pulse_frequency, signal_to_noise
from cuffless.windows.grid import search_options

HOP_SECONDS = 1.0
AGREE_BPM = 5.0
"""Greatest difference between rates that agree."""
NOISE_PERCENTILE = 95.0
SHORTEST = 5.0
"""Shortest window in seconds: three beats at the lowest rate."""
LEAST_FPS = 8.0
"""Below, the first harmonic of a fast pulse lies beyond half the frame rate."""
_GRID_HZ = 20.0  # slower recordings are interpolated to a grid on which the pass band fits
_NOISE_WINDOWS = 1000
_NOISE_SEED = 20170
_NOISE_SHARE = 0.01  # of the mean colour; the threshold does not depend on it


@dataclass(frozen=True)
class Rates:
    """Pulse rate and SNR of sliding windows.

    Attributes
    ----------
    start : (n,) float array
        Start of each window in seconds.
    seconds : float
        Length of the windows.
    hr, snr : (n,) float arrays
        Pulse rate in bpm and SNR in dB, of all regions together; NaN and -inf where the wave is flat.
    roi_hr : (n, n_roi) float array
        Pulse rate of each region; NaN where it is not visible throughout.
    agree : (n,) bool array
        Whether the rates of the regions, or of neighbouring windows where there is one region, agree within 5 bpm.
    threshold : float
        The 95th percentile of white noise's SNR in dB.
    method : str
        From colours to the pulse wave.
    waves : tuple of (t0, fps, (m,) float array)
        Band-passed pulse wave of each stretch without a gap.
    """

    start: np.ndarray
    seconds: float
    hr: np.ndarray
    snr: np.ndarray
    roi_hr: np.ndarray
    agree: np.ndarray
    threshold: float
    method: str
    waves: tuple

    def __len__(self):
        return len(self.start)

    @property
    def centre(self) -> np.ndarray:
        """Centre of each window in seconds."""
        return self.start + self.seconds / 2

    @property
    def accepted(self) -> np.ndarray:
        """Windows whose SNR white noise rarely has, and whose rate something else confirms."""
        return (self.snr > self.threshold) & self.agree


def pulse_rates(trace: Trace, *, method: str = "pos", seconds: float = 30.0) -> Rates:
    """Pulse rate over time.

    Parameters
    ----------
    trace : Trace
    method : {"pos", "chrom", "green", "red", "blue"}
    seconds : float
        Length of a window; windows begin one second apart.

    Returns
    -------
    Rates
        Without windows if no stretch is as long as one.

    Raises
    ------
    ValueError
        If a window is shorter than 5 s, or there are fewer than 8 frames a second.
    """
    if not seconds >= SHORTEST:
        raise ValueError(f"windows of {seconds:g} s hold too few beats; take at least {SHORTEST:g} s")
    if trace.fps < LEAST_FPS:
        raise ValueError(f"{trace.fps:g} frames a second; at least {LEAST_FPS:g} are needed for a pulse rate")
    waves = filtered_waves(trace.t, mean_over_rois(trace), trace.fps, method)
    parts = [_windows(*wave, seconds) for wave in waves]
    start, hr, snr = (np.concatenate(values) for values in zip(*parts, strict=True)) if parts else [np.empty(0)] * 3
    roi_hr = hr[:, None]
    if len(trace.rois) > 1:
        each = [filtered_waves(trace.t, colours, trace.fps, method) for colours in trace.rgb.transpose(1, 0, 2)]
        roi_hr = np.column_stack([_rates_at(roi, start, seconds) for roi in each])
    several = np.isfinite(roi_hr).sum(axis=1) > 1
    agree = np.where(several, _regions_agree(roi_hr), _neighbours_agree(start, hr, seconds, waves))
    threshold = noise_threshold(round(trace.fps, 1), seconds, method) if len(start) else np.nan
    return Rates(start, seconds, hr, snr, roi_hr, agree, threshold, method, tuple(waves))


def filtered_waves(t, rgb, fps, method) -> list:
    """Band-passed pulse waves of a trace's stretches, as `pulse_stretches` gives them."""
    grid = fps * np.ceil(_GRID_HZ / fps)
    options = WindowOptions()
    return [
        (t0, rate, bandpass(wave, rate, options.band, options.filter_order))
        for t0, rate, wave in pulse_stretches(t, rgb, grid, method=method)
    ]


def why_nothing(name: str, rates: Rates) -> str:
    """Why no window of a recording is accepted, in a sentence; empty if one is."""
    if rates.accepted.any():
        return ""
    if not len(rates):
        longest = max((len(wave) / fps for _, fps, wave in rates.waves), default=0.0)
        return f"{name}: no stretch without a gap holds a window of {rates.seconds:g} s (the longest: {longest:.1f} s)"
    rare = f"{rates.threshold:.1f} dB, which white noise exceeds in 5 % of windows"
    loud = rates.snr > rates.threshold
    if not np.isfinite(rates.snr).any():
        return f"{name}: no pulse wave; its colours stand still"
    if not loud.any():
        return (
            f"{name}: no pulse wave; the SNR of {len(rates)} windows of {rates.seconds:g} s is at most "
            f"{rates.snr.max():.1f} dB, not above {rare}"
        )
    many = np.isfinite(rates.roi_hr).sum(axis=1)[loud] > 1
    whose = "the regions" if np.mean(many) > 0.5 else "neighbouring windows"
    return (
        f"{name}: no pulse wave to rely on; {int(loud.sum())} of {len(rates)} windows of {rates.seconds:g} s have an "
        f"SNR above {rare}, but the rates of {whose} differ by more than {AGREE_BPM:g} bpm"
    )


@lru_cache(maxsize=64)
def noise_threshold(fps: float, seconds: float, method: str) -> float:
    """SNR that one window of white noise in twenty exceeds.

    Parameters
    ----------
    fps : float
        Frames a second.
    seconds : float
        Length of a window.
    method : str
        As for `pulse_rates`.

    Returns
    -------
    float
        In dB.

    Notes
    -----
    Simulated: independent noise in the three channels takes the very path of a recording.
    """
    n = int(_NOISE_WINDOWS * seconds * fps)
    rgb = 1 + _NOISE_SHARE * np.random.default_rng(_NOISE_SEED).standard_normal((n, 3))
    [wave] = filtered_waves(np.arange(n) / fps, rgb, fps, method)
    return float(np.percentile(_windows(*wave, seconds, hop=seconds)[2], NOISE_PERCENTILE))


def _windows(t0, fps, wave, seconds, hop=HOP_SECONDS):
    """Start, rate and SNR of the windows of one wave."""
    length = round(seconds * fps)
    if len(wave) < length:
        return np.empty(0), np.empty(0), np.empty(0)
    first = np.round(np.arange(0, (len(wave) - length) / fps + 1e-9, hop) * fps).astype(int)
    return t0 + first / fps, *_rate_and_snr(np.lib.stride_tricks.sliding_window_view(wave, length)[first], fps)


def _rate_and_snr(blocks, fps):
    """Pulse rate in bpm and SNR in dB, by the options that windows of PPG have by default."""
    options = WindowOptions()
    hz = pulse_frequency(blocks, fps, **search_options(options))
    snr = signal_to_noise(
        blocks,
        fps,
        hz,
        half_width=options.snr_band_hz,
        harmonic_half_width=options.snr_harmonic_hz,
        band=options.snr_range,
    )
    return np.where(np.isfinite(snr), 60 * hz, np.nan), snr


def _rates_at(waves, start, seconds):
    """Rates of windows that are given; NaN where no wave holds the window."""
    rates = np.full(len(start), np.nan)
    for t0, fps, wave in waves:
        length, first = round(seconds * fps), np.round((start - t0) * fps).astype(int)
        inside = np.flatnonzero((first >= 0) & (first + length <= len(wave)))
        if len(inside):
            blocks = np.lib.stride_tricks.sliding_window_view(wave, length)[first[inside]]
            rates[inside] = _rate_and_snr(blocks, fps)[0]
    return rates


def _regions_agree(rates):
    """Whether a window's rates differ by no more than 5 bpm, over the regions that are visible."""
    lowest, highest = (np.where(np.isfinite(rates), rates, empty) for empty in (np.inf, -np.inf))
    return highest.max(axis=1, initial=-np.inf) - lowest.min(axis=1, initial=np.inf) <= AGREE_BPM


def _neighbours_agree(start, rates, seconds, waves):
    """Whether a window's rate is that of the windows half a length before and after it, as far as there are.

    Windows one hop apart share nearly all their samples and agree in noise too. A window without such neighbours is
    asked for the rates of its two halves.
    """
    agree, alone = np.ones(len(start), bool), np.ones(len(start), bool)
    hops = max(round(seconds / 2 / HOP_SECONDS), 1) * HOP_SECONDS
    for distance in (-hops, hops):
        at = np.clip(np.searchsorted(start, start + distance - HOP_SECONDS / 2), 0, max(len(start) - 1, 0))
        there = np.abs(start[at] - start - distance) < HOP_SECONDS / 2
        agree &= ~there | (np.abs(rates[at] - rates) <= AGREE_BPM)
        alone &= ~there
    if alone.any():
        halves = [_rates_at(waves, start[alone] + part, seconds / 2) for part in (0, seconds / 2)]
        agree[alone] = np.all(np.abs(np.array(halves) - rates[alone]) <= AGREE_BPM, axis=0)
    return agree
