"""Frames of a video with their times: video files and numbered images."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cuffless.camera.errors import RppgError
from cuffless.camera.video.containers import read_declaration
from cuffless.camera.video.frame_times import MOST_FPS, read_frame_times
from cuffless.camera.video.images import NUMBERED, SUFFIXES, Images, pattern_of
from cuffless.camera.video.streams import as_opencv_reads_it
from cuffless.errors import fault

LEAST_SECONDS = 10.0
"""Shortest truncated video that is still used."""
_LATE_SECONDS = 0.5  # containers other than AVI give a rough length
_BARE = (b"\xff\xd8", b"\0\0\0\1")  # Motion JPEG and H.264 or H.265 without a container
_TRIES = 300  # OpenCV reports a frame that cannot be decoded in the same way as the end of the file
_SKIPPED = "1000000"  # pieces of sound before a picture, which OpenCV would otherwise take for a lost frame


class Frames:
    """Frames of one video, read once and in order; a context manager that closes the file.

    Iterating gives ``(t, frame)``: seconds from the recording's start, strictly rising, and a (height, width, 3) uint8
    array of blue, green and red; float32, up to 255, if images have more bits. When it has ended, `notes` is complete.

    Attributes
    ----------
    name : str
        Name of the file.
    stamps : {"file", "container", "names", "fps"}
        Where the times come from.
    notes : list of str
        What the user should know.
    seconds : float or None
        Length, if known in advance.
    """

    def __init__(self, source, clock, stamps: str, notes: list[str], seconds: float | None):
        self._source, self._clock = source, clock
        self.name, self.stamps, self.notes, self.seconds = source.name, stamps, notes, seconds

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._source.close()

    def __iter__(self) -> Iterator[tuple[float, np.ndarray]]:
        """Yield times and frames.

        Raises
        ------
        RppgError
            If no frame can be decoded, less than 10 s of a truncated video can be read, or frame times are missing.
        """
        last, back = -np.inf, 0
        for row, number, stamp, frame in self._source:
            t = self._clock(row, number, stamp)
            if t > last:
                last = t
                yield t, frame
            else:
                back += 1
        if last == -np.inf:
            raise RppgError(
                f"{self.name}: no frame can be decoded{self._source.codec}; copy or convert the video again"
            )
        if back:
            self.notes.append(f"{back} frames are not later than the frame before and are left out")
        self.notes += self._source.losses()
        self.notes += self._clock.leftovers(self._source.read)


def open_frames(video: str | Path, *, timestamps: str | Path | None = None, fps: float | None = None) -> Frames:
    """Open a video.

    Parameters
    ----------
    video : str or Path
        A file, or the pattern of numbered images, such as ``img_%05d.png``: a missing number is a lost frame.
        Numbers that are times (ms to ns, or seconds with fractions) are used as the frame times.
    timestamps : str or Path, optional
        File of frame times for `read_frame_times`, one per frame. Default: the times of the container or
        the image names.
    fps : float, optional
        Frames per second; times are then counted instead of read. Ignored if there are `timestamps`.

    Returns
    -------
    Frames

    Raises
    ------
    RppgError
        If the video cannot be opened, or there are no times.

    Notes
    -----
    AVI stores no times: frames are counted at the header's rate, empty ones (dropped by the camera) included, and
    `stamps` is ``fps``. A stream without a container (``.h264``, ``.mjpeg``) does not even have a rate. Of several
    video streams, the one with most pictures is read.
    """
    video = Path(video)
    numbered = not video.is_file() and NUMBERED.search(video.name)
    source = Images(video) if numbered else _VideoFile(video)
    try:
        if timestamps is not None:
            times, notes = read_frame_times(timestamps)
            clock = _FileClock(times, Path(timestamps).name, video.name)
            return Frames(source, clock, "file", notes, float(times[-1] - times[0]))
        if fps is None and source.stamped:
            return Frames(source, _StampClock(), source.stamps, list(source.notes), source.seconds)
        rate = source.fps if fps is None else fps
        if fps is None and not rate:
            raise RppgError(f"{video.name}: neither frame times nor a frame rate; give timestamps or fps")
        if not 0 < rate <= MOST_FPS:
            raise RppgError(
                f"{video.name}: no frame times, and {rate:g} is not a usable frame rate; give timestamps or fps"
            )
        why = "frame times are ignored, as requested" if source.stamped else "no frame times"
        notes = [f"{why}: counted at {rate:g} frames per second, so dropped frames and a wrong rate go unnoticed"]
        if not source.stamped:
            notes += source.notes
        seconds = source.seconds and source.fps and source.seconds * source.fps / rate
        # The places of an AVI's frames are counted at its own rate, which may be a multiple of that of its frames.
        clock = _StampClock(0.0) if fps is None and not numbered else _CountingClock(rate)
        return Frames(source, clock, "fps", notes, seconds or None)
    except RppgError:
        source.close()
        raise


class _FileClock:
    """Times from a user's file."""

    def __init__(self, times: np.ndarray, name: str, video: str):
        self.times, self.name, self.video = times.tolist(), name, video

    def __call__(self, row: int, number: float, stamp: float) -> float:
        if row >= len(self.times):
            raise RppgError(
                f"{self.video}: more frames than the {len(self.times)} times in {self.name}; give one time per frame"
            )
        return self.times[row]

    def leftovers(self, read: int) -> list[str]:
        more = len(self.times) - read
        if more <= 0:
            return []
        return [f"{self.name} has {more} more times than there are frames; the first {read} are used"]


