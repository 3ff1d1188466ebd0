"""The table of records: which there are, whose they are, what is wrong with them."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pandas as pd

from cuffless.config import RecordOptions
from cuffless.records.folders import file_states
from cuffless.records.local import local_entry, subject_of
from cuffless.records.record import RecordError
from cuffless.records.source import Entry, shard_of, split_path
from cuffless.records.sources import refusing, source_named, table_name

COLUMNS = (
    *("record", "subject", "identity", "path", "segments", "seconds", "sha256", "problem"),
    *("bytes", "recorded", "channels", "subset"),
)


def simulated_entries(listing: str | Path) -> list[Entry]:
    """Simulated records that a shard's list names.

    Raises
    ------
    RecordError
        If one of them was deleted since.
    """
    table = pd.read_csv(listing)
    paths = [Path(listing).parent / path for path in table["path"]]
    absent = [path for path in paths if not path.with_name(path.name + ".hea").is_file()]
    if absent:
        raise RecordError(f"{absent[0]}: simulated, but no longer there; delete {listing} to have it simulated anew")
    return [local_entry(path) for path in paths]


def shard_listing(options: RecordOptions, shard: int) -> str:
    """Digest of names, sizes and times of the files in a local folder that concern a shard.

    Files whose path names a patient concern that patient's shard; whose the others are is not known, so they concern
    all.
    """
    return _listings(options.path, options.shards)[shard]


@cache
def _listings(folder: str, shards: int) -> list[str]:
    """Listing of every shard, in one sweep over the files."""
    digests = [hashlib.sha256() for _ in range(shards)]
    for path, *state in _files(folder):
        subject, identity = subject_of(path)
        line = f"{path} {state}\n".encode()
        for digest in digests if identity == "record" else [digests[shard_of(subject, shards)]]:
            digest.update(line)
    return [digest.hexdigest()[:16] for digest in digests]


_files = cache(file_states)


def describe_record(entry: Entry, options: RecordOptions) -> dict:
    """One row of the table of records, from headers and checksums.

    A record that cannot be used is a row too, with its reason under ``problem``.
    """
    row = {"record": table_name(entry), "subject": entry.subject or entry.name}
    row |= {"identity": entry.identity, "path": entry.path, "subset": entry.subset}
    source = source_named(options.source)
    try:
        with refusing(options.source, entry.path):
            record = source.survey(entry.path, options)
            digest = source.digest(record, options)
            size = record.size or sum(Path(file).stat().st_size for file in record.files)
    except RecordError as error:
        nothing = {"segments": 0, "seconds": 0.0, "sha256": "", "problem": str(error), "bytes": 0}
        return {**row, **nothing, "recorded": round(error.seconds, 3), "channels": ";".join(error.channels)}
    return {
        **row,
        "segments": len(record.segments),
        "seconds": round(record.usable_seconds, 3),
        "sha256": digest,
        "problem": "",
        "bytes": size,
        "recorded": round(record.seconds, 3),
        "channels": ";".join(record.channels),
    }


def list_records(entries: list[Entry], options: RecordOptions, shard: int | None = None) -> pd.DataFrame:
    """Table of records, one row each, of one shard or of all.

    Parameters
    ----------
    entries : list of Entry
        Records, as from `find_records`.
    options : RecordOptions
        How they are read, and the number of shards.
    shard : int, optional
        Only the records of the subjects of this shard.

    Returns
    -------
    DataFrame
        Columns record, subject, identity, path, segments, seconds (with both signals), sha256, problem, bytes (of the
        files that hold them), recorded (seconds in all, gaps included), channels (all, separated by semicolons), subset
        (train, val or test, where its publisher says so). Names
        occur once in a data set: one that does not name its patient has the patient put before it, and records of
        equal name take as much of their path as tells them apart (they are of one shard, whatever the number of
        shards). Of records that are the same files, the first is used and the others have a problem.
    """
    chosen = [entry for entry in entries if shard is None or entry.shard(options.shards) == shard]
    with ThreadPoolExecutor(source_named(options.source).connections(options)) as pool:
        rows = list(pool.map(lambda entry: describe_record(entry, options), chosen))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    nameless = pd.Series([not entry.subject for entry in chosen], dtype=bool)
    depth = 1
    while (twice := table["record"].duplicated(keep=False)).any():
        depth += 1
        longer = [_long_name(path, depth) for path in table.loc[twice, "path"]]
        if depth > 64:
            raise RecordError(f"{table.loc[twice, 'path'].iloc[0]} is listed twice; take it out of records.path")
        table.loc[twice, "record"] = longer
    # Without a patient the record is the subject, so two records of one name are two subjects.
    table.loc[nameless, "subject"] = table.loc[nameless, "record"]
    return _same_files_once(table) if source_named(options.source).digests_name_files else table


def _same_files_once(table: pd.DataFrame) -> pd.DataFrame:
    digests = table["sha256"]
    again = (digests != "") & digests.duplicated()
    first = table[~again].set_index("sha256")["record"]
    table.loc[again, ["segments", "seconds", "bytes"]] = 0
    table.loc[again, "problem"] = [f"the same files as {first[digest]}" for digest in digests[again]]
    return table


def _long_name(path: str, depth: int) -> str:
    file, part = split_path(path)
    name = "_".join(file.with_suffix("").parts[-depth:])
    return f"{name}_{part}" if part else name
