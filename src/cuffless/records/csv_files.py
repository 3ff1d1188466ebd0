"""Recordings as text: a signal in each column, or in each row."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.config import RecordOptions
from cuffless.records.channels import doubled_channels, find_channel
from cuffless.records.record import HIGHEST_FS, LOWEST_FS, Channel, Record, RecordError, Segment, check_rate
from cuffless.records.text.cells import shown
from cuffless.records.text.encoding import is_text
from cuffless.records.text.heads import with_head
from cuffless.records.text.layout import MOST_COLUMNS, Layout, layout_of
from cuffless.records.text.sampling import AGREEING, Run, Sampling, even_sampling
from cuffless.records.text.tables import line_of, read_columns, read_rows
from cuffless.records.text.times import (
    COUNTERS,
    SCALES,
    Times,
    fitting_unit,
    is_time_name,
    plain_name,
    read_times,
    typical_step,
    unit_word,
)

ASSUMED_FS = 125.0
"""Sampling rate in Hz of a file that tells none, where nobody gives one."""
KPA_MMHG = 7.50062
_PPG_ELSEWHERE = ("bvp", "ppg", "pleth", "pulseox", "pulse oximeter", "plethysmogram", "photoplethysmogram")
_RATES = (10.0, 20000.0)  # in which a unit of time must make a rate


class LayoutError(RecordError):
    """A text file that must be described; the message names the options that do.

    Attributes
    ----------
    options : dict of str to str
        Options of the command line that describe it, ``--columns`` to ``ppg,abp``.
    """

    def __init__(self, message: str, options: dict[str, str], channels: tuple[str, ...] = ()):
        super().__init__(message, channels)
        self.options = options


def is_csv(path: str | Path) -> bool:
    """Whether a path names a text file of signals."""
    return is_text(path)


def open_csv(
    path: str | Path, options: RecordOptions = RecordOptions(), *, need_abp: bool = True, assume: bool = True
) -> Record:
    """Read a recording from a text file.

    Parameters
    ----------
    path : str or Path
        Text in columns or rows, plain or compressed with gzip; separators, decimal marks, heads and columns of times
        are found by looking at it.
    options : RecordOptions
        Channel names; sampling rate, names and layout where the file does not tell them.
    need_abp : bool
        False: PPG alone suffices.
    assume : bool
        Whether 125 Hz may be assumed where neither file nor options tell a sampling rate; it is then a problem of the
        record.

    Returns
    -------
    Record
        A segment for each stretch without a gap in the file's times; ``read_as`` says what the file was taken for.

    Raises
    ------
    LayoutError
        If it must be described: its columns have no names, its signals are in rows, or nothing tells its rate.
    RecordError
        If it is absent, empty or not numeric, or a column is missing; the message says what to change.
    """
    path = Path(path)
    name = path.name.split(".")[0]
    if options.csv_fs is not None:
        check_rate(path.name, options.csv_fs)
    layout = with_head(layout_of(path))
    table = _table(layout, options)
    ppg, abp = _signals(table, options, need_abp)
    sampling, source = _sampling(table, options, assume)
    check_rate(path.name, sampling.fs)
    columns = {kind: _numbers(table, at) for kind, at in (("ppg", ppg), ("abp", abp)) if at is not None}
    segments = tuple(_segment(f"{name}", run, columns, options.fs) for run in sampling.runs)
    segments = tuple(segment for segment in segments if segment.n_samples > 0)
    if not segments:
        raise RecordError(f"{path.name}: the file holds no samples")
    read_as = _read_as(table, sampling, source, ppg, abp)
    names = tuple(table.names)
    notes = tuple(table.notes)
    return Record(
        name,
        str(path),
        sampling.fs,
        names,
        sampling.seconds,
        segments,
        notes,
        (str(path),),
        read_as=read_as,
        began=_began(table, layout),
    )


@dataclass
class _Table:
    """What a file holds: names and cells of its signals."""

    layout: Layout
    names: list[str]
    cells: list
    notes: list[str] = field(default_factory=list)
    times: Times | None = None
    rows: bool = False

    def unit(self, at: int) -> str:
        told = self.layout.units[at] if at < len(self.layout.units) else ""
        return told or plain_name(self.names[at])[1]


def _table(layout: Layout, options: RecordOptions) -> _Table:
    """Names and cells, refused where the file must be described otherwise."""
    path, given = layout.path, list(options.csv_columns)
    if options.csv_rows or layout.rows:
        rows = read_rows(layout)
        names = given or list(layout.names) or ["ppg", "abp"]
        if len(names) > len(rows) or not rows:
            raise LayoutError(
                f"{path.name} holds {len(rows)} rows, but --columns names {len(names)} ({shown(names)}; "
                "records.csv_columns)",
                {"--rows": "", "--columns": _example(len(rows))},
            )
        return _Table(layout, names[: len(rows)], [pd.Series(row) for row in rows[: len(names)]], rows=True)
    unnamed = not layout.names
    if unnamed and (layout.width > MOST_COLUMNS or (layout.lines == 1 and layout.width > 1)):
        count = f"more than {MOST_COLUMNS}" if layout.width > MOST_COLUMNS else str(layout.width)
        raise LayoutError(
            f"{path.name}: its first line holds {count} numbers, so its signals seem to stand in rows: say --rows "
            "(records.csv_rows) and name them in their order with --columns (records.csv_columns)",
            {"--rows": "", "--columns": _example(layout.lines)},
        )
    if unnamed and not given:
        raise LayoutError(
            f"{path.name}: the first line names no columns ({layout.width} found, {layout.written}); name them in "
            f"their order with --columns (records.csv_columns)",
            {"--columns": _example_columns(layout)},
        )
    if given and len(given) != layout.width:
        raise LayoutError(
            f"{path.name} has {layout.width} columns, but --columns names {len(given)} ({shown(given)}); it is "
            f"{layout.written}: name each (records.csv_columns)",
            {"--columns": _example_columns(layout)},
        )
    cells = read_columns(layout)
    if not len(cells):
        raise RecordError(f"{path.name}: the file holds no samples")
    names = given or list(layout.names)
    return _Table(layout, names, [cells[at] for at in range(len(names))])


def _example(signals: int) -> str:
    """Names for so many signals."""
    return ",".join((["ppg", "abp"] + [f"signal{n}" for n in range(3, signals + 1)])[: max(signals, 1)])


def _example_columns(layout: Layout) -> str:
    """Names for the columns of a file, the first being times where it rises like them."""
    first = [row[0] for row in layout.first if row]
    try:
        values = np.array([cell.replace(",", ".") for cell in first], float)
    except ValueError:
        values = np.arange(0.0)
        clocked = layout.width > 1
    else:
        rises = len(values) > 3 and np.all(np.diff(values) >= 0) and values[-1] > values[0]
        clocked = layout.width > 1 and (rises or _counts_around(values))
    names = ["time" if len(values) == 0 or not _counts_around(values) else "seq"] if clocked else []
    names += ["ppg", "abp"] + [f"other{n}" for n in range(1, layout.width)]
    return ",".join(names[: layout.width])


def _counts_around(values: np.ndarray) -> bool:
    """Whether numbers count up and begin again, as sequence numbers of packets do."""
    steps = np.diff(values)
    return len(steps) > 8 and bool(np.mean(steps == 1) > 0.8 and np.any(steps < 0))


def _signals(table: _Table, options: RecordOptions, need_abp: bool) -> tuple[int, int | None]:
    """Where PPG and ABP are."""
    ppg = _find(table, options.channels.ppg, _PPG_ELSEWHERE)
    abp = _find(table, options.channels.abp) if need_abp else None
    for kind, found in (("ppg", ppg), ("abp", abp)):
        if found is None and (kind == "ppg" or need_abp):
            raise RecordError(
                f"{table.layout.path.name}: no column {kind}; found {shown(table.names)}. Name the columns with "
                f"--columns (records.csv_columns), or say which it is with --{kind} (records.channels.{kind}).",
                tuple(table.names),
            )
    table.notes += doubled_channels(table.names, options.channels, need_abp)
    return ppg, abp


def _find(table: _Table, known: tuple[str, ...], elsewhere: tuple[str, ...] = ()) -> int | None:
    """The column of one of these names, units aside, or else the one that the file says to measure it."""
    signals = [at for at, name in enumerate(table.names) if not is_time_name(name)]
    plain = [plain_name(name)[0] for name in table.names]
    for names, wanted in ((table.names, known), (plain, [plain_name(name)[0] for name in known])):
        found = find_channel([" ".join(names[at].split()) for at in signals], [" ".join(one.split()) for one in wanted])
        if found is not None:
            return signals[found]
    sensors = (
        [sensor.lower() for sensor in table.layout.sensors] if len(table.layout.sensors) == len(table.names) else []
    )
    likely = [
        at for at, own in enumerate(plain) if elsewhere and (own in elsewhere or (sensors and sensors[at] in elsewhere))
    ]
    return likely[0] if len(likely) == 1 else None


def _numbers(table: _Table, at: int) -> np.ndarray:
    """A column's values, ABP in mmHg where it tells kPa."""
    cells = table.cells[at]
    values = pd.to_numeric(cells, errors="coerce")
    broken = values.isna() & cells.notna()
    if broken.any():
        row = int(np.flatnonzero(broken)[0])
        held = shown([cells[broken].iloc[0]], 60)
        where = line_of(table.layout, row)
        raise RecordError(
            f"{table.layout.path.name}, line {where}: {held!r} is not a number; correct it, or empty the cell"
        )
    values = values.to_numpy(float)
    if table.unit(at).lower() in ("kpa", "kilopascal"):
        table.notes = [note for note in table.notes if "kPa" not in note]
        return values * KPA_MMHG
    return values


