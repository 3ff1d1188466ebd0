"""How the signals of a text file are sampled: from its time column, its header, or the user's options."""

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

_RATES = (10.0, 20000.0)  # range of rates for which a time unit is accepted
_TICKS = (1e17, 7e17)  # Windows counts steps of 100 ns since 1601, .NET since the year 1
_CLOCK = 1e8  # larger numbers are clock times, not counted from the recording's start


def find_sampling(table: Described, given: float | None, *, assume: bool) -> tuple[Sampling, str]:
    """Sampling rate, runs and gaps of a file.

    Parameters
    ----------
    table : Described
        Receives notes on contradictions, and the times.
    given : float or None
        Sampling rate in Hz given by the user.
    assume : bool
        Whether 125 Hz may be assumed if the rate is unknown.

    Returns
    -------
    sampling : Sampling
    source : str
        Source of the rate: "from column time".

    Raises
    ------
    LayoutError
        If the rate is unknown and none may be assumed.
    """
    _reverse_if_descending(table)
    n = len(table.cells[0])
    found = _sampling_from_times(table, given)
    if found is not None:
        sampling, column = found
        if given is None or abs(given / sampling.fs - 1) <= AGREEING:
            return sampling, f"from column {column}"
        table.notes.append(
            f"--fs {given:g}, but column {column} suggests {sampling.fs:.4g} Hz; its times are ignored "
            "(in a study: records.csv_fs)"
        )
    stated = table.layout.fs
    if given is not None:
        fs, source = given, "as given"
        if stated and abs(given / stated - 1) > AGREEING:
            table.notes.append(
                f"--fs {given:g}, but {table.layout.fs_from} states {stated:.5g} Hz (in a study: records.csv_fs)"
            )
    elif stated:
        fs, source = stated, f"from {table.layout.fs_from}"
    elif not assume:
        why = f" ({table.notes[-1]})" if table.notes and "no readable times" in table.notes[-1] else ""
        raise LayoutError(
            f"{table.layout.path.name}: the sampling rate is unknown{why}; give it with --fs (e.g. --fs "
            f"{ASSUMED_FS:g})",
            {"--fs": f"{ASSUMED_FS:g}"},
        )
    else:
        fs, source = ASSUMED_FS, "assumed"
        table.notes.append(f"unknown sampling rate, {ASSUMED_FS:g} Hz assumed; set it with records.csv_fs")
    counted = _sampling_from_counter(table, fs)
    return counted or Sampling(fs, (Run(slice(0, n), 0.0, fs),), n / fs), source


def _reverse_if_descending(table: Described) -> None:
    """Reverse samples that a file stores from last to first."""
    for name, _, times, _ in _columns_of_times(table):
        steps = np.diff(times.since[np.isfinite(times.since)])
        steps = steps[steps != 0]
        if times.kind != "clock" and len(steps) > 2 and np.mean(steps < 0) > 0.99:
            table.cells = [cells[::-1].reset_index(drop=True) for cells in table.cells]
            table.notes.append(f"column {shown([name], 40)} is descending: the samples were reversed")
            return


def _sampling_from_times(table: Described, given: float | None) -> tuple[Sampling, str] | None:
    """Sampling from the finest time column, and the column's name; None if no column is usable."""
    found: list = []
    for name, column, times, at in _columns_of_times(table):
        known = np.isfinite(times.since)
        if known.mean() < 0.5:
            table.notes.append(
                f"column {shown([name], 40)} has no readable times: {_unreadable_time(table, column, known)}"
            )
        elif (scale := _scale(table, at, times, given or table.layout.fs)) is not None:
            fineness = round(len(np.unique(times.since[known])) / len(known), 1)
            found.append((fineness, -len(found), name, column, times, scale))
    for *_, name, column, times, scale in sorted(found, key=lambda one: one[:2], reverse=True):
        sampling = even_sampling(_past_midnight(times.since * scale), given)
        if sampling is None or not sampling.runs:
            continue
        if not (known := np.isfinite(times.since)).all():
            table.notes.append(f"{_unreadable_time(table, column, known)}; {_interpolation_note(int((~known).sum()))}")
        table.times = Times(times.since, times.kind, times.first * scale) if times.kind == "number" else times
        return sampling, name
    return None


def _columns_of_times(table: Described):
    """Name, cells, times and index of each time column; separate date and time-of-day columns count as one."""
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
    """Whether an unnamed column, such as an index written by pandas, rises like times."""
    if (name.strip() and not name.lower().startswith("unnamed: 0")) or column.dtype.kind not in "iuf":
        return False
    return bool(np.mean(np.diff(column.to_numpy(float)) > 0) > 0.9)


def _interpolation_note(n: int) -> str:
    return "1 such time was interpolated" if n == 1 else f"{n} such times were interpolated"


def _unreadable_time(table: Described, column: pd.Series, known: np.ndarray) -> str:
    bad = np.flatnonzero(~known)
    row = int(bad[0])
    held = column.iloc[row]
    what = "an empty cell" if pd.isna(held) or not str(held).strip() else f"{shown([held], 40)!r}"
    return (
        f"line {line_of(table.layout, row)}: {what} is not a time; write it as 2024-05-01T10:03:20.125, or in seconds"
    )


def _scale(table: Described, at: int, times: Times, fs: float | None) -> float | None:
    """Length of the unit of the times in seconds; None if no unit gives a plausible rate."""
    if times.kind != "number":
        return 1.0
    step = typical_step(times.since)
    if not step > 0:
        return None
    unit = unit_word(table.unit(at)) or unit_word(plain_name(table.names[at])[0])
    if unit and _RATES[0] <= 1 / (step * SCALES[unit]) <= _RATES[1]:
        return SCALES[unit]
    if unit is None and _only_counts(times):
        return 1e-3 if fs and abs(fs / 1000 - 1) <= AGREEING else None
    if fs:  # the unit that comes close to the given rate, if any
        near = [unit for unit in SCALES if abs(np.log10(1 / (step * SCALES[unit]) / fs)) < 0.3]
        if near:
            return SCALES[near[0]]
    if (
        _TICKS[0] <= times.first <= _TICKS[1] and LOWEST_FS / 2 <= 1e7 / step <= HIGHEST_FS
    ):  # otherwise nanoseconds in 1989
        return 1e-7
    unit = fitting_unit(step, (LOWEST_FS / 2, HIGHEST_FS)) or fitting_unit(step, (LOWEST_FS / 2, HIGHEST_FS), ("day",))
    return SCALES[unit] if unit else None


def _only_counts(times: Times) -> bool:
    """Whether numbers increase by one from the start: milliseconds at 1000 Hz, or just sample numbers."""
    steps = np.diff(times.since[np.isfinite(times.since)])
    return (
        abs(times.first) < _CLOCK and np.median(steps) == 1 and bool(np.all((steps >= 1) & (steps == np.round(steps))))
    )


def _past_midnight(seconds: np.ndarray) -> np.ndarray:
    """Seconds of the day, continued across midnight."""
    known = np.isfinite(seconds)
    back = np.diff(seconds[known], prepend=seconds[known][:1]) < -43200
    if not back.any() or np.nanmax(seconds) - np.nanmin(seconds) > 86400:
        return seconds
    result = seconds.copy()
    result[known] += 86400.0 * np.cumsum(back)
    return result


def _sampling_from_counter(table: Described, fs: float) -> Sampling | None:
    """Sampling from a sample counter that only increases and skips some samples; None without one."""
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
