"""Times of a video's frames, as a user's file has them."""

from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.camera.errors import RppgError
from cuffless.records import RecordError
from cuffless.records.text.cells import shown
from cuffless.records.text.layout import Layout, layout_of
from cuffless.records.text.tables import line_of, read_columns
from cuffless.records.text.times import UNITS, fitting_unit, is_time_name, read_times

LEAST_FPS, MOST_FPS = 5.0, 1000.0
"""Frames a second that a recording of a pulse can have; times of a file are in the unit that gives such a rate."""
_CLOCK = 86400.0  # a first frame this late has been timed by a clock, not from the recording's start


def read_frame_times(path: str | Path) -> tuple[np.ndarray, list[str]]:
    """Read the times of frames.

    Parameters
    ----------
    path : str or Path
        CSV with one row a frame and a column ``time``, or one unnamed column: seconds from the recording's start
        (milliseconds to nanoseconds are told by the frame rate that they make), a clock's seconds, clock times, or
        dates.

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
    column, layout = _column(path)
    if not len(column):
        raise RppgError(f"{path.name}: holds no times; one row for each frame is needed")
    read = read_times(column, layout.decimal)
    bad = np.flatnonzero(~np.isfinite(read.since))
    if len(bad):
        held, line = shown([column.iloc[bad[0]]], 60), line_of(layout, int(bad[0]), blank_lines=False)
        raise RppgError(
            f"{path.name}, line {line}: {held!r} is neither a number nor a date; "
            "write seconds, or dates as 2024-05-01T10:03:20.125"
        )
    times = read.since + read.first if read.kind == "number" and abs(read.first) < _CLOCK else read.since
    step = float(np.median(np.diff(times))) if len(times) > 1 else 1 / LEAST_FPS
    unit = "s" if read.kind != "number" else fitting_unit(step, (LEAST_FPS, MOST_FPS))
    if unit is None or not step > 0:
        raise RppgError(
            f"{path.name}: frames are {step:g} apart, in no unit from s to ns a rate of {LEAST_FPS:g} to "
            f"{MOST_FPS:g} frames a second; give each frame its own time, in seconds"
        )
    scale = UNITS[unit]
    if read.kind != "number" or read.first * scale >= _CLOCK:
        return read.since * scale, ["frame times are a clock's: seconds are counted from the first frame"]
    times = (read.since + read.first) * scale
    if abs(times[0]) > 1:
        return times, [f"the first frame's time is {times[0]:.1f} s; regions and pressures are looked up from there"]
    return times, []


def _column(path: Path) -> tuple[pd.Series, Layout]:
    """The column of times, as text."""
    try:
        layout = layout_of(path)
        cells = read_columns(layout, dtype="str", na_values=[], keep_default_na=False, skip_blank_lines=True)
    except RecordError as error:
        if "is empty" in str(error):
            raise RppgError(f"{path.name}: the file of frame times is empty") from None
        raise RppgError(f"{path.name}: frame times cannot be read ({error}); save them as CSV, column time") from None
    header = [name.lower() for name in layout.names]
    named = next((header.index(name) for name in header if is_time_name(name)), None)
    if named is None and layout.width > 1:
        raise RppgError(f"{path.name}: no column time; found {shown(header)}. Name the column of frame times time")
    return cells[named or 0].fillna(""), layout
