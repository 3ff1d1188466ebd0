"""From a video to the mean colours of its regions of interest, in one pass over its frames."""

from array import array
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from cuffless.camera.errors import NoFaceError, RppgError
from cuffless.camera.pulse.custom import wave_of_frames
from cuffless.camera.skin.colours import RegionMean, frame_mean
from cuffless.camera.skin.roi import WHOLE, Regions, read_regions, whole_frame
from cuffless.camera.skin.trace import Trace, frame_rate
from cuffless.camera.skin.tracking import FaceRegions, PlacedFrame
from cuffless.camera.video.frame_times import MOST_FPS
from cuffless.camera.video.frames import Frames, open_frames

ROI_MODES = ("auto", "file", "whole")
SHEET_FRAMES = 4
"""Number of frames that are kept for the contact sheet."""
_LOGGED_SECONDS = 300.0


def extract_trace(
    video: str | Path,
    *,
    roi: str | Path | None = None,
    roi_mode: str = "auto",
    timestamps: str | Path | None = None,
    fps: float | None = None,
    roi_hz: float = 1.0,
    with_whole: bool = False,
    log: Callable[[str], object] | None = None,
) -> tuple[Trace, Regions, list[tuple[float, np.ndarray]]]:
    """Mean colour of each region in each frame of a video.

    Parameters
    ----------
    video : str or Path
        A file, or the pattern of numbered images (``img_%05d.png``).
    roi : str or Path, optional
        File of the regions; required for the mode ``file``, not allowed for the others.
    roi_mode : {"auto", "file", "whole"}
        Search for a face and use its forehead and cheeks; the regions of a file; every pixel.
    timestamps : str or Path, optional
        File of frame times; default: the container's times.
    fps : float, optional
        Frames per second, used instead of the container's times.
    roi_hz : float
        Searches for a face per second.
    with_whole : bool
        In the mode ``auto``: also take the colours of the whole frame, for comparison. They cost next to nothing, as
        the frames are decoded anyway.
    log : callable, optional
        Called with progress messages.

    Returns
    -------
    trace : Trace
        Its ``whole`` is the trace of the whole frame, if that was asked for.
    regions : Regions
        To be written with `write_regions`; read from that file, they give the same trace.
    frames : list of (t, (height, width, 3) uint8 array)
        Up to four, spread over the recording; blue, green, red.

    Raises
    ------
    NoFaceError
        If no face is found; it has a few frames and, if asked for, the trace of the whole frame.
    RppgError
        If the video cannot be read or is too short, has no frame times, or no region is visible.
    ValueError
        If the mode is unknown, or `roi` and the mode do not match.
    """
    if roi_mode not in ROI_MODES:
        raise ValueError(f"unknown roi_mode {roi_mode!r}; choose from {', '.join(ROI_MODES)}")
    if (roi is not None) != (roi_mode == "file"):
        raise ValueError(
            f"roi_mode is {roi_mode} and roi is {roi}; the mode file needs a file of regions, the others take none"
        )
    with open_frames(video, timestamps=timestamps, fps=fps) as frames:
        if roi_mode == "auto":
            tracked = FaceRegions(frames.name, roi_hz)
            series = _ColourSeries(tracked.place(frames), frames, log, with_whole=with_whole)
            whole = series.whole_trace(frames)
            try:
                regions, notes = tracked.regions(), tracked.notes()
            except NoFaceError as error:
                error.whole, error.frames = whole, series.samples.chosen()
                raise
        else:
            placed = _FixedRegions(frames, None if roi is None else read_regions(roi))
            series = _ColourSeries(placed, frames, log)
            regions, notes, whole = placed.regions, [], None
            assert regions is not None  # known since the first frame
    trace = series.trace(regions.names, frames, notes)
    trace.whole = whole
    return trace, regions, series.samples.chosen()


