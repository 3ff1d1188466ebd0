"""Pressures of a bedside monitor for a recording: reading them, their clock, and the value of each window."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.camera.errors import RppgError
from cuffless.config.rppg import RppgOptions
from cuffless.errors import fault, shortened
from cuffless.records import RecordError
from cuffless.records.cuff_values import PLAUSIBLE
from cuffless.records.text.cells import shown
from cuffless.records.text.numbers import parse_numbers
from cuffless.records.text.tables import read_lines

MONITOR_COLUMNS = ("time", "sbp", "dbp")
_PRESSURES = ("sbp", "dbp")


@dataclass(frozen=True)
class Monitor:
    """Values of a bedside monitor on the clock of a recording."""

    name: str
    """Its file's name."""
    time: np.ndarray
    """(n,) float array: Seconds from the recording's start, rising."""
    pressures: np.ndarray
    """(n, 2) float array: SBP and DBP in mmHg."""
    start_time: datetime | None = None
    """The recording's start, if the monitor gives dates."""
    notes: list[str] = field(default_factory=list)
    """What was ignored."""
    whole: bool = False
    """Whether its one pair of values stands for the whole recording, whatever the time."""


def cuff_value(sbp: float, dbp: float) -> Monitor:
    """A cuff's pair of values in mmHg that stands for a whole recording."""
    note = f"one cuff value for the whole recording ({sbp:g}/{dbp:g} mmHg)"
    return Monitor("cuff", np.zeros(1), np.array([[sbp, dbp]]), notes=[note], whole=True)


def read_monitor(path: str | Path, *, start_time: datetime | None = None, offset_s: float = 0.0) -> Monitor:
    """Read a monitor's values.

    Parameters
    ----------
    path : str or Path
        CSV with columns `MONITOR_COLUMNS` in any case: seconds from the recording's start, or dates with times of day
        (ISO 8601); SBP and DBP in mmHg. Rows without a plausible pair of pressures are ignored and noted.
    start_time : datetime, optional
        Start of the recording; required if the monitor gives dates.
    offset_s : float
        Seconds to add to the monitor's times for the clock of the recording.

    Returns
    -------
    Monitor

    Raises
    ------
    RppgError
        If it cannot be read, a column is missing, a time is neither a number nor a date, dates come without a start
        time or with another kind of time zone, or no row is left.
    """
    path = Path(path)
    table = _table(path)
    time, dated = _seconds(path, table["time"], start_time)
    values = table[list(_PRESSURES)].apply(parse_numbers).to_numpy(float)
    plausible = values[:, 0] > values[:, 1]
    for column, name in enumerate(_PRESSURES):
        plausible &= (values[:, column] >= PLAUSIBLE[name][0]) & (values[:, column] <= PLAUSIBLE[name][1])
    if not plausible.any():
        first = ", ".join(f"{name} {shortened(table[name].iloc[0], 40)}" for name in _PRESSURES)
        raise RppgError(
            f"{path.name}: no row has a plausible pair of pressures in mmHg (the first: {first}); if they are in kPa, "
            "multiply by 7.50"
        )
    notes = []
    if passed := int((~plausible).sum()):
        first = table[~plausible].iloc[0]
        held = ", ".join(f"{name} {shortened(first[name], 40) or 'empty'}" for name in _PRESSURES)
        notes.append(
            f"{path.name}: {passed} of {len(table)} rows have no plausible pair of pressures and are ignored (the "
            f"first in line {first.name}: {held})"
        )
    order = np.argsort(time[plausible], kind="stable")
    time, values = time[plausible][order] + offset_s, values[plausible][order]
    once = np.append(True, np.diff(time) > 0)
    if repeated := int((~once).sum()):
        notes.append(f"{path.name}: {repeated} rows repeat the time of another and are left out")
    return Monitor(path.name, time[once], values[once], start_time if dated else None, notes)


def pressures_at(monitor: Monitor, times: np.ndarray, options: RppgOptions) -> np.ndarray:
    """Pressures at times of a recording.

    Parameters
    ----------
    monitor : Monitor
    times : (n,) float array
        Seconds from the recording's start.
    options : RppgOptions
        ``bp_within``: greatest distance of the nearest value in seconds. ``bp_interpolate``: interpolate between the
        values before and after, if both are near enough.

    Returns
    -------
    (n, 2) float array
        SBP and DBP in mmHg; NaN where no value is near enough. A value of the whole recording is near to all of it.
    """
    times = np.asarray(times, float)
    if monitor.whole:
        return np.repeat(monitor.pressures, len(times), axis=0)
    after = np.searchsorted(monitor.time, times)
    last = len(monitor.time) - 1
    before, after = np.clip(after - 1, 0, last), np.clip(after, 0, last)
    to_before, to_after = np.abs(times - monitor.time[before]), np.abs(monitor.time[after] - times)
    if not options.bp_interpolate:
        nearest = np.where(to_after < to_before, after, before)
        near = np.minimum(to_before, to_after) <= options.bp_within
        return np.where(near[:, None], monitor.pressures[nearest], np.nan)
    exact = np.minimum(to_before, to_after) == 0
    between = (monitor.time[before] < times) & (times < monitor.time[after])
    known = exact | (between & (np.maximum(to_before, to_after) <= options.bp_within))
    columns = [np.interp(times, monitor.time, column) for column in monitor.pressures.T]
    return np.where(known[:, None], np.column_stack(columns), np.nan)


