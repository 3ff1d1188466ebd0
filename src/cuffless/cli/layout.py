"""What the first lines of a CSV say about how it must be described on the command line."""

import csv
import gzip
import zlib
from itertools import islice
from pathlib import Path

import numpy as np

from cuffless.cli.answers import UsageError
from cuffless.records import is_number

TIME_NAMES = ("time", "timer", "t", "seconds", "timestamp", "datetime")
_LINES = 2000
_MOST_COLUMNS = 50  # more fields in a line are samples, not signals


def first_lines(path: Path) -> list[list[str]]:
    """Fields of the first lines of a CSV; none where the file cannot be read as text (the reader says why)."""
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            return [row for row in csv.reader(islice(file, _LINES)) if row]
    except (OSError, EOFError, UnicodeDecodeError, zlib.error, csv.Error):
        return []


def check_layout(path: Path, lines: list[list[str]], names: tuple[str, ...], rows: bool) -> None:
    """Refuse a CSV that is laid out otherwise than the options say.

    Parameters
    ----------
    path : Path
    lines : list of list of str
        As from `first_lines`.
    names : tuple of str
        Columns (or rows) as named by the user; may be empty.
    rows : bool
        Whether the user says that signals stand in rows.

    Raises
    ------
    UsageError
        If its fields are not separated by commas, its first line names nothing and neither does the user, signals
        seem to stand in rows, or more names are given than there are signals.
    """
    if not lines:
        return
    first = lines[0]
    for mark, shown, written in (("\t", "tabs", "\\t"), (";", "semicolons", ";")):
        if len(first) == 1 and mark in first[0]:
            # One long line is one signal: a sample a line is what is read without further options.
            to = "\\n" if len(lines) == 1 else ","
            fix = f"tr '{written}' '{to}' < {path.name} > {path.name.split('.')[0]}.csv"
            raise UsageError(f"{path.name}: fields are separated by {shown}, not by commas; convert it, e.g. {fix}")
    if rows:
        if len(names) > len(lines):
            raise UsageError(
                f"{path.name} holds {len(lines)} rows, but --columns names {len(names)} ({', '.join(names)})"
            )
        return
    numeric = all(is_number(field) for field in first)
    if numeric and len(first) > _MOST_COLUMNS:
        raise UsageError(
            f"{path.name}: its first line holds {len(first)} numbers, so its signals seem to stand in rows: say "
            "--rows and name them in their order with --columns, e.g. --rows --columns ppg,abp,ecg"
        )
    if numeric and not names:
        example = "ppg" if len(first) == 1 else "ppg,abp"
        raise UsageError(
            f"{path.name}: the first line names no columns ({len(first)} found); name them in their order with "
            f"--columns, e.g. --columns {example}"
        )
    if names and len(names) != len(first):
        raise UsageError(
            f"{path.name} has {len(first)} columns, but --columns names {len(names)} ({', '.join(names)}); name each"
        )


def suggested_fs(lines: list[list[str]]) -> float | None:
    """Sampling rate in Hz that a CSV's time column suggests; None where there is none.

    Notes
    -----
    Steps above 0.5 are taken for milliseconds: PPG is not sampled below 2 Hz, nor above 2 kHz.
    """
    if len(lines) < 3 or lines[0][0].strip().lower().split(" ")[0] not in TIME_NAMES:
        return None
    times = [row[0] for row in lines[1:]]
    try:
        seconds = np.array(times, float)
    except ValueError:
        try:
            seconds = np.array(times, "datetime64[us]").astype(float) / 1e6
        except ValueError:
            return None
    step = (seconds[-1] - seconds[0]) / (len(seconds) - 1)
    if not step > 0:
        return None
    return float(1000 / step if step > 0.5 else 1 / step)
