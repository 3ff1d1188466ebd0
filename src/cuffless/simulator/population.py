"""Simulated subjects: haemodynamic constants, pulse-shape confounders and sensor."""

from dataclasses import dataclass

import numpy as np

STREAMS = (
    "parameters",
    "slow",
    "events",
    "beats",
    "sensor",
    "motion",
    "flat",
    "ppg_dropout",
    "abp_dropout",
    "flush",
    "bursts",
    "layout",
    "abp_noise",
)
MAX_NUMBER = 999_999


@dataclass(frozen=True)
class SubjectParameters:
    """Constants of one subject; see :func:`sample_parameters`."""

    age: float
    """Years."""
    stiffness: float
    """Arterial stiffness relative to a 62-year-old's (beta)."""
    resistance: float
    """Logarithm of the peripheral resistance relative to the population's (r0)."""
    map0: float
    """Resting mean arterial pressure in mmHg."""
    stroke_volume: float
    """Resting stroke volume in ml."""
    heart_rate: float
    """Resting heart rate in 1/min."""
    zeta: float
    """Exponent of elastance on pressure in 1/mmHg."""
    slow_minutes: float
    """Correlation time of the slow state in minutes."""
    slow_sd: tuple[float, float, float]
    """SD of the slow deviations of resistance, stroke volume and heart rate (logarithms)."""
    resp_hz: float
    """Respiratory frequency in Hz."""
    resp_phase: float
    """Phase of respiration at the start of the recording in rad."""
    mayer_phase: float
    """Phase of the Mayer wave at the start of the recording in rad."""
    rsa: float
    """Respiratory sinus arrhythmia: amplitude relative to the heart rate."""
    resp_map: float
    """Respiratory amplitude of mean pressure in mmHg."""
    ppv: float
    """Respiratory variation of pulse pressure, relative."""
    reflection_time: float
    """Return time of the reflected wave at unit pulse wave velocity in s (T0)."""
    width: float
    """Width of the PPG's waves relative to the population's (w)."""
    systolic_time: float
    """Time of the PPG's systolic wave relative to the population's (m)."""
    reflection: float
    """Amplitude of the reflected wave at normal resistance (gamma0)."""
    reflection_exponent: float
    """Exponent with which resistance acts on the reflected wave."""
    dicrotic: float
    """Amplitude of the dicrotic wave at normal resistance (d0)."""
    notch_width: float
    """Width of the dicrotic wave in s, without the part proportional to the systolic width."""
    contact: float
    """Curvature of the sensor's contact nonlinearity (k)."""
    lowpass_hz: float
    """Corner of the sensor's low-pass filter in Hz."""
    finger_delay: float
    """Delay from the arterial line to the finger at unit pulse wave velocity in s."""
    gain: float
    """Sensor gain: height of a pulse in NU."""
    noise: float
    """SD of the sensor's noise relative to the gain."""


def subject_name(number: int) -> str:
    """Name of a subject in the MIMIC matched layout.

    Parameters
    ----------
    number : int
        Number of the subject, 0 to 999999.

    Returns
    -------
    str
        ``p`` and six digits, e.g. ``p000001``.

    Raises
    ------
    ValueError
        If the number does not fit into six digits.
    """
    if not 0 <= number <= MAX_NUMBER:
        raise ValueError(f"subject {number} is not in 0 to {MAX_NUMBER}, the range of six-digit names")
    return f"p{number:06d}"


def random_streams(seed: int, number: int) -> dict[str, np.random.Generator]:
    """Independent random generators for each process in one subject.

    Each process has its own, so that disabling one, or a longer recording, does not change the others.

    Parameters
    ----------
    seed : int
        Seed of the cohort.
    number : int
        Number of the subject.

    Returns
    -------
    dict of str to numpy.random.Generator
        Keys as in `STREAMS`.
    """
    children = np.random.default_rng([seed, number]).spawn(len(STREAMS))
    return dict(zip(STREAMS, children, strict=True))


def sample_parameters(rng: np.random.Generator, *, confounding: float = 1.0) -> SubjectParameters:
    """Sample one subject.

    Parameters
    ----------
    rng : numpy.random.Generator
        Random stream.
    confounding : float
        Scale of the subject's own confounders, which change its PPG but not its pressure: times, widths and
        amplitudes of the waves, contact, low-pass. 0 puts all at the population's centre. The random numbers do not
        depend on it.

    Returns
    -------
    SubjectParameters

    Notes
    -----
    Stiffness rises by 0.9 % per year of age. Pressure, stroke volume and heart rate are those of an intensive-care
    population.
    """
    z = iter(rng.standard_normal(16))
    u = iter(rng.random(20))

    def uniform(low: float, high: float) -> float:
        return low + (high - low) * float(next(u))

    def own_factor(sd: float) -> float:
        return float(np.exp(confounding * sd * next(z)))

    def own_uniform(low: float, high: float) -> float:
        return (low + high) / 2 + confounding * (high - low) * (float(next(u)) - 0.5)

    age = float(np.clip(62 + 15 * next(z), 22, 90))
    stiffness = float(np.exp(0.009 * (age - 62) + 0.22 * next(z)))
    resistance = float(0.13 * next(z))
    return SubjectParameters(
        age=age,
        stiffness=stiffness,
        resistance=resistance,
        map0=float(83 * np.exp(resistance + 0.03 * next(z)) * stiffness**0.10),
        stroke_volume=float(72 * np.exp(0.16 * next(z))),
        heart_rate=float(np.clip(80 + 13 * next(z), 56, 122)),
        zeta=uniform(0.011, 0.019),
        slow_minutes=uniform(2, 10),
        slow_sd=(uniform(0.05, 0.14), uniform(0.03, 0.08), uniform(0.02, 0.06)),
        resp_hz=uniform(0.18, 0.32),
        resp_phase=uniform(0, 2 * np.pi),
        mayer_phase=uniform(0, 2 * np.pi),
        rsa=uniform(0.005, 0.03),
        resp_map=uniform(0.5, 2.0),
        ppv=uniform(0.02, 0.06),
        reflection_time=0.19 * own_factor(0.12),
        width=own_factor(0.13),
        systolic_time=own_factor(0.10),
        reflection=own_uniform(0.30, 0.60),
        reflection_exponent=1.8 * own_factor(0.3),
        dicrotic=own_uniform(0.05, 0.4),
        notch_width=0.05 * own_factor(0.25),
        contact=own_uniform(-1.0, 2.0),
        lowpass_hz=own_uniform(3.5, 8.0),
        finger_delay=uniform(0.16, 0.26),
        gain=float(np.exp(0.5 * next(z))),
        noise=uniform(0.005, 0.025),
    )
