"""Recordings as text: a signal in each column, or in each row."""

from pathlib import Path

import numpy as np

from cuffless.config import RecordOptions
from cuffless.records.channels import doubled_channels, find_channel
from cuffless.records.record import Channel, Record, RecordError, Segment, check_rate
from cuffless.records.text.cells import shown
from cuffless.records.text.clock import sampled
from cuffless.records.text.described import Described, LayoutError, describe
from cuffless.records.text.encoding import is_text
from cuffless.records.text.heads import with_head
from cuffless.records.text.layout import Layout, layout_of
from cuffless.records.text.numbers import to_numbers, without_code
from cuffless.records.text.sampling import Run, Sampling
from cuffless.records.text.tables import line_of
from cuffless.records.text.times import is_time_name, plain_name
from cuffless.records.units import PRESSURE_UNITS, mmhg_per

__all__ = ["LayoutError", "is_csv", "open_csv"]

_PPG_ELSEWHERE = ("bvp", "ppg", "pleth", "pulseox", "pulse oximeter", "plethysmogram", "photoplethysmogram")
_NO_PRESSURE = ("v", "mv", "uv", "µv", "volt", "volts", "nu", "adu", "raw", "counts", "a.u.", "au", "nd", "%")


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
    layout = with_head(layout_of(path, options.memory_gb))
    table = describe(layout, options)
    ppg, abp = _signals(table, options, need_abp)
    sampling, source = sampled(table, options.csv_fs, assume=assume)
    check_rate(path.name, sampling.fs)
    columns = {kind: _numbers(table, at) for kind, at in (("ppg", ppg), ("abp", abp)) if at is not None}
    segments = tuple(_segment(f"{name}", run, columns, options.fs) for run in sampling.runs)
    segments = tuple(segment for segment in segments if segment.n_samples > 0)
    if not segments:
        raise RecordError(f"{path.name}: the file holds no samples")
    read_as = _read_as(table, sampling, source, ppg, abp)
    names, notes = tuple(table.names), tuple(table.notes)
    return Record(
        name,
        str(path),
        sampling.fs,
        names,
        sampling.seconds,
        segments,
        notes,
        (str(path), *map(str, layout.beside)),
        read_as=read_as,
        began=_began(table, layout),
    )


def _signals(table: Described, options: RecordOptions, need_abp: bool) -> tuple[int, int | None]:
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
    if abp is not None and table.unit(abp).lower() in _NO_PRESSURE:
        raise RecordError(
            f"{table.layout.path.name}: column {shown([table.names[abp]], 40)} is not in {PRESSURE_UNITS} by its "
            "own unit; calibrate it, or correct the unit",
            tuple(table.names),
        )
    if abp is not None and (unit := table.unit(abp)) and mmhg_per(unit) is None:
        table.notes.append(
            f"column {shown([table.names[abp]], 40)}: {shown([unit], 20)!r} is not a known unit of pressure; its "
            "values are taken for mmHg"
        )
    table.notes += doubled_channels(table.names, options.channels, need_abp)
    return ppg, abp


def _find(table: Described, known: tuple[str, ...], elsewhere: tuple[str, ...] = ()) -> int | None:
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


def _numbers(table: Described, at: int) -> np.ndarray:
    """A column's values, those of a pressure in mmHg."""
    cells = table.cells[at]
    values = to_numbers(cells, table.layout.decimal)
    broken = values.isna() & cells.notna()
    if broken.any():
        row = int(np.flatnonzero(broken)[0])
        held = shown([cells[broken].iloc[0]], 60)
        where = line_of(table.layout, row)
        if table.layout.kind == "LabChart":
            raise RecordError(
                f"{table.layout.path.name}, line {where}: {held!r} is not a number; if a second block begins here, "
                "export each block to a file of its own"
            )
        raise RecordError(
            f"{table.layout.path.name}, line {where}: {held!r} is not a number; correct it, or empty the cell"
        )
    values, code = without_code(values.to_numpy(float))
    if code:
        table.notes.append(f"column {shown([table.names[at]], 40)}: {code}")
    with np.errstate(over="ignore"):
        return values * (mmhg_per(table.unit(at)) or 1.0)


def _segment(name: str, run: Run, columns: dict[str, np.ndarray], fs: float) -> Segment:
    def channel(values: np.ndarray) -> Channel:
        return Channel(run.fs, len(values), lambda start, stop: values[start:stop])

    held = {kind: channel(run.values(values)) for kind, values in columns.items()}
    return Segment(name, run.start, fs, held["ppg"], held.get("abp"))


def _began(table: Described, layout: Layout) -> float | None:
    """When the file's first sample was taken, in seconds since 1970; None where it does not tell."""
    if table.times is not None and (table.times.kind == "date" or table.times.first > 8e8):
        return table.times.first
    return layout.began


def _read_as(table: Described, sampling: Sampling, source: str, ppg: int, abp: int | None) -> str:
    """One line on what the file was taken for."""
    layout = table.layout
    shape = f"{'rows' if table.rows else 'columns'} {shown(table.names, 100)}"
    taken = [f"PPG is {table.names[ppg]}"] if plain_name(table.names[ppg])[0] not in ("ppg", "pleth") else []
    if abp is not None and mmhg_per(table.unit(abp)) not in (None, 1.0):
        taken.append(f"{table.names[abp]} converted to mmHg")
    parts = [
        f"{layout.path.name}: {layout.kind}, {layout.written}, {shape}",
        f"{sampling.fs:.7g} Hz {source}",
        *taken,
        *sampling.notes,
    ]
    return "; ".join(parts)
