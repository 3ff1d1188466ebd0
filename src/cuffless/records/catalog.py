"""The table of records: available records, their subjects and their problems."""

import hashlib
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pandas as pd

from cuffless.config import RecordOptions
from cuffless.errors import shortened
from cuffless.records.folders import file_states
from cuffless.records.local import local_entry, subject_of
from cuffless.records.people.subject_table import subjects_file
from cuffless.records.record import RecordError
from cuffless.records.source import Entry, shard_of, split_path
from cuffless.records.sources import get_source, source_errors, table_name

COLUMNS = (
    *("record", "subject", "identity", "path", "segments", "seconds", "sha256", "problem"),
    *("bytes", "recorded", "channels", "subset"),
)


_UNFIT = re.compile(r"[\0\r\ud800-\udfff]")
"""Characters that a record name may not contain, as it becomes a table cell and a group in a store."""
_LONGEST_NAME = 1000
_LONG_WORD = re.compile(r"[^\s/]{200,}")
_LONGEST_SHOWN = 200  # characters of a path in a reason
_DEEPEST = 64  # most folders in a record's name


def simulated_entries(listing: str | Path) -> list[Entry]:
    """Simulated records on a shard's list.

    Raises
    ------
    RecordError
        If one of them has been deleted since.
    """
    table = pd.read_csv(listing)
    paths = [Path(listing).parent / path for path in table["path"]]
    absent = [path for path in paths if not path.with_name(path.name + ".hea").is_file()]
    if absent:
        raise RecordError(
            f"{absent[0]}: the simulated record has been deleted; delete {listing} too, and it is simulated again"
        )
    return [local_entry(path) for path in paths]


def shard_listing(options: RecordOptions, shard: int) -> str:
    """Digest of the names, sizes and times of the files in a local folder that may belong to a shard.

    Files whose path names a patient belong to that patient's shard; the others may belong to any shard. The table of
    people is not among them: what it says changes no record.
    """
    return _listings(options.path, options.shards, str(subjects_file(options)))[shard]


@cache
def _listings(folder: str, shards: int, table: str) -> list[str]:
    """Listing digests of all shards, in one pass over the files."""
    digests = [hashlib.sha256() for _ in range(shards)]
    last, of_last = "", digests
    for path, size, changed in _files(folder):
        if Path(path) == Path(table):
            continue
        subject, identity = subject_of(path)
        line = f"{path} [{size}, {changed}]\n".encode(errors="surrogatepass")  # a name may not be UTF-8
        if identity == "patient" and subject != last:  # most files of a patient come together
            last, of_last = subject, [digests[shard_of(subject, shards)]]
        for digest in digests if identity == "record" else of_last:
            digest.update(line)
    return [digest.hexdigest()[:16] for digest in digests]


_files = cache(file_states)


def describe_record(entry: Entry, options: RecordOptions) -> dict:
    """One row of the table of records, from headers and checksums.

    A record that cannot be used also gets a row, with the reason under ``problem``.
    """
    row = {"record": valid_name(table_name(entry)), "subject": valid_name(entry.subject or entry.name)}
    row |= {"identity": entry.identity, "path": entry.path, "subset": entry.subset}
    try:
        with source_errors(options.source, entry.path):
            return {**row, **_header_columns(entry, options)}
    except RecordError as error:
        problem = reason_text(str(error).replace(entry.path, shortened(entry.path, _LONGEST_SHOWN)))
        nothing = {"segments": 0, "seconds": 0.0, "sha256": "", "problem": problem, "bytes": 0}
        row["path"] = escape_text(entry.path)
        return {**row, **nothing, "recorded": round(error.seconds, 3), "channels": _join_channels(error.channels)}


def _header_columns(entry: Entry, options: RecordOptions) -> dict:
    """Columns that come from a record's headers."""
    if escape_text(entry.path) != entry.path:
        raise RecordError(
            f"{entry.path}: the file name contains a line break or is not UTF-8, which no table can hold; rename it"
        )
    source = get_source(options.source)
    record = source.survey(entry.path, options)
    return {
        "segments": len(record.segments),
        "seconds": round(record.usable_seconds, 3),
        "sha256": source.digest(record, options),
        "problem": "",
        "bytes": record.size or sum(Path(file).stat().st_size for file in record.files),
        "recorded": round(record.seconds, 3),
        "channels": _join_channels(record.channels),
    }


