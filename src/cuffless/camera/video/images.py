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
_CLOCK_MS = 10**12  # ms since 1970: of such numbers, those that lie close together are times, too
SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".pgm", ".ppm", ".webp", ".jp2")
_TOPS = (1, 255, 1023, 4095, 16383, 65535)  # ends of the range of float, and of 8 to 16 bits


def pattern_of(path: Path) -> str:
    """The pattern of the images in a folder, or of those named like one of them, as advice: ``: 'a/img_%05d.png'``.

    Empty if there are no two images named alike.
    """
    folder = path if path.is_dir() else path.parent
    kinds: dict[str, list[str]] = {}
    for name in sorted(found.name for found in folder.iterdir() if found.suffix.lower() in SUFFIXES):
        kinds.setdefault(re.sub(r"\d+", "%d", name), []).append(name)
    alike = max(kinds.values(), key=len, default=[]) if path == folder else kinds[re.sub(r"\d+", "%d", path.name)]
    if len(alike) < 2:
        return ""
    columns = list(zip(*(re.findall(r"\d+", name) for name in alike), strict=True))
    varying = [at for at, numbers in enumerate(columns) if len(set(numbers)) > 1]
    text, *literals = re.split(r"\d+", alike[0])
    seconds = len(varying) == 2 and varying[1] == varying[0] + 1 and literals[varying[0]] == "."
    if not seconds and not any(len(set(columns[at])) == len(alike) for at in varying):
        varying = [max(varying, key=lambda at: len(set(columns[at])))]  # several series: that of the first image
    for at, (numbers, literal) in enumerate(zip(columns, literals, strict=True)):
        widths = {len(number) for number in numbers}
        padded = len(widths) == 1 and widths != {1} and min(numbers).startswith("0")
        counter = f"%0{widths.pop()}d" if padded else "%d"
        text += (counter if at in varying else numbers[0]) + literal
    return f": '{folder / text}'"


def _calendar_seconds(numbers: Sequence[int]) -> list[float]:
    """Seconds from the first of numbers that are all dates with times; empty if one is not."""
    if len(numbers) < _FEW or {len(str(number)) for number in numbers} not in [{digits} for digits in _CALENDAR]:
        return []
    try:
        moments = [datetime.strptime(str(number), "%Y%m%d%H%M%S%f") for number in numbers]
    except ValueError:
        return []
    return [(moment - moments[0]).total_seconds() for moment in moments]


def _numbers(texts: Sequence[tuple[str, ...]], between: Sequence[str], pattern: Path) -> list[int]:
    """One number per image, from names with one number or with several."""
    columns = [[int(text) for text in column] for column in zip(*texts, strict=True)]
    if len(columns) == 1:
        return columns[0]
    if tuple(between) == (".",):  # seconds, in ns
        return [int(whole) * 10**9 + int(part[:9].ljust(9, "0")) for whole, part in texts]
    joined = [int("".join(row)) for row in texts]
    if _calendar_seconds(sorted(joined)):
        return joined
    single = [column for column in columns if len(set(column)) == len(column)]
    if not single:
        raise RppgError(
            f"{pattern}: several images have the same number in each place; give the pattern of one "
            f"series{pattern_of(pattern.parent)}"
        )
    return next((column for column in single if _spacing(sorted(column))[1]), single[0])


def _spacing(numbers: Sequence[int]) -> tuple[float, str, float]:
    """Median distance of rising numbers, and the unit (and its seconds) if they are times, else an empty name."""
    if len(numbers) < _FEW:
        return 1.0, "", np.nan
    apart = float(np.median(np.diff([number - numbers[0] for number in numbers])))
    if numbers[0] >= _CLOCK_MS and 1 < apart < _TIMES[0][2]:
        return apart, *_TIMES[0][:2]
    return apart, *next(((unit, scale) for unit, scale, low, high in _TIMES if low <= apart <= high), ("", np.nan))


class Images:
    """Images of one pattern, to be iterated once.

    Gives a frame's row and number, which differ after missing images; its time in s, NaN if the numbers are not times;
    and the frame. Images that cannot be decoded are left out.

    Parameters
    ----------
    pattern : Path
        Such as ``img_%05d.png``. Of several numbers (``img_%d_%d.png``), those are used that are times or that no two
        images share; ``%d.%d`` are seconds.

    Attributes
    ----------
    stamped : bool
        Whether the numbers are times.
    notes : list of str
        What the user should know about the numbers.
    """

    fps, stamps, codec = 0.0, "names", ""
    seconds: float | None = None

    def __init__(self, pattern: Path):
        self.name, self.read, self._lost = pattern.name, 0, 0
        self._top = 0.0
        parts = NUMBERED.split(pattern.name)
        named = re.compile(r"(\d+)".join(map(re.escape, parts)))
        found = pattern.parent.iterdir() if pattern.parent.is_dir() else ()
        matches = [match for path in found if (match := named.fullmatch(path.name))]
        if not matches:
            others = pattern_of(pattern.parent) if pattern.parent.is_dir() else ""
            remedy = (
                f"the images there have the pattern{others}"
                if others
                else "name the files like img_00001.png for img_%05d.png"
            )
            raise RppgError(f"{pattern}: there is no such image; {remedy}")
        numbered = _numbers([match.groups() for match in matches], parts[1:-1], pattern)
        self._files = sorted(
            (number, pattern.parent / match[0]) for number, match in zip(numbered, matches, strict=True)
        )
        numbers = [number - self._files[0][0] for number, _ in self._files]
        dated = _calendar_seconds([number for number, _ in self._files])
        self._gaps = numbers[-1] + 1 - len(set(numbers))
        apart, unit, scale = _spacing([number for number, _ in self._files])
        if dated:
            unit, scale = "dates", 1.0
        elif unit and parts[1:-1] == ["."]:
            unit = "s"
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
            frame = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH) if len(data) else None
            if frame is not None:
                yield self.read, place, time, self._in_8_bits(frame)
            else:
                self._lost += 1
            self.read += 1

    def _in_8_bits(self, frame: np.ndarray) -> np.ndarray:
        """Frames of more bits scaled to 0-255, with fractions: half the bits of a 12-bit camera would be lost."""
        if frame.dtype == np.uint8:
            return frame
        most = float(frame.max())
        self._top = self._top or next((top for top in _TOPS[frame.dtype.kind in "iu" :] if most <= top), most)
        return frame.astype(np.float32) * np.float32(255 / self._top)

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
