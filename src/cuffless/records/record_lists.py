"""Lists of PhysioNet records: the paper authors' list, RECORDS files, CSV."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath

from cuffless.errors import fault, shortened
from cuffless.records.record import RecordError
from cuffless.records.source import shard_of

_PATIENT = re.compile(r"^p\d{6,8}$")
_SEGMENT = re.compile(r"^(\d{7,8})_\d{4}$")  # 3982843_0010, 81739927_0003
_COLUMNS = ("path", "record")
_NUMERICS = re.compile(r"\dn$")  # 3000003n, p000020-2183-04-28-17-47n: one value per minute, no waveforms


@dataclass(frozen=True)
class Listed:
    """A record of a database, or a folder of records."""

    path: str
    """Path of the record from the database's root; a folder ends in a slash."""
    segments: tuple[str, ...] = ()
    """Segments to use; empty: all."""
    problem: str = field(default="", repr=False)
    """Why the records of a folder are unknown; empty if there is no problem."""

    @property
    def patient(self) -> str:
        """The patient named by a folder of the path; empty if there is none."""
        parts = PurePosixPath(self.path).parts
        folders = parts if self.path.endswith("/") else parts[:-1]
        return next((part for part in reversed(folders) if _PATIENT.match(part)), "")

    @property
    def number(self) -> str:
        """The record's id, without a segment's number."""
        return PurePosixPath(self.path).name.partition("_")[0]

    def shard(self, shards: int) -> int:
        """Job that processes it: by patient if the path names one, else by record."""
        return shard_of(self.patient or self.number, shards)

    def concerns(self, shard: int, shards: int) -> bool:
        """Whether a job processes it or may find records in it, as any job may in a folder above the patients'."""
        above = self.path.endswith("/") and not self.patient
        return above or self.shard(shards) == shard


def read_list(lines: Iterable[str]) -> list[Listed]:
    """Unique records of a list.

    Parameters
    ----------
    lines : iterable of str
        One record, segment or folder per line (``record#a,b``: segments a and b of the record). Segments of one record
        are merged; a line for the whole record takes precedence over its segments. Numerics records and empty lines
        are skipped.

    Returns
    -------
    list of Listed
        Sorted by path.
    """
    segments: dict[str, set[str]] = {}
    whole: set[str] = set()
    for line in lines:
        path = line.strip().removeprefix("./").removesuffix(".hea")
        if not path or path.startswith("#") or _NUMERICS.search(path):
            continue
        path, _, part = path.partition("#")
        master, segment = _master_of(path)
        chosen = [*filter(None, part.split(",")), *([segment] if segment else [])]
        if chosen:
            segments.setdefault(master, set()).update(chosen)
        else:
            whole.add(master)
    listed = {path: Listed(path) for path in whole}
    listed |= {path: Listed(path, tuple(sorted(names))) for path, names in segments.items() if path not in whole}
    return [listed[path] for path in sorted(listed)]


def _master_of(path: str) -> tuple[str, str]:
    """Master record of a line, and its segment if the line names one."""
    pure = PurePosixPath(path)
    if path.endswith("/"):  # a patient's folder holds several records, a record's folder only that record
        own = pure.name.isdigit() and len(pure.name) >= 7
        return (f"{pure}/{pure.name}", "") if own else (f"{pure}/", "")
    match = _SEGMENT.match(pure.name)
    if not match:
        bare = pure.name.isdigit() and len(pure.name) >= 7 and pure.parent.name != pure.name
        return (f"{pure}/{pure.name}" if bare and len(pure.parent.name) == 2 else str(pure)), ""
    number = match[1]
    if pure.parent.name == number:
        return f"{pure.parent}/{number}", pure.name
    # In the matched subset masters are named by date, so the master of a segment is unknown.
    if _PATIENT.match(pure.parent.name):
        return str(pure), ""
    return f"{pure.parent}/{number}/{number}", pure.name  # the authors' short form


@cache
def list_file(path: str, in_folders: bool = False) -> tuple[Listed, ...]:
    """Records listed in a file: plain lines, or a CSV with a column ``path`` (as in a table of records) or ``record``.

    Parameters
    ----------
    path : str
    in_folders : bool
        Whether the database keeps its records in folders, so that a bare name in the column ``record`` is not enough.

    Returns
    -------
    tuple of Listed

    Raises
    ------
    RecordError
        If the file is missing or empty, is a CSV without that column, or has names where paths are needed.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError(f"records.record_list: {path} cannot be read ({fault(error)})") from None
    header = lines[0].strip() if lines else ""
    if header.strip('"') in _COLUMNS or ("," in header and "/" not in header):
        import csv

        try:
            lines = _column(path, lines, in_folders)
        except csv.Error as error:
            raise RecordError(f"records.record_list: {path} cannot be read as a CSV ({error}); correct it") from None
    found = read_list(lines)
    if not found:
        raise RecordError(f"{path}: no records; write one per line, e.g. 39/3982843_0010 or p00/p000020/")
    return tuple(found)


def _column(path: str, lines: list[str], in_folders: bool) -> list[str]:
    """Values of a CSV's column of records."""
    import csv

    rows = csv.DictReader([lines[0].strip(), *lines[1:]])
    column = next((name for name in _COLUMNS if name in (rows.fieldnames or ())), None)
    if column is None:
        found = shortened(lines[0], 120)
        raise RecordError(
            f"{path}: no column 'path' or 'record' (found: {found}); rename the column of records to one of them"
        )
    if rows.fieldnames == [column]:  # unquoted commas separate segments here, not columns
        values = [",".join([row[column], *row.get(None, ())]) for row in rows]
    else:
        values = [row[column] or "" for row in rows]
    bare = next((value for value in values if value.strip() and "/" not in value), "")
    if bare and column == "record" and in_folders:
        raise RecordError(
            f"{path}: {shortened(bare)} in column 'record' is a name, but this database keeps its records in folders; "
            "add a column 'path' as in records.csv (39/3982843/3982843)"
        )
    return values


def list_digest(path: str, shards: int, shard: int) -> str:
    """Digest of the lines of a list that belong to a shard; empty without a list."""
    return _list_digests(path, shards)[shard] if path else ""


@cache
def _list_digests(path: str, shards: int) -> list[str]:
    digests = [hashlib.sha256() for _ in range(shards)]
    for listed in list_file(path):
        for shard, digest in enumerate(digests):
            if listed.concerns(shard, shards):
                digest.update(f"{listed}\n".encode())
    return [digest.hexdigest()[:16] for digest in digests]