def _join_channels(channels: Iterable[str]) -> str:
    return escape_text(";".join(map(str, channels)))


def escape_text(text: str) -> str:
    """A text that a table can store and return; characters that UTF-8 or CSV cannot represent are escaped."""
    return re.sub(r"[\0\r]", lambda sign: repr(sign[0])[1:-1], text).encode(errors="backslashreplace").decode()


def reason_text(text: str) -> str:
    """A reason as stored in a table; very long words from a file are cut short."""
    return escape_text(_LONG_WORD.sub(lambda word: f"{word[0][:100]}...", text))


def valid_name(name: str) -> str:
    """A valid name for a row of the table of records; nearly all names are returned unchanged."""
    fit = _UNFIT.sub("_", name)
    if any(not part.strip(".") for part in fit.split("/")):  # a store would read it as a path
        fit = f"record_{fit}".replace("/", "_")
    if len(fit) > _LONGEST_NAME:  # from a list or file that was never meant to name records
        fit = f"{shortened(fit)}{hashlib.sha256(fit.encode()).hexdigest()[:8]}"
    return fit


def list_records(entries: list[Entry], options: RecordOptions, shard: int | None = None) -> pd.DataFrame:
    """Table of records, one row per record, for one shard or for all.

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
        files that hold them), recorded (total seconds, gaps included), channels (all, separated by semicolons), subset
        (train, val or test, if the publisher assigned one). Names are unique in a data set: a name without its patient
        gets the patient as a prefix, and records with the same name get as much of their path as distinguishes them,
        or else a number (they are all in one shard, whatever the number of shards). If several records consist of the
        same files, the first is used and the others have a problem.
    """
    chosen = [entry for entry in entries if shard is None or entry.shard(options.shards) == shard]
    with ThreadPoolExecutor(get_source(options.source).connections(options)) as pool:
        rows = list(pool.map(lambda entry: describe_record(entry, options), chosen))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    nameless = pd.Series([not entry.subject for entry in chosen], dtype=bool)
    depth, short = 1, table["record"].copy()
    while (twice := table["record"].duplicated(keep=False)).any():
        depth += 1
        if depth > _DEEPEST:  # a.csv beside a.txt, a/b_c.csv beside a_b/c.csv
            table.loc[twice, "record"] = short[twice]
            table["record"] = _number_duplicates(table["record"])
            break
        table.loc[twice, "record"] = [_long_name(path, depth) for path in table.loc[twice, "path"]]
    # Without a patient the record is the subject, so two records with the same name are two subjects.
    table.loc[nameless, "subject"] = table.loc[nameless, "record"]
    return _reject_duplicate_files(table) if get_source(options.source).digests_name_files else table


def _reject_duplicate_files(table: pd.DataFrame) -> pd.DataFrame:
    digests = table["sha256"]
    again = (digests != "") & digests.duplicated()
    first = table[~again].set_index("sha256")["record"]
    table.loc[again, ["segments", "seconds", "bytes"]] = 0
    table.loc[again, "problem"] = [f"the same files as {first[digest]}" for digest in digests[again]]
    return table


def _long_name(path: str, depth: int) -> str:
    file, part = split_path(path)
    name = "_".join([part for part in file.with_suffix("").parts if part != file.anchor][-depth:])
    return valid_name(f"{name}_{part}" if part else name)


def _number_duplicates(names: pd.Series) -> list[str]:
    """Unique names: equal ones get a number appended, except for the first."""
    taken, found = set(names), []
    for name, again in zip(names, names.duplicated(), strict=True):
        number = 2
        while again and (other := f"{name}~{number}") in taken:
            number += 1
        found.append(other if again else name)
        taken.add(found[-1])
    return found
