"""Haemodynamics: a slowly drifting circulation and the pressures of each beat."""

from dataclasses import dataclass

import numpy as np

from cuffless.simulator.population import SubjectParameters

LEAD_SECONDS = 30.0
"""Run-in before the recording starts, in which filters and beats settle."""
RATE_HZ = 8.0
MAYER_HZ = 0.1
BAROREFLEX = -0.25
EVENTS_PER_SECOND = 1 / (12 * 60)
EVENT_MEMORY = 20 * 60.0  # events from before the recording may still be fading
PULSE_PRESSURE_LIMITS = (15.0, 110.0)
SYSTOLIC_SHARE = 0.60  # mean pressure lies 40 % of the pulse above diastole


@dataclass(frozen=True)
class SlowState:
    """Slow deviations from rest, as logarithms, on a grid of 1 s."""

    time: np.ndarray
    """(n,) seconds from the start of the recording, starting at ``-LEAD_SECONDS``."""
    resistance: np.ndarray
    """(n,) xR."""
    stroke: np.ndarray
    """(n,) xS."""
    rate: np.ndarray
    """(n,) xH."""


@dataclass(frozen=True)
class Beats:
    """Beats in time order; all arrays are (n_beats,)."""

    foot: np.ndarray
    """Time of the pressure foot in s from the start of the recording."""
    rr: np.ndarray
    """Time to the next foot in s."""
    sbp: np.ndarray
    """Systolic pressure in mmHg."""
    dbp: np.ndarray
    """Diastolic pressure in mmHg, at the foot."""
    pwv: np.ndarray
    """Pulse wave velocity relative to the population's."""
    resistance: np.ndarray
    """Logarithm of resistance relative to the population's (r0 + xR)."""


def slow_state(
    parameters: SubjectParameters, seconds: float, rng: np.random.Generator, events: np.random.Generator
) -> SlowState:
    """Slow drift of resistance, stroke volume and heart rate.

    Three Ornstein-Uhlenbeck processes with the same correlation time; events (a drug, a change of posture) act on
    resistance, and the baroreflex moves the heart rate in the opposite direction.

    Parameters
    ----------
    parameters : SubjectParameters
        The subject.
    seconds : float
        Length of the recording.
    rng, events : numpy.random.Generator
        Random streams for drift and events.

    Returns
    -------
    SlowState
    """
    from scipy.signal import lfilter

    time = np.arange(-LEAD_SECONDS, seconds + LEAD_SECONDS)
    noise = rng.standard_normal((len(time), 3))
    decay = np.exp(-1 / (60 * parameters.slow_minutes))
    noise[1:] *= np.sqrt(1 - decay**2)  # the first row is the stationary start
    drift = lfilter([1.0], [1.0, -decay], noise, axis=0) * parameters.slow_sd
    resistance = drift[:, 0] + _events(time, events)
    return SlowState(time, resistance, drift[:, 1], drift[:, 2] + BAROREFLEX * resistance)


def _events(time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Sum of all events, (n,); each rises to its amplitude, then fades."""
    from scipy.special import ndtri

    span = time[-1] + EVENT_MEMORY
    expected = span * EVENTS_PER_SECOND
    draws = rng.random((int(expected + 8 * np.sqrt(expected) + 20), 4))
    onsets = np.cumsum(-np.log1p(-draws[:, 0])) / EVENTS_PER_SECOND - EVENT_MEMORY
    amplitudes = 0.13 * ndtri(draws[:, 1])
    rises, fades = 15 + 45 * draws[:, 2], 180 + 420 * draws[:, 3]
    total = np.zeros_like(time)
    happened = onsets < time[-1]
    for onset, amplitude, rise, fade in np.c_[onsets, amplitudes, rises, fades][happened]:
        first, last = np.searchsorted(time, [onset, onset + rise + 12 * fade])
        since = time[first:last] - onset
        ramp = np.minimum(since / rise, 1)
        total[first:last] += amplitude * ramp**2 * (3 - 2 * ramp) * np.exp(-np.maximum(since - rise, 0) / fade)
    return total


def simulate_beats(parameters: SubjectParameters, slow: SlowState, rng: np.random.Generator) -> Beats:
    """Beat times and the pressures of each beat.

    Parameters
    ----------
    parameters : SubjectParameters
        The subject.
    slow : SlowState
        Its slow state, which sets the time span of the beats.
    rng : numpy.random.Generator
        Random stream.

    Returns
    -------
    Beats

    Notes
    -----
    Integral pulse frequency modulation: one beat each time the integral of the heart rate reaches an integer.
    Elastance grows exponentially with pressure (Hughes et al. 1979), pulse pressure is stroke volume times elastance,
    and pulse wave velocity is proportional to the square root of elastance (Bramwell & Hill 1922).
    """
    from scipy.integrate import cumulative_trapezoid

    p = parameters
    grid = np.arange(slow.time[0], slow.time[-1], 1 / RATE_HZ)
    # The phase of the first beat is drawn first, so that a longer recording begins with the shorter one.
    start, jitter = rng.random(), 0.02 * rng.standard_normal(len(grid))
    rate = p.heart_rate / 60 * np.exp(np.interp(grid, slow.time, slow.rate))
    rate *= 1 + p.rsa * np.sin(respiration(p, grid)) + 0.01 * np.sin(_mayer(p, grid)) + jitter
    cycles = start + cumulative_trapezoid(rate, grid, initial=0)
    onsets = np.interp(np.arange(1, np.floor(cycles[-1]) + 1), cycles, grid)
    intervals = np.diff(onsets)
    # A beat ejects the volume that filled the heart in the interval before it.
    foot, rr, filling = onsets[1:-1], intervals[1:], intervals[:-1]

    resistance = np.interp(foot, slow.time, slow.resistance)
    stroke = np.interp(foot, slow.time, slow.stroke)
    rate_change = np.interp(foot, slow.time, slow.rate)
    mean = p.map0 * np.exp(resistance + stroke + rate_change)
    mean += p.resp_map * np.sin(respiration(p, foot)) + np.sin(_mayer(p, foot))
    elastance = 0.80 * p.stiffness * np.exp(p.zeta * (np.clip(mean, 45, 150) - 90))
    # In inspiration stroke volume falls while heart rate rises.
    pulse = p.stroke_volume * np.exp(stroke) * elastance * (1 - p.ppv * np.sin(respiration(p, foot)))
    pulse = _soft_limit(pulse * np.sqrt(np.clip(filling / 0.75, 0.6, 1.6)), *PULSE_PRESSURE_LIMITS)
    return Beats(
        foot=foot,
        rr=rr,
        sbp=mean + SYSTOLIC_SHARE * pulse,
        dbp=mean - (1 - SYSTOLIC_SHARE) * pulse,
        pwv=np.sqrt(elastance / 0.80),
        resistance=p.resistance + resistance,
    )


def respiration(parameters: SubjectParameters, time: np.ndarray) -> np.ndarray:
    """Phase of respiration in rad at `time` (s), same shape."""
    return 2 * np.pi * parameters.resp_hz * time + parameters.resp_phase


def _mayer(parameters: SubjectParameters, time: np.ndarray) -> np.ndarray:
    return 2 * np.pi * MAYER_HZ * time + parameters.mayer_phase


def _soft_limit(values: np.ndarray, low: float, high: float, knee: float = 4.0) -> np.ndarray:
    """Limit `values` to low..high, with a smooth bend of width `knee` at the limits."""
    values = low + knee * np.logaddexp(0, (values - low) / knee)
    return high - knee * np.logaddexp(0, (high - values) / knee)
