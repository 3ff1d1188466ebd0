"""How the signals of a text file are sampled: by its own clock, by its head, or as the user says."""

import numpy as np
import pandas as pd

from cuffless.records.record import HIGHEST_FS, LOWEST_FS
from cuffless.records.text.cells import shown
from cuffless.records.text.described import ASSUMED_FS, Described, LayoutError
from cuffless.records.text.sampling import AGREEING, Run, Sampling, even_sampling
from cuffless.records.text.tables import line_of
from cuffless.records.text.times import (
    COUNTERS,
    SCALES,
    Times,
    fitting_unit,
    holds_dates,
    holds_times,
    is_time_name,
    plain_name,
    read_times,
    typical_step,
    unit_word,
)

_RATES = (10.0, 20000.0)  # in which a unit of time must make a rate
_TICKS = (1e17, 7e17)  # Windows counts in steps of 100 ns since 1601, .NET since the year 1
_CLOCK = 1e8  # numbers from here on are a clock's, not counted from the recording's start


def sampled(table: Described, told: float | None, *, assume: bool) -> tuple[Sampling, str]:
    """How a file is sampled.

    Parameters
    ----------
    table : Described
        Takes notes of what disagrees, and the times.
    told : float or None
        Sampling rate in Hz as the user gives it.
    assume : bool
        Whether 125 Hz may be assumed where nothing tells it.

    Returns
    -------
    sampling : Sampling
    source : str
        What tells the rate: "from column time".

    Raises
    ------
    LayoutError
        If nothing tells the rate and none may be assumed.
    """
    told_by = "as given"
    _turn_newest_first(table)
    n = len(table.cells[0])
    found = _clocked(table, told)
    if found is not None:
        sampling, column = found
        if told is None or abs(told / sampling.fs - 1) <= AGREEING:
            return sampling, f"from column {column}"
        table.notes.append(
            f"--fs {told:g}, but its column {column} suggests {sampling.fs:.4g} Hz; its times were set aside "
            "(in a study: records.csv_fs)"
        )
    stated = table.layout.fs
    if told is None and stated:
        told, told_by = stated, f"from {table.layout.fs_from}"
    elif told is None and not assume:
        why = f" ({table.notes[-1]})" if table.notes and "holds no times" in table.notes[-1] else ""
        raise LayoutError(
            f"{table.layout.path.name}: a CSV does not tell its sampling rate{why}; say it with --fs (e.g. --fs "
            f"{ASSUMED_FS:g})",
            {"--fs": f"{ASSUMED_FS:g}"},
        )
    elif told is None:
        told, told_by = ASSUMED_FS, "assumed"
        table.notes.append(f"nothing tells its sampling rate: {ASSUMED_FS:g} Hz is assumed; say it with records.csv_fs")
    elif stated and abs(told / stated - 1) > AGREEING:
        table.notes.append(
            f"--fs {told:g}, but {table.layout.fs_from} states {stated:.5g} Hz (in a study: records.csv_fs)"
        )
    counted = _counted(table, told)
    return counted or Sampling(told, (Run(slice(0, n), 0.0, told),), n / told), told_by


def _turn_newest_first(table: Described) -> None:
    """Put samples in order that a file holds from the last to the first."""
    for name, _, times, _ in _columns_of_times(table):
        steps = np.diff(times.since[np.isfinite(times.since)])
        steps = steps[steps != 0]
        if times.kind != "clock" and len(steps) > 2 and np.mean(steps < 0) > 0.99:
            table.cells = [cells[::-1].reset_index(drop=True) for cells in table.cells]
            table.notes.append(f"column {shown([name], 40)} falls: the samples were put in order, the last line first")
            return


def _clocked(table: Described, told: float | None) -> tuple[Sampling, str] | None:
    """Sampling by the finest column of times, and its name; None if there is none that tells anything."""
    found = []
    for name, column, times, at in _columns_of_times(table):
        known = np.isfinite(times.since)
        if known.mean() < 0.5:
            table.notes.append(
                f"column {shown([name], 40)} holds no times that can be read: {_unread(table, column, known)}"
            )
        elif (scale := _scale(table, at, times, told or table.layout.fs)) is not None:
            fineness = round(len(np.unique(times.since[known])) / len(known), 1)
            found.append((fineness, -len(found), name, column, times, scale))
    for *_, name, column, times, scale in sorted(found, key=lambda one: one[:2], reverse=True):
        sampling = even_sampling(_past_midnight(times.since * scale), told)
        if sampling is None or not sampling.runs:
            continue
        if not (known := np.isfinite(times.since)).all():
            table.notes.append(f"{_unread(table, column, known)}; {_filled(int((~known).sum()))}")
        table.times = Times(times.since, times.kind, times.first * scale) if times.kind == "number" else times
        return sampling, name
    return None


