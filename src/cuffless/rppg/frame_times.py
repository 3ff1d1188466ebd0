"""Times of a video's frames, as a user's file has them."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.rppg.errors import RppgError

LEAST_FPS, MOST_FPS = 5.0, 1000.0
"""Frames a second that a recording of a pulse can have; times of a file are in the unit that gives such a rate."""
_NAMES = ("time", "t", "timestamp", "timestamps", "seconds", "time_s", "time_ms", "timestamp_ms")
_UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_CLOCK = 86400.0  # a first frame this late has been timed by a clock, not from the recording's start


def read_frame_times(path: str | Path) -> tuple[np.ndarray, list[str]]:
    """Read the times of frames.

    Parameters
    ----------
    path : str or Path
        CSV with one row a frame and a column ``time``, or one unnamed column: seconds from the recording's start
        (milliseconds to nanoseconds are told by the frame rate that they make), a clock's seconds, or ISO 8601 dates.

    Returns
    -------
    times : (n,) float array
        Seconds; dates and a clock's seconds are counted from the first frame.
    notes : list of str
        What the user should know.

    Raises
    ------
    RppgError
        If the file cannot be read, holds no times, one is not a number, or they make no frame rate of a recording.
    """
    path = Path(path)
    column = _column(path)
    if not len(column):
        raise RppgError(f"{path.name}: holds no times; one row for each frame is needed")
    times, dated = _seconds(path, column)
    step = float(np.median(np.diff(times))) if len(times) > 1 else 1 / LEAST_FPS
    fitting = [unit for unit, scale in _UNITS.items() if step > 0 and LEAST_FPS <= 1 / (step * scale) <= MOST_FPS]
    if not fitting:
        raise RppgError(
            f"{path.name}: frames are {step:g} apart, in no unit from s to ns a rate of {LEAST_FPS:g} to "
            f"{MOST_FPS:g} frames a second; give each frame its own time, in seconds"
        )
    times = times * _UNITS[fitting[0]]
    if dated or times[0] >= _CLOCK:
        return times - times[0], ["frame times are a clock's: seconds are counted from the first frame"]
    if abs(times[0]) > 1:
        return times, [f"the first frame's time is {times[0]:.1f} s; regions and pressures are looked up from there"]
    return times, []


def _column(path: Path) -> pd.Series:
    """The column of times, as text; its index counts the file's lines."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, skipinitialspace=True)
            rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(cells)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RppgError(f"{path.name}: frame times cannot be read ({error}); save them as CSV, column time") from None
    if not rows:
        raise RppgError(f"{path.name}: the file of frame times is empty")
    header = [cell.lower() for cell in rows[0][1]]
    named = next((header.index(name) for name in _NAMES if name in header), None)
    if named is None and len(header) > 1:
        raise RppgError(f"{path.name}: no column time; found {', '.join(header)}. Name the column of frame times time")
    at, first = (0, 0) if named is None else (named, 1)
    return pd.Series({line: cells[at] if at < len(cells) else "" for line, cells in rows[first:]}, dtype="str")


def _seconds(path: Path, column: pd.Series) -> tuple[np.ndarray, bool]:
    """Numbers as they are, or seconds of dates since the first of them."""
    numbers = pd.to_numeric(column, errors="coerce")
    dated = bool(numbers.isna().all())
    if dated:
        dates = pd.to_datetime(column, errors="coerce", format="ISO8601", utc=True)
        numbers = (dates - dates.iloc[0]).dt.total_seconds()
    values = numbers.to_numpy(float)
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        at = int(bad[0])
        raise RppgError(f"{path.name}, line {column.index[at]}: {column.iloc[at]!r} is neither a number nor a date")
    return values, dated
