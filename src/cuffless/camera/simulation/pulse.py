"""The pulse in a simulated face, and the values of the bedside monitor during the recording."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cuffless.config import SimulatorOptions
from cuffless.simulator import waveforms
from cuffless.simulator.physiology import Beats, respiration, simulate_beats, slow_state
from cuffless.simulator.population import SubjectParameters, random_streams, sample_parameters
from cuffless.simulator.sensor import sense_ppg
from cuffless.simulator.subject import FS, RUN_IN_SECONDS

FIRST_NUMBER = 1000
"""The subjects of the simulated cohort have lower numbers; those of the recordings follow."""
MONITOR_SECONDS = 60.0
MONITOR_SPAN = 10.0
"""The monitor shows the median over the beats of this many seconds."""


@dataclass(frozen=True)
class SimulatedPulse:
    """Blood volume in the skin of one simulated subject's face."""

    fs: float
    """Sampling rate of `wave` in Hz."""
    wave: np.ndarray
    """(n,) blood volume; a pulse is about 1 high, and the volume wanders with breathing and slower."""
    beats: pd.DataFrame
    """One row per beat whose systolic peak (of the pressure) is in the recording: time of that peak and of the
    foot in s, sbp and dbp in mmHg, rr in s."""
    parameters: SubjectParameters
    """The subject's constants as seen in its face."""

    def at(self, time: np.ndarray) -> np.ndarray:
        """Blood volume at `time` (n,) in s, same shape; the wave has no content above about 10 Hz."""
        return np.interp(time, np.arange(len(self.wave)) / self.fs, self.wave)


def simulate_pulse(number: int, seconds: float, seed: int, simulator: SimulatorOptions) -> SimulatedPulse:
    """Simulate the pulse in a subject's face, and the subject's pressure.

    Parameters
    ----------
    number : int
        Number of the recording's subject, from 1 up; its haemodynamics differ from those of all cohort subjects.
    seconds : float
        Length of the recording.
    seed : int
        Seed of the recordings.
    simulator : SimulatorOptions
        The cohort's options; `confounding` and `subjects` are read here.

    Returns
    -------
    SimulatedPulse

    Notes
    -----
    The model of the cohort, but seen by a camera: see :func:`facial_parameters`.
    """
    person = max(FIRST_NUMBER, simulator.subjects) + number
    streams = random_streams(seed, person)
    parameters = sample_parameters(streams["parameters"], confounding=simulator.confounding)
    n = round(seconds * FS)
    slow = slow_state(parameters, seconds, streams["slow"], streams["events"])
    beats = simulate_beats(parameters, slow, streams["beats"])
    _, peaks = waveforms.pressure_signal(beats, FS, n)
    face = facial_parameters(parameters, np.random.default_rng([seed, person, 1]))
    truth = pd.DataFrame({"time": peaks, "foot": beats.foot, "sbp": beats.sbp, "dbp": beats.dbp, "rr": beats.rr})
    inside = (peaks >= 0) & (peaks < seconds)
    return SimulatedPulse(FS, _wave(face, beats, n, streams["sensor"]), truth[inside].reset_index(drop=True), face)


def facial_parameters(parameters: SubjectParameters, rng: np.random.Generator) -> SubjectParameters:
    """Turn the constants of a finger's PPG into those of the same subject's rPPG.

    Parameters
    ----------
    parameters : SubjectParameters
        The subject as seen by a sensor on its finger.
    rng : numpy.random.Generator
        Random stream.

    Returns
    -------
    SubjectParameters

    Notes
    -----
    The pulse comes from small vessels near the surface: it is rounder (low-pass about 4 Hz, waves 10 % wider)
    and has about half of the reflected and dicrotic waves, in each face to a different degree. No sensor presses
    on the skin and distorts the pulse, and the face is nearer to the heart than the finger. To a network trained
    on PPG this is a different signal, which it can learn.
    """
    low_pass, width, reflected, dicrotic = rng.standard_normal(4)
    return replace(
        parameters,
        lowpass_hz=float(4.0 * np.exp(0.1 * low_pass)),
        width=float(parameters.width * 1.1 * np.exp(0.05 * width)),
        reflection=float(parameters.reflection * 0.55 * np.exp(0.2 * reflected)),
        dicrotic=float(parameters.dicrotic * 0.5 * np.exp(0.3 * dicrotic)),
        finger_delay=0.7 * parameters.finger_delay,
        contact=0.0,
        gain=1.0,
        noise=0.0,  # the camera adds its own
    )


def _wave(face: SubjectParameters, beats: Beats, n: int, rng: np.random.Generator) -> np.ndarray:
    ones = np.ones_like(beats.foot)
    first = round(-RUN_IN_SECONDS * FS)
    heights = waveforms.render(waveforms.ppg_pulses(face, beats), 0 * ones, ones, FS, first / FS, n - first)
    phase = respiration(face, np.arange(first, n) / FS)
    return sense_ppg(heights, phase, face, FS, rng)[-first:]


def monitor_values(beats: pd.DataFrame, seconds: float) -> pd.DataFrame:
    """Values of a bedside monitor, once per minute.

    Parameters
    ----------
    beats : pandas.DataFrame
        True beats: time (s), sbp and dbp (mmHg).
    seconds : float
        Length of the recording, a minute or more.

    Returns
    -------
    pandas.DataFrame
        One row per full minute: time (its end, s from the recording's start), sbp, dbp: medians over the beats
        of the 10 s before, in whole mmHg as monitors show them.
    """
    times = np.arange(MONITOR_SECONDS, seconds + 1e-6, MONITOR_SECONDS)
    rows = [beats.loc[beats["time"].between(end - MONITOR_SPAN, end), ["sbp", "dbp"]].median() for end in times]
    values = pd.DataFrame(rows, columns=["sbp", "dbp"]).round().astype(int)
    values.insert(0, "time", times)
    return values.reset_index(drop=True)
