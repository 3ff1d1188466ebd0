"""The index of all kept windows, from which a split samples; files are read in pieces, as they may exceed memory."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.config import SplitOptions

PIECE_ROWS = 2**18
NAMES = ("subject", "record")


def subject_counts(index: pd.DataFrame | str | Path) -> pd.Series:
    """Windows of each subject, sorted by subject.

    Parameters
    ----------
    index : DataFrame or path
        One row per kept window; the path of such a table as parquet.

    Returns
    -------
    Series of int
    """
    parts = [piece["subject"].value_counts() for piece in _pieces(index, ["subject"])]
    return pd.concat(parts).groupby(level=0).sum().sort_index()


def capped_index(
    index: pd.DataFrame | str | Path, counts: pd.Series, options: SplitOptions, notes: list[str]
) -> pd.DataFrame:
    """The index without subjects of too few windows, and with at most `cap` windows of the others.

    They are sampled without replacement, by seed and subject alone. Memory holds the sample, a piece of the index, and
    rows of subjects with more rows to come: few, since the rows of a subject are in one shard.

    Parameters
    ----------
    index : DataFrame or path
        One row per kept window.
    counts : Series
        As from `subject_counts`.
    options : SplitOptions
    notes : list of str
        Notes on what was left out are appended.

    Returns
    -------
    DataFrame
        Sorted by subject, record and row; names of subjects and records are categories.
    """
    enough = counts[counts >= options.min_windows]
    if len(enough) < len(counts):
        notes.append(f"{len(counts) - len(enough)} subjects with fewer than {options.min_windows} windows are left out")
    if over := int((enough > options.cap).sum()):
        notes.append(f"{over} of {len(enough)} subjects have more than {options.cap} windows and were capped")
    sampled: list[pd.DataFrame] = []
    waiting: list[pd.DataFrame] = []
    missing = enough.copy()
    for piece in _pieces(index):
        piece = piece[piece["subject"].isin(enough.index)]
        missing = missing.sub(piece["subject"].value_counts(), fill_value=0)
        held = pd.concat([*waiting, piece], ignore_index=True)
        complete = held["subject"].isin(missing.index[missing == 0])
        sampled.append(_as_categories(_cap(held[complete], options)))
        waiting = [held[~complete]]
        missing = missing[missing > 0]
    return _concatenate(sampled)


def _pieces(index, columns: list[str] | None = None) -> Iterator[pd.DataFrame]:
    """The index piece by piece; a table in memory is one piece."""
    if isinstance(index, pd.DataFrame):
        yield index
        return
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(index) as file:
        groups, rows = [], 0
        for number in range(file.num_row_groups):
            groups.append(number)
            rows += file.metadata.row_group(number).num_rows
            if rows >= PIECE_ROWS or number == file.num_row_groups - 1:
                yield file.read_row_groups(groups, columns=columns).to_pandas()
                groups, rows = [], 0
        if not file.num_row_groups:
            yield file.schema_arrow.empty_table().to_pandas()


def _cap(index: pd.DataFrame, options: SplitOptions) -> pd.DataFrame:
    """At most `cap` windows per subject, in time order."""
    index = index.sort_values(["subject", "record", "row"], kind="stable", ignore_index=True)
    sizes = index.groupby("subject", sort=True).size()
    keep = []
    for first, (subject, size) in zip(sizes.cumsum() - sizes, sizes.items(), strict=True):
        if size > options.cap:
            rng = np.random.default_rng([options.seed, 0, _number(subject)])
            keep.append(first + np.sort(rng.choice(size, options.cap, replace=False)))
        else:
            keep.append(np.arange(first, first + size))
    return index.iloc[np.concatenate(keep)] if keep else index


def _number(subject: str) -> int:
    return int.from_bytes(hashlib.sha256(subject.encode()).digest()[:8], "big")


def _as_categories(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(**{name: table[name].astype("category") for name in NAMES})


def _concatenate(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """The tables as one, sorted, with common categories."""
    from pandas.api.types import union_categoricals

    columns = {}
    for name in tables[0]:
        parts = [table[name] for table in tables]
        if name in NAMES:
            columns[name] = union_categoricals(parts, sort_categories=True)
        else:
            columns[name] = np.concatenate([part.to_numpy() for part in parts])
    tables.clear()  # freed before the sorted copy is made
    del parts
    order = np.lexsort((columns["row"], columns["record"].codes, columns["subject"].codes))
    return pd.DataFrame({name: columns.pop(name)[order] for name in list(columns)})
