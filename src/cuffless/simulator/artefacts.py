"""Bedside artefacts: motion, flat lines, dropouts, flushes of the arterial line."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

FLUSH_PRESSURE = 300.0
COLUMNS = ("kind", "channel", "start", "seconds", "size")
MOTION_BAND = (0.4, 4.0)
MOTION_GAIN = (2.0, 15.0)


@dataclass(frozen=True)
class ArtefactKind:
    """One kind of artefact."""

    channel: str
    """``ppg`` or ``abp``."""
    per_minute: float
    """Mean number per minute; onsets are a Poisson process."""
    seconds: tuple[float, float]
    """Shortest and longest duration in s; uniform between them."""


KINDS = {
    "motion": ArtefactKind("ppg", 1 / 6, (2.0, 12.0)),
    "flat": ArtefactKind("ppg", 1 / 40, (3.0, 20.0)),
    "ppg_dropout": ArtefactKind("ppg", 1 / 40, (5.0, 60.0)),
    "abp_dropout": ArtefactKind("abp", 1 / 40, (5.0, 60.0)),
    "flush": ArtefactKind("abp", 1 / 25, (2.0, 8.0)),
}


def schedule_artefacts(seconds: float, streams: dict[str, np.random.Generator]) -> pd.DataFrame:
    """Sample the times of artefacts.

    Parameters
    ----------
    seconds : float
        Length of the recording.
    streams : dict of str to numpy.random.Generator
        A random stream for each of `KINDS`.

    Returns
    -------
    pandas.DataFrame
        One row per artefact: kind, channel, start and seconds (s), and its strength `size`, uniform from 0 to 1.
        Grouped by kind, in time order.
    """
    rows = []
    for name, kind in KINDS.items():
        expected = seconds / 60 * kind.per_minute
        draws = streams[name].random((int(expected + 8 * np.sqrt(expected) + 20), 3))
        start = np.cumsum(-np.log1p(-draws[:, 0])) * 60 / kind.per_minute
        low, high = kind.seconds
        starts = start[start < seconds]
        for row, begin in enumerate(starts):
            rows.append((name, kind.channel, begin, low + (high - low) * draws[row, 1], draws[row, 2]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def add_artefacts(
    ppg: np.ndarray,
    abp: np.ndarray,
    artefacts: pd.DataFrame,
    gain: float,
    fs: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Add artefacts to clean signals.

    Parameters
    ----------
    ppg, abp : (n,) float array
        Clean PPG in NU and pressure in mmHg; not modified.
    artefacts : pandas.DataFrame
        As from :func:`schedule_artefacts`.
    gain : float
        Height of a PPG pulse in NU, the unit of motion strength.
    fs : float
        Sampling rate in Hz.
    rng : numpy.random.Generator
        Random stream for motion.

    Returns
    -------
    ppg, abp : (n,) float array
        Signals with artefacts; NaN where a channel dropped out.
    """
    result = {"ppg": ppg.copy(), "abp": abp.copy()}
    columns = [artefacts[name].tolist() for name in COLUMNS]
    for kind, channel, start, seconds, size in zip(*columns, strict=True):
        first, last = round(start * fs), round((start + seconds) * fs)
        signal = result[channel][first:last]
        if kind == "motion":
            low, high = MOTION_GAIN
            burst = _motion(last - first, fs, rng)
            signal += gain * (low + (high - low) * size) * burst[: len(signal)]
        elif kind == "flat":
            signal[:] = signal[:1]
        elif kind == "flush":
            # The line is opened to the pressure bag, or to air for zeroing.
            signal += (FLUSH_PRESSURE if size < 0.5 else 0.0) - signal
        else:
            signal[:] = np.nan
    return result["ppg"], result["abp"]


def _motion(n: int, fs: float, rng: np.random.Generator) -> np.ndarray:
    """Band-limited burst (n,), starting and ending at rest, with a maximum deflection of 1."""
    from scipy.signal import sosfilt
    from scipy.signal.windows import tukey

    run_in = int(5 * fs)
    noise = sosfilt(_motion_filter(fs), rng.standard_normal(run_in + n))
    burst = noise[run_in:] * tukey(n, 0.3)
    return burst / np.abs(burst).max()


@cache
def _motion_filter(fs: float) -> np.ndarray:
    from scipy.signal import butter

    return butter(2, MOTION_BAND, "bandpass", fs=fs, output="sos")