def extract_wave(
    video: str | Path,
    method: str,
    *,
    timestamps: str | Path | None = None,
    fps: float | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Pulse wave of a video by a custom method that takes frames.

    Parameters
    ----------
    video, timestamps, fps
        As for `extract_trace`.
    method : str
        ``module:function``, as for `wave_of_frames`.

    Returns
    -------
    times, wave : (n,) float arrays
        Seconds on the clock of the trace, and the wave.

    Raises
    ------
    RppgError
        If the video cannot be read, or the method gives a reason why it has no wave.
    MethodError
        If the method fails or breaks its contract.
    """
    with open_frames(video, timestamps=timestamps, fps=fps) as frames:
        times, wave = wave_of_frames(method, frames)
        if not len(wave):
            raise RppgError(f"{frames.name}: {method} gives no wave")
        return times, wave


class _FixedRegions:
    """Frames with the polygons of regions that are known in advance; None: the whole frame."""

    def __init__(self, frames: Frames, regions: Regions | None):
        self._frames, self.regions = frames, regions

    def __iter__(self) -> Iterator[PlacedFrame]:
        size = None
        for t, frame in self._frames:
            if frame.shape[:2] != size:
                size = frame.shape[:2]
                regions = self._fitting(size)
            yield t, frame, [*regions.polygons_at(t).values()]

    def _fitting(self, size: tuple[int, int]) -> Regions:
        height, width = size
        if self.regions is None:
            self.regions = whole_frame(width, height, self._frames.name)
        if (self.regions.width, self.regions.height) != (width, height):
            raise RppgError(
                f"{self._frames.name}: its frames are {width} x {height} pixels, but the regions are for "
                f"{self.regions.width} x {self.regions.height}; draw the regions on this video"
            )
        return self.regions


class _ColourSeries:
    """Times, colours and numbers of pixels of all frames, and a few of the frames for the contact sheet."""

    def __init__(self, placed, frames: Frames, log: Callable[[str], object] | None, *, with_whole: bool = False):
        # Lists would take ten times the memory, too much for hours of video.
        self._times, self._values, self._whole = array("d"), array("d"), array("d")
        self.samples = _SampleFrames()
        means: list[RegionMean] = []
        next_log = _LOGGED_SECONDS
        for t, frame, polygons in placed:
            means = means or [RegionMean() for _ in polygons]
            self._times.append(t)
            for mean, polygon in zip(means, polygons, strict=True):
                self._values.extend(mean(frame, polygon))
            if with_whole:
                self._whole.extend(frame_mean(frame))
            self.samples.offer(t, frame)
            if log and t - self._times[0] >= next_log:
                whole = f" of {frames.seconds:.0f} s" if frames.seconds else ""
                log(f"{frames.name}: {next_log:.0f} s{whole}")
                next_log += _LOGGED_SECONDS

    def whole_trace(self, frames: Frames) -> Trace | None:
        """Of the whole frame, if it was asked for and there are enough frames."""
        if len(self._whole) < 8:
            return None
        return self._trace((WHOLE,), self._whole, frames, [])

    def trace(self, names: tuple[str, ...], frames: Frames, notes: list[str]) -> Trace:
        """Of regions; raises RppgError if there are no colours."""
        return self._trace(names, self._values, frames, notes)

    def _trace(self, names: tuple[str, ...], values: array, frames: Frames, notes: list[str]) -> Trace:
        if len(self._times) < 2:
            raise RppgError(f"{frames.name}: only one frame; a pulse rate needs several seconds of frames")
        times = np.array(self._times)
        if (rate := frame_rate(times)) > MOST_FPS:
            raise RppgError(
                f"{frames.name}: {rate:g} frames per second by the times of the frames, which no recording of a pulse "
                "has; give timestamps or fps"
            )
        rows = np.array(values).reshape(len(times), len(names), 4)
        if not rows[:, :, 3].any():
            raise RppgError(f"{frames.name}: none of {', '.join(names)} is visible in any frame; check the regions")
        return Trace(
            t=times,
            rgb=rows[:, :, :3].astype(np.float32),
            n_pixels=rows[:, :, 3].astype(np.int32),
            rois=names,
            fps=rate,
            stamps=frames.stamps,
            notes=[*frames.notes, *notes],
        )


class _SampleFrames:
    """A few frames spread over a recording whose length is not known in advance."""

    def __init__(self):
        self._kept: list[tuple[float, np.ndarray]] = []
        self._apart, self._next = 1.0, -np.inf

    def offer(self, t: float, frame: np.ndarray) -> None:
        if t < self._next:
            return
        self._kept.append((t, np.clip(frame, 0, 255).astype(np.uint8)))
        if len(self._kept) > 2 * SHEET_FRAMES:
            self._kept, self._apart = self._kept[::2], 2 * self._apart
        self._next = self._kept[-1][0] + self._apart - 1e-3

    def chosen(self) -> list[tuple[float, np.ndarray]]:
        n = len(self._kept)
        at = np.unique(np.linspace(0, n - 1, min(n, SHEET_FRAMES)).round().astype(int))
        return [self._kept[i] for i in at]
