"""The signals of a text file by name, and what the user must describe if the file names none."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cuffless.config import RecordOptions
from cuffless.records.record import RecordError
from cuffless.records.text.cells import shown
from cuffless.records.text.layout import MOST_COLUMNS, Layout
from cuffless.records.text.tables import read_columns, read_rows
from cuffless.records.text.times import Times, plain_name

ASSUMED_FS = 125.0
"""Sampling rate in Hz if neither the file nor the user gives one."""


class LayoutError(RecordError):
    """A text file that the user must describe; the message names the options for it.

    Attributes
    ----------
    options : dict of str to str
        Command-line options that describe it, such as ``--columns``: ``ppg,abp``.
    """

    def __init__(self, message: str, options: dict[str, str], channels: tuple[str, ...] = ()):
        super().__init__(message, channels)
        self.options = options


@dataclass
class Described:
    """Signals of a text file."""

    layout: Layout
    names: list[str]
    """Names of its signals, from the user or else from the file."""
    cells: list
    """List of Series: Their cells."""
    notes: list[str] = field(default_factory=list)
    """Notes for the user."""
    times: Times | None = None
    """Times of its samples, once they are read."""
    rows: bool = False
    """Whether each signal was a row."""

    def unit(self, at: int) -> str:
        """Unit of a signal; empty if the file does not give one."""
        unit = self.layout.units[at] if at < len(self.layout.units) else ""
        return unit or plain_name(self.names[at])[1]


def describe(layout: Layout, options: RecordOptions) -> Described:
    """Names and cells of the signals.

    Raises
    ------
    LayoutError
        If the file must be described, or does not match its description.
    RecordError
        If it holds no samples.
    """
    path, given = layout.path, list(options.csv_columns)
    if options.csv_rows or layout.rows:
        rows = read_rows(layout)
        names = given or list(layout.names) or ["ppg", "abp"]
        if len(names) > len(rows) or not rows:
            raise LayoutError(
                f"{path.name} holds {len(rows)} rows, but --columns names {len(names)} ({shown(names)}; "
                "records.csv_columns)",
                {"--rows": "", "--columns": _example(len(rows)), **_rate_option(layout, options)},
            )
        return Described(layout, names[: len(rows)], [pd.Series(row) for row in rows[: len(names)]], rows=True)
    unnamed = not layout.names
    if unnamed and (layout.width > MOST_COLUMNS or (layout.lines == 1 and layout.width > 1)):
        count = f"more than {MOST_COLUMNS}" if layout.width > MOST_COLUMNS else str(layout.width)
        raise LayoutError(
            f"{path.name}: its first line holds {count} numbers ({layout.marks}), so its signals seem to be "
            "rows; pass --rows (records.csv_rows) and name them in order with --columns (records.csv_columns)",
            {"--rows": "", "--columns": _example(layout.lines), **_rate_option(layout, options)},
        )
    if unnamed and not given:
        raise LayoutError(
            f"{path.name}: the first line names no columns ({layout.width} found, {layout.marks}); name them in "
            f"order with --columns (records.csv_columns)",
            {"--columns": (names := _example_columns(layout)), **_rate_option(layout, options, names)},
        )
    if given and len(given) != layout.width:
        raise LayoutError(
            f"{path.name} has {layout.width} columns, but --columns names {len(given)} ({shown(given)}); the file "
            f"is {layout.marks}; name each column (records.csv_columns)",
            {"--columns": (names := _example_columns(layout)), **_rate_option(layout, options, names)},
        )
    cells = read_columns(layout)
    if not len(cells):
        raise RecordError(f"{path.name}: the file has no samples")
    names = given or list(layout.names)
    return Described(layout, names, [cells[at] for at in range(len(names))])


def _rate_option(layout: Layout, options: RecordOptions, names: str = "") -> dict[str, str]:
    """The option for the rate, if neither user nor file gives one; `names` are those proposed for the columns."""
    known = options.csv_fs is not None or layout.fs or "time" in names.split(",")
    return {} if known else {"--fs": f"{ASSUMED_FS:g}"}


def _example(signals: int) -> str:
    """Example names for a number of signals."""
    return ",".join((["ppg", "abp"] + [f"signal{n}" for n in range(3, signals + 1)])[: max(signals, 1)])


def _example_columns(layout: Layout) -> str:
    """Example names for the columns of a file; the first is a time column if it rises like one."""
    first = [row[0] for row in layout.first if row]
    try:
        values = np.array([cell.replace(",", ".") for cell in first], float)
    except ValueError:
        values = np.arange(0.0)
        timed = layout.width > 1
    else:
        rises = len(values) > 3 and np.all(np.diff(values) >= 0) and values[-1] > values[0]
        timed = layout.width > 1 and (rises or _wraps_around(values))
    names = ["time" if len(values) == 0 or not _wraps_around(values) else "seq"] if timed else []
    names += ["ppg", "abp"] + [f"other{n}" for n in range(1, layout.width)]
    return ",".join(names[: layout.width])


def _wraps_around(values: np.ndarray) -> bool:
    """Whether numbers count up and restart, as packet sequence numbers do."""
    steps = np.diff(values)
    return len(steps) > 8 and bool(np.mean(steps == 1) > 0.8 and np.any(steps < 0))
