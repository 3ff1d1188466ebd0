"""Recordings without a pulse: light that wavers, photographs that are shaken, lamps that flicker, and other scenes.

Each kind is a function from a random generator to a `Scene` of 90 s; `with_pulse` gives its skin a pulse.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from scipy import fft, ndimage, signal

from cuffless.camera.simulation.face import PULSE_VECTOR, REGIONS, Face, simulated_face
from cuffless.camera.skin.trace import Trace

SECONDS, FPS = 90, 30.0
SKIN, FINGER = np.array([150.0, 110.0, 90.0]), np.array([220.0, 50.0, 30.0])
LEVEL = 0.005
"""SD of wavering light, as a share of it."""
_SIZE, _MARGIN = (320, 240), 24  # of a rendered frame, and by how much it may be shifted, in pixels
_GLOSS = 0.0004  # SD of a region's mean from the camera's noise, as a share


@dataclass(frozen=True)
class Scene:
    """Mean colours of regions over time."""

    t: np.ndarray
    """(n,) float array in s."""
    rgb: np.ndarray
    """(n, n_roi, 3) float array."""
    fps: float = FPS

    def trace(self) -> Trace:
        """As `cuffless pulse` reads it."""
        n, regions, _ = self.rgb.shape
        names = tuple(REGIONS)[:regions] if regions > 1 else ("whole",)
        return Trace(self.t, self.rgb.astype(np.float32), np.full((n, regions), 100), names, self.fps, "file")


@dataclass(frozen=True)
class Kind:
    """A kind of noise."""

    name: str
    family: str
    sample: Callable[[np.random.Generator], Scene]


def with_pulse(scene: Scene, depth: float, bpm: np.ndarray) -> Scene:
    """The scene, with a pulse in the skin.

    Parameters
    ----------
    scene : Scene
    depth : float
        Amplitude of the pulse's fundamental in green, as a share of the light.
    bpm : (n,) float array
        Rate at each frame.
    """
    phase = 2 * np.pi * np.cumsum(bpm) / 60 / scene.fps
    pulse = np.sin(phase) + 0.4 * np.sin(2 * phase + 0.6)
    vector = np.array(PULSE_VECTOR) / PULSE_VECTOR[1]
    return Scene(scene.t, scene.rgb * (1 - depth * pulse[:, None, None] * vector), scene.fps)


def heart_rate(rng: np.random.Generator, n: int, fps: float, *, natural: bool) -> np.ndarray:
    """(n,) rates in bpm: one of 50 to 110, or one that breathing (0.25 Hz) and slow drift vary by some bpm."""
    bpm = np.full(n, rng.uniform(50, 110))
    if not natural:
        return bpm
    t = np.arange(n) / fps
    return bpm + rng.uniform(1, 4) * np.sin(2 * np.pi * rng.uniform(0.2, 0.3) * t) + 2 * _coloured(rng, 2, n, fps)


def _coloured(rng, exponent, n, fps, shape=()):
    """Noise with a power of 1 / f^exponent above 1 / 90 Hz, along the last axis, with an SD of 1."""
    f = np.maximum(fft.rfftfreq(n, 1 / fps), fps / n)
    wave = fft.irfft(fft.rfft(rng.standard_normal((*shape, n))) / f ** (exponent / 2), n)
    return wave / wave.std(axis=-1, keepdims=True)


def _humped(rng, n, fps, shape=()):
    """A spectral hump around 1.2 Hz on white noise."""
    sos = signal.butter(1, (0.8, 1.8), "bandpass", fs=fps, output="sos")
    hump = signal.sosfilt(sos, rng.standard_normal((*shape, n)))
    wave = hump / hump.std(axis=-1, keepdims=True) + 0.7 * rng.standard_normal((*shape, n))
    return wave / wave.std(axis=-1, keepdims=True)


def _wavering(rng, exponent, *, common=0.0, camera=0.0, regions=1, base=SKIN):
    """Light whose channels waver, each by itself but for a `common` share of the power, with a camera's white noise.

    Several regions see the same light, each with its own white noise.
    """
    n = int(SECONDS * FPS)
    wave = partial(_humped, rng) if exponent == "hump" else partial(_coloured, rng, exponent)
    own, shared = wave(n, FPS, (3,)), wave(n, FPS)
    light = 1 + LEVEL * (np.sqrt(1 - common) * own + np.sqrt(common) * shared).T
    rgb = base * (light[:, None] + camera * LEVEL * rng.standard_normal((n, regions, 3)))
    return Scene(np.arange(n) / FPS, rgb)


def _gray(rng, exponent):
    scene = _wavering(rng, exponent)
    return Scene(scene.t, np.repeat(scene.rgb[..., 1:2], 3, axis=2))


@lru_cache(maxsize=1)
def _photograph() -> tuple[Face, np.ndarray]:
    """The simulated face, and the mean colours of its regions (n_roi, 3, 2 margin + 1, 2 margin + 1) when shifted."""
    import cv2

    face = simulated_face(_SIZE, _MARGIN)
    means = []
    for points in face.regions.values():
        mask = np.zeros(face.still.shape[:2], np.float32)
        cv2.fillPoly(mask, [np.round(points + _MARGIN).astype(np.int32)], 1.0)
        means.append(_shifted_means(face.still, mask))
    return face, np.stack(means)


def _shifted_means(image, mask):
    """Mean red, green and blue under a mask for every whole shift of the image up to the margin, (3, rows, columns)."""
    y, x = np.nonzero(mask)
    boxes = image[y.min() - _MARGIN : y.max() + _MARGIN + 1, x.min() - _MARGIN : x.max() + _MARGIN + 1, ::-1]
    small = mask[y.min() : y.max() + 1, x.min() : x.max() + 1]
    means = [
        signal.fftconvolve(channel, small[::-1, ::-1], "valid") / small.sum() for channel in np.moveaxis(boxes, 2, 0)
    ]
    return np.stack(means)


def _at_shifts(means, dx, dy):
    """Colours (n, n_roi, 3) at shifts in pixels: what averages over a bilinearly shifted image would be."""
    at = np.clip(np.stack((dy, dx)) + _MARGIN, 0, 2 * _MARGIN)
    return np.stack([[ndimage.map_coordinates(one, at, order=1) for one in roi] for roi in means]).transpose(2, 0, 1)


def _exposed(rng, rgb, fps, drift=0.003):
    """The camera's exposure drifts, and its noise is added."""
    gain = 1 + drift * _coloured(rng, 2, len(rgb), fps)
    return rgb * (gain[:, None, None] + _GLOSS * rng.standard_normal(rgb.shape))


