"""The face of simulated recordings: a photograph in the public domain, its skin, and regions on it."""

from dataclasses import dataclass

import numpy as np

# In pixels of the photograph: x to the right, y down.
HEAD = (225.0, 122.0)
LEAST_VIEW = (152.0, 132.0)
"""Width and height of the part that every frame shows."""
OVAL = (74.0, 88.0)
"""Half axes of the oval around the head that is lit."""
SKIN = ((183, 84), (200, 74), (232, 80), (262, 88), (269, 112), (266, 138), (254, 160), (232, 180), (212, 180))
SKIN += ((194, 164), (182, 138), (181, 104))
REGIONS = {
    "forehead": ((190, 80), (206, 80), (228, 83), (238, 84), (236, 98), (222, 98), (214, 88), (192, 86)),
    "cheek_left": ((186, 112), (207, 111), (211, 119), (204, 129), (193, 138), (187, 134)),
    "cheek_right": ((243, 118), (264, 111), (264, 134), (256, 140), (247, 130)),
}
"""Left and right as seen in the picture."""
PULSE_VECTOR = (0.33, 0.77, 0.53)
"""Relative depth of the pulse in R, G and B (de Haan & van Leest 2014)."""
FOCUS = (1.0, 4.0)
"""Blur of the face and its surroundings: SD in the photograph's pixels. Sharp hair takes a quarter of the bytes."""
EXPOSURE = 0.8
"""Share of the photograph's brightness: its highlights must not saturate."""
BACKDROP = 60.0
"""Grey level behind the head; plain, so that a frame takes few bytes."""


@dataclass(frozen=True)
class Face:
    """A face at rest, larger than a frame by a margin on each side; colours in the order B, G, R."""

    size: tuple[int, int]
    """Width and height of a frame in pixels."""
    margin: int
    """Pixels on each side into which the head may move."""
    still: np.ndarray
    """(height + 2 margin, width + 2 margin, 3) float32: what the camera sees without blood in the skin."""
    pulsatile: np.ndarray
    """Same shape: what a pulse of height 1 removes at an amplitude of 1."""
    skin: np.ndarray
    """Same shape: 0 to 1, how much of a pixel is skin."""
    regions: dict[str, np.ndarray]
    """(n, 2) x and y of each region's polygon in the frame's pixels at rest; a whole number is a pixel's centre."""


def simulated_face(size: tuple[int, int], margin: int, light: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Face:
    """Place the photographed face in a frame.

    Parameters
    ----------
    size : tuple of int
        Width and height of a frame in pixels.
    margin : int
        Pixels on each side into which the head may move.
    light : tuple of float
        Light relative to the photograph's in B, G and R.

    Returns
    -------
    Face

    Notes
    -----
    ``skimage.data.astronaut``: Eileen Collins, photographed by NASA, in the public domain.
    """
    import cv2

    width, height = size
    scale = min(width / LEAST_VIEW[0], height / LEAST_VIEW[1])
    padded = (width + 2 * margin, height + 2 * margin)
    place = np.array([[scale, 0, 0], [0, scale, 0]])
    place[:, 2] = (np.array(padded) - 1) / 2 - scale * np.array(HEAD)

    def framed(image: np.ndarray) -> np.ndarray:
        if scale < 1:  # a smaller picture must not alias
            image = cv2.GaussianBlur(image, (0, 0), 0.5 * np.sqrt(scale**-2 - 1) + 1e-3)
        return cv2.warpAffine(image, place, padded, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    photograph, skin = _photograph()
    still = framed(photograph) * (EXPOSURE * np.array(light, dtype=np.float32))
    skin = np.repeat(framed(skin)[..., None], 3, axis=2)
    vector = np.array(PULSE_VECTOR[::-1], dtype=np.float32)
    regions = {name: np.array(points) * scale + place[:, 2] - margin for name, points in REGIONS.items()}
    return Face(size, margin, still, still * skin * vector, skin, regions)


def _photograph() -> tuple[np.ndarray, np.ndarray]:
    """The photograph before a plain backdrop (512, 512, 3), float32 B, G, R, and its skin (512, 512), 0 to 1."""
    import cv2
    from skimage.data import astronaut

    image = astronaut()[..., ::-1].astype(np.float32)
    y, x = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    distance = np.hypot((x - HEAD[0]) / OVAL[0], (y - HEAD[1] + 8) / OVAL[1])
    lit = np.clip((1.1 - distance) / 0.2, 0, 1)[..., None]
    image = lit * image + (1 - lit) * np.float32(BACKDROP)
    outline = np.zeros(image.shape[:2], np.float32)
    cv2.fillPoly(outline, [np.array(SKIN, np.int32)], 1.0)
    # Eyes, brows and teeth are dark or grey.
    brightness, redness, _ = cv2.split(cv2.cvtColor(image / 255, cv2.COLOR_BGR2YCrCb))
    skin = cv2.GaussianBlur(outline * ((brightness > 0.35) & (redness > 0.53)), (0, 0), 1.0)
    sharp = cv2.GaussianBlur(cv2.dilate(outline, np.ones((9, 9))), (0, 0), 3.0)[..., None]
    face, surround = (cv2.GaussianBlur(image, (0, 0), sd) for sd in FOCUS)
    return sharp * face + (1 - sharp) * surround, skin
