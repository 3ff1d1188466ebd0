"""Subjects of windows, decided once it is known which records have any."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from cuffless.identities import PEOPLE
from cuffless.records.people.facts import FACTS
from cuffless.records.runs import find_runs
from cuffless.rejection import EXPLANATIONS

RUN = "run"
"""Identity of a subject that is a run of records."""
_BY = ["subject", "record", "row"]


def name_subjects(
    quality: pd.DataFrame, *, identity: str, runs_gap: int = 0, people: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Give the records of a data set the subjects that its configuration asks for.

    Parameters
    ----------
    quality : DataFrame
        One row per record of all shards: record, subject, identity, windows_kept and more.
    identity : str
        As in `records.identity`.
    runs_gap : int
        As in `records.runs_gap`.
    people : DataFrame, optional
        Table of records with the people that paths or a table name, as from `cuffless.records.people.identify_people`.

    Returns
    -------
    DataFrame
        With other subjects and identities, and what is known of the people. Of ``runs``, records of nobody named that
        have windows are ``run``; records without windows chain none, for in a database of which every number is taken
        all would be one run. A record whose person is not known, though asked for, has no windows, and a reason.
    """
    quality = quality.copy() if people is None else _with_people(quality, people)
    if identity == "record":
        quality["subject"] = quality["record"]
        quality["identity"] = "record"
    elif identity == "runs":
        chained = ~quality["identity"].isin(PEOPLE) & (quality["windows_kept"].astype(int) > 0)
        runs = find_runs(quality.loc[chained, "record"].astype(str), runs_gap)
        quality.loc[chained, "subject"] = quality.loc[chained, "record"].astype(str).map(runs)
        quality.loc[chained, "identity"] = RUN
    return quality


def _with_people(quality: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """The quality table with subject, identity and facts of people, or the reason why a record takes no part."""
    told = people.set_index("record").reindex(quality["record"].astype(str))
    quality = quality.assign(**{name: told[name].to_numpy() for name in ("subject", "identity")})
    for name in reversed([name for name in FACTS if name in told]):
        quality.insert(quality.columns.get_loc("identity") + 1, name, told[name].to_numpy())
    unknown = told["problem"].ne("").to_numpy() & quality["windows_kept"].astype(int).gt(0).to_numpy()
    for name in ["windows_cut", "windows_kept", *(rule for rule in EXPLANATIONS if rule in quality)]:
        quality.loc[unknown, name] = 0 if pd.api.types.is_numeric_dtype(quality[name]) else "0"
    quality.loc[unknown, "reason"] = told["problem"].to_numpy()[unknown]
    return quality


def name_owners(index: pd.DataFrame, quality: pd.DataFrame) -> pd.DataFrame:
    """Give windows the subjects of their records.

    Parameters
    ----------
    index : DataFrame
        One row per kept window: record, subject, row and more.
    quality : DataFrame
        As from `name_subjects`: record, subject, windows_kept.

    Returns
    -------
    DataFrame
        Sorted by subject, record and row, so that a subject's windows stand together; without windows of records that
        take no part.
    """
    quality = quality[quality["windows_kept"].astype(int) > 0]
    owners = dict(zip(quality["record"].astype(str), quality["subject"].astype(str), strict=True))
    named = index.assign(subject=index["record"].map(owners))
    named = named[named["subject"].notna()]
    return named.sort_values(_BY, kind="stable", ignore_index=True)


def join_quality(
    paths: Sequence[str | Path],
    output: str | Path,
    *,
    identity: str,
    runs_gap: int = 0,
    people: str | Path | None = None,
) -> pd.DataFrame:
    """Join the quality tables of all shards, with the subjects that are asked for.

    Parameters
    ----------
    paths : sequence of path
    output : path
    identity, runs_gap
        As for `name_subjects`.
    people : path, optional
        Table of records that names their people (CSV).

    Returns
    -------
    DataFrame
        All columns as text, as they are written.
    """
    frames = [pd.read_csv(path, keep_default_na=False, dtype=str) for path in paths]
    quality = pd.concat(frames, ignore_index=True)
    told = read_people(people) if people else None
    quality = name_subjects(quality, identity=identity, runs_gap=runs_gap, people=told)
    quality.to_csv(output, index=False)
    return quality


def read_people(path: str | Path) -> pd.DataFrame:
    """A table of records (CSV) as `name_subjects` needs it, all columns as text."""
    return pd.read_csv(path, keep_default_na=False, dtype=str)


def join_index(paths: Sequence[str | Path], quality: str | Path, output: str | Path) -> None:
    """Join the indices of all shards, each window's subject being that of its record in the quality table.

    Unlike `join_tables` it holds the whole index in memory: a run's records lie in several shards.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = [pq.read_table(path) for path in paths]
    joined = pa.concat_tables(tables).to_pandas()
    owners = pd.read_csv(quality, keep_default_na=False, dtype=str, usecols=["record", "subject", "windows_kept"])
    named = name_owners(joined, owners)
    pq.write_table(pa.Table.from_pandas(named, tables[0].schema, preserve_index=False), output, row_group_size=2**17)