def _shaken(rng, motion):
    """A photograph of a face, shaken in front of the camera."""
    n = int(SECONDS * FPS)
    _, means = _photograph()
    x, y = motion(rng, n)
    return Scene(np.arange(n) / FPS, _exposed(rng, _at_shifts(means, x, y), FPS))


def _drifting(rng, n, exponent=2):
    return rng.uniform(0.5, 3) * _coloured(rng, exponent, n, FPS, (2,))


def _nodding(rng, n):
    """Motion between 0.5 and 4 Hz."""
    sos = signal.butter(2, (0.5, 4), "bandpass", fs=FPS, output="sos")
    wave = signal.sosfiltfilt(sos, rng.standard_normal((2, n)))
    return rng.uniform(0.2, 1) * wave / wave.std(axis=1, keepdims=True)


def _trembling(rng, n):
    """A hand's quasi-periodic motion in the band of the pulse, with its own direction, on slow drift."""
    phase = 2 * np.pi * np.cumsum(rng.uniform(0.8, 3) * (1 + 0.04 * _coloured(rng, 1, n, FPS))) / FPS
    size = rng.uniform(0.2, 1) * np.exp(0.4 * _coloured(rng, 1, n, FPS))
    angle = rng.uniform(0, 2 * np.pi)
    wave = size * np.sin(phase)
    return np.stack((np.cos(angle) * wave, np.sin(angle) * wave)) + 0.5 * _coloured(rng, 2, n, FPS, (2,))


def _scene(rng):
    """An ordinary scene that moves past the camera, whose exposure and white balance are corrected in steps."""
    n = int(SECONDS * FPS)
    _, means = _photograph()
    x, y = 8 * _coloured(rng, 2, n, FPS, (2,)) + _MARGIN * rng.uniform(-0.3, 0.3, (2, 1))
    steps = np.zeros((n, 3))
    for at in rng.uniform(0, n, rng.poisson(9)).astype(int):
        steps[at:] += rng.normal(0, 0.03) + rng.normal(0, 0.005, 3)
    steps = signal.lfilter([0.15], [1, -0.85], steps, axis=0)  # the control's own delay
    return Scene(np.arange(n) / FPS, _exposed(rng, _at_shifts(means, x, y) * np.exp(steps)[:, None], FPS))


