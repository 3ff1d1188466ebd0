"""The interface of every source of recordings: find them, open one."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from cuffless.config import RecordOptions
from cuffless.records.record import Record


@dataclass(frozen=True)
class Entry:
    """A recording as its source lists it, before it is opened."""

    path: str
    """Argument of the source's `open`: a file, or ``file#part`` for one of several recordings in a file."""
    name: str
    """Its name; made unique within the data set by prepending as much of the path as needed."""
    subject: str = ""
    """Its subject; empty: the recording counts as a subject of its own."""
    identity: str = "record"
    """{"patient", "record"}: What the subject stands for. A split by "record" may put one patient on both sides."""
    key: str = ""
    """Key that assigns it to a job; empty: its subject, or else its name."""
    subset: str = ""
    """Set (``train``, ``val``, ``test``) assigned by its publisher; empty: none."""

    def shard(self, shards: int) -> int:
        """Number of the job that processes it."""
        return shard_of(self.key or self.subject or self.name, shards)


class Source:
    """Where recordings come from; each kind is a subclass.

    A source needs only `find` and `open`. The other methods are for recordings that are not yet on this machine.
    """

    digests_name_files = False  # whether equal digests mean the same files, not just the same content

    def connections(self, options: RecordOptions) -> int:
        """How many recordings may be surveyed at once."""
        return 1

    def find(self, options: RecordOptions, shard: int | None = None) -> Iterable[Entry]:
        """List the recordings, without opening them.

        Parameters
        ----------
        options : RecordOptions
        shard : int, optional
            Return only recordings of this shard's subjects. A hint: others may be returned and are left out later.

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
            False: PPG alone is enough.

        Returns
        -------
        Record

        Raises
        ------
        RecordError
            If it cannot be used; the message gives the reason and the remedy.
        """
        raise NotImplementedError

    def survey(self, path: str, options: RecordOptions) -> Record:
        """Describe a recording from its headers, before its signals are fetched."""
        return self.open(path, options)

    def digest(self, record: Record, options: RecordOptions) -> str:
        """SHA-256 of the content of a recording's files."""
        import hashlib

        digest = hashlib.sha256()
        for file in record.files:
            with open(file, "rb") as opened:
                while chunk := opened.read(1 << 20):
                    digest.update(chunk)
        return digest.hexdigest()

    def prepare(self, path: str, options: RecordOptions, known: Iterable[str] = ()) -> list[str]:
        """Fetch a recording's signals to this machine.

        Parameters
        ----------
        path, options
            As for `open`.
        known : iterable of str
            Reasons returned by an earlier call: their files are not requested again.

        Returns
        -------
        list of str
            Reasons why further files cannot be fetched.
        """
        return []

    def reserve(self, path: str, options: RecordOptions) -> AbstractContextManager:
        """Keep other jobs from releasing a recording's signals in the meantime."""
        return nullcontext()

    def release(self, path: str, options: RecordOptions) -> None:
        """Free the disk space of signals that `prepare` fetched."""


def split_path(path: str | Path) -> tuple[Path, str]:
    """File and part of a path as in `Entry`: ``a.mat#3`` gives ``a.mat`` and ``3``."""
    file, mark, part = str(path).rpartition("#")
    return (Path(file), part) if mark else (Path(part), "")


def shard_of(key: str, shards: int) -> int:
    """Job that processes a subject or record; stable, so that adding one affects one shard."""
    import hashlib

    return int.from_bytes(hashlib.sha256(key.encode(errors="surrogatepass")).digest()[:8], "big") % shards
