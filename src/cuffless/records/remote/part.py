"""A file on its way: written under a name of its own by one writer at a time, named only when whole."""

import errno
import hashlib
import json
import os
import secrets
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # not a POSIX system: every writer then has a part of its own
    fcntl = None

PIECE = 1 << 20
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


class Part:
    """The unfinished file ``.<name>.part`` beside its final name, open and locked until `close`.

    Parameters
    ----------
    final : Path
        Name that `finish` gives it.
    path : Path
        The part.
    file : int
        Its descriptor.
    own : bool
        Nobody else can find it, so that it is of no use once its writer ends.

    Attributes
    ----------
    size : int
        Bytes held.
    validator : str
        What the server called this version of the file (ETag or Last-Modified), empty if it said nothing.
    """

    def __init__(self, final: Path, path: Path, file: int, own: bool = False):
        self.final, self.path, self._file, self._own = final, path, file, own
        self._note = path.with_name(path.name + ".json")
        self._digest = hashlib.sha256()
        self._digested = 0
        self._finished = False
        self.size = os.fstat(file).st_size
        self.validator, self._noted = self._read_note() if self.size else ("", False)

    @classmethod
    def claim(cls, final: Path) -> "Part | None":
        """Open the part of a file, new or left by a killed process, for nobody but the caller.

        Returns
        -------
        Part or None
            None if another process or thread was writing it: it has ended now, so look whether `final` is there.
        """
        path = final.with_name(f".{final.name}.part")
        try:
            file = _open_locked(path)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            with suppress(FileNotFoundError):
                if not path.stat().st_size:  # opened in vain
                    path.unlink()
            path = final.with_name(f".{final.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
            return cls(final, path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666), own=True)
        return None if file is None else cls(final, path, file)

    def __enter__(self) -> "Part":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def write(self, piece: bytes) -> None:
        """Add bytes at the end."""
        view = memoryview(piece)
        while view:
            written = os.pwrite(self._file, view, self.size)
            self.size += written
            view = view[written:]

    def remember(self, validator: str, *, now: bool) -> None:
        """Note the server's name of this version; on disk at once (`now`), else if the part is left unfinished."""
        self.validator = validator
        if now and validator and not self._noted:
            self._write_note()

    def restart(self) -> None:
        """Forget what is held."""
        self._note.unlink(missing_ok=True)
        os.ftruncate(self._file, 0)
        self._digest, self._digested = hashlib.sha256(), 0
        self.size, self.validator, self._noted = 0, "", False

    def sha256(self) -> str:
        """SHA-256 of what is held, in hexadecimal; only bytes new since the last call are read."""
        while piece := os.pread(self._file, PIECE, self._digested):
            self._digest.update(piece)
            self._digested += len(piece)
        return self._digest.hexdigest()

    def finish(self) -> None:
        """Give the file its final name."""
        os.fsync(self._file)  # a rename must not overtake its data on a crash
        if self._noted:
            self._note.unlink(missing_ok=True)
        os.replace(self.path, self.final)
        self._finished = True

    def close(self) -> None:
        """Let others at it; an empty part goes, any other stays to be resumed."""
        try:
            if self._finished:
                return
            if self._own or not self.size:
                self._note.unlink(missing_ok=True)
                self.path.unlink(missing_ok=True)
            elif self.validator and not self._noted:
                with suppress(OSError):  # without the note the part is fetched anew, no more
                    self._write_note()
        finally:
            os.close(self._file)

    def _read_note(self) -> tuple[str, bool]:
        try:
            return str(json.loads(self._note.read_text(encoding="utf-8"))["validator"]), True
        except (OSError, ValueError, KeyError, TypeError):
            return "", False

    def _write_note(self) -> None:
        self._note.write_text(json.dumps({"validator": self.validator}), encoding="utf-8")
        self._noted = True


def _open_locked(path: Path) -> int | None:
    """Descriptor of a file that the caller alone holds; None if somebody held it and has let go."""
    if fcntl is None:
        raise OSError(errno.ENOSYS, "no file locks")
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(file, fcntl.LOCK_EX)
            os.listdir(path.parent)  # or a network file system may go on saying what it remembers
        else:
            if _is_open(path, file):
                return file
    except BaseException:
        os.close(file)
        raise
    os.close(file)
    return None


def _is_open(path: Path, file: int) -> bool:
    """Whether a name still is that of an open file: its last holder may have renamed or removed it."""
    try:
        named, held = os.stat(path), os.fstat(file)
    except FileNotFoundError:
        return False
    return (named.st_dev, named.st_ino) == (held.st_dev, held.st_ino)
