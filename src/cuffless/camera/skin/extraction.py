"""From a video to the mean colours of its regions of interest, in one pass over its frames."""

from array import array
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from cuffless.camera.errors import RppgError
from cuffless.camera.skin.colours import RegionMean
from cuffless.camera.skin.roi import Regions, read_regions, whole_frame
from cuffless.camera.skin.trace import Trace, frame_rate
from cuffless.camera.skin.tracking import FaceRegions, Placed
from cuffless.camera.video.frames import Frames, open_frames

ROI_MODES = ("auto", "file", "whole")
SHEET_FRAMES = 4
"""Frames that are kept to be shown."""
_LOGGED_SECONDS = 300.0


def extract_trace(
    video: str | Path,
    *,
    roi: str | Path | None = None,
    roi_mode: str = "auto",
    timestamps: str | Path | None = None,
    fps: float | None = None,
    roi_hz: float = 1.0,
    log: Callable[[str], None] | None = None,
) -> tuple[Trace, Regions, list[tuple[float, np.ndarray]]]:
    """Mean colour of each region in each frame of a video.

    Parameters
    ----------
    video : str or Path
        A file, or the pattern of numbered images (``img_%05d.png``).
    roi : str or Path, optional
        File of the regions; needed by, and only by, the mode ``file``.
    roi_mode : {"auto", "file", "whole"}
        Forehead and cheeks of a face that is looked for; the regions of a file; every pixel.
    timestamps : str or Path, optional
        Frame times; default: the container's.
    fps : float, optional
        Frames a second instead of the container's times.
    roi_hz : float
        How often a face is looked for.
    log : callable, optional
        Is told how far the work is.

    Returns
    -------
    trace : Trace
    regions : Regions
        As `write_regions` writes them; read again, they give the same trace.
    frames : list of (t, (height, width, 3) uint8 array)
        Up to four, spread over the recording; blue, green, red.

    Raises
    ------
    RppgError
        If the video cannot be read or hardly so, no frame times are known, there is no face, or no region is visible.
    ValueError
        If the mode is unknown, or `roi` and the mode do not fit.
    """
    if roi_mode not in ROI_MODES:
        raise ValueError(f"unknown roi_mode {roi_mode!r}; there are {', '.join(ROI_MODES)}")
    if (roi is not None) != (roi_mode == "file"):
        raise ValueError(
            f"roi_mode {roi_mode} and roi {roi}: a file of regions goes with the mode file, and only with it"
        )
    with open_frames(video, timestamps=timestamps, fps=fps) as frames:
        if roi_mode == "auto":
            tracked = FaceRegions(frames.name, roi_hz)
            taken = _Taken(tracked.place(frames), frames, log)
            regions, notes = tracked.regions(), tracked.notes()
        else:
            given = None if roi is None else read_regions(roi)
            placed = _Given(frames, given)
            taken = _Taken(placed, frames, log)
            regions, notes = placed.regions, []
    trace = taken.trace(regions.names, frames, notes)
    return trace, regions, taken.shown.chosen()


class _Given:
    """Frames with the polygons of regions that are known beforehand; None: the whole frame."""

    def __init__(self, frames: Frames, regions: Regions | None):
        self._frames, self.regions = frames, regions

    def __iter__(self) -> Iterator[Placed]:
        size = None
        for t, frame in self._frames:
            if frame.shape[:2] != size:
                size = frame.shape[:2]
                self._check(size)
            yield t, frame, [*self.regions.polygons_at(t).values()]

    def _check(self, size: tuple[int, int]) -> None:
        height, width = size
        if self.regions is None:
            self.regions = whole_frame(width, height, self._frames.name)
        if (self.regions.width, self.regions.height) != (width, height):
            raise RppgError(
                f"{self._frames.name}: its frames are {width} x {height} pixels, those of the regions "
                f"{self.regions.width} x {self.regions.height}; draw the regions on this video"
            )


class _Taken:
    """What was taken from the frames: times, colours, numbers of pixels, and a few frames to show."""

    def __init__(self, placed, frames: Frames, log: Callable[[str], None] | None):
        # Of hours, lists would take ten times the memory.
        self._times, self._values = array("d"), array("d")
        self.shown = _Shown()
        means: list[RegionMean] = []
        told = _LOGGED_SECONDS
        for t, frame, polygons in placed:
            means = means or [RegionMean() for _ in polygons]
            self._times.append(t)
            for mean, polygon in zip(means, polygons, strict=True):
                self._values.extend(mean(frame, polygon))
            self.shown.offer(t, frame)
            if log and t - self._times[0] >= told:
                whole = f" of {frames.seconds:.0f} s" if frames.seconds else ""
                log(f"{frames.name}: {told:.0f} s{whole}")
                told += _LOGGED_SECONDS

    def trace(self, names: tuple[str, ...], frames: Frames, notes: list[str]) -> Trace:
        if len(self._times) < 2:
            raise RppgError(f"{frames.name}: holds one frame; a pulse needs seconds of them")
        times = np.array(self._times)
        rows = np.array(self._values).reshape(len(times), len(names), 4)
        if not rows[:, :, 3].any():
            raise RppgError(f"{frames.name}: none of {', '.join(names)} is visible in any frame; see to the regions")
        return Trace(
            t=times,
            rgb=rows[:, :, :3].astype(np.float32),
            n_pixels=rows[:, :, 3].astype(np.int32),
            rois=names,
            fps=frame_rate(times),
            stamps=frames.stamps,
            notes=[*frames.notes, *notes],
        )


class _Shown:
    """A few frames spread over a recording whose length is not known beforehand."""

    def __init__(self):
        self._kept: list[tuple[float, np.ndarray]] = []
        self._apart, self._next = 1.0, -np.inf

    def offer(self, t: float, frame: np.ndarray) -> None:
        if t < self._next:
            return
        self._kept.append((t, frame.copy()))
        if len(self._kept) > 2 * SHEET_FRAMES:
            self._kept, self._apart = self._kept[::2], 2 * self._apart
        self._next = self._kept[-1][0] + self._apart - 1e-3

    def chosen(self) -> list[tuple[float, np.ndarray]]:
        n = len(self._kept)
        at = np.unique(np.linspace(0, n - 1, min(n, SHEET_FRAMES)).round().astype(int))
        return [self._kept[i] for i in at]
