"""Recordings as CSV."""

import zlib
from pathlib import Path

import numpy as np

from cuffless.config import RecordOptions
from cuffless.records.channels import find_channel
from cuffless.records.record import Channel, Record, RecordError, Segment, check_rate

_TIME = ("time", "timer", "t", "seconds")


def is_csv(path: str | Path) -> bool:
    """Whether a path names a CSV file."""
    return Path(path).name.lower().endswith((".csv", ".csv.gz", ".txt", ".tsv"))


def open_csv(path: str | Path, options: RecordOptions = RecordOptions(), *, need_abp: bool = True) -> Record:
    """Read a recording from a CSV file.

    Parameters
    ----------
    path : str or Path
        CSV, plain or compressed with gzip. Its first line names the columns unless ``options.csv_columns`` does.
    options : RecordOptions
        Channel names, sampling rate and layout of the file.
    need_abp : bool
        False: PPG alone suffices.

    Returns
    -------
    Record

    Raises
    ------
    RecordError
        If the file is absent, empty or not numeric, or a column is missing; the message says what to change.
    """
    path = Path(path)
    name = path.name.split(".")[0]
    check_rate(path.name, options.csv_fs)
    table = _read_table(path, options)
    names = list(table)
    ppg = _column(names, options.channels.ppg)
    abp = _column(names, options.channels.abp) if need_abp else None
    for kind, found in (("ppg", ppg), ("abp", abp)):
        if found is None and (kind == "ppg" or need_abp):
            raise RecordError(
                f"{path.name}: no column {kind}; found {', '.join(names)}. Name the columns with "
                f"--columns (records.csv_columns), or say which it is with --{kind} (records.channels.{kind})."
            )

    def channel(column: str) -> Channel:
        values = table[column]
        return Channel(options.csv_fs, len(values), lambda start, stop: values[start:stop])

    n = len(table[ppg])
    segment = Segment(name, 0.0, options.fs, channel(ppg), channel(abp) if abp else None)
    return Record(name, str(path), options.csv_fs, tuple(names), n / options.csv_fs, (segment,), (), (str(path),))


def _read_table(path: Path, options: RecordOptions) -> dict[str, np.ndarray]:
    import gzip

    try:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8-sig") as file:
            first = file.readline()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise RecordError(f"{path}: cannot be read as CSV ({error})") from None
    if not first.strip():
        raise RecordError(f"{path.name}: the file is empty")
    numeric = all(is_number(field) for field in first.replace(";", ",").split(","))
    if options.csv_rows:
        return _read_rows(path, options)
    if numeric and not options.csv_columns:
        width = first.count(",") + 1
        hint = "its signals seem to stand in rows: say --rows and name them with" if width > 50 else "name them with"
        raise RecordError(f"{path.name}: the first line names no columns; {hint} --columns, e.g. --columns ppg,abp")
    return _read_columns(path, options, numeric)


def _read_columns(path: Path, options: RecordOptions, numeric: bool) -> dict[str, np.ndarray]:
    import pandas as pd

    names = list(options.csv_columns) or None
    try:
        table = pd.read_csv(path, names=names, header=None if numeric else 0, skipinitialspace=True)
    except (ValueError, OSError, EOFError, zlib.error) as error:  # pandas' parser errors are ValueErrors
        raise RecordError(f"{path.name}: cannot be read as CSV ({error})") from None
    if not isinstance(table.index, pd.RangeIndex):  # pandas takes surplus fields for an index
        raise RecordError(
            f"{path.name}: {len(names or table.columns)} columns are named, but its lines hold more; name each "
            "(records.csv_columns), or set records.csv_rows if its signals stand in rows"
        )
    table.columns = [str(c).strip().strip("'\"") for c in table.columns]
    if not len(table):
        raise RecordError(f"{path.name}: the file holds no samples")
    columns = {}
    for column in table.columns:
        values = pd.to_numeric(table[column], errors="coerce")
        broken = values.isna() & table[column].notna()
        known = options.channels.ppg + options.channels.abp
        if broken.any() and column.lower() in {n.lower() for n in known}:
            line = int(np.flatnonzero(broken)[0]) + (1 if numeric else 2)
            raise RecordError(f"{path.name}, line {line}: {table[column][broken].iloc[0]!r} is not a number")
        columns[column] = values.to_numpy(float)
    return columns


def _read_rows(path: Path, options: RecordOptions) -> dict[str, np.ndarray]:
    try:
        rows = np.loadtxt(path, delimiter=",", ndmin=2)
    except (OSError, EOFError, zlib.error) as error:
        raise RecordError(f"{path.name}: cannot be read as CSV ({error})") from None
    except ValueError as error:
        raise RecordError(f"{path.name}: rows are not all numbers of one length ({error})") from None
    names = options.csv_columns or ("ppg", "abp")
    if len(names) > len(rows):
        raise RecordError(f"{path.name}: {len(rows)} rows, but {len(names)} names were given ({', '.join(names)})")
    return dict(zip(names, rows, strict=False))


def is_number(field: str) -> bool:
    """Whether a field of a CSV is a number."""
    try:
        float(field)
    except ValueError:
        return False
    return True


def _column(names: list[str], known: tuple[str, ...]) -> str | None:
    signals = [name for name in names if name.lower() not in _TIME]
    index = find_channel(signals, known)
    return None if index is None else signals[index]
