"""POS in closed form beside a plain loop over its windows.

Repeat with ``python -m benchmarks pulses``.

Both take turns on an hour of colours at 30 frames a second, and the median of the ratios of their CPU times is
reported: what else the machine does slows both alike.
"""

import time
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.table import Measurement
from cuffless.camera.pulse.waves import WINDOW_SECONDS, pulse_wave

FPS, SECONDS = 30, 3600
REPEATS = 3


def pulses() -> Iterator[Measurement]:
    """The closed form costs at most a 100th of the loop, and gives the same wave."""
    rgb = _colours(FPS * SECONDS)
    closed, plain = pulse_wave(rgb, FPS, invert=False), plain_pos(rgb, FPS)
    pairs = np.array(
        [
            (_cpu_seconds(lambda: plain_pos(rgb, FPS)), _cpu_seconds(lambda: pulse_wave(rgb, FPS, invert=False)))
            for _ in range(REPEATS)
        ]
    )
    loop, form = np.median(pairs, axis=0)
    yield Measurement(
        "pos_loop_over_closed_form", float(np.median(pairs[:, 0] / pairs[:, 1])), "CPU ratio", at_least=100
    )
    yield Measurement("pos_difference", float(np.abs(closed - plain).max() / plain.std()), "SD", at_most=1e-8)
    yield Measurement("pos_hour", float(form), "CPU s")
    yield Measurement("pos_loop_hour", float(loop), "CPU s")


def plain_pos(rgb: np.ndarray, fps: float) -> np.ndarray:
    """Algorithm 1 of Wang et al. (2017), window by window."""
    length = int(np.ceil(WINDOW_SECONDS * fps))
    wave = np.zeros(len(rgb))
    for first in range(len(rgb) - length + 1):
        normal = rgb[first : first + length] / rgb[first : first + length].mean(axis=0)
        s1 = normal[:, 1] - normal[:, 2]
        s2 = normal[:, 1] + normal[:, 2] - 2 * normal[:, 0]
        h = s1 + s1.std() / s2.std() * s2
        wave[first : first + length] += h - h.mean()
    return wave


def _colours(n: int) -> np.ndarray:
    """Skin that pulses at 72 bpm under light that drifts, with noise."""
    t = np.arange(n) / FPS
    pulse = np.sin(2 * np.pi * 1.2 * t) + 0.3 * np.sin(4 * np.pi * 1.2 * t)
    light = 1 + 0.2 * np.sin(2 * np.pi * t / 600)
    noise = 0.002 * np.random.default_rng(0).standard_normal((n, 3))
    return np.array([120.0, 90, 70]) * (light[:, None] * (1 - 0.01 * np.outer(pulse, (0.33, 0.77, 0.53))) + noise)


def _cpu_seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin
