"""Pulse shapes: a template of each beat as a function of phase, rendered as a continuous signal."""

from dataclasses import dataclass

import numpy as np

from cuffless.simulator.physiology import Beats
from cuffless.simulator.population import SubjectParameters

NODES = 80
"""Intervals of a template; the error of 4-point cubic interpolation is about 0.05 % of the pulse."""
SYSTOLIC_START = 3.0  # widths from a PPG pulse's foot to its systolic wave
RUNOFF_SECONDS = 0.9


@dataclass(frozen=True)
class Pulses:
    """One pulse per beat, from foot to foot."""

    foot: np.ndarray
    """(n_beats,) time of the foot in s."""
    rr: np.ndarray
    """(n_beats,) time to the next foot in s."""
    template: np.ndarray
    """(n_beats, NODES + 3) height, 0 to 1, at equal steps of phase, including one step beyond each foot."""


def ejection_duration(rr: np.ndarray) -> np.ndarray:
    """Left ventricular ejection time in s from the beat interval in s (Weissler et al. 1968)."""
    return np.clip(0.413 - 0.0017 * 60 / rr, 0.16, 0.36)


def ppg_pulses(parameters: SubjectParameters, beats: Beats) -> Pulses:
    """PPG pulses before the sensor's effects and noise.

    Parameters
    ----------
    parameters : SubjectParameters
        The subject, including its confounders.
    beats : Beats
        Its beats.

    Returns
    -------
    Pulses

    Notes
    -----
    A sum of a systolic, a reflected and a dicrotic Gaussian, as in the decompositions of Elgendi (2012) and
    Wang et al. (2013), periodic in the beat's phase (Clifford & McSharry 2004). The reflected wave returns earlier if
    pulse wave velocity is high and is larger if resistance is high. The contact between skin and sensor distorts the
    pulse.
    """
    p = parameters
    ejection = ejection_duration(beats.rr)
    systolic = 0.42 * ejection * p.systolic_time
    width = 0.24 * ejection * p.width
    lag = np.clip(p.reflection_time / beats.pwv, 0.06, 0.42)
    reflected = np.clip(p.reflection * np.exp(p.reflection_exponent * beats.resistance), 0.05, 1.2)
    dicrotic = np.clip(p.dicrotic * np.exp(-1.6 * beats.resistance), 0.01, 1.0)
    # A new beat's waves take over just before its systolic wave.
    start = systolic - SYSTOLIC_START * width
    foot = beats.foot + p.finger_delay / np.sqrt(beats.pwv) + start
    rr = np.append(np.diff(foot), beats.rr[-1])
    waves = _wrapped_gaussians(
        np.stack([systolic, systolic + lag, ejection + 0.07 + 0.4 * lag], axis=1) - start[:, None],
        np.stack([width, 1.35 * width, p.notch_width + 0.3 * width], axis=1),
        np.stack([np.ones_like(lag), reflected, dicrotic], axis=1),
        rr,
    )
    # At a high rate the dicrotic notch is the lowest point, so the pulse is scaled by its range.
    height = contact_curve(_scale(waves - waves.min(axis=1, keepdims=True))[0], p.contact)
    step = np.diff(height[:, 0], append=height[-1, 0])
    height = np.concatenate([height[:, -2:-1], height, height[:, 1:2]], axis=1)
    return Pulses(foot, rr, height + step[:, None] * np.arange(-1, NODES + 2) / NODES)


def contact_curve(height: np.ndarray, curvature: float) -> np.ndarray:
    """Distort a pulse of height 0 to 1: concave for positive `curvature`, unchanged for 0; same shape."""
    if abs(curvature) < 1e-6:
        return height
    return np.expm1(-curvature * height) / np.expm1(-curvature)


def abp_pulses(beats: Beats) -> tuple[Pulses, np.ndarray]:
    """Pulses of arterial pressure, 0 at both feet and 1 at the systolic peak.

    Parameters
    ----------
    beats : Beats
        Beats of a subject.

    Returns
    -------
    pulses : Pulses
        The pulses.
    peak : (n_beats,) float array
        Phase of the systolic peak.

    Notes
    -----
    As for PPG, with narrower waves and the diastolic run-off of an elastic reservoir.
    """
    ejection = ejection_duration(beats.rr)
    systolic = 0.45 * ejection
    width = 0.18 * ejection
    lag = np.clip(0.13 / beats.pwv, 0.05, 0.25)
    # The valve closure reaches the radial artery with the pulse, shortly after the end of ejection.
    notch = ejection + 0.07
    reflected = np.clip(0.35 * np.exp(beats.resistance), 0.1, 0.7)
    ones = np.ones_like(lag)
    # The next beat's wave is left out: it would raise the pressure before that beat's foot.
    waves = _wrapped_gaussians(
        np.stack([systolic, systolic + lag, notch], axis=1),
        np.stack([width, 1.4 * width, 0.028 * ones], axis=1),
        np.stack([ones, reflected, 0.13 * ones], axis=1),
        beats.rr,
        shifts=(-1, 0),
    )
    waves += 0.6 * _runoff(beats.rr, systolic)
    foot_line = waves[:, :1] + (waves[:, -1:] - waves[:, :1]) * np.linspace(0, 1, NODES + 1)
    height, peak = _scale(waves - foot_line)
    # The foot is a corner: interpolation must not extend across it.
    height = np.pad(height, ((0, 0), (1, 1)), mode="reflect", reflect_type="odd")
    return Pulses(beats.foot, beats.rr, height), peak


