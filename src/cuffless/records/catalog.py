"""The table of records: which there are, whose they are, what is wrong with them."""

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
from cuffless.records.record import RecordError
from cuffless.records.source import Entry, shard_of, split_path
from cuffless.records.sources import refusing, source_named, table_name

COLUMNS = (
    *("record", "subject", "identity", "path", "segments", "seconds", "sha256", "problem"),
    *("bytes", "recorded", "channels", "subset"),
)


_UNFIT = re.compile(r"[\0\r\ud800-\udfff]")
"""What a name cannot hold, which is a cell of tables and a group in a store."""
_LONGEST_NAME = 1000
_LONG_WORD = re.compile(r"[^\s/]{200,}")
_LONGEST_SHOWN = 200  # characters of a path in a reason
_DEEPEST = 64  # folders that a name tells


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
        line = f"{path} {state}\n".encode(errors="surrogatepass")  # of a name that is not UTF-8
        for digest in digests if identity == "record" else [digests[shard_of(subject, shards)]]:
            digest.update(line)
    return [digest.hexdigest()[:16] for digest in digests]


_files = cache(file_states)


def describe_record(entry: Entry, options: RecordOptions) -> dict:
    """One row of the table of records, from headers and checksums.

    A record that cannot be used is a row too, with its reason under ``problem``.
    """
    row = {"record": fit_name(table_name(entry)), "subject": fit_name(entry.subject or entry.name)}
    row |= {"identity": entry.identity, "path": entry.path, "subset": entry.subset}
    try:
        with refusing(options.source, entry.path):
            return {**row, **_surveyed(entry, options)}
    except RecordError as error:
        problem = reason_text(str(error).replace(entry.path, shortened(entry.path, _LONGEST_SHOWN)))
        nothing = {"segments": 0, "seconds": 0.0, "sha256": "", "problem": problem, "bytes": 0}
        row["path"] = writable(entry.path)
        return {**row, **nothing, "recorded": round(error.seconds, 3), "channels": _joined(error.channels)}


def _surveyed(entry: Entry, options: RecordOptions) -> dict:
    """What a record's headers tell."""
    if writable(entry.path) != entry.path:
        raise RecordError(
            f"{entry.path}: its name holds a line break, or what is not UTF-8, which tables cannot; rename it"
        )
    source = source_named(options.source)
    record = source.survey(entry.path, options)
    return {
        "segments": len(record.segments),
        "seconds": round(record.usable_seconds, 3),
        "sha256": source.digest(record, options),
        "problem": "",
        "bytes": record.size or sum(Path(file).stat().st_size for file in record.files),
        "recorded": round(record.seconds, 3),
        "channels": _joined(record.channels),
    }


def _joined(channels: Iterable[str]) -> str:
    return writable(";".join(map(str, channels)))


def writable(text: str) -> str:
    """A text as a table can hold it and give it back: signs that UTF-8 or a CSV has no form for are escaped."""
    return re.sub(r"[\0\r]", lambda sign: repr(sign[0])[1:-1], text).encode(errors="backslashreplace").decode()


def reason_text(text: str) -> str:
    """A reason as a table holds it; words of a file that no reader has a use for are cut short."""
    return writable(_LONG_WORD.sub(lambda word: f"{word[0][:100]}...", text))


def fit_name(name: str) -> str:
    """A name for a row of the table of records; nearly all are that as they are."""
    fit = _UNFIT.sub("_", name)
    if any(not part.strip(".") for part in fit.split("/")):  # a store takes it for a path
        fit = f"record_{fit}".replace("/", "_")
    if len(fit) > _LONGEST_NAME:  # of a list or a file that was not meant to name records
        fit = f"{shortened(fit)}{hashlib.sha256(fit.encode()).hexdigest()[:8]}"
    return fit


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
        equal name take as much of their path as tells them apart, or else a number (they are of one shard, whatever
        the number of shards). Of records that are the same files, the first is used and the others have a problem.
    """
    chosen = [entry for entry in entries if shard is None or entry.shard(options.shards) == shard]
    with ThreadPoolExecutor(source_named(options.source).connections(options)) as pool:
        rows = list(pool.map(lambda entry: describe_record(entry, options), chosen))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    nameless = pd.Series([not entry.subject for entry in chosen], dtype=bool)
    depth, short = 1, table["record"].copy()
    while (twice := table["record"].duplicated(keep=False)).any():
        depth += 1
        if depth > _DEEPEST:  # a.csv beside a.txt, a/b_c.csv beside a_b/c.csv
            table.loc[twice, "record"] = short[twice]
            table["record"] = _numbered(table["record"])
            break
        table.loc[twice, "record"] = [_long_name(path, depth) for path in table.loc[twice, "path"]]
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
    name = "_".join([part for part in file.with_suffix("").parts if part != file.anchor][-depth:])
    return fit_name(f"{name}_{part}" if part else name)


def _numbered(names: pd.Series) -> list[str]:
    """Names of which each occurs once: of equal ones all but the first have a number behind them."""
    taken, found = set(names), []
    for name, again in zip(names, names.duplicated(), strict=True):
        number = 2
        while again and (other := f"{name}~{number}") in taken:
            number += 1
        found.append(other if again else name)
        taken.add(found[-1])
    return found
