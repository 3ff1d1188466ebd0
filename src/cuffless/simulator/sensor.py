"""From pulses to the signals stored by a bedside monitor: low-pass, gain, wander, noise, quantization."""

from functools import lru_cache

import numpy as np

from cuffless.simulator.population import SubjectParameters

ABP_NOISE = 0.25
ABP_QUANTUM = 0.25
PPG_STEPS = 256
"""Quantization steps per pulse height, as in a monitor with 10 to 12 bits."""
RESPIRATORY_WANDER = 0.25
SLOW_WANDER = 0.3
SLOW_WANDER_SECONDS = 8.0


def ppg_quantum(parameters: SubjectParameters) -> float:
    """Quantization step of a subject's PPG in NU: a power of two, so that digital values convert exactly."""
    return float(2.0 ** np.round(np.log2(parameters.gain / PPG_STEPS)))


def sense_ppg(
    pulses: np.ndarray,
    respiration: np.ndarray,
    parameters: SubjectParameters,
    fs: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Record PPG pulses with a subject's sensor, before quantization.

    Parameters
    ----------
    pulses : (n,) float array
        Pulses of height 1.
    respiration : (n,) float array
        Phase of respiration in rad.
    parameters : SubjectParameters
        The subject.
    fs : float
        Sampling rate in Hz.
    rng : numpy.random.Generator
        Random stream.

    Returns
    -------
    (n,) float array
        PPG in NU.
    """
    from scipy.signal import butter, sosfilt

    noises = rng.spawn(2)
    n = len(pulses)
    lowpass = butter(2, parameters.lowpass_hz, fs=fs, output="sos")
    signal = sosfilt(lowpass, pulses)
    signal += RESPIRATORY_WANDER * np.sin(respiration)
    signal += SLOW_WANDER * _slow_wander(n / fs, fs, noises[0])[:n]
    # Half of the noise power is pink, half white; drawn in pairs, so that a longer record begins the same.
    white, source = noises[1].standard_normal((n, 2)).T
    signal += parameters.noise * np.sqrt(0.5) * (white + pink_noise(source, fs))
    return parameters.gain * signal


def sense_abp(pressure: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Record pressure (n,) in mmHg with the transducer's noise, before quantization."""
    return pressure + ABP_NOISE * rng.standard_normal(len(pressure))


def quantize(signal: np.ndarray, quantum: float) -> np.ndarray:
    """Round `signal` to multiples of `quantum`; same shape, NaN is kept."""
    return np.round(signal / quantum) * quantum


def pink_noise(white: np.ndarray, fs: float) -> np.ndarray:
    """Convert white noise of unit variance to noise with a 1/f power spectrum above 0.05 Hz.

    Parameters
    ----------
    white : (n,) float array
        White noise.
    fs : float
        Sampling rate in Hz, above 20.

    Returns
    -------
    (n,) float array
        Noise of unit variance, except for its run-in.
    """
    from scipy.signal import sosfilt

    sos, energy = _pink_filter(fs)
    return sosfilt(sos, white) / np.sqrt(energy)


@lru_cache
def _pink_filter(fs: float) -> tuple[np.ndarray, float]:
    """Alternating poles and zeros, half a decade apart, for a mean slope of -10 dB per decade."""
    from scipy.signal import sosfilt, unit_impulse, zpk2sos

    poles, zeros = (np.exp(-2 * np.pi * first * 10.0 ** np.arange(3) / fs) for first in (0.05, 0.05 * np.sqrt(10)))
    sos = zpk2sos(zeros, poles, 1.0)
    response = sosfilt(sos, unit_impulse(int(60 * fs)))
    return sos, float(np.sum(response**2))


def _slow_wander(seconds: float, fs: float, rng: np.random.Generator) -> np.ndarray:
    """Smooth drift of unit variance: white noise at 1 Hz through two first-order low-passes."""
    from scipy.signal import lfilter

    decay = np.exp(-1 / SLOW_WANDER_SECONDS)
    noise = rng.standard_normal(int(seconds) + 2)
    variance = (1 + decay**2) / (1 - decay**2) ** 3
    drift = lfilter([1.0], [1.0, -2 * decay, decay**2], noise) / np.sqrt(variance)
    return np.interp(np.arange(int(seconds * fs) + 1) / fs, np.arange(len(drift)), drift)
