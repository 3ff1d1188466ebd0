"""Traces that users bring: CSV files of colours over time, and npz archives."""

from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.camera.arrays import read_arrays
from cuffless.camera.errors import RppgError
from cuffless.camera.skin.trace import (
    MOST_COLOUR,
    Trace,
    frame_rate,
    impossible_colours,
    is_saved_trace,
    trace_from_arrays,
)
from cuffless.demands import MEMORY_GB
from cuffless.errors import shortened
from cuffless.records import RecordError
from cuffless.records.text.cells import shown
from cuffless.records.text.layout import layout_of
from cuffless.records.text.numbers import parse_numbers
from cuffless.records.text.stamps import spread_stamps
from cuffless.records.text.tables import line_of, read_columns
from cuffless.records.text.times import UNITS, fitting_unit, is_time_name, plain_name, read_times, typical_step

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz", ".npz")
WHOLE = "whole"
"""Name of the region in a trace with only one."""
_COLOURS = {"red": ("r", "red"), "green": ("g", "green"), "blue": ("b", "blue")}
_RATES = ("fps", "fs")
_FPS = (5.0, 1000.0)


class TraceLayoutError(RppgError):
    """A trace whose layout differs from its description; the message gives the right description."""


def is_trace(path: str | Path) -> bool:
    """Whether a path is a file of colours rather than a video."""
    return Path(path).name.lower().endswith(SUFFIXES)


def read_trace(
    path: str | Path,
    *,
    time_unit: str | None = None,
    key: str | None = None,
    fps: float | None = None,
    memory_gb: float = MEMORY_GB,
) -> Trace:
    """Read a user's trace.

    Parameters
    ----------
    path : str or Path
        Text with columns time, R, G, B in any case (without time, `fps` is required), with any separator; or npz with
        ``rgb`` (n, 3), or the array named by `key`, and ``fps``; or a trace that `save_trace` wrote.
    time_unit : {"s", "ms", "us", "ns"}, optional
        Unit of a CSV's times; default: the one that gives 5 to 1000 frames per second.
    key : str, optional
        Name of the array of colours in an npz.
    fps : float, optional
        Frames per second; overrides the file's times or rate.
    memory_gb : float
        Largest memory in GB (10^9 bytes) that the file may need.

    Returns
    -------
    Trace
        With one region, ``whole``, unless the file has several.

    Raises
    ------
    TraceLayoutError
        If its layout differs from the description.
    RppgError
        If it cannot be read, is empty, or its values cannot be colours.
    """
    path = Path(path)
    if path.name.lower().endswith(".npz"):
        if time_unit:
            raise TraceLayoutError(f"{path.name}: a time unit is for CSV files; an npz contains its frames per second")
        return _read_npz(path, key, fps, memory_gb)
    if key:
        raise TraceLayoutError(f"{path.name}: a key is for arrays of an npz; a CSV has columns")
    return _read_csv(path, time_unit, fps, memory_gb)


def _read_csv(path: Path, time_unit: str | None, fps: float | None, memory_gb: float) -> Trace:
    try:
        layout = layout_of(path, memory_gb)
        table = read_columns(layout) if layout.names else pd.DataFrame()
    except RecordError as error:
        if "is empty" in str(error):
            raise RppgError(str(error)) from None
        reason = str(error).replace("records.memory_gb", "--memory-gb")
        raise RppgError(f"{path.name}: cannot be read as CSV ({reason})") from None
    names = list(layout.names)
    plain = [plain_name(name)[0] for name in names]
    columns = []
    for colour, known in _COLOURS.items():
        at = next((plain.index(n) for n in known if n in plain), None)
        if at is None:
            raise TraceLayoutError(
                f"{path.name}: no column {colour} (found: {shown(names) or 'no names'}); name the columns time,R,G,B "
                "in the first line"
            )
        columns.append(at)
    if not len(table):
        raise RppgError(f"{path.name}: the file has no frames")
    rgb = np.column_stack([_numbers(layout, table[at], at) for at in columns])
    time = next((at for at, name in enumerate(names) if is_time_name(name)), None)
    if fps is not None:
        notes = (
            [f"the file's times are ignored in favour of {fps:g} frames per second, as requested"]
            if time is not None
            else []
        )
        trace, source = _counted_trace(path.name, rgb, fps, notes), "as given"
    elif time is None:
        raise TraceLayoutError(f"{path.name}: no column 'time'; give the frames per second with --fps")
    else:
        seconds, dated = _times(layout, table[time], time)
        trace = _timed_trace(path.name, seconds, rgb, "s" if dated else time_unit)
        source = f"from column {names[time]}"
    trace.read_as = (
        f"{path.name}: {layout.kind}, {layout.marks}, columns {shown(names, 100)}; {trace.fps:.5g} frames per second "
        f"{source}"
    )
    return trace


def _numbers(layout, column: pd.Series, at: int) -> np.ndarray:
    values = parse_numbers(column)
    broken = values.isna() & column.notna()
    if broken.any():
        row = int(np.flatnonzero(broken)[0])
        held = shown([column.iloc[row]], 60)
        raise RppgError(f"{layout.path.name}, line {line_of(layout, row)}, {layout.names[at]}: {held} is not a number")
    return values.to_numpy(float)


