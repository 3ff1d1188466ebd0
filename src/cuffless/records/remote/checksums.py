"""The published checksums of a database, indexed: millions of lines are looked up without being read again."""

import hashlib
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
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
    """A list of checksums that cannot be used; the message names file, line and what is wrong."""


class Checksums:
    """SHA-256 of the files of a database.

    Any number of threads and processes may read the index at once, on a network file system too: it is never written
    again, so no locks are taken.

    Parameters
    ----------
    sqlite_path : str or Path
        Index as written by `build`.

    Raises
    ------
    ChecksumsError
        If it is absent or damaged.
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

    def __enter__(self) -> "Checksums":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Close the index."""
        self._database.close()

    @classmethod
    def build(cls, text_path: str | Path, sqlite_path: str | Path) -> "Checksums":
        """Index a ``SHA256SUMS.txt`` in bounded memory.

        Jobs that do so at the same time wait for the first; an index of the same text is kept, as others may be
        reading it.

        Parameters
        ----------
        text_path : str or Path
            Lines of 64 hexadecimal digits, two spaces (or one, or one and ``*``) and a path, ``./`` before it or not.
        sqlite_path : str or Path
            The index, which appears whole or not at all.

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
            part.restart()  # a killed job's is of no use
            # No text: it was deleted by the job that we waited for.
            if not index.is_file() or (text.is_file() and _origin(index) != _digest(text)):
                try:
                    _fill(part.path, text)
                except sqlite3.OperationalError as error:
                    raise DiskError(
                        f"{index}: cannot be written ({error}); see to the room on its disk, and run again"
                    ) from None
                part.finish()
        return cls(index)

    def lookup(self, path: str) -> str | None:
        """SHA-256 of a file in hexadecimal; None if the list does not have it.

        Parameters
        ----------
        path : str
            POSIX path from the database's root.
        """
        folder, _, name = path.removeprefix("./").rpartition("/")
        rows = self._rows("SELECT sha256 FROM sums WHERE folder = ? AND name = ?", folder, name)
        return rows[0][0].hex() if rows else None

    def names(self, folder: str) -> list[str]:
        """Names of the files that lie in a folder (empty: the root), sorted; not those of folders in it."""
        folder = folder.removeprefix("./").strip("/")
        return [name for (name,) in self._rows("SELECT name FROM sums WHERE folder = ? ORDER BY name", folder)]

    def folders(self, name: str) -> list[str]:
        """Folders that hold a file of a name, sorted; of folders in one another the uppermost alone."""
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
            ``{"3544749": "p000020"}`` for a file ``p00/p000020/3544749_0001.hea``. An id that lies with two patients is
            left out.
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
        return ChecksumsError(f"{self.path}: no index of checksums ({why}); delete it, it is made anew")


def _connect(path: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, check_same_thread=False)


def _digest(text: Path) -> str:
    digest = hashlib.sha256()
    with text.open("rb") as opened:
        while piece := opened.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _origin(index: Path) -> str | None:
    """Digest of the text that an index was made from; None if it is damaged."""
    try:
        with Checksums(index) as checksums:
            return checksums._rows("SELECT sha256 FROM origin")[0][0]
    except (ChecksumsError, IndexError):
        return None


def _fill(path: Path, text: Path) -> None:
    """Write the index; the caller holds the file, so the database need not lock it."""
    digest, count = hashlib.sha256(), 0
    with closing(_connect(path, "nolock=1")) as database:
        # Half an index is thrown away in any case, so nothing has to be undone.
        database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;")
        database.executescript(_SCHEMA)
        with text.open("rb") as opened:
            rows = _parse(opened, text, digest)
            while batch := list(islice(rows, _BATCH)):
                _insert(database, batch, text)
                count += len(batch)
        if not count:
            raise ChecksumsError(f"{text}: holds no checksums; {_FORM}. Delete it, it is fetched anew")
        database.execute("INSERT INTO origin VALUES (?)", (digest.hexdigest(),))
        database.commit()


def _insert(database: sqlite3.Connection, batch: list[_Row], text: Path) -> None:
    added = database.executemany("INSERT INTO sums VALUES (?, ?, ?) ON CONFLICT DO NOTHING", batch).rowcount
    if added == len(batch):
        return
    for folder, name, sha256 in batch:  # some are listed twice, which is harmless if they agree
        query = "SELECT sha256 FROM sums WHERE folder = ? AND name = ?"
        if database.execute(query, (folder, name)).fetchone() != (sha256,):
            path = shortened(f"{folder}/{name}".lstrip("/"), 120)
            raise ChecksumsError(f"{text}: gives two checksums of {path}; delete it, it is fetched anew")


def _parse(lines, text: Path, digest) -> Iterator[_Row]:
    """Rows of a list of checksums; `digest` is fed with all that is read."""
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
            f"{text}, line {number}: this is a web page, not a list of checksums (a form to log in, or a proxy's "
            f"notice?); delete it and see records.download.url and the proxy. {_FORM[0].upper()}{_FORM[1:]}"
        )
    shown = line[:60].decode(errors="replace") + ("..." if len(line) > 60 else "")
    return f"{text}, line {number}: {shown!r}; {_FORM}. If it was cut or damaged, delete it: it is fetched anew"