class _CountingClock:
    """Times counted at a constant rate; missing numbers are lost frames."""

    def __init__(self, fps: float):
        self.fps = fps

    def __call__(self, row: int, number: float, stamp: float) -> float:
        return number / self.fps

    def leftovers(self, read: int) -> list[str]:
        return []


class _StampClock:
    """Times of the container or the image names, by default from the first frame."""

    def __init__(self, first: float | None = None):
        self.first = first

    def __call__(self, row: int, number: float, stamp: float) -> float:
        if self.first is None:
            self.first = stamp
        return stamp - self.first

    def leftovers(self, read: int) -> list[str]:
        return []


class _VideoFile:
    """A video file; iterating gives a frame's row and number (the same), the container's time in s, and the frame."""

    stamps, notes = "container", ()

    def __init__(self, path: Path):
        if path.is_dir():
            raise RppgError(f"{path}: is a folder; give a video, or numbered images as a pattern{pattern_of(path)}")
        if not path.is_file():
            raise RppgError(f"{path}: there is no such video")
        if not path.stat().st_size:
            raise RppgError(f"{path.name}: the file is empty; copy the video again")
        # FFmpeg's own error messages do not name the file; ours do.
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
        os.environ.setdefault("OPENCV_FFMPEG_READ_ATTEMPTS", _SKIPPED)
        import cv2

        if path.suffix.lower() in SUFFIXES:
            raise RppgError(f"{path.name}: is a single image; give the pattern of all images{pattern_of(path)}")
        self.name, self.read, self._lost, self._end = path.name, 0, 0, 0.0
        self._step = 1
        self._first: float | None = None
        self._picture: np.ndarray | None = None
        self._declared = read_declaration(path)
        try:
            self._capture = cv2.VideoCapture(as_opencv_reads_it(path, self._declared), cv2.CAP_FFMPEG, [])
        except cv2.error as error:
            raise RppgError(f"{path.name}: cannot be opened as a video ({fault(error)})") from None
        if not self._capture.isOpened():
            raise RppgError(f"{path.name}: is damaged or not in a format that OpenCV reads; convert it to MP4 or MKV")
        with path.open("rb") as file:
            head = file.read(12)
        self._avi = head[:4] == b"RIFF" and head[8:] == b"AVI "
        bare = head.startswith(_BARE) and not head[4:8].isalpha()  # letters: an MP4 box
        self.stamped = not (self._avi or bare)
        self.fps = 0.0 if bare else self._capture.get(cv2.CAP_PROP_FPS)  # FFmpeg makes one up
        codec = int(self._capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little").decode("latin-1")
        self.codec = f" (codec {codec}; OpenCV may not have it)" if codec.isprintable() else ""
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.seconds = count / self.fps if count > 0 and 0 < self.fps <= MOST_FPS else None
        if self._declared:
            self.seconds = self._declared.seconds or (self.seconds if self._declared.sized else None)

    def __iter__(self):
        import cv2

        grab, retrieve, get = self._capture.grab, self._capture.retrieve, self._capture.get
        avi, rate = self._avi, self.fps or 1
        failed, place, every, step = 0, 0, 0, 1
        while failed < _TRIES:
            decoded, frame = retrieve() if grab() else (False, None)
            if not decoded or frame is None:
                failed += 1
                continue
            last, self._end = self._end, get(cv2.CAP_PROP_POS_MSEC) / 1e3
            self._lost += failed
            self.read += failed
            if self._first is None:
                self._first, self._picture, place, start = self._end, frame, self.read, self.read
            elif avi:
                # Its frames have places but no times: an empty one is a frame that the camera dropped.
                if self._end > last:
                    step = round((self._end - last) * rate) or 1
                else:  # the last frames after a delay of the decoder
                    self._end = last + step / rate
                place += step
                every = every or step
            failed = 0
            if self._picture is not None and self.read and not np.array_equal(frame, self._picture):
                self._picture = None
            if avi:
                self._step = step
                yield self.read, start + (place - start) / (every or 1), place / rate, frame
            else:
                yield self.read, self.read, self._end, frame
            self.read += 1

    def losses(self) -> list[str]:
        """Notes on the file, and on frames that it declares but that cannot be read."""
        lost = list(self._declared.notes) if self._declared else []
        lost += [f"{self._lost} frames cannot be decoded"] if self._lost else []
        if self._picture is not None and self.read > 1:
            # OpenCV 5 returns memory that it has not written for interlaced frames, and reports no error.
            raise RppgError(
                f"{self.name}: all {self.read} frames are the same picture; if the video is interlaced, which OpenCV "
                f"cannot convert, deinterlace it: ffmpeg -i {self.name} -vf bwdif -c:v libx264 -crf 12 progressive.mp4"
            )
        if self.seconds is None or self._first is None:
            return lost
        frame = self._step / self.fps if 0 < self.fps <= MOST_FPS else 0.0
        there = self._end - self._first + frame
        if self.seconds - there <= (1.5 * frame if self._avi else _LATE_SECONDS):
            return lost
        if self._declared is None:
            return [
                *lost,
                f"the pictures end after {there:.1f} s, the file, with its sound, after {self.seconds:.1f} s",
            ]
        if not (self._avi or self._declared.cut or self._declared.seconds):
            return lost  # the sound may be longer than the pictures
        what = f"truncated or damaged: {there:.1f} s of {self.seconds:.1f} s can be read"
        if there < LEAST_SECONDS:
            raise RppgError(f"{self.name}: {what}, but {LEAST_SECONDS:g} s are needed; copy the video again")
        return [*lost, what]

    def close(self) -> None:
        if self._declared and self._declared.hidden:
            del self._capture  # OpenCV's release() lets go of a Python stream without the interpreter's lock: a crash
        else:
            self._capture.release()
