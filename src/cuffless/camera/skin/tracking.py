"""Regions that follow a face through a video, while its frames pass by once."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from cuffless.camera.errors import RppgError
from cuffless.camera.skin.faces import FaceFinder, face_side, skin_regions
from cuffless.camera.skin.roi import CHEEK_LEFT, CHEEK_RIGHT, FOREHEAD, Keyframe, Regions, polygon_between

Placed = tuple[float, np.ndarray, list[np.ndarray | None]]
"""Time, frame, and the polygon of each region."""
NAMES = (FOREHEAD, CHEEK_LEFT, CHEEK_RIGHT)
STILL = 0.015
"""Sides of the face by which its regions may move without being taken along: the mesh trembles as much."""
_MOST_WAITING = 2**28  # bytes of frames between two looks


class FaceRegions:
    """Regions on forehead and cheeks, by a look for the face now and then and straight lines in between.

    Frames wait until the look after them, so that a region moves smoothly: one that leapt at each look would put the
    rate of the looks into the colours, and once a second is a pulse rate.

    Parameters
    ----------
    name : str
        The video's, for errors.
    roi_hz : float
        Looks a second; large frames that would take more than 256 MB to keep are looked at more often.
    find : callable, optional
        From a frame to the mesh of its face or None; default: `FaceFinder`.
    """

    def __init__(self, name: str, roi_hz: float, find: Callable[[np.ndarray], np.ndarray | None] | None = None):
        self._name, self._period = name, 1 / roi_hz
        self._find = find or FaceFinder().find
        self._keyframes: dict[str, list[Keyframe]] = {region: [] for region in NAMES}
        self._size = (0, 0)
        self.looks = self.found = 0

    def place(self, frames: Iterable[tuple[float, np.ndarray]]) -> Iterator[Placed]:
        """Yield all frames with the polygons of `NAMES`."""
        waiting: list[tuple[float, np.ndarray]] = []
        looked, size = -np.inf, 0
        for t, frame in frames:
            # Half a millisecond early counts: stamps are rounded.
            if t - looked >= self._period - 5e-4 or size > _MOST_WAITING:
                self._look(t, frame)
                yield from self._released(waiting)
                waiting, looked, size = [], t, 0
            waiting.append((t, frame))
            size += frame.nbytes
        yield from self._released(waiting, last=True)

    def regions(self) -> Regions:
        """The regions of all looks.

        Raises
        ------
        RppgError
            If there was no face in any.
        """
        if not self.found:
            raise RppgError(
                f"{self._name}: no face in {self.looks} frames looked at; give its regions in a file, or take the "
                "mean of the whole frame (roi_mode whole)"
            )
        return Regions(*self._size, self._keyframes, video=self._name)

    def notes(self) -> list[str]:
        """What the user should know."""
        if self.found == self.looks:
            return []
        return [f"a face in {self.found} of {self.looks} frames looked at"]

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

    def _released(self, waiting: list[tuple[float, np.ndarray]], *, last: bool = False) -> Iterator[Placed]:
        """Frames that waited for the newest look, or after the last one."""
        ends = [(keys[-1], keys[-1]) if last else keys[-2:] for keys in self._keyframes.values()]
        for t, frame in waiting:
            yield t, frame, [polygon_between(*pair, t) for pair in ends]
