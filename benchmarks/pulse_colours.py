"""Colours of skin with a known pulse, of many shapes, rhythms and disturbances."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cuffless.camera.skin.trace import Trace

FACE = (np.array([150.0, 110.0, 90.0]), np.array([0.3, 0.8, 0.5]))
FINGER = (np.array([225.0, 35.0, 12.0]), np.array([0.5, 0.9, 0.7]))
"""`FACE`, `FINGER`: Mean colour, and depth of the pulse in each channel relative to the recording's."""
_DISTURBED = np.array([1.0, 0.4, 0.7])  # breathing and drift are of light and movement more than of blood
_BREATH_HZ = 0.4  # breaths that come faster are shallower
_WITHIN = 4  # moments of a frame's exposure, which lasts until the next frame
_AFTER = 0.25  # of a beat: how much stronger the pulse is after a premature beat's pause
_NARROW_BEAT = 0.75  # s; in faster beats a narrow pulse shrinks with the beat


def _bump(at, centre, width):
    return np.exp(-(((at - centre) / width) ** 2))


SHAPES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "sine": lambda phase, _: 0.5 - 0.5 * np.cos(2 * np.pi * phase),
    "smooth": lambda phase, _: 0.5 - 0.4 * np.cos(2 * np.pi * phase) + 0.15 * np.sin(4 * np.pi * phase),
    "notched": lambda phase, _: _bump(phase, 0.25, 0.11) + 0.4 * _bump(phase, 0.6, 0.13),
    "second": lambda phase, _: _bump(phase, 0.22, 0.1) + 0.75 * _bump(phase, 0.64, 0.11),
    "narrow": lambda phase, beat: (
        _bump(phase * np.maximum(beat, _NARROW_BEAT), 0.2, 0.08)
        + 0.3 * _bump(phase * np.maximum(beat, _NARROW_BEAT), 0.5, 0.1)
    ),
    "finger": lambda phase, _: np.where(phase < 0.18, phase / 0.18, np.exp(-3.2 * (phase - 0.18)) - 0.07 * phase),
}
"""Pulse of a beat, from the share of the beat that has passed and its length in seconds. `second` has a second harmonic
stronger than the first; `narrow` has one width in seconds, as in a slow rhythm."""


@dataclass(frozen=True)
class Disturbance:
    """What happens to a steady pulse; amplitudes are relative to the pulse's own."""

    variability: float = 0.0
    """SD of the length of beats at random, as a share; as much again at 0.1 Hz, and with the breath."""
    breathing: float = 0.0
    """Amplitude of the breathing in the colours."""
    depth: float = 0.0
    """Depth by which breathing modulates the pulse's amplitude."""
    breath_part: int = 0
    """Breaths come at this part of the pulse rate: 2, a half; 0: at 0.1 to 0.4 Hz. Above 0.4 Hz they are shallower."""
    premature: float = 0.0
    """Share of beats that come early; 0.5: every second one."""
    ramp: float = 1.0
    """Rate at the end over that at the start."""
    drift: float = 0.0
    """SD of a random walk of the light."""


DISTURBANCES = {
    "steady": Disturbance(),
    "variable": Disturbance(variability=0.025),
    "breathing": Disturbance(variability=0.01, breathing=0.7, depth=0.2),
    "breathing at a half": Disturbance(breathing=1.0, breath_part=2),
    "breathing at a third": Disturbance(breathing=1.0, breath_part=3),
    "breathing hard": Disturbance(variability=0.01, breathing=2.0, depth=0.3),
    "ramp": Disturbance(ramp=1.6),
    "drift": Disturbance(variability=0.01, drift=4.0),
    "premature": Disturbance(variability=0.01, premature=0.1),
    "bigeminy": Disturbance(premature=0.5),
}
AMBIGUOUS = ("bigeminy",)
"""Disturbances whose rate is a matter of definition: half of the beats may hardly be felt at the finger."""


