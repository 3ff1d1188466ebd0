"""Regions that follow a face through a video, in one pass over its frames."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from cuffless.camera.errors import NoFaceError
from cuffless.camera.skin.faces import FaceFinder, face_side, skin_regions
from cuffless.camera.skin.roi import CHEEK_LEFT, CHEEK_RIGHT, FOREHEAD, Keyframe, Regions, polygon_between

PlacedFrame = tuple[float, np.ndarray, list[np.ndarray | None]]
"""Time, frame, and the polygon of each region."""
NAMES = (FOREHEAD, CHEEK_LEFT, CHEEK_RIGHT)
STILL = 0.015
"""Movement, in sides of the face, up to which regions stay in place: the mesh itself jitters as much."""
_MOST_WAITING = 2**28  # bytes of frames between two looks


class FaceRegions:
    """Regions on forehead and cheeks: the face is looked for now and then, and regions move linearly in between.

    Frames wait for the next look, so that a region moves smoothly: one that jumped at each look would put the rate of
    the looks into the colours, and once per second is a pulse rate.

    Parameters
    ----------
    name : str
        Name of the video, for errors.
    roi_hz : float
        Looks per second; more if the frames that wait would take more than 256 MB.
    find : callable, optional
        From a frame to the mesh of its face or None; default: `FaceFinder`.
    """

    def __init__(self, name: str, roi_hz: float, find: Callable[[np.ndarray], np.ndarray | None] | None = None):
        self._name, self._period = name, 1 / roi_hz
        self._find = find or FaceFinder().find
        self._keyframes: dict[str, list[Keyframe]] = {region: [] for region in NAMES}
        self._size = (0, 0)
        self.looks = self.found = 0

    def place(self, frames: Iterable[tuple[float, np.ndarray]]) -> Iterator[PlacedFrame]:
        """Yield all frames with the polygons of `NAMES`."""
        waiting: list[tuple[float, np.ndarray]] = []
        looked, size = -np.inf, 0
        for t, frame in frames:
            # Half a millisecond too early still counts, since stamps are rounded.
            if t - looked >= self._period - 5e-4 or size > _MOST_WAITING:
                self._look(t, frame)
                yield from self._release(waiting)
                waiting, looked, size = [], t, 0
            waiting.append((t, frame))
            size += frame.nbytes
        yield from self._release(waiting, last=True)

    def regions(self) -> Regions:
        """The regions of all looks.

        Raises
        ------
        NoFaceError
            If none of them found a face.
        """
        if not self.found:
            raise NoFaceError(
                f"{self._name}: no face in {self.looks} frames looked at; give the regions in a file, or use the "
                "mean of the whole frame (--roi-mode whole; in a manifest, roi_mode whole)"
            )
        return Regions(*self._size, self._keyframes, video=self._name)

    def notes(self) -> list[str]:
        """What the user should know."""
        if self.found == self.looks:
            return []
        return [f"a face was found in {self.found} of {self.looks} frames looked at"]

    def _look(self, t: float, frame: np.ndarray) -> None:
        height, width = frame.shape[:2]
        self._size = (width, height)
        mesh = self._find(frame)
        self.looks += 1
        self.found += mesh is not None
        polygons = dict.fromkeys(NAMES) if mesh is None else skin_regions(mesh, width, height)
        least = 0 if mesh is None else STILL * face_side(mesh)
        for name, keyframes in self._keyframes.items():
            last, new = keyframes[-1].polygon if keyframes else None, polygons[name]
            if last is not None and new is not None and np.abs(new - last).max() <= least:
                new = last
            keyframes.append(Keyframe(t, new))

    def _release(self, waiting: list[tuple[float, np.ndarray]], *, last: bool = False) -> Iterator[PlacedFrame]:
        """Yield the frames that waited for the newest look, or those after the last one."""
        ends = [(keys[-1], keys[-1]) if last else keys[-2:] for keys in self._keyframes.values()]
        for t, frame in waiting:
            yield t, frame, [polygon_between(before, after, t) for before, after in ends]
