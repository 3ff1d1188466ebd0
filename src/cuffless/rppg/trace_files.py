"""Traces that users bring: CSV files of colours over time, and npz archives."""

import csv
import gzip
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.rppg.errors import RppgError
from cuffless.rppg.trace import Trace, frame_rate, is_saved_trace, load_trace, read_arrays

SUFFIXES = (".csv", ".csv.gz", ".txt", ".npz")
WHOLE = "whole"
"""Name of the region of a trace that has only one."""
_TIMES = ("time", "t", "timestamp", "seconds", "time_s", "time_ms")
_COLOURS = {"red": ("r", "red"), "green": ("g", "green"), "blue": ("b", "blue")}
_RATES = ("fps", "fs")
_FPS = (5.0, 1000.0)
_UNITS = {"s": 1.0, "ms": 1e-3}


class TraceLayoutError(RppgError):
    """A trace that is laid out otherwise than it was described; the message says how to describe it."""


def is_trace(path: str | Path) -> bool:
    """Whether a path names a file of colours, not a video."""
    return Path(path).name.lower().endswith(SUFFIXES)


def read_trace(
    path: str | Path, *, time_unit: str | None = None, key: str | None = None, fps: float | None = None
) -> Trace:
    """Read a user's trace.

    Parameters
    ----------
    path : str or Path
        CSV with columns time, R, G, B in any case (no time: `fps` is needed); or npz with ``rgb`` (n, 3), or the array
        named by `key`, and ``fps``; or a trace that `save_trace` wrote.
    time_unit : {"s", "ms"}, optional
        Unit of a CSV's times; default: the one that gives 5 to 1000 frames a second.
    key : str, optional
        Name of the array of colours in an npz.
    fps : float, optional
        Frames a second; overrides the file's times or rate.

    Returns
    -------
    Trace
        With one region, ``whole``, unless the file has several.

    Raises
    ------
    TraceLayoutError
        If it is laid out otherwise than described.
    RppgError
        If it cannot be read, is empty, or its values cannot be colours.
    """
    path = Path(path)
    if path.name.lower().endswith(".npz"):
        if time_unit:
            raise TraceLayoutError(f"{path.name}: a time unit describes a CSV; an npz states its frames a second")
        return _read_npz(path, key, fps)
    if key:
        raise TraceLayoutError(f"{path.name}: a key names an array of an npz; a CSV has columns")
    return _read_csv(path, time_unit, fps)


def _read_csv(path: Path, time_unit: str | None, fps: float | None) -> Trace:
    table = _table(path)
    names = {str(name).strip().strip("'\"").lower(): name for name in table.columns}
    columns = [next((names[n] for n in known if n in names), None) for known in _COLOURS.values()]
    if None in columns:
        raise TraceLayoutError(
            f"{path.name}: no column {[*_COLOURS][columns.index(None)]}; found "
            f"{', '.join(str(name) for name in table.columns)}. The first line names the columns time,R,G,B"
        )
    rgb = np.column_stack([_numbers(path, table[name]) for name in columns])
    time = next((names[n] for n in _TIMES if n in names), None)
    if time is None and fps is None:
        raise TraceLayoutError(f"{path.name}: no column time; say the frames a second with --fps")
    if fps is not None:
        notes = [f"times of the file are set aside for {fps:g} frames a second, as told"] if time is not None else []
        return _counted(path.name, rgb, fps, notes)
    return _stamped(path.name, _numbers(path, table[time], missing=False), rgb, time_unit)


def _table(path: Path) -> pd.DataFrame:
    try:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            head = file.read(4096)
            if not head.strip():
                raise RppgError(f"{path.name}: the file is empty")
            separator = csv.Sniffer().sniff(head.splitlines()[0], ",;\t").delimiter if len(head.split()) else ","
            file.seek(0)
            table = pd.read_csv(file, sep=separator, skipinitialspace=True, index_col=False)
    except (OSError, EOFError, zlib.error, ValueError, csv.Error) as error:  # pandas' parser errors are ValueErrors
        raise RppgError(f"{path.name}: cannot be read as CSV ({error})") from None
    if not len(table):
        raise RppgError(f"{path.name}: the file holds no frames")
    return table