def _times(layout, column: pd.Series, at: int) -> tuple[np.ndarray, bool]:
    """Times of the frames, and whether they are dates or clock times, which are in seconds."""
    read = read_times(column, layout.decimal)
    if (bad := np.flatnonzero(~np.isfinite(read.since))).size:
        held, line = shown([column.iloc[bad[0]]], 60), line_of(layout, int(bad[0]))
        raise RppgError(
            f"{layout.path.name}, line {line}, {layout.names[at]}: {held} is neither a number nor a date such as "
            "2024-05-01T10:03:20.125"
        )
    # Numbers as they are in the file, for messages; a clock's would lose their fractions.
    small = read.kind == "number" and abs(read.first) < 1e8
    return read.since + read.first if small else read.since, read.kind != "number"


def _timed_trace(name: str, time: np.ndarray, rgb: np.ndarray, time_unit: str | None) -> Trace:
    """A trace from a file with times."""
    if len(time) < 2:
        raise RppgError(f"{name}: only one frame; a pulse rate needs several seconds of frames")
    back = np.flatnonzero(np.diff(time) < 0)
    if len(back):
        raise RppgError(
            f"{name}, line {back[0] + 3}: time runs backwards, from {time[back[0]]:g} to {time[back[0] + 1]:g}; "
            "sort the frames, or split the file there"
        )
    notes = []
    steps = np.diff(time)
    first = np.concatenate(([True], steps > 0))
    if first.sum() < 2:
        raise RppgError(f"{name}: all frames have the same time; give the frames per second with --fps")
    if np.mean(first) < 0.5:  # stamps coarser than frames, such as whole seconds
        scale = UNITS[_unit(name, typical_step(time), time_unit)]
        kept, t = spread_stamps((time - time[0]) * scale)
        notes.append("several frames share each time stamp; they are assumed to be evenly spaced")
    else:
        if not first.all():
            notes.append(f"{int((~first).sum())} frames repeat the time of the one before and are left out")
        kept = np.flatnonzero(first)
        t = (time[kept] - time[0]) * UNITS[_unit(name, float(np.median(np.diff(time[kept]))), time_unit)]
    return _whole_trace(name, t, rgb[kept], frame_rate(t), "file", notes)


def _unit(name: str, step: float, given: str | None) -> str:
    """Unit of times `step` apart: the one given, which must fit, or the one that fits."""
    fitting = fitting_unit(step, _FPS)
    if given is None:
        if fitting is None:
            raise TraceLayoutError(
                f"{name}: a frame interval of {step:g} is not {_FPS[0]:g}-{_FPS[1]:g} frames per second in s, ms, us "
                "or ns; give the rate with --fps"
            )
        return fitting
    if not _FPS[0] <= 1 / (step * UNITS[given]) <= _FPS[1]:
        remedy = f"--time-unit {fitting}" if fitting else "--fps"
        raise TraceLayoutError(
            f"{name}: times in {given} give {1 / (step * UNITS[given]):.3g} frames per second; pass {remedy}"
        )
    return given


def _read_npz(path: Path, key: str | None, fps: float | None, memory_gb: float) -> Trace:
    arrays = read_arrays(path, memory_gb)
    if is_saved_trace(arrays) and key is None and fps is None:
        return trace_from_arrays(path, arrays)
    colours = [name for name, array in arrays.items() if array.ndim == 2 and array.shape[1] == 3]
    key = key or "rgb"
    if key not in colours:
        remedy = (
            f"pass --key {' or '.join(shortened(name, 40) for name in colours[:5])}"
            if colours
            else "there is no array of that shape; save one"
        )
        raise TraceLayoutError(f"{path.name}: no array {key} of shape (n, 3); {remedy}")
    if fps is None:
        rate = next((arrays[name] for name in _RATES if name in arrays), None)
        if rate is None or rate.size != 1 or rate.dtype.kind not in "iuf":
            raise TraceLayoutError(f"{path.name}: no number 'fps'; give the frames per second with --fps")
        fps = float(rate.item())
    if arrays[key].dtype.kind not in "iuf":
        raise RppgError(f"{path.name}: {key} holds {arrays[key].dtype}, not numbers; save colours as numbers")
    return _counted_trace(path.name, arrays[key].astype(float), fps, [])


def _counted_trace(name: str, rgb: np.ndarray, fps: float, notes: list[str]) -> Trace:
    """A trace without times; frames are counted."""
    if not _FPS[0] <= fps <= _FPS[1]:
        raise TraceLayoutError(
            f"{name}: {fps:g} frames per second is not within {_FPS[0]:g}-{_FPS[1]:g}; correct it with --fps"
        )
    return _whole_trace(name, np.arange(len(rgb)) / fps, rgb, fps, "fps", notes)


def _whole_trace(name: str, t, rgb, fps: float, stamps: str, notes: list[str]) -> Trace:
    bad = impossible_colours(rgb)
    if bad.any():
        at = np.argwhere(bad)[0]
        raise RppgError(
            f"{name}: frame {at[0] + 1} has the colour {rgb[tuple(at)]:g}; colours must be between 0 and "
            f"{MOST_COLOUR:g}"
        )
    seen = np.isfinite(rgb).all(axis=1)
    if not seen.any():
        raise RppgError(f"{name}: no frame has all three colours")
    if not seen.all():
        notes = [*notes, f"{int((~seen).sum())} frames lack a colour"]
    colours = np.where(seen[:, None], rgb, np.nan).astype(np.float32)
    return Trace(t, colours[:, None], seen[:, None].astype(np.int32), (WHOLE,), fps, stamps, notes)