def require_overlap(monitor: Monitor, first: float, last: float, within: float) -> None:
    """Refuse a monitor that has no value during the recording.

    Parameters
    ----------
    monitor : Monitor
    first, last : float
        First and last frame of the recording in seconds from its start.
    within : float
        Seconds by which a value may be outside.

    Raises
    ------
    RppgError
        If there is none; the message gives both time spans, as dates if the monitor has dates.
    """
    if monitor.whole or np.any((monitor.time >= first - within) & (monitor.time <= last + within)):
        return
    values, frames = (_span(ends, monitor.start_time) for ends in (monitor.time[[0, -1]], (first, last)))
    remedy = "bp and start_time" if monitor.start_time else "bp and bp_offset_s"
    raise RppgError(f"{monitor.name}: its values are from {values}, the recording is from {frames}; check {remedy}")


def _span(ends, start_time: datetime | None) -> str:
    if start_time is None:
        return f"{ends[0]:g} to {ends[1]:g} s"
    return " to ".join((start_time + timedelta(seconds=float(s))).isoformat(" ", "seconds") for s in ends)


def _table(path: Path) -> pd.DataFrame:
    """Cells as text; the index counts the file's lines."""
    try:
        names, rows, _ = read_lines(path)
    except RecordError as error:
        raise RppgError(
            f"{path.name}: cannot be read ({fault(error)}); give a CSV with the columns {', '.join(MONITOR_COLUMNS)}"
        ) from None
    if not names:
        raise RppgError(f"{path.name}: the file is empty; give a CSV with the columns {', '.join(MONITOR_COLUMNS)}")
    if missing := [name for name in MONITOR_COLUMNS if name not in names]:
        raise RppgError(
            f"{path.name}: no column {', '.join(missing)} (found: {shown(names)}); give time (s from the recording's "
            "start, or dates), sbp and dbp (mmHg)"
        )
    if not rows:
        raise RppgError(f"{path.name}: no values; leave bp empty if there are none")
    lines, cells = zip(*rows, strict=True)
    at = [names.index(name) for name in MONITOR_COLUMNS]
    held = [[row[column] if column < len(row) else "" for column in at] for row in cells]
    return pd.DataFrame(held, index=list(lines), columns=list(MONITOR_COLUMNS), dtype="str")


def _seconds(path: Path, column: pd.Series, start_time: datetime | None) -> tuple[np.ndarray, bool]:
    """Times in seconds from the recording's start, and whether they are dates."""
    numbers = parse_numbers(column).to_numpy(float)
    if np.isfinite(numbers).all():
        return numbers, False
    if not np.isfinite(numbers).any():
        return _since(path, column, start_time), True
    at = int(np.flatnonzero(~np.isfinite(numbers))[0])
    held = shortened(column.iloc[at])
    raise RppgError(
        f"{path.name}, line {column.index[at]}, time: {held!r} is not a number, unlike the others; correct it"
    )


def _since(path: Path, column: pd.Series, start_time: datetime | None) -> np.ndarray:
    moments = [_moment(path, row, text) for row, text in column.items()]
    first = shortened(column.iloc[0])
    if start_time is None:
        raise RppgError(
            f"{path.name}: its times are dates ({first}), but the manifest has no start_time; add it, or give seconds "
            "from the recording's start"
        )
    zoned = {moment.tzinfo is not None for moment in [*moments, start_time]}
    if len(zoned) > 1:
        raise RppgError(
            f"{path.name}: its times ({first}) and start_time ({start_time.isoformat()}) must all have a "
            "time zone, or none of them"
        )
    return np.array([(moment - start_time).total_seconds() for moment in moments])


def _moment(path: Path, line: int, text) -> datetime:
    try:
        text = str(text).strip()
        if len(text) <= len("2024-05-01"):  # a date alone
            raise ValueError("no time of day")
        return datetime.fromisoformat(text)
    except ValueError:
        raise RppgError(
            f"{path.name}, line {line}, time: {shortened(text)!r} is neither seconds nor a date and time such as "
            "2024-05-01T10:03:20"
        ) from None