def _runoff(rr: np.ndarray, systolic: np.ndarray) -> np.ndarray:
    """Run-off of an elastic reservoir filled by systole, 0 at both feet; (n_beats, NODES + 1)."""
    time = _node_times(rr)
    runoff = np.exp(-time / RUNOFF_SECONDS)
    last = runoff[:, -1:]
    filled = -np.expm1(-((time / (1.2 * systolic[:, None])) ** 3))
    return filled * (runoff - last) / (1 - last)


def _node_times(rr: np.ndarray) -> np.ndarray:
    return rr[:, None] * np.linspace(0, 1, NODES + 1)


def _wrapped_gaussians(
    centres: np.ndarray,
    widths: np.ndarray,
    amplitudes: np.ndarray,
    rr: np.ndarray,
    shifts: tuple[int, ...] = (-1, 0, 1),
) -> np.ndarray:
    """Sum of Gaussians (n_beats, n_waves), repeated `shifts` beats away; (n_beats, NODES + 1)."""
    time = _node_times(rr)
    total = np.zeros_like(time)
    for centre, width, amplitude in zip(centres.T, widths.T, amplitudes.T, strict=True):
        for shift in shifts:
            wave = time - (centre + shift * rr)[:, None]  # then in place: new arrays cost more than their content
            wave /= (np.sqrt(2) * width)[:, None]
            np.square(wave, out=wave)
            np.negative(wave, out=wave)
            np.exp(wave, out=wave)
            wave *= amplitude[:, None]
            total += wave
    return total


def _scale(waves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scale each row's maximum, refined by a parabola between nodes, to 1; also return its phase."""
    rows = np.arange(len(waves))
    top = np.clip(waves.argmax(axis=1), 1, NODES - 1)
    before, at, after = waves[rows, top - 1], waves[rows, top], waves[rows, top + 1]
    offset = (before - after) / (2 * (before - 2 * at + after))
    height = at - (before - after) * offset / 4
    return waves / height[:, None], (top + offset) / NODES


def render(pulses: Pulses, base: np.ndarray, scale: np.ndarray, fs: float, first: float, n: int) -> np.ndarray:
    """Render pulses as one continuous signal.

    Parameters
    ----------
    pulses : Pulses
        The pulses; they must cover the whole signal.
    base : (n_beats,) float array
        Level at each foot, linearly interpolated between feet.
    scale : (n_beats,) float array
        Height of each pulse above that level.
    fs, first : float
        Sampling rate in Hz, and time of the first sample in s.
    n : int
        Number of samples.

    Returns
    -------
    (n,) float array

    Raises
    ------
    ValueError
        If the pulses do not cover the signal.
    """
    start = np.ceil((pulses.foot - first) * fs).astype(np.int64)
    if start[0] > 0 or start[-1] < n:
        raise ValueError(
            f"pulses from {pulses.foot[0]:.1f} to {pulses.foot[-1]:.1f} s do not cover a signal "
            f"of {n / fs:.1f} s from {first:.1f} s; simulate beats over a longer span"
        )
    samples: np.ndarray = np.diff(np.clip(start, 0, n))

    def of_samples(of_beats: np.ndarray) -> np.ndarray:
        return np.repeat(of_beats[: len(samples)], samples)

    phase = (first + np.arange(n) / fs - of_samples(pulses.foot)) / of_samples(pulses.rr)
    height = _interpolate(pulses.template, of_samples(np.arange(len(start))), phase)
    level = of_samples(base) + of_samples(np.diff(base)) * phase
    return level + of_samples(scale) * height


def pressure_signal(beats: Beats, fs: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise-free arterial pressure from time 0.

    Parameters
    ----------
    beats : Beats
        Beats that cover the signal.
    fs : float
        Sampling rate in Hz.
    n : int
        Number of samples.

    Returns
    -------
    pressure : (n,) float array
        Pressure in mmHg: each beat's DBP at its foot, its SBP at its maximum.
    peaks : (n_beats,) float array
        Time of each beat's systolic peak in s.
    """
    pulses, peak = abp_pulses(beats)
    following = np.append(beats.dbp[1:], beats.dbp[-1])
    at_peak = beats.dbp + (following - beats.dbp) * peak
    pressure = render(pulses, beats.dbp, beats.sbp - at_peak, fs, 0.0, n)
    return pressure, beats.foot + peak * beats.rr


def _interpolate(template: np.ndarray, beat: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """Catmull-Rom interpolation along the templates."""
    position = np.clip(phase, 0, 1) * NODES
    node = np.minimum(position.astype(np.int64), NODES - 1)
    x = position - node
    flat, index = template.ravel(), beat * template.shape[1] + node
    a, b, c, d = (flat[k:].take(index) for k in range(4))
    return b + x / 2 * (c - a + x * (2 * a - 5 * b + 4 * c - d + x * (3 * (b - c) + d - a)))
