"""One simulated subject: its two signals and their ground truth."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cuffless.config import SimulatorOptions
from cuffless.simulator import waveforms
from cuffless.simulator.artefacts import add_artefacts, schedule_artefacts
from cuffless.simulator.physiology import Beats, respiration, simulate_beats, slow_state
from cuffless.simulator.population import SubjectParameters, random_streams, sample_parameters, subject_name
from cuffless.simulator.sensor import ABP_QUANTUM, ppg_quantum, quantize, sense_abp, sense_ppg

FS = 125.0
"""Sampling rate of MIMIC's waveforms in Hz."""
RUN_IN_SECONDS = 20.0  # the sensor's filters settle before the recording starts; beats begin even earlier


@dataclass(frozen=True)
class SimulatedSubject:
    """Recorded signals and the true beats and artefacts."""

    name: str
    """Subject, e.g. ``p000001``."""
    fs: float
    """Sampling rate in Hz."""
    ppg: np.ndarray
    """(n,) PPG in NU, quantized by `ppg_quantum`; NaN where missing."""
    abp: np.ndarray
    """(n,) arterial pressure in mmHg, quantized by 0.25 mmHg; NaN where missing."""
    ppg_quantum: float
    """Quantization step of the PPG in NU."""
    truth: pd.DataFrame
    """One row per beat with its systolic peak in the recording: time of that peak and foot in s from the recording's
    start, sbp and dbp (at the beat's foot) in mmHg, rr (time to the next foot) in s."""
    artefacts: pd.DataFrame
    """One row per artefact: kind, channel, start and seconds (s), size; empty without artefacts."""
    parameters: SubjectParameters
    """The subject's constants."""


def simulate_subject(number: int, options: SimulatorOptions) -> SimulatedSubject:
    """Simulate one subject's recording.

    Parameters
    ----------
    number : int
        Number of the subject, 0 to 999999.
    options : SimulatorOptions
        Options; `subjects`, `records` and `multi_segment` are ignored.

    Returns
    -------
    SimulatedSubject
        ``n = round(60 * options.minutes * 125)`` samples of each signal.

    Raises
    ------
    ValueError
        If the number does not fit into six digits.

    Notes
    -----
    Random numbers depend only on the seed and the number, and each process has its own stream: artefacts do not change
    the truth, a longer recording begins with the shorter one, and subjects are independent.
    """
    name = subject_name(number)
    streams = random_streams(options.seed, number)
    parameters = sample_parameters(streams["parameters"], confounding=options.confounding)
    n = round(60 * options.minutes * FS)
    slow = slow_state(parameters, n / FS, streams["slow"], streams["events"])
    beats = simulate_beats(parameters, slow, streams["beats"])
    pressure, peaks = waveforms.pressure_signal(beats, FS, n)
    abp = sense_abp(pressure, streams["abp_noise"])
    ppg = _ppg(parameters, beats, n, streams["sensor"])
    artefacts = schedule_artefacts(n / FS, streams)
    if not options.artefacts:
        artefacts = artefacts.iloc[:0]
    ppg, abp = add_artefacts(ppg, abp, artefacts, parameters.gain, FS, streams["bursts"])
    truth = pd.DataFrame({"time": peaks, "foot": beats.foot, "sbp": beats.sbp, "dbp": beats.dbp, "rr": beats.rr})
    quantum = ppg_quantum(parameters)
    return SimulatedSubject(
        name=name,
        fs=FS,
        ppg=quantize(ppg, quantum),
        abp=quantize(abp, ABP_QUANTUM),
        ppg_quantum=quantum,
        truth=truth[(peaks >= 0) & (peaks < n / FS)].reset_index(drop=True),
        artefacts=artefacts,
        parameters=parameters,
    )


def _ppg(parameters: SubjectParameters, beats: Beats, n: int, rng: np.random.Generator) -> np.ndarray:
    """PPG (n,) in NU, before quantization and artefacts."""
    pulses = waveforms.ppg_pulses(parameters, beats)
    ones = np.ones_like(beats.foot)
    first = round(-RUN_IN_SECONDS * FS)
    heights = waveforms.render(pulses, 0 * ones, ones, FS, first / FS, n - first)
    phase = respiration(parameters, np.arange(first, n) / FS)
    return sense_ppg(heights, phase, parameters, FS, rng)[-first:]
