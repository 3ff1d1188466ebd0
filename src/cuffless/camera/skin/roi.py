"""Regions of interest: polygons on the skin that move with it over time, and their file."""

import json
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cuffless.camera.errors import RppgError
from cuffless.errors import fault, shortened
from cuffless.files import whole_file

FOREHEAD, CHEEK_LEFT, CHEEK_RIGHT, WHOLE = "forehead", "cheek_left", "cheek_right", "whole"
"""Names of regions; left and right as seen in the picture."""
INTERPOLATIONS = ("linear", "hold")
VERSION = 1
_LEAST_CORNERS = 3


@dataclass(frozen=True)
class Keyframe:
    """Where a region is at one time."""

    t: float
    """Seconds from the recording's start."""
    polygon: np.ndarray | None
    """(n, 2) float array or None: x to the right and y down in pixels, a whole number being a pixel's centre; None: not
    visible from then on."""


@dataclass
class Regions:
    """Regions of one video."""

    width: int
    height: int
    """`width`, `height`: Size of the frames in pixels."""
    rois: dict[str, list[Keyframe]]
    """Keyframes of each region, in order of time. Before its first keyframe a region is where that one puts it."""
    interpolation: str = "linear"
    """{"linear", "hold"}: Linear between polygons with equal numbers of corners; other polygons are held."""
    video: str = ""
    """Name of the video."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the regions."""
        return tuple(self.rois)

    def polygons_at(self, t: float) -> dict[str, np.ndarray | None]:
        """Polygon of each region at a time; None where it is not visible."""
        return {name: self.polygon_at(name, t) for name in self.rois}

    def polygon_at(self, name: str, t: float) -> np.ndarray | None:
        """Polygon of one region at a time; the same array as long as it does not move."""
        keyframes = self.rois[name]
        after = bisect_right(keyframes, t, key=lambda keyframe: keyframe.t)
        if not after:
            return keyframes[0].polygon
        before = keyframes[after - 1]
        if self.interpolation == "hold" or after == len(keyframes):
            return before.polygon
        return polygon_between(before, keyframes[after], t)


def polygon_between(before: Keyframe, after: Keyframe, t: float) -> np.ndarray | None:
    """Polygon at a time between two keyframes: linear if both have equally many corners, else the first one's."""
    first, second = before.polygon, after.polygon
    if first is second or first is None or second is None or len(first) != len(second):
        return first
    share = (t - before.t) / (after.t - before.t)
    return first + share * (second - first)


def whole_frame(width: int, height: int, video: str = "") -> Regions:
    """One region, ``whole``: every pixel of every frame."""
    corners = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], float)
    return Regions(width, height, {WHOLE: [Keyframe(0.0, corners)]}, video=video)


def write_regions(regions: Regions, path: str | Path) -> None:
    """Write a file of regions, whole or not at all.

    Parameters
    ----------
    regions : Regions
    path : str or Path
        JSON file, for `read_regions`.
    """
    rois = {
        name: [{"t": k.t, "polygon": None if k.polygon is None else k.polygon.tolist()} for k in keyframes]
        for name, keyframes in regions.rois.items()
    }
    head = {"version": VERSION, "video": regions.video, "width": regions.width, "height": regions.height}
    text = json.dumps(head | {"interpolation": regions.interpolation, "rois": rois})
    with whole_file(path) as part:
        part.write_text(text + "\n", encoding="utf-8")


def read_regions(path: str | Path) -> Regions:
    """Read a file of regions.

    Parameters
    ----------
    path : str or Path
        JSON: ``{"version": 1, "video", "width", "height", "interpolation", "rois": {name: [{"t", "polygon"}]}}``;
        ``video`` and ``interpolation`` may be absent, ``polygon`` is a list of x, y or null for not visible.

    Returns
    -------
    Regions

    Raises
    ------
    RppgError
        If it cannot be read or has another layout; the message names the region and the time at fault.
    """
    path = Path(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise RppgError(f"{path.name}: regions cannot be read ({fault(error)}); save them as JSON") from None
    if not isinstance(content, dict):
        raise RppgError(f"{path.name}: not a file of regions; it must be a JSON object with width, height and rois")
    if content.get("version", VERSION) != VERSION:
        held = shortened(repr(content["version"]))
        raise RppgError(f"{path.name}: version {held} is unknown; write version {VERSION}")
    interpolation = content.get("interpolation", "linear")
    if interpolation not in INTERPOLATIONS:
        held = shortened(repr(interpolation))
        raise RppgError(f"{path.name}: interpolation {held} is unknown; choose {' or '.join(INTERPOLATIONS)}")
    for side in ("width", "height"):
        if type(content.get(side)) is not int or content[side] < 1:
            held = shortened(repr(content.get(side)))
            raise RppgError(f"{path.name}: {side} is {held}; give the {side} of the video's frames in pixels")
    rois = content.get("rois")
    if not isinstance(rois, dict) or not rois:
        raise RppgError(f"{path.name}: no regions under rois; add at least one, such as {FOREHEAD}, with its keyframes")
    keyframes = {str(name): _keyframes(f"{path.name}, {shortened(name)}", entries) for name, entries in rois.items()}
    return Regions(content["width"], content["height"], keyframes, interpolation, str(content.get("video", "")))


def _keyframes(where: str, content: object) -> list[Keyframe]:
    if not isinstance(content, list) or not content:
        raise RppgError(f'{where}: no keyframes; give a list of {{"t": seconds, "polygon": [[x, y], ...]}}')
    keyframes: list[Keyframe] = []
    for number, entry in enumerate(content, 1):
        if not isinstance(entry, dict) or not {"t", "polygon"} <= set(entry):
            raise RppgError(f"{where}: keyframe {number} lacks t or polygon; give both")
        t = _finite_array(entry["t"], ())
        if t is None:
            raise RppgError(f"{where}: keyframe {number} has t {shortened(repr(entry['t']))}; give a time in seconds")
        if keyframes and t <= keyframes[-1].t:
            raise RppgError(
                f"{where}: keyframe {number} at {t:g} s is not after {keyframes[-1].t:g} s; sort them by time"
            )
        polygon = _polygon(f"{where}, {t:g} s", entry["polygon"])
        last = keyframes[-1].polygon if keyframes else None
        same = polygon is not None and last is not None and np.array_equal(polygon, last)
        keyframes.append(Keyframe(float(t), last if same else polygon))  # one array while it does not move
    return keyframes


def _polygon(where: str, content: object) -> np.ndarray | None:
    if content is None:
        return None
    polygon = _finite_array(content, (None, 2))
    if polygon is None or len(polygon) < _LEAST_CORNERS:
        raise RppgError(f"{where}: the polygon must have at least {_LEAST_CORNERS} corners [x, y], or be null")
    return polygon


def _finite_array(content: object, shape: tuple) -> np.ndarray | None:
    """The content as a finite array of a shape (None: any length), or None if it is not one."""
    try:
        values = np.array(content)
    except ValueError:
        return None
    fits = values.ndim == len(shape) and all(n in (None, m) for n, m in zip(shape, values.shape, strict=True))
    if not fits or values.dtype.kind not in "iuf" or not np.isfinite(values).all():
        return None
    return values.astype(float)
