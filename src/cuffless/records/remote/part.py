"""An unfinished file: written under a temporary name by one writer at a time, renamed when complete."""

import errno
import hashlib
import json
import os
import secrets
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # not a POSIX system: every writer has its own part
    fcntl = None  # type: ignore[assignment]  # a module that may be missing has no other spelling

PIECE = 1 << 20
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


class Part:
    """The unfinished file ``.<name>.part`` beside its final name, open and locked until `close`.

    Parameters
    ----------
    final : Path
        Its name after `finish`.
    path : Path
        The part.
    file : int
        Its descriptor.
    own : bool
        Whether only this writer can find it, so that it is deleted when the writer ends.

    Attributes
    ----------
    size : int
        Bytes received.
    validator : str
        The server's identifier of this version of the file (ETag or Last-Modified); empty if there is none.
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
        """Open the part of a file, new or left by a killed process, for exclusive use by the caller.

        Returns
        -------
        Part or None
            None if another process or thread was writing it and has just ended: check whether `final` exists.
        """
        path = final.with_name(f".{final.name}.part")
        try:
            file = _open_locked(path)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            with suppress(FileNotFoundError):
                if not path.stat().st_size:  # created by the failed attempt
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
        """Note the server's identifier of this version, on disk at once (`now`) or if the part is left unfinished."""
        self.validator = validator
        if now and validator and not self._noted:
            self._write_note()

    def restart(self) -> None:
        """Discard the bytes received."""
        self._note.unlink(missing_ok=True)
        os.ftruncate(self._file, 0)
        self._digest, self._digested = hashlib.sha256(), 0
        self.size, self.validator, self._noted = 0, "", False

    def sha256(self) -> str:
        """SHA-256 of the bytes received, in hexadecimal; only bytes new since the last call are read."""
        while piece := os.pread(self._file, PIECE, self._digested):
            self._digest.update(piece)
            self._digested += len(piece)
        return self._digest.hexdigest()

    def finish(self) -> None:
        """Give the file its final name."""
        os.fsync(self._file)  # in a crash, the rename must not precede its data
        if self._noted:
            self._note.unlink(missing_ok=True)
        os.replace(self.path, self.final)
        self._finished = True

    def close(self) -> None:
        """Release the lock; an empty part is deleted, any other is kept to be resumed."""
        try:
            if self._finished:
                return
            if self._own or not self.size:
                self._note.unlink(missing_ok=True)
                self.path.unlink(missing_ok=True)
            elif self.validator and not self._noted:
                with suppress(OSError):  # without the note the part is only fetched again
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
    """Descriptor of a file locked by the caller; None if another process held the lock and has released it."""
    if fcntl is None:
        raise OSError(errno.ENOSYS, "no file locks")
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(file, fcntl.LOCK_EX)
            os.listdir(path.parent)  # otherwise a network file system may return cached entries
        else:
            if _is_open(path, file):
                return file
    except BaseException:
        os.close(file)
        raise
    os.close(file)
    return None


def _is_open(path: Path, file: int) -> bool:
    """Whether a path still refers to an open file: its last holder may have renamed or removed it."""
    try:
        by_path, by_file = os.stat(path), os.fstat(file)
    except FileNotFoundError:
        return False
    return (by_path.st_dev, by_path.st_ino) == (by_file.st_dev, by_file.st_ino)
