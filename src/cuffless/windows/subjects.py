"""Subjects of windows, decided once it is known which records have any."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from cuffless.records.runs import find_runs

RUN = "run"
"""Identity of a subject that is a run of records."""
_BY = ["subject", "record", "row"]


def name_subjects(quality: pd.DataFrame, *, identity: str, runs_gap: int = 0) -> pd.DataFrame:
    """Give the records of a data set the subjects that its configuration asks for.

    Parameters
    ----------
    quality : DataFrame
        One row per record of all shards: record, subject, identity, windows_kept.
    identity : {"auto", "record", "runs"}
        As in `records.identity`.
    runs_gap : int
        As in `records.runs_gap`.

    Returns
    -------
    DataFrame
        With other subjects and identities. Of ``runs``, records without a patient that have windows are ``run``;
        records without windows chain none, for in a database of which every number is taken all would be one run.
    """
    quality = quality.copy()
    if identity == "record":
        quality["subject"] = quality["record"]
        quality["identity"] = "record"
    elif identity == "runs":
        chained = (quality["identity"] != "patient") & (quality["windows_kept"].astype(int) > 0)
        runs = find_runs(quality.loc[chained, "record"].astype(str), runs_gap)
        quality.loc[chained, "subject"] = quality.loc[chained, "record"].astype(str).map(runs)
        quality.loc[chained, "identity"] = RUN
    return quality


def name_owners(index: pd.DataFrame, quality: pd.DataFrame) -> pd.DataFrame:
    """Give windows the subjects of their records.

    Parameters
    ----------
    index : DataFrame
        One row per kept window: record, subject, row and more.
    quality : DataFrame
        As from `name_subjects`.

    Returns
    -------
    DataFrame
        Sorted by subject, record and row, so that a subject's windows stand together.
    """
    owners = dict(zip(quality["record"].astype(str), quality["subject"].astype(str), strict=True))
    named = index.assign(subject=index["record"].map(owners))
    return named.sort_values(_BY, kind="stable", ignore_index=True)


def join_quality(paths: Sequence[str | Path], output: str | Path, *, identity: str, runs_gap: int = 0) -> pd.DataFrame:
    """Join the quality tables of all shards, with the subjects that are asked for.

    Parameters
    ----------
    paths : sequence of path
    output : path
    identity, runs_gap
        As for `name_subjects`.

    Returns
    -------
    DataFrame
        All columns as text, as they are written.
    """
    frames = [pd.read_csv(path, keep_default_na=False, dtype=str) for path in paths]
    quality = name_subjects(pd.concat(frames, ignore_index=True), identity=identity, runs_gap=runs_gap)
    quality.to_csv(output, index=False)
    return quality


def join_index(paths: Sequence[str | Path], quality: str | Path, output: str | Path) -> None:
    """Join the indices of all shards, each window's subject being that of its record in the quality table.

    Unlike `join_tables` it holds the whole index in memory: a run's records lie in several shards.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = [pq.read_table(path) for path in paths]
    joined = pa.concat_tables(tables).to_pandas()
    owners = pd.read_csv(quality, keep_default_na=False, dtype=str, usecols=["record", "subject"])
    named = name_owners(joined, owners)
    pq.write_table(pa.Table.from_pandas(named, tables[0].schema, preserve_index=False), output, row_group_size=2**17)