def _sampling(table: _Table, options: RecordOptions, assume: bool) -> tuple[Sampling, str]:
    """How the file is sampled, and what tells it."""
    told, told_by = options.csv_fs, "as given"
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
        raise LayoutError(
            f"{table.layout.path.name}: a CSV does not tell its sampling rate; say it with --fs (e.g. --fs "
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


def _clocked(table: _Table, told: float | None) -> tuple[Sampling, str] | None:
    """Sampling by a column of times, and its name; None if there is none that tells anything."""
    for at, name in enumerate(table.names):
        if not (is_time_name(name) or plain_name(name)[0] == "date"):
            continue
        column = table.cells[at]
        nxt = at + 1
        if plain_name(name)[0] == "date":  # the time of day is in the next column
            if nxt >= len(table.names) or not is_time_name(table.names[nxt]):
                continue
            column, name = column.astype("str") + " " + table.cells[nxt].astype("str"), f"{name} and {table.names[nxt]}"
        times = read_times(column, table.layout.decimal)
        known = np.isfinite(times.since)
        if known.mean() < 0.5:
            table.notes.append(
                f"column {shown([name], 40)} holds no times that can be read: {_unread(table, column, known)}"
            )
            continue
        scale = _scale(table, at, times, told or table.layout.fs)
        if scale is None:
            continue
        if not known.all():
            table.notes.append(f"{_unread(table, column, known)}; {_filled(int((~known).sum()))}")
        seconds = _past_midnight(times.since * scale)
        sampling = even_sampling(seconds, told)
        if sampling is not None and sampling.runs:
            table.times = (
                times if scale == 1 or times.kind != "number" else Times(times.since, "number", times.first * scale)
            )
            return sampling, name
    return None


def _filled(n: int) -> str:
    return "1 such time was filled in" if n == 1 else f"{n} such times were filled in"


def _unread(table: _Table, column: pd.Series, known: np.ndarray) -> str:
    bad = np.flatnonzero(~known)
    row = int(bad[0])
    held = column.iloc[row]
    what = "an empty cell" if pd.isna(held) or not str(held).strip() else f"{shown([held], 40)!r}"
    return (
        f"line {line_of(table.layout, row)}: {what} is not a time; write it as 2024-05-01T10:03:20.125, or in seconds"
    )


def _scale(table: _Table, at: int, times: Times, fs: float | None) -> float | None:
    """Seconds of a unit of the times; None if they make no rate."""
    if times.kind != "number":
        return 1.0
    step = typical_step(times.since)
    if not step > 0:
        return None
    told = unit_word(table.unit(at)) or unit_word(plain_name(table.names[at])[0])
    if told and _RATES[0] <= 1 / (step * SCALES[told]) <= _RATES[1]:
        return SCALES[told]
    if fs:  # the unit that comes next to the rate given, if one does
        near = [unit for unit in SCALES if abs(np.log10(1 / (step * SCALES[unit]) / fs)) < 0.3]
        if near:
            return SCALES[near[0]]
    unit = fitting_unit(step, (LOWEST_FS / 2, HIGHEST_FS)) or fitting_unit(step, (LOWEST_FS / 2, HIGHEST_FS), ("day",))
    return SCALES[unit] if unit else None


def _past_midnight(seconds: np.ndarray) -> np.ndarray:
    """Seconds of the day that go on where the next day begins."""
    known = np.isfinite(seconds)
    back = np.diff(seconds[known], prepend=seconds[known][:1]) < -43200
    if not back.any() or np.nanmax(seconds) - np.nanmin(seconds) > 86400:
        return seconds
    result = seconds.copy()
    result[known] += 86400.0 * np.cumsum(back)
    return result


def _counted(table: _Table, fs: float) -> Sampling | None:
    """Sampling by a column that counts samples, where it never goes back and leaves some out."""
    for at, name in enumerate(table.names):
        if plain_name(name)[0] not in COUNTERS or table.cells[at].dtype.kind not in "iu":
            continue
        count = table.cells[at].to_numpy()
        steps = np.diff(count)
        if len(steps) > 2 and steps.min() > 0 and steps.max() > steps.min():
            return even_sampling((count - count[0]) / float(np.median(steps)) / fs, fs)
    return None


def _segment(name: str, run: Run, columns: dict[str, np.ndarray], fs: float) -> Segment:
    def channel(values: np.ndarray) -> Channel:
        return Channel(run.fs, len(values), lambda start, stop: values[start:stop])

    held = {kind: channel(run.values(values)) for kind, values in columns.items()}
    return Segment(name, run.start, fs, held["ppg"], held.get("abp"))


def _began(table: _Table, layout: Layout) -> float | None:
    """When the file's first sample was taken, in seconds since 1970; None where it does not tell."""
    if table.times is not None and (table.times.kind == "date" or table.times.first > 8e8):
        return table.times.first
    return layout.began


def _read_as(table: _Table, sampling: Sampling, source: str, ppg: int, abp: int | None) -> str:
    """One line on what the file was taken for."""
    layout = table.layout
    shape = f"{'rows' if table.rows else 'columns'} {shown(table.names, 100)}"
    taken = [f"PPG is {table.names[ppg]}"] if plain_name(table.names[ppg])[0] not in ("ppg", "pleth") else []
    if abp is not None and table.unit(abp).lower() in ("kpa", "kilopascal"):
        taken.append(f"{table.names[abp]} converted from kPa to mmHg")
    parts = [
        f"{layout.path.name}: {layout.kind}, {layout.written}, {shape}",
        f"{sampling.fs:.7g} Hz {source}",
        *taken,
        *sampling.notes,
    ]
    return "; ".join(parts)