def _columns_of_times(table: Described):
    """Name, cells, times and place of each column of times; date and time of day apart count as one."""
    done = set()
    for at, name in enumerate(table.names):
        column, after = table.cells[at], at + 1
        timed = after < len(table.names) and (is_time_name(table.names[after]) or holds_times(table.cells[after]))
        if (plain_name(name)[0] == "date" and not holds_times(column)) or holds_dates(column):
            if not timed:
                continue
            done.add(after)
            name = f"{name} and {table.names[after]}"
            column = column.astype("str") + " " + table.cells[after].astype("str")
        elif at in done or not (is_time_name(name) or holds_times(column) or (at == 0 and _is_index(name, column))):
            continue
        yield name, column, read_times(column, table.layout.decimal), at


def _is_index(name: str, column: pd.Series) -> bool:
    """Whether a column without a name, as pandas writes its index, rises like times."""
    if (name.strip() and not name.lower().startswith("unnamed: 0")) or column.dtype.kind not in "iuf":
        return False
    return bool(np.mean(np.diff(column.to_numpy(float)) > 0) > 0.9)


def _filled(n: int) -> str:
    return "1 such time was filled in" if n == 1 else f"{n} such times were filled in"


def _unread(table: Described, column: pd.Series, known: np.ndarray) -> str:
    bad = np.flatnonzero(~known)
    row = int(bad[0])
    held = column.iloc[row]
    what = "an empty cell" if pd.isna(held) or not str(held).strip() else f"{shown([held], 40)!r}"
    return (
        f"line {line_of(table.layout, row)}: {what} is not a time; write it as 2024-05-01T10:03:20.125, or in seconds"
    )


def _scale(table: Described, at: int, times: Times, fs: float | None) -> float | None:
    """Seconds of a unit of the times; None if they make no rate."""
    if times.kind != "number":
        return 1.0
    step = typical_step(times.since)
    if not step > 0:
        return None
    told = unit_word(table.unit(at)) or unit_word(plain_name(table.names[at])[0])
    if told and _RATES[0] <= 1 / (step * SCALES[told]) <= _RATES[1]:
        return SCALES[told]
    if told is None and _only_counts(times):
        return 1e-3 if fs and abs(fs / 1000 - 1) <= AGREEING else None
    if fs:  # the unit that comes next to the rate given, if one does
        near = [unit for unit in SCALES if abs(np.log10(1 / (step * SCALES[unit]) / fs)) < 0.3]
        if near:
            return SCALES[near[0]]
    if _TICKS[0] <= times.first <= _TICKS[1] and LOWEST_FS / 2 <= 1e7 / step <= HIGHEST_FS:  # else nanoseconds of 1989
        return 1e-7
    unit = fitting_unit(step, (LOWEST_FS / 2, HIGHEST_FS)) or fitting_unit(step, (LOWEST_FS / 2, HIGHEST_FS), ("day",))
    return SCALES[unit] if unit else None


def _only_counts(times: Times) -> bool:
    """Whether numbers go up by one from the start: milliseconds at 1000 Hz, or just the samples' numbers."""
    steps = np.diff(times.since[np.isfinite(times.since)])
    return (
        abs(times.first) < _CLOCK and np.median(steps) == 1 and bool(np.all((steps >= 1) & (steps == np.round(steps))))
    )


def _past_midnight(seconds: np.ndarray) -> np.ndarray:
    """Seconds of the day that go on where the next day begins."""
    known = np.isfinite(seconds)
    back = np.diff(seconds[known], prepend=seconds[known][:1]) < -43200
    if not back.any() or np.nanmax(seconds) - np.nanmin(seconds) > 86400:
        return seconds
    result = seconds.copy()
    result[known] += 86400.0 * np.cumsum(back)
    return result


def _counted(table: Described, fs: float) -> Sampling | None:
    """Sampling by a column that counts samples, where it never goes back and leaves some out."""
    for at, name in enumerate(table.names):
        if table.cells[at].dtype.kind not in "iuf" or not np.all(table.cells[at] % 1 == 0):
            continue
        counts = plain_name(name)[0] in COUNTERS or (is_time_name(name) and _only_counts(read_times(table.cells[at])))
        if not counts:
            continue
        count = table.cells[at].to_numpy()
        steps = np.diff(count)
        if len(steps) > 2 and steps.min() > 0 and steps.max() > steps.min():
            return even_sampling((count - count[0]) / float(np.median(steps)) / fs, fs)
    return None
