"""Tables of a page: which columns, how they are written, and where their numbers can be had."""

import base64
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cuffless.report.wording import count, text

EMBEDDED_BYTES = 100_000
"""A longer CSV is not embedded; the page names its file."""
_LONG = 500
"""From so many rows on, looking for equal numbers takes less time than it saves."""
MOST_SHOWN = 40
"""Rows that a table shows without a box to scroll in."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    title : str
    cell : str or callable
        Name of a column of the DataFrame, or what writes a cell from a row (a named tuple).
    numeric : bool
        Right-aligned, for numbers.
    verdict : bool
        The cell is a verdict, shown with a sign and a colour.
    wide : bool
        The cell holds sentences, which need room.
    """

    title: str
    cell: str | Callable[[Any], str]
    numeric: bool = False
    verdict: bool = False
    wide: bool = False


COUNTS = (
    Column("subjects", lambda row: count(row.n_subjects), numeric=True),
    Column("windows", lambda row: count(row.n_windows), numeric=True),
)


@dataclass(frozen=True)
class Row:
    """Cells, and the case and network (by number) that the row is shown for; None: for all."""

    cells: tuple[str, ...]
    case: int | None = None
    network: int | None = None


@dataclass(frozen=True)
class Download:
    """A CSV: `href` contains it if it is short, else `where` names its file."""

    name: str
    href: str = ""
    where: str = ""


@dataclass(frozen=True)
class Table:
    """A table ready for a template; `more` says which rows it leaves out, and where they are."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    download: Download | None = None
    more: str = ""

    @property
    def long(self) -> bool:
        """Whether so many rows are shown at a time that they are scrolled within a box."""
        shown = Counter((row.case, row.network) for row in self.rows)
        return max(shown.values(), default=0) > MOST_SHOWN


def make_table(
    rows: pd.DataFrame,
    columns: Sequence[Column],
    caption: str,
    *,
    cases: Mapping[str, int] | None = None,
    networks: Mapping[str, int] | None = None,
    download: Download | None = None,
    more: str = "",
) -> Table:
    """Write a DataFrame as a table.

    With `cases` or `networks`, their numbers, rows are shown only while their ``case`` or ``network`` is chosen.
    """
    written = tuple(
        Row(
            tuple(_cell(column, row) for column in columns),
            None if cases is None else cases[row.case],
            None if networks is None else networks.get(row.network),
        )
        for row in rows.itertuples(index=False)
    )
    return Table(caption, tuple(columns), written, download, more)


def _cell(column: Column, row: Any) -> str:
    return column.cell(row) if callable(column.cell) else text(getattr(row, column.cell, None))


def csv_text(rows: pd.DataFrame) -> str:
    """A table as CSV; equal numbers of long ones are written once, since most of the time goes into their digits."""
    if len(rows) < _LONG:
        return rows.to_csv(index=False, lineterminator="\n")
    written = {name: _digits(column) if column.dtype == float else column for name, column in rows.items()}
    return pd.DataFrame(written, columns=rows.columns).to_csv(index=False, lineterminator="\n")


def _digits(column: pd.Series) -> pd.Series:
    codes, unique = pd.factorize(column)
    return pd.Series(np.array([*map(repr, unique.tolist()), None], dtype=object)[codes], index=column.index)


def csv_download(rows: pd.DataFrame, name: str, where: str) -> Download:
    """Offer a table as CSV.

    Parameters
    ----------
    rows : DataFrame
    name : str
        Of the file that a browser saves.
    where : str
        Where the same file lies, seen from the page, for tables of more than `EMBEDDED_BYTES`.

    Returns
    -------
    Download
    """
    written = csv_text(rows).encode()
    if len(written) > EMBEDDED_BYTES:
        return Download(name, where=where)
    return Download(name, href=f"data:text/csv;charset=utf-8;base64,{base64.b64encode(written).decode()}")
