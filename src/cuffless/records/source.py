"""What every source of recordings does: find them, open one."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from cuffless.config import RecordOptions
from cuffless.records.record import Record


@dataclass(frozen=True)
class Entry:
    """A recording as its source lists it, before it is opened.

    Attributes
    ----------
    path : str
        What the source's `open` takes: a file, or ``file#part`` for one of several recordings in a file.
    name : str
        Its name; made unique within the data set by as much of the path as it takes.
    subject : str
        Whose it is; empty: the recording stands for its subject.
    identity : {"patient", "record"}
        What the subject stands for. A split by "record" may put one patient on both sides.
    key : str
        What decides which job works on it; empty: its subject, else its name.
    subset : str
        Set (``train``, ``val``, ``test``) that those who published it put it into; empty: in none.
    """

    path: str
    name: str
    subject: str = ""
    identity: str = "record"
    key: str = ""
    subset: str = ""

    def shard(self, shards: int) -> int:
        """Number of the job that works on it."""
        return shard_of(self.key or self.subject or self.name, shards)


class Source:
    """Where recordings come from; each kind is a subclass.

    `find` and `open` are all that a source needs. The other methods are for recordings that are not on this machine
    yet.
    """

    digests_name_files = False  # whether recordings of one digest are the same files, not just the same content

    def connections(self, options: RecordOptions) -> int:
        """How many recordings may be surveyed at once."""
        return 1

    def find(self, options: RecordOptions, shard: int | None = None) -> Iterable[Entry]:
        """List the recordings, without opening them.

        Parameters
        ----------
        options : RecordOptions
        shard : int, optional
            Only recordings of subjects of this shard are wanted. A hint: more may be given, and are left out later.

        Returns
        -------
        iterable of Entry
        """
        raise NotImplementedError

    def open(self, path: str, options: RecordOptions, *, need_abp: bool = True) -> Record:
        """Open a recording without reading more than its headers.

        Parameters
        ----------
        path : str
            As in its `Entry`.
        options : RecordOptions
        need_abp : bool
            False: PPG alone suffices.

        Returns
        -------
        Record

        Raises
        ------
        RecordError
            If it cannot be used; the message says why, and what to do.
        """
        raise NotImplementedError

    def survey(self, path: str, options: RecordOptions) -> Record:
        """Describe a recording from its headers, its signals being elsewhere as yet."""
        return self.open(path, options)

    def digest(self, record: Record, options: RecordOptions) -> str:
        """SHA-256 over the content of the files that hold a recording."""
        import hashlib

        digest = hashlib.sha256()
        for file in record.files:
            with open(file, "rb") as opened:
                while chunk := opened.read(1 << 20):
                    digest.update(chunk)
        return digest.hexdigest()

    def prepare(self, path: str, options: RecordOptions, known: Iterable[str] = ()) -> list[str]:
        """Bring a recording's signals to this machine.

        Parameters
        ----------
        path, options
            As for `open`.
        known : iterable of str
            What it said of files before: those are not asked for again.

        Returns
        -------
        list of str
            Reasons of further files that cannot be had.
        """
        return []

    def reserve(self, path: str, options: RecordOptions) -> AbstractContextManager:
        """Keep other jobs from releasing a recording's signals meanwhile."""
        return nullcontext()

    def release(self, path: str, options: RecordOptions) -> None:
        """Free the disk space of signals that `prepare` brought."""


def split_path(path: str | Path) -> tuple[Path, str]:
    """File and part of a path as in `Entry`: ``a.mat#3`` gives ``a.mat`` and ``3``."""
    file, mark, part = str(path).rpartition("#")
    return (Path(file), part) if mark else (Path(part), "")


def shard_of(key: str, shards: int) -> int:
    """Job that works on a subject or record: stable, so that adding one touches one shard."""
    import hashlib

    return int.from_bytes(hashlib.sha256(key.encode(errors="surrogatepass")).digest()[:8], "big") % shards
