"""The camera of simulated recordings: when it takes frames, how head and light drift, and what a frame shows."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cuffless.camera.simulation.face import Face

NODE_SECONDS = 2.0
"""Time between positions of the head, which moves linearly in between, like regions in a file."""
POSITION_MEMORY = 4.0
"""Correlation time of the head's position in s."""
MOST_MOTION = 3.0
"""Greatest deviation of the head in SD."""
LIGHT_HZ = 25.0
DRIFT_MEMORY = 20.0
DRIFT = 0.02
"""SD of the light's slow drift, as a share."""
NOD_BAND = (0.3, 3.0)
NODS = 0.004
"""SD of the effect of small movements on the light on the skin, as a share; it is in the band of the pulse."""
GLOSS = 0.4
"""SD of the light's own reflection on the skin in grey levels, white."""


@dataclass(frozen=True)
class Clock:
    """How a camera's frames deviate from its nominal rate."""

    jitter: float = 0.0
    """SD of the time between two frames, as a share of it: a variable frame rate."""
    dropped: float = 0.0
    """Share of the frames that are lost."""
    error: float = 0.0
    """Share by which the camera is faster than its nominal rate."""


def frame_times(seconds: float, fps: float, clock: Clock, rng: np.random.Generator) -> np.ndarray:
    """When the camera takes its frames.

    Parameters
    ----------
    seconds : float
        Length of the recording.
    fps : float
        Nominal rate in frames per second.
    clock : Clock
        How the camera deviates from it.
    rng : numpy.random.Generator
        Random stream.

    Returns
    -------
    (n,) float array
        Times in s from the start, below `seconds`, increasing.
    """
    interval = 1 / (fps * (1 + clock.error))
    n = int(np.ceil(1.5 * seconds / interval)) + 1 if clock.jitter else int(np.ceil(seconds / interval - 1e-9))
    steps = np.maximum(1 + clock.jitter * rng.standard_normal(n), 0.1)
    times = interval * (np.cumsum(steps) - steps[0] if clock.jitter else np.arange(n))
    kept = rng.random(n) >= clock.dropped
    return times[kept & (times < seconds - 1e-9)]


@dataclass(frozen=True)
class Wandering:
    """How head and light wander in one recording."""

    node_times: np.ndarray
    """(m,) s; the head's position is known here, and is linear in between."""
    positions: np.ndarray
    """(m, 2) how far the head has moved to the right and down in pixels."""
    light_times: np.ndarray
    """(k,) s."""
    gain: np.ndarray
    """(k,) light relative to rest."""
    gloss: np.ndarray
    """(k,) grey levels on the skin."""

    def at(self, times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Positions (n, 2), gain (n,) and gloss (n,) at `times` (n,) in s."""
        x, y = (np.interp(times, self.node_times, axis) for axis in self.positions.T)
        gain, gloss = (np.interp(times, self.light_times, values) for values in (self.gain, self.gloss))
        return np.c_[x, y], gain, gloss


def sample_wandering(seconds: float, motion: float, rng: np.random.Generator) -> Wandering:
    """Sample how head and light drift.

    Parameters
    ----------
    seconds : float
        Length of the recording.
    motion : float
        SD of the head's position in pixels; 0: it does not move, and there is one node.
    rng : numpy.random.Generator
        Random stream.

    Returns
    -------
    Wandering
    """
    from scipy.signal import butter, sosfilt

    streams = rng.spawn(3)
    nodes = np.arange(0, seconds + NODE_SECONDS, NODE_SECONDS) if motion else np.zeros(1)
    path = _wander((len(nodes), 2), NODE_SECONDS / POSITION_MEMORY, streams[0])
    light = np.arange(0, seconds + 1, 1 / LIGHT_HZ)
    drift = _wander((len(light), 1), 1 / (LIGHT_HZ * DRIFT_MEMORY), streams[1])[:, 0]
    run_in = round(10 * LIGHT_HZ)
    band = butter(2, NOD_BAND, "bandpass", fs=LIGHT_HZ, output="sos")
    nods = sosfilt(band, streams[2].standard_normal((run_in + len(light), 2)), axis=0)[run_in:]
    nods /= np.sqrt(2 * (NOD_BAND[1] - NOD_BAND[0]) / LIGHT_HZ)  # to unit variance
    return Wandering(
        node_times=nodes,
        positions=motion * np.clip(path, -MOST_MOTION, MOST_MOTION),
        light_times=light,
        gain=1 + DRIFT * np.clip(drift, -3, 3) + NODS * nods[:, 0],
        gloss=GLOSS * (nods[:, 0] + nods[:, 1]) / np.sqrt(2),  # partly caused by the same movements
    )


def _wander(shape: tuple[int, int], step: float, rng: np.random.Generator) -> np.ndarray:
    """Ornstein-Uhlenbeck processes (n, k) of unit variance; `step` is in correlation times."""
    from scipy.signal import lfilter

    noise, decay = rng.standard_normal(shape), np.exp(-step)
    noise[1:] *= np.sqrt(1 - decay**2)
    return lfilter([1.0], [1.0, -decay], noise, axis=0)


def margin(motion: float) -> int:
    """Most pixels by which a head moves if its `motion` is this many pixels (SD)."""
    return int(np.ceil(MOST_MOTION * motion)) + 1


def take_frames(
    face: Face,
    depth: np.ndarray,
    wandering: tuple[np.ndarray, np.ndarray, np.ndarray],
    noise: float,
    rng: np.random.Generator,
) -> Iterator[np.ndarray]:
    """Take frames of a face.

    Parameters
    ----------
    face : Face
        The face; its margin bounds the positions.
    depth : (n,) float array
        Amplitude times blood volume at each frame.
    wandering : tuple of (n, 2), (n,) and (n,) float array
        As from :meth:`Wandering.at`.
    noise : float
        SD of the sensor's noise in grey levels.
    rng : numpy.random.Generator
        Random stream of the noise.

    Yields
    ------
    (height, width, 3) uint8 array
        B, G, R; the next frame overwrites it.

    Notes
    -----
    The skin-reflection model (Wang et al. 2017): light times the reflectance of the skin, which *falls* as
    blood arrives, plus its gloss, which has the light's own colour; both vary. Done frame by frame in OpenCV's own
    arithmetic, this takes less time than the encoder.
    """
    import cv2

    width, height = face.size
    centre = np.array([width - 1, height - 1]) / 2 + face.margin
    # One field of noise, from which each frame has its own part.
    field = noise * rng.standard_normal((2 * height, 2 * width, 3), dtype=np.float32)
    corners = rng.integers(0, [width, height], (len(depth), 2))
    scene, frame = np.empty_like(face.still), np.empty((height, width, 3), np.uint8)
    for k, (position, gain, gloss) in enumerate(zip(*wandering, strict=True)):
        cv2.scaleAdd(face.pulsatile, -float(depth[k]), face.still, dst=scene)
        cv2.scaleAdd(face.skin, float(gloss), scene, dst=scene)
        seen = cv2.getRectSubPix(scene, face.size, tuple(map(float, centre - position)))
        x, y = corners[k]
        cv2.addWeighted(seen, float(gain), field[y : y + height, x : x + width], 1.0, 0.0, frame, cv2.CV_8U)
        yield frame
