"""Frame times of a video, from a user's file."""

from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.camera.errors import RppgError
from cuffless.camera.stamped import is_dated, read_stamped
from cuffless.records import RecordError
from cuffless.records.text.cells import shown
from cuffless.records.text.layout import Layout, layout_of
from cuffless.records.text.tables import line_of, read_columns
from cuffless.records.text.times import UNITS, fitting_unit, is_time_name, read_times

LEAST_FPS, MOST_FPS = 5.0, 1000.0
"""Possible frame rates of a recording of a pulse; the times of a file are in the unit that gives such a rate."""
_CLOCK_TIMES = "frame times are clock times; seconds are counted from the first frame"
_CLOCK = 86400.0  # a first frame this late was timed by a clock, not from the recording's start


def read_frame_times(path: str | Path) -> tuple[np.ndarray, list[str]]:
    """Read the times of frames.

    Parameters
    ----------
    path : str or Path
        CSV with one row per frame and a column ``time``, or one unnamed column: seconds from the recording's start
        (milliseconds to nanoseconds are recognized by the frame rate that results), a clock's seconds, clock times, or
        dates. Or, without column names, a whole number and a date in each line.

    Returns
    -------
    times : (n,) float array
        Seconds; dates and a clock's seconds are counted from the first frame.
    notes : list of str
        What the user should know.

    Raises
    ------
    RppgError
        If the file cannot be read, has no times, one is not a number, or no unit gives a possible frame rate.
    """
    path = Path(path)
    if is_dated(path):
        seconds = read_stamped(path).seconds
        assert seconds is not None  # it is dated
        return seconds, [_CLOCK_TIMES]
    column, layout = _column(path)
    if not len(column):
        raise RppgError(f"{path.name}: no times; one row per frame is needed")
    read = read_times(column, layout.decimal)
    bad = np.flatnonzero(~np.isfinite(read.since))
    if len(bad):
        held, line = shown([column.iloc[bad[0]]], 60), line_of(layout, int(bad[0]), blank_lines=False)
        raise RppgError(
            f"{path.name}, line {line}: {held!r} is neither a number nor a date; "
            "write seconds, or dates such as 2024-05-01T10:03:20.125"
        )
    times = read.since + read.first if read.kind == "number" and abs(read.first) < _CLOCK else read.since
    step = float(np.median(np.diff(times))) if len(times) > 1 else 1 / LEAST_FPS
    unit = "s" if read.kind != "number" else fitting_unit(step, (LEAST_FPS, MOST_FPS))
    if unit is None or not step > 0:
        raise RppgError(
            f"{path.name}: a frame interval of {step:g} is not {LEAST_FPS:g}-{MOST_FPS:g} frames per second in s, ms, "
            "us or ns; give each frame its own time in seconds"
        )
    scale = UNITS[unit]
    if read.kind != "number" or read.first * scale >= _CLOCK:
        return read.since * scale, [_CLOCK_TIMES]
    times = (read.since + read.first) * scale
    if abs(times[0]) > 1:
        return times, [
            f"the first frame is at {times[0]:.1f} s, not 0; regions and pressures are looked up at these times"
        ]
    return times, []


def _column(path: Path) -> tuple[pd.Series, Layout]:
    """The column of times as text, and the file's layout."""
    try:
        layout = layout_of(path)
        cells = read_columns(layout, dtype="str", na_values=[], keep_default_na=False, skip_blank_lines=True)
    except RecordError as error:
        if "is empty" in str(error):
            raise RppgError(f"{path.name}: the file of frame times is empty") from None
        raise RppgError(
            f"{path.name}: frame times cannot be read ({error}); save them as CSV with a column 'time'"
        ) from None
    header = [name.lower() for name in layout.names]
    at = next((header.index(name) for name in header if is_time_name(name)), None)
    if at is None and layout.width > 1:
        raise RppgError(
            f"{path.name}: no column 'time' (found: {shown(header)}); rename the frame-time column to 'time'"
        )
    return cells[at or 0].fillna(""), layout
