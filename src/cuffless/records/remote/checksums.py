"""Index of a database's published checksums, for lookups among millions of lines."""

import hashlib
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from itertools import islice
from pathlib import Path

from cuffless.errors import CufflessError, fault, shortened
from cuffless.files import DiskError
from cuffless.records.remote.part import PIECE, Part

_LINE = re.compile(rb"([0-9a-fA-F]{64})(?:  | \*| )(?:\./)?([^\s].*)")
_FORM = "a line must be 64 hexadecimal digits, two spaces and a path from the database's root"
_LONGEST_LINE = 8192
_BATCH = 10_000
_SCHEMA = """
    CREATE TABLE sums (folder TEXT, name TEXT, sha256 BLOB, PRIMARY KEY (folder, name)) WITHOUT ROWID;
    CREATE TABLE origin (sha256 TEXT);
"""
_Row = tuple[str, str, bytes]


class ChecksumsError(CufflessError):
    """A list of checksums that cannot be used; the message names the file, the line and the fault."""


class Checksums(AbstractContextManager):
    """SHA-256 of the files of a database.

    Any number of threads and processes may read the index at once, even on a network file system: it is never
    modified, so no locks are needed.

    Parameters
    ----------
    sqlite_path : str or Path
        Index as written by `build`.

    Raises
    ------
    ChecksumsError
        If it is missing or damaged.
    """

    def __init__(self, sqlite_path: str | Path):
        self.path = Path(sqlite_path)
        self._lock = threading.Lock()
        try:
            self._database = _connect(self.path, "mode=ro&immutable=1")
        except sqlite3.Error as error:
            raise self._unreadable(error) from None
        try:
            self._rows("SELECT sha256 FROM origin")
        except ChecksumsError:
            self.close()
            raise

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Close the index."""
        self._database.close()

    @classmethod
    def build(cls, text_path: str | Path, sqlite_path: str | Path) -> "Checksums":
        """Index a ``SHA256SUMS.txt`` in bounded memory.

        Concurrent jobs wait for the first; an index of the same text is kept, as others may be reading it.

        Parameters
        ----------
        text_path : str or Path
            Lines of 64 hexadecimal digits, two spaces (or one, or one and ``*``) and a path, with or without ``./``.
        sqlite_path : str or Path
            The index, written atomically.

        Returns
        -------
        Checksums
            The index, open.

        Raises
        ------
        ChecksumsError
            If a line is malformed, a path has two checksums, or there are no lines.
        """
        text, index = Path(text_path), Path(sqlite_path)
        index.parent.mkdir(parents=True, exist_ok=True)
        while (part := Part.claim(index)) is None:
            pass
        with part:
            part.restart()  # left by a killed job
            # Without text: the job that held the part has deleted it.
            if not index.is_file() or (text.is_file() and _origin(index) != _digest(text)):
                try:
                    _fill(part.path, text)
                except sqlite3.OperationalError as error:
                    raise DiskError(f"{index}: cannot be written ({error}); free disk space, and run again") from None
                part.finish()
        return cls(index)

    def lookup(self, path: str) -> str | None:
        """SHA-256 of a file in hexadecimal; None if it is not listed.

        Parameters
        ----------
        path : str
            POSIX path from the database's root.
        """
        folder, _, name = path.removeprefix("./").rpartition("/")
        rows = self._rows("SELECT sha256 FROM sums WHERE folder = ? AND name = ?", folder, name)
        return rows[0][0].hex() if rows else None

    def names(self, folder: str) -> list[str]:
        """Sorted names of the files in a folder (empty: the root), without subfolders."""
        folder = folder.removeprefix("./").strip("/")
        return [name for (name,) in self._rows("SELECT name FROM sums WHERE folder = ? ORDER BY name", folder)]

    def folders(self, name: str) -> list[str]:
        """Sorted folders that contain a file with a name; of nested folders only the topmost."""
        found: list[str] = []
        for (folder,) in self._rows("SELECT folder FROM sums WHERE name = ? ORDER BY folder", name):
            if not any(f"{folder}/".startswith(f"{upper}/") for upper in found):
                found.append(folder)
        return found

    def patients(self) -> dict[str, str]:
        """Patient of each record id of a matched database.

        Returns
        -------
        dict
            ``{"3544749": "p000020"}`` for a file ``p00/p000020/3544749_0001.hea``. An id with two patients is left
            out.
        """
        query = "SELECT DISTINCT folder, substr(name, 1, instr(name, '_') - 1) FROM sums WHERE name GLOB '[0-9]*_*'"
        owners: dict[str, set[str]] = {}
        for folder, number in self._rows(query):
            patients = [part for part in folder.split("/") if re.fullmatch(r"p\d{6,8}", part)]
            if patients and number.isascii() and number.isdigit():
                owners.setdefault(number, set()).add(patients[-1])
        return {number: patients.pop() for number, patients in owners.items() if len(patients) == 1}

    def _rows(self, query: str, *values: str) -> list[tuple]:
        try:
            with self._lock:
                return self._database.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: sqlite3.Error) -> ChecksumsError:
        why = fault(error)
        return ChecksumsError(f"{self.path}: not a checksum index ({why}); delete it, and it is built again")


def _connect(path: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, check_same_thread=False)


def _digest(text: Path) -> str:
    digest = hashlib.sha256()
    with text.open("rb") as opened:
        while piece := opened.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _origin(index: Path) -> str | None:
    """Digest of the text from which an index was built; None if the index is damaged."""
    try:
        with Checksums(index) as checksums:
            return checksums._rows("SELECT sha256 FROM origin")[0][0]
    except (ChecksumsError, IndexError):
        return None


def _fill(path: Path, text: Path) -> None:
    """Write the index; the caller holds a lock, so the database does not need one."""
    digest, count = hashlib.sha256(), 0
    with closing(_connect(path, "nolock=1")) as database:
        # An incomplete index is discarded anyway, so no rollback is needed.
        database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;")
        database.executescript(_SCHEMA)
        with text.open("rb") as opened:
            rows = _parse(opened, text, digest)
            while batch := list(islice(rows, _BATCH)):
                _insert(database, batch, text)
                count += len(batch)
        if not count:
            raise ChecksumsError(f"{text}: no checksums; {_FORM}. Delete the file, and it is fetched again")
        database.execute("INSERT INTO origin VALUES (?)", (digest.hexdigest(),))
        database.commit()


def _insert(database: sqlite3.Connection, batch: list[_Row], text: Path) -> None:
    added = database.executemany("INSERT INTO sums VALUES (?, ?, ?) ON CONFLICT DO NOTHING", batch).rowcount
    if added == len(batch):
        return
    for folder, name, sha256 in batch:  # duplicates are harmless if they agree
        query = "SELECT sha256 FROM sums WHERE folder = ? AND name = ?"
        if database.execute(query, (folder, name)).fetchone() != (sha256,):
            path = shortened(f"{folder}/{name}".lstrip("/"), 120)
            raise ChecksumsError(f"{text}: two checksums for {path}; delete the file, and it is fetched again")


def _parse(lines, text: Path, digest) -> Iterator[_Row]:
    """Rows of a list of checksums; `digest` is updated with every line read."""
    for number, line in enumerate(iter(lambda: lines.readline(_LONGEST_LINE), b""), start=1):
        digest.update(line)
        line = line.rstrip(b"\r\n")
        found = _LINE.fullmatch(line)
        if found:
            try:
                folder, _, name = found[2].decode().rpartition("/")
            except UnicodeDecodeError:
                found = None
        if found:
            yield folder, name, bytes.fromhex(found[1].decode())
        elif line:
            raise ChecksumsError(_malformed(text, number, line))


def _malformed(text: Path, number: int, line: bytes) -> str:
    if line.lstrip(b"\xef\xbb\xbf \t")[:1] == b"<":
        return (
            f"{text}, line {number}: a web page, not a list of checksums (a login form or a proxy's "
            f"notice?); delete it, and check records.download.url and the proxy. {_FORM[0].upper()}{_FORM[1:]}"
        )
    shown = line[:60].decode(errors="replace") + ("..." if len(line) > 60 else "")
    return f"{text}, line {number}: {shown!r}; {_FORM}. If the file is damaged, delete it, and it is fetched again"
