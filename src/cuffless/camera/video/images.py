"""Frames that are images: numbered consecutively, or named after the times at which they were taken."""

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np

from cuffless.camera.errors import RppgError
from cuffless.records.faults import reraise_machine_error

NUMBERED = re.compile(r"%0?\d*d")
# Units of numbers that are times, by the distance between them: 8 to 125 frames per second in ms, up to 1000 in us and
# ns. Numbers closer together count frames: at most every seventh.
_TIMES = (
    ("ms", 1e-3, 8, 125),
    ("us", 1e-6, 1000, 125_000),
    ("100 ns", 1e-7, 125_001, 999_999),
    ("ns", 1e-9, 1_000_000, 125_000_000),
)
_MOST_APART = 125
_FEW = 3  # images; fewer show no pattern


_CALENDAR = (17, 20)  # digits of a date and time to ms or us: 20240131100000123


def _calendar_seconds(numbers: Sequence[int]) -> list[float]:
    """Seconds from the first of numbers that are all dates with times; empty if one is not."""
    if len(numbers) < _FEW or {len(str(number)) for number in numbers} not in [{digits} for digits in _CALENDAR]:
        return []
    try:
        moments = [datetime.strptime(str(number), "%Y%m%d%H%M%S%f") for number in numbers]
    except ValueError:
        return []
    return [(moment - moments[0]).total_seconds() for moment in moments]


class Images:
    """Images of one pattern, to be iterated once.

    Gives a frame's row and number, which differ after missing images; its time in s, NaN if the numbers are not times;
    and the frame. Images that cannot be decoded are left out.

    Parameters
    ----------
    pattern : Path
        Such as ``img_%05d.png``.

    Attributes
    ----------
    stamped : bool
        Whether the numbers are times.
    notes : list of str
        What the user should know about the numbers.
    """

    fps, stamps = 0.0, "names"
    seconds: float | None = None

    def __init__(self, pattern: Path):
        self.name, self.read, self._lost = pattern.name, 0, 0
        before, after = NUMBERED.split(pattern.name, maxsplit=1)
        named = re.compile(re.escape(before) + r"(\d+)" + re.escape(after))
        found = pattern.parent.iterdir() if pattern.parent.is_dir() else ()
        matches = [match for path in found if (match := named.fullmatch(path.name))]
        self._files = sorted((int(match[1]), pattern.parent / match[0]) for match in matches)
        if not self._files:
            raise RppgError(f"{pattern}: there is no such image; name the files like img_00001.png for img_%05d.png")
        numbers = [number - self._files[0][0] for number, _ in self._files]
        dated = _calendar_seconds([number for number, _ in self._files])
        self._gaps = numbers[-1] + 1 - len(set(numbers))
        apart = float(np.median(np.diff(numbers))) if len(numbers) >= _FEW else 1.0
        unit, scale = next(((unit, scale) for unit, scale, low, high in _TIMES if low <= apart <= high), ("", np.nan))
        if dated:
            unit, scale = "dates", 1.0
        self.stamped, self.notes = bool(unit), []
        self._times = [number * scale for number in dated or numbers]
        self._places: Sequence[int] = numbers
        if self.stamped:
            self.seconds = self._times[-1]
            self.notes = [f"frame times are read from the image names ({unit}); give fps to count the images instead"]
        elif apart > _MOST_APART:
            self.notes = [f"the image numbers are {apart:g} apart and so are not frame numbers; the images are counted"]
        if self.notes:
            self._places, self._gaps = range(len(numbers)), 0

        self._step = numbers[1] if len(numbers) >= _FEW else 1
        if not all(late - early == self._step for early, late in pairwise(numbers)):
            self._step = 1

    def __iter__(self):
        import cv2

        for place, time, (_, path) in zip(self._places, self._times, self._files, strict=True):
            try:
                data = np.fromfile(path, np.uint8)
            except OSError as error:
                reraise_machine_error(error)
                data = np.empty(0, np.uint8)  # a broken link or a folder
            frame = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
            if frame is not None:
                yield self.read, place, time, frame
            else:
                self._lost += 1
            self.read += 1

    def losses(self) -> list[str]:
        """Notes on images that are missing or damaged."""
        missing = f"{self._gaps} image numbers are missing"
        if self._step > 1:
            missing = (
                f"the image numbers go up in steps of {self._step}, and fps counts numbers; if fps is the number of "
                f"images per second, multiply it by {self._step}"
            )
        texts = (missing, f"{self._lost} images cannot be decoded")
        return [text for n, text in zip((self._gaps, self._lost), texts, strict=True) if n]

    def close(self) -> None:
        """Nothing stays open."""