def _lamp(rng, hz, fps, *, wander=0.002, colour=0.15):
    """Skin in the light of a lamp that flickers at twice the mains frequency and is sampled by a rolling shutter.

    `hz` is the range of the mains frequency, which then walks by `wander` Hz in a second; `fps` a range as well. The
    lamp is warmer or colder than the other light by `colour` (SD of red and of blue), and greener by a third of that.
    """
    fps = rng.uniform(*fps)
    n = int(SECONDS * fps)
    t = np.arange(n) / fps
    mains = rng.uniform(*hz) + wander / np.sqrt(fps) * np.cumsum(rng.standard_normal(n))
    phase = 4 * np.pi * np.cumsum(np.clip(mains, hz[0], hz[1])) / fps
    rows = np.array([0.25, 0.5, 0.52]) * rng.uniform(0.01, 0.03)  # s after the first row
    depth, shape = np.exp(rng.uniform(np.log(0.002), np.log(0.03))), rng.uniform(0, 2 * np.pi, 3)
    warm, green = colour * rng.standard_normal(2)
    share = 1 + np.array((warm, green / 3, -warm))
    late = phase[:, None] + 4 * np.pi * np.mean(hz) * rows
    flicker = sum(size * np.cos(k * late + shape[k - 1]) for k, size in ((1, 1.0), (2, 0.3), (3, 0.1)))
    return Scene(t, _exposed(rng, SKIN * (1 + depth * flicker[..., None] * share), fps), fps)


def _kinds():
    waver = "wavering light"
    yield Kind("white", waver, partial(_wavering, exponent=0))
    for exponent, name in ((0.5, "1/f^0.5"), (1, "1/f"), (2, "1/f^2")):
        yield Kind(name, waver, partial(_wavering, exponent=exponent))
        for common, words in ((2 / 3, "two thirds"), (0.9, "nine tenths")):
            yield Kind(f"{name}, {words} common", waver, partial(_wavering, exponent=exponent, common=common))
        yield Kind(f"{name} with a camera's noise", waver, partial(_wavering, exponent=exponent, camera=0.5))
    yield Kind("hump at 1.2 Hz", waver, partial(_wavering, exponent="hump"))
    yield Kind("hump at 1.2 Hz, two thirds common", waver, partial(_wavering, exponent="hump", common=2 / 3))
    alike = "three regions, a finger, or gray"
    for exponent, name in ((1, "1/f"), (2, "1/f^2"), ("hump", "hump at 1.2 Hz")):
        yield Kind(f"{name}, three regions", alike, partial(_wavering, exponent=exponent, regions=3, camera=0.1))
    yield Kind("1/f through a finger", alike, partial(_wavering, exponent=1, base=FINGER))
    yield Kind("1/f^2 through a finger", alike, partial(_wavering, exponent=2, base=FINGER))
    yield Kind("1/f, monochrome", alike, partial(_gray, exponent=1))
    shaken = "shaken photograph"
    yield Kind("1/f motion", shaken, partial(_shaken, motion=partial(_drifting, exponent=1)))
    yield Kind("1/f^2 motion", shaken, partial(_shaken, motion=_drifting))
    yield Kind("motion of 0.5 to 4 Hz", shaken, partial(_shaken, motion=_nodding))
    yield Kind("quasi-periodic motion", shaken, partial(_shaken, motion=_trembling))
    yield Kind("moving scene, exposure in steps", shaken, _scene)
    lamp = "flicker of lamps"
    fifty, sixty = (49.9, 50.1), (59.9, 60.1)
    yield Kind("100 Hz at 30 fps", lamp, partial(_lamp, hz=fifty, fps=(30, 30)))
    yield Kind("100 Hz at 29.97 fps", lamp, partial(_lamp, hz=fifty, fps=(29.97, 29.97)))
    yield Kind("100 Hz at 25 fps", lamp, partial(_lamp, hz=fifty, fps=(25, 25)))
    yield Kind("120 Hz at 30 fps", lamp, partial(_lamp, hz=sixty, fps=(30, 30)))
    yield Kind("120 Hz at 29.97 fps", lamp, partial(_lamp, hz=sixty, fps=(29.97, 29.97)))
    yield Kind(
        "alias drifting within 0 to 2 Hz", lamp, partial(_lamp, hz=(49.5, 50.5), fps=(24.75, 24.75), wander=0.03)
    )
    yield Kind("steady alias of 0.8 to 1.8 Hz", lamp, partial(_lamp, hz=(60, 60), fps=(29.55, 29.8)))
    yield Kind("steady alias, white lamp", lamp, partial(_lamp, hz=(60, 60), fps=(29.55, 29.8), colour=0))


KINDS = tuple(_kinds())