@dataclass(frozen=True)
class Recording:
    """A simulated recording."""

    trace: Trace
    beats: np.ndarray
    """(n,) float array: Times of the beats in seconds."""

    def rates(self, start: np.ndarray, seconds: float) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest rate in bpm, over thirds of windows; equal within 1 bpm if the rhythm is steady."""
        count = np.arange(len(self.beats), dtype=float)
        edges = np.asarray(start)[:, None] + seconds * np.linspace(0, 1, 4)
        passed = np.interp(edges, self.beats, count)
        parts = 60 * np.diff(passed, axis=1) / (seconds / 3)
        return parts.min(axis=1), parts.max(axis=1)

    def mean_rate(self, start: np.ndarray, seconds: float) -> np.ndarray:
        """Beats in windows, per minute."""
        passed = np.interp(np.add.outer([0, seconds], start), self.beats, np.arange(len(self.beats), dtype=float))
        return 60 * (passed[1] - passed[0]) / seconds


def simulate(
    bpm: float,
    shape: str,
    disturbance: Disturbance = DISTURBANCES["steady"],
    *,
    noise: float = 0.1,
    colour: float = 0.0,
    depth: float = 0.008,
    fps: float = 30.0,
    seconds: float = 60.0,
    skin: tuple[np.ndarray, np.ndarray] = FACE,
    seed: int = 0,
) -> Recording:
    """Colours of skin with a pulse.

    Parameters
    ----------
    bpm : float
        Mean rate; at the start if it ramps.
    shape : str
        One of `SHAPES`.
    disturbance : Disturbance
    noise : float
        SD of each channel's noise, relative to the pulse in green.
    colour : float
        The noise's power falls as 1 / f^colour, half of it; the other half is white.
    depth : float
        SD of the pulse, as a share of the light, times the channel's own depth.
    fps, seconds : float
    skin : (array, array)
        `FACE` or `FINGER`.
    seed : int
    """
    rng = np.random.default_rng(seed)
    n = round(seconds * fps)
    fine = (np.arange(n * _WITHIN) + 0.5) / (fps * _WITHIN)
    t = np.arange(n) / fps
    breath_hz = bpm / 60 / disturbance.breath_part if disturbance.breath_part else rng.uniform(0.1, 0.4)
    breath_phase = rng.uniform(0, 2 * np.pi)
    shallow = min(1.0, _BREATH_HZ / breath_hz) ** 2

    def breath(at):
        return np.sin(2 * np.pi * breath_hz * at + breath_phase)

    times, strength = _beats(bpm, disturbance, seconds, breath, rng)
    at = np.searchsorted(times, fine, side="right") - 1
    beat = np.diff(times)[at]
    wave = strength[at] * SHAPES[shape]((fine - times[at]) / beat, beat)
    wave = wave.reshape(n, _WITHIN).mean(axis=1)
    wave = (wave - wave.mean()) / wave.std()
    wave *= 1 + disturbance.depth * breath(t)
    level, blood = skin
    light = shallow * disturbance.breathing * breath(t)
    if disturbance.drift:
        light = light + disturbance.drift * _noise(rng, len(t), 2.0, fps)
    shares = np.outer(wave, blood) + 0.8 * np.outer(light, _DISTURBED)
    for exponent in (0.0, colour):
        shares += 0.8 * noise * np.sqrt(0.5) * np.column_stack([_noise(rng, len(t), exponent, fps) for _ in range(3)])
    rgb = (level * (1 - depth * shares)).astype(np.float32)
    return Recording(Trace(t, rgb[:, None], np.ones((len(t), 1), int), ("whole",), fps, "file"), times)


def _beats(bpm, disturbance, seconds, breath, rng):
    """Times of beats from before the start to after the end, and the strength of each."""
    times, strength = [-2 * 60 / bpm * rng.uniform(0.5, 1)], [1.0]
    early = False
    while times[-1] < seconds + 1:
        at = times[-1]
        rate = bpm * disturbance.ramp ** np.clip(at / seconds, 0, 1)
        slow = np.sin(2 * np.pi * 0.1 * at) + breath(at)
        beat = 60 / rate * (1 + disturbance.variability * (rng.standard_normal() + slow))
        premature = disturbance.premature and not early and rng.random() < _share(disturbance.premature)
        if early:
            beat *= 1.3  # its pause
        if premature:
            beat *= 0.7
        times.append(at + max(beat, 0.2))
        strength.append(0.55 if premature else 1 + _AFTER * early)
        early = bool(premature)
    return np.array(times), np.array(strength)


def _share(premature):
    """Probability that a beat comes early, as none follows another early one."""
    return 1.0 if premature >= 0.5 else premature / (1 - premature)


def _noise(rng, n, exponent, fps):
    """Noise of SD 1 whose power falls as 1 / f^exponent."""
    f = np.fft.rfftfreq(n, 1 / fps)
    f[0] = f[1]
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(n)) / f ** (exponent / 2), n)
    return noise / noise.std()
