"""Recordings in text files, one signal per column or per row."""

from pathlib import Path

import numpy as np

from cuffless.config import RecordOptions
from cuffless.records.channels import duplicate_channel_notes, find_channel
from cuffless.records.record import Channel, Record, RecordError, Segment, check_rate
from cuffless.records.text.cells import shown
from cuffless.records.text.clock import find_sampling
from cuffless.records.text.described import Described, LayoutError, describe
from cuffless.records.text.encoding import is_text
from cuffless.records.text.heads import add_header_fields
from cuffless.records.text.layout import Layout, layout_of
from cuffless.records.text.numbers import replace_missing_code, to_numbers
from cuffless.records.text.sampling import Run, Sampling
from cuffless.records.text.tables import line_of
from cuffless.records.text.times import is_time_name, plain_name
from cuffless.records.units import PRESSURE_UNITS, mmhg_per

__all__ = ["LayoutError", "is_csv", "open_csv"]

_PPG_ELSEWHERE = ("bvp", "ppg", "pleth", "pulseox", "pulse oximeter", "plethysmogram", "photoplethysmogram")
_NO_PRESSURE = ("v", "mv", "uv", "µv", "volt", "volts", "nu", "adu", "raw", "counts", "a.u.", "au", "nd", "%")


def is_csv(path: str | Path) -> bool:
    """Whether a path is a text file of signals."""
    return is_text(path)


def open_csv(
    path: str | Path, options: RecordOptions = RecordOptions(), *, need_abp: bool = True, assume: bool = True
) -> Record:
    """Read a recording from a text file.

    Parameters
    ----------
    path : str or Path
        Text in columns or rows, plain or compressed with gzip; separators, decimal marks, headers and time columns
        are detected.
    options : RecordOptions
        Channel names; sampling rate, names and layout if the file does not give them.
    need_abp : bool
        False: PPG alone is enough.
    assume : bool
        Whether 125 Hz may be assumed if neither file nor options give a sampling rate; this is then listed among the
        record's problems.

    Returns
    -------
    Record
        One segment per stretch without a gap; ``read_as`` describes how the file was interpreted.

    Raises
    ------
    LayoutError
        If it must be described: its columns have no names, its signals are in rows, or its rate is unknown.
    RecordError
        If it is missing, empty or not numeric, or a column is missing; the message gives the remedy.
    """
    path = Path(path)
    name = path.name.split(".")[0]
    if options.csv_fs is not None:
        check_rate(path.name, options.csv_fs)
    layout = add_header_fields(layout_of(path, options.memory_gb))
    table = describe(layout, options)
    ppg, abp = _signals(table, options, need_abp)
    sampling, source = find_sampling(table, options.csv_fs, assume=assume)
    check_rate(path.name, sampling.fs)
    columns = {kind: _numbers(table, at) for kind, at in (("ppg", ppg), ("abp", abp)) if at is not None}
    segments = tuple(_segment(f"{name}", run, columns, options.fs) for run in sampling.runs)
    segments = tuple(segment for segment in segments if segment.n_samples > 0)
    if not segments:
        raise RecordError(f"{path.name}: the file has no samples")
    read_as = _describe_reading(table, sampling, source, ppg, abp)
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
        began=_start_time(table, layout),
    )


def _signals(table: Described, options: RecordOptions, need_abp: bool) -> tuple[int, int | None]:
    """Columns of PPG and ABP."""
    ppg = _find(table, options.channels.ppg, _PPG_ELSEWHERE)
    abp = _find(table, options.channels.abp) if need_abp else None
    if ppg is None or (need_abp and abp is None):
        kind = "ppg" if ppg is None else "abp"
        raise RecordError(
            f"{table.layout.path.name}: no column '{kind}' (found: {shown(table.names)}); name the columns with "
            f"--columns (records.csv_columns), or choose one with --{kind} (records.channels.{kind})",
            tuple(table.names),
        )
    if abp is not None and table.unit(abp).lower() in _NO_PRESSURE:
        raise RecordError(
            f"{table.layout.path.name}: column {shown([table.names[abp]], 40)} has unit "
            f"{shown([table.unit(abp)], 20)!r}, not {PRESSURE_UNITS}; calibrate it, or correct the unit",
            tuple(table.names),
        )
    if abp is not None and (unit := table.unit(abp)) and mmhg_per(unit) is None:
        table.notes.append(
            f"column {shown([table.names[abp]], 40)}: {shown([unit], 20)!r} is not a known pressure unit; mmHg "
            "is assumed"
        )
    table.notes += duplicate_channel_notes(table.names, options.channels, need_abp)
    return ppg, abp


def _find(table: Described, known: tuple[str, ...], elsewhere: tuple[str, ...] = ()) -> int | None:
    """The column with one of these names, ignoring units, or else the only one with a matching sensor."""
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
    """A column's values; pressures in mmHg."""
    cells = table.cells[at]
    values = to_numbers(cells, table.layout.decimal)
    broken = values.isna() & cells.notna()
    if broken.any():
        row = int(np.flatnonzero(broken)[0])
        held = shown([cells[broken].iloc[0]], 60)
        where = line_of(table.layout, row)
        if table.layout.kind == "LabChart":
            raise RecordError(
                f"{table.layout.path.name}, line {where}: {held!r} is not a number; if a second block starts here, "
                "export each block to its own file"
            )
        raise RecordError(
            f"{table.layout.path.name}, line {where}: {held!r} is not a number; correct it, or leave the cell empty"
        )
    values, code = replace_missing_code(values.to_numpy(float))
    if code:
        table.notes.append(f"column {shown([table.names[at]], 40)}: {code}")
    with np.errstate(over="ignore"):
        return values * (mmhg_per(table.unit(at)) or 1.0)


def _segment(name: str, run: Run, columns: dict[str, np.ndarray], fs: float) -> Segment:
    def channel(values: np.ndarray) -> Channel:
        return Channel(run.fs, len(values), lambda start, stop: values[start:stop])

    held = {kind: channel(run.values(values)) for kind, values in columns.items()}
    return Segment(name, run.start, fs, held["ppg"], held.get("abp"))


def _start_time(table: Described, layout: Layout) -> float | None:
    """Time of the file's first sample in seconds since 1970; None if unknown."""
    if table.times is not None and (table.times.kind == "date" or table.times.first > 8e8):
        return table.times.first
    return layout.began


def _describe_reading(table: Described, sampling: Sampling, source: str, ppg: int, abp: int | None) -> str:
    """One line on how the file was interpreted."""
    layout = table.layout
    shape = f"{'rows' if table.rows else 'columns'} {shown(table.names, 100)}"
    details = [f"PPG is {table.names[ppg]}"] if plain_name(table.names[ppg])[0] not in ("ppg", "pleth") else []
    if abp is not None and mmhg_per(table.unit(abp)) not in (None, 1.0):
        details.append(f"{table.names[abp]} converted to mmHg")
    parts = [
        f"{layout.path.name}: {layout.kind}, {layout.marks}, {shape}",
        f"{sampling.fs:.7g} Hz {source}",
        *details,
        *sampling.notes,
    ]
    return "; ".join(parts)