def _numbers(path: Path, column: pd.Series, *, missing: bool = True) -> np.ndarray:
    values = pd.to_numeric(column, errors="coerce")
    broken = values.isna() & (column.notna() if missing else True)
    if broken.any():
        line = int(np.flatnonzero(broken)[0])
        raise RppgError(f"{path.name}, line {line + 2}, {column.name}: {column.iloc[line]} is not a number")
    return values.to_numpy(float)


def _stamped(name: str, time: np.ndarray, rgb: np.ndarray, time_unit: str | None) -> Trace:
    """A trace with times of its own."""
    if len(time) < 2:
        raise RppgError(f"{name}: {len(time)} frame; a pulse needs seconds of them")
    back = np.flatnonzero(np.diff(time) < 0)
    if len(back):
        raise RppgError(
            f"{name}, line {back[0] + 3}: time runs backwards, from {time[back[0]]:g} to {time[back[0] + 1]:g}; "
            "sort the frames, or split the file there"
        )
    notes = []
    first = np.concatenate(([True], np.diff(time) > 0))
    if not first.all():
        notes.append(f"{int((~first).sum())} frames repeat the time of the one before and are left out")
    time, rgb = time[first], rgb[first]
    if len(time) < 2:
        raise RppgError(f"{name}: all frames have the same time; say the frames a second with --fps")
    t = (time - time[0]) * _UNITS[_unit(name, float(np.median(np.diff(time))), time_unit)]
    return _one_region(name, t, rgb, frame_rate(t), "file", notes)


def _unit(name: str, step: float, told: str | None) -> str:
    """Unit of times `step` apart."""
    fitting = [unit for unit, scale in _UNITS.items() if _FPS[0] <= 1 / (step * scale) <= _FPS[1]]
    if told is None and not fitting:
        raise TraceLayoutError(
            f"{name}: frames are {step:g} apart, which is neither in s nor in ms a rate of {_FPS[0]:g} to {_FPS[1]:g} "
            "frames a second; say it with --fps"
        )
    if told is not None and told not in fitting:
        remedy = f"--time-unit {fitting[0]}" if fitting else "--fps"
        raise TraceLayoutError(
            f"{name}: times in {told} make {1 / (step * _UNITS[told]):.3g} frames a second; say {remedy}"
        )
    return told or fitting[0]


def _read_npz(path: Path, key: str | None, fps: float | None) -> Trace:
    arrays = read_arrays(path)
    if is_saved_trace(arrays) and key is None and fps is None:
        return load_trace(path)
    colours = [name for name, array in arrays.items() if array.ndim == 2 and array.shape[1] == 3]
    key = key or "rgb"
    if key not in colours:
        found = f"--key {' or '.join(colours)}" if colours else "it holds no array of shape (n, 3)"
        raise TraceLayoutError(f"{path.name}: no array {key} of shape (n, 3); {found}")
    if fps is None:
        rate = next((arrays[name] for name in _RATES if name in arrays), None)
        if rate is None or rate.size != 1:
            raise TraceLayoutError(f"{path.name}: no number fps; say the frames a second with --fps")
        fps = float(rate.item())
    try:
        rgb = arrays[key].astype(float)
    except ValueError:
        raise RppgError(f"{path.name}: {key} holds {arrays[key].dtype}, not numbers") from None
    return _counted(path.name, rgb, fps, [])


def _counted(name: str, rgb: np.ndarray, fps: float, notes: list[str]) -> Trace:
    """A trace without times: frames are counted."""
    if not _FPS[0] <= fps <= _FPS[1]:
        raise TraceLayoutError(f"{name}: {fps:g} frames a second; {_FPS[0]:g} to {_FPS[1]:g} are possible, say --fps")
    return _one_region(name, np.arange(len(rgb)) / fps, rgb, fps, "fps", notes)


def _one_region(name: str, t, rgb, fps: float, stamps: str, notes: list[str]) -> Trace:
    bad = np.isinf(rgb) | (rgb < 0)
    if bad.any():
        at = np.argwhere(bad)[0]
        raise RppgError(f"{name}: frame {at[0] + 1} has the colour {rgb[tuple(at)]:g}; colours are not negative")
    seen = np.isfinite(rgb).all(axis=1)
    if not seen.any():
        raise RppgError(f"{name}: no frame has all three colours")
    if not seen.all():
        notes = [*notes, f"{int((~seen).sum())} frames lack a colour"]
    colours = np.where(seen[:, None], rgb, np.nan).astype(np.float32)
    return Trace(t, colours[:, None], seen[:, None].astype(np.int32), (WHOLE,), fps, stamps, notes)
