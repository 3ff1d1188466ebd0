"""Text files with one number per line, each followed by the time at which it was taken."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from cuffless.camera.errors import RppgError
from cuffless.errors import fault, shortened

GAP_SECONDS = 1.0
"""Samples further apart than this have a gap between them."""
_SPLIT = re.compile(r"[\s,;]+")
_DATED = re.compile(r"[+-]?\d+[\s,;]+\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


@dataclass(frozen=True)
class Stamped:
    """Numbers, and when they were taken."""

    values: np.ndarray
    """(n,) float array."""
    seconds: np.ndarray | None = None
    """(n,) float array: Seconds, of dates from the first; None if the file has no times."""
    began: datetime | None = None
    """When the first was taken, if the times are dates."""

    def gaps(self) -> np.ndarray:
        """Indices of the first samples after a gap: int array."""
        return np.empty(0, int) if self.seconds is None else np.flatnonzero(np.diff(self.seconds) > GAP_SECONDS) + 1

    def rate(self) -> float | None:
        """Samples per second between the first and the last, without gaps; None without times."""
        if self.seconds is None:
            return None
        steps = np.diff(self.seconds)
        steps = steps[steps <= GAP_SECONDS]
        return len(steps) / steps.sum() if steps.sum() > 0 else None


def is_dated(path: str | Path) -> bool:
    """Whether the first line of a file is a whole number and a date with a time of day, without column names."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            return _DATED.match(file.readline(200).strip()) is not None
    except (OSError, UnicodeDecodeError):
        return False


def first_moment(path: str | Path) -> datetime | None:
    """The date of a file's first number; None if it has none."""
    if not is_dated(path):
        return None
    with open(path, encoding="utf-8-sig") as file:
        return _moment(_SPLIT.split(file.readline(200).strip(), maxsplit=1)[1])


def read_stamped(path: str | Path) -> Stamped:
    """Read a file of numbers, as MCD-rPPG keeps its finger PPG (``.PW``) and the times of frames.

    Parameters
    ----------
    path : str or Path
        UTF-8 text without column names: a number at the start of each line; after blanks, a tab, a comma or a
        semicolon possibly its time: an ISO 8601 date, or seconds that never fall. Anything else there is ignored, such
        as the distance in time to a frame of ``ppg_sync``.

    Returns
    -------
    Stamped

    Raises
    ------
    RppgError
        If the file cannot be read or is empty, a line does not start with a number, or dates are missing in some lines
        or fall.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RppgError(
            f"{path.name}: cannot be read ({fault(error)}); it must be text with a number per line"
        ) from None
    rows = [
        (line, _SPLIT.split(row, maxsplit=1)) for line, row in enumerate(map(str.strip, text.split("\n")), 1) if row
    ]
    if not rows:
        raise RppgError(f"{path.name}: the file is empty; it must have a number per line")
    values = np.array([_number(path, line, cells[0]) for line, cells in rows])
    after = [cells[1] if len(cells) > 1 else "" for _, cells in rows]
    if _moment(after[0]) is None:
        return Stamped(values, _rising(after))
    moments = [_dated(path, line, cell) for (line, _), cell in zip(rows, after, strict=True)]
    if len({moment.tzinfo is None for moment in moments}) > 1:
        raise RppgError(f"{path.name}: only some of its times have a time zone; give all of them one, or none")
    seconds = np.array([(moment - moments[0]).total_seconds() for moment in moments])
    if (falls := np.flatnonzero(np.diff(seconds) < 0)).size:
        raise RppgError(f"{path.name}, line {rows[falls[0] + 1][0]}: its time is before that of the line above")
    return Stamped(values, seconds, moments[0])


def _number(path: Path, line: int, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = np.nan
    if np.isfinite(value):
        return value
    raise RppgError(f"{path.name}, line {line}: {shortened(cell)!r} is not a number; each line must start with one")


def _dated(path: Path, line: int, cell: str) -> datetime:
    if (moment := _moment(cell)) is None:
        raise RppgError(
            f"{path.name}, line {line}: {shortened(cell)!r} is not a date and time, unlike the first line; correct it"
        )
    return moment


def _moment(cell: str) -> datetime | None:
    try:
        return datetime.fromisoformat(cell) if len(cell) > len("2024-05-01") else None
    except ValueError:
        return None


def _rising(cells: list[str]) -> np.ndarray | None:
    """Numbers as times, if they never fall and most rise."""
    try:
        times = np.array([float(cell) for cell in cells])
    except ValueError:
        return None
    steps = np.diff(times)
    rising = len(times) > 2 and np.isfinite(times).all() and (steps >= 0).all() and (steps > 0).mean() > 0.5
    return times if rising else None
