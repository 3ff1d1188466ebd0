"""Pulse rates of windows of 2 to 7 s beside their truth: bias, normal pulses rejected and others accepted.

Repeat with ``python -m benchmarks short_windows``.

Windows of seven shapes of the pulse, with beats that vary in length by 3 % (SD), a level that moves with breathing, and
noise. They are judged by the default limits of the rule `hr`, 50 to 140 bpm; rates within 2 bpm (slow) or 4 bpm (fast)
of a limit may be on either side.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.table import Measurement
from cuffless.config import WindowOptions
from cuffless.records.record import ReadyWindows, Record
from cuffless.signals import bandpass, lowpass, pulse_frequency, repeat_frequency
from cuffless.windows.ready import iter_ready

FS, ANALYSIS_HZ = 125.0, 25.0
LENGTHS = (2.0, 3.0, 5.0, 7.0)
RATES = (40, *range(45, 155, 5), 165, 180, 200)
QUIET, NOISY = (0.05, 0.3), 0.8
"""SD of the noise below 8 Hz, relative to the pulse's."""
# Humps of a pulse: centre, width, height; in shares of a beat, or in seconds.
SHAPES = {
    "usual": (True, ((0.2, 0.09, 1.0), (0.55, 0.13, 0.35))),
    "strong reflection": (True, ((0.2, 0.09, 1.0), (0.55, 0.13, 0.7))),
    "sharp": (True, ((0.2, 0.05, 1.0), (0.45, 0.08, 0.3))),
    "reflection after a third": (True, ((0.2, 0.07, 1.0), (0.53, 0.08, 0.6))),
    "reflection after 0.3 s": (False, ((0.2, 0.08, 1.0), (0.5, 0.12, 0.5))),
    "late notch": (True, ((0.2, 0.08, 1.0), (0.65, 0.10, 0.6))),
    "single hump": (True, ((0.3, 0.16, 1.0),)),
}
LIMITS = WindowOptions().hr_range
_IRREGULAR, _LEVEL, _SWELL, _WANDER = 0.03, 0.4, 0.03, 0.5
_SMOOTHED = 8  # samples: noise as an amplifier leaves it


@dataclass(frozen=True)
class ShortWindows:
    """Simulated windows: (n, n_samples) PPG, and the rate in bpm and the noise of each."""

    ppg: np.ndarray
    truth: np.ndarray
    noise: np.ndarray

    @property
    def normal(self) -> np.ndarray:
        """Windows whose true rate is well inside the limits."""
        return (self.truth >= LIMITS[0] + 2) & (self.truth <= LIMITS[1] - 4)

    @property
    def outside(self) -> np.ndarray:
        """Windows whose true rate is well outside the limits."""
        return (self.truth <= LIMITS[0] - 2) | (self.truth >= LIMITS[1] + 4)


def simulate_windows(seconds: float, *, rates=RATES, shapes=tuple(SHAPES), noises=(*QUIET, NOISY), repeats=3, seed=0):
    """Windows of every rate, shape and noise; the truth is the mean rate of a window's own beats."""
    rng = np.random.default_rng(seed)
    drawn = [
        (*_window(shape, bpm, noise, seconds, rng), noise)
        for shape in shapes
        for bpm in rates
        for noise in noises
        for _ in range(repeats)
    ]
    return ShortWindows(*(np.array(values) for values in zip(*drawn, strict=True)))


def _window(shape, bpm, noise, seconds, rng):
    in_beats, humps = SHAPES[shape]
    time = np.arange(round(seconds * FS)) / FS
    usual = 60 / bpm
    beats = usual * (1 + _IRREGULAR * rng.standard_normal(int(seconds / usual) + 7))
    onsets = np.cumsum(beats) - beats - usual * (3 + rng.uniform())
    wave = np.zeros(len(time))
    for onset, beat in zip(onsets, beats, strict=True):
        scale = beat if in_beats else 1.0
        for centre, width, height in humps:
            wave += height * np.exp(-0.5 * ((time - onset - centre * scale) / (width * scale)) ** 2)
    counted = np.diff(np.interp([0, seconds], onsets, np.arange(len(onsets))))[0]
    breath = np.sin(2 * np.pi * (rng.uniform(0.15, 0.35) * time + rng.uniform()))
    wander = np.cumsum(rng.standard_normal(len(time)))
    white = rng.standard_normal(len(time) + _SMOOTHED - 1)
    hiss = np.convolve(white, np.full(_SMOOTHED, _SMOOTHED**-0.5), "valid")
    disturbed = _LEVEL * breath + noise * (hiss + _WANDER * (wander - wander.mean()) / wander.std())
    return wave / wave.std() * (1 + _SWELL * breath) + disturbed, 60 * counted / seconds


def rates_by_spectrum(ppg: np.ndarray) -> np.ndarray:
    """Rates in bpm by the highest line of the band-passed windows' spectra."""
    return 60 * pulse_frequency(bandpass(ppg, FS)[:, ::5], ANALYSIS_HZ)


def rates_by_repeats(ppg: np.ndarray) -> np.ndarray:
    """Rates in bpm by the lag at which windows repeat themselves."""
    return 60 * repeat_frequency(lowpass(ppg, FS)[:, ::5], ANALYSIS_HZ)


def rates_as_ready(ppg: np.ndarray) -> np.ndarray:
    """Rates in bpm as ready-made windows get them."""
    ready = ReadyWindows(len(ppg), FS, ppg.shape[1], lambda a, b: (ppg[a:b], None, None))
    record = Record("a", "a", FS, ("PPG",), ready.seconds, (), ready=ready)
    return np.concatenate([part.candidates.hr for part in iter_ready(record)])


METHODS = {"spectrum": rates_by_spectrum, "repeats": rates_by_repeats, "ready": rates_as_ready}


def shares(windows: ShortWindows, bpm: np.ndarray, chosen: np.ndarray) -> tuple[float, float, float, float]:
    """Of chosen windows: shares of normal ones rejected and others accepted; bias and SD of the rate in %."""
    accepted = (bpm >= LIMITS[0]) & (bpm <= LIMITS[1])
    error = 100 * (bpm[chosen] / windows.truth[chosen] - 1)
    rejected, kept = (~accepted)[chosen & windows.normal], accepted[chosen & windows.outside]
    return rejected.mean(), kept.mean(), error.mean(), error.std()


def short_windows() -> Iterator[Measurement]:
    """Rates by a spectrum, by the lag of repetition, and as ready-made windows get them, for each length of windows."""
    for seconds in LENGTHS:
        windows = simulate_windows(seconds)
        quiet, noisy = windows.noise < NOISY, windows.noise == NOISY
        for method, rates in METHODS.items():
            bpm, name = rates(windows.ppg), f"short_{seconds:g}s_{method}"
            rejected, accepted, bias, sd = shares(windows, bpm, quiet)
            bound = method == "ready"
            yield Measurement(f"{name}_rejected", rejected, "of normal", at_most=0.03 if bound else None)
            yield Measurement(f"{name}_accepted", accepted, "of others", at_most=0.1 if bound else None)
            if not bound:
                yield Measurement(f"{name}_bias", bias, "% of rate")
                yield Measurement(f"{name}_sd", sd, "% of rate")
                rejected, accepted, _, _ = shares(windows, bpm, noisy)
                yield Measurement(f"{name}_noisy_rejected", rejected, "of normal")
                yield Measurement(f"{name}_noisy_accepted", accepted, "of others")
