"""Files that appear whole or not at all."""

import errno
import glob
import hashlib
import os
import re
import secrets
import shutil
import socket
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from cuffless.errors import CufflessError

GB = 1e9
FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
"""Errors of writing that ask for room."""
_NUMPYS = re.compile(r"\d+ requested and \d+ written")  # tofile does not say why
_WRITER = re.compile(r"-(\d+)-[0-9a-f]{8}\.part")


class DiskError(CufflessError):
    """A disk without room for what is to be written; the message names the folder, the GB and the remedy."""


def require_space(folder: str | Path, needed_bytes: float, reserve_gb: float, remedy: str) -> None:
    """Refuse to begin what would not fit on a disk.

    Parameters
    ----------
    folder : str or Path
        Where it is to lie; the folder need not exist yet.
    needed_bytes : float
        Bytes to be written.
    reserve_gb : float
        GB (10^9 bytes) that must stay free.
    remedy : str
        What the user can do, as the end of a sentence.

    Raises
    ------
    DiskError
        If fewer bytes are free than both together.
    """
    free = shutil.disk_usage(_nearest(folder)).free
    if free - needed_bytes < reserve_gb * GB:
        raise DiskError(
            f"{folder}: {needed_bytes / GB:.3f} GB are needed and {reserve_gb:g} GB stay in reserve, but "
            f"{free / GB:.3f} GB are free; {remedy}"
        )


def if_full(error: OSError, path: str | Path) -> OSError | DiskError:
    """The error of a write, or one that names the file where the disk had no room for it; libraries name none.

    Parameters
    ----------
    error : OSError
    path : str or Path
        What was written.

    Returns
    -------
    OSError or DiskError
    """
    if error.errno not in FULL and not _NUMPYS.search(str(error)):
        return error
    why = os.strerror(error.errno).lower() if error.errno else "only a part was taken"
    free = shutil.disk_usage(_nearest(path)).free
    return DiskError(
        f"{path}: cannot be written ({why}; {free / GB:.3f} GB are free); make room or a limit higher, and run again: "
        "what is finished is kept"
    )


@contextmanager
def naming_if_full(path: str | Path) -> Iterator[None]:
    """Have a full disk name the file that is written in the block.

    Raises
    ------
    DiskError
        In place of an OSError that tells a full disk.
    """
    try:
        yield
    except OSError as error:
        raise if_full(error, path) from error


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Give a path to write to, which takes the name `path` only once all is written.

    Parameters
    ----------
    path : str or Path
        The file's final name; missing folders are made.

    Yields
    ------
    Path
        A name beside it (``.part`` before the suffix, so that writers that look at suffixes are content) that no other
        process or thread is given. Parts of this machine's processes that are no longer alive are removed.

    Raises
    ------
    DiskError
        If the disk is full; like any other error of the writer, it leaves neither name behind.
    """
    path = Path(path)
    part = _new_part(path)
    try:
        yield part
        with part.open("rb") as file:  # a rename must not overtake its data on a crash
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise if_full(error, path) from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """Give an empty folder to fill, which takes the place of the folder `path` only once all is written.

    Parameters
    ----------
    path : str or Path
        The folder's final name; missing folders above it are made, one that stands there is replaced as a whole.

    Yields
    ------
    Path
        A folder beside it, which is gone after an error.
    """
    path = Path(path)
    part = _new_part(path)
    part.mkdir()
    try:
        yield part
        while True:  # others may write the same
            try:
                part.replace(path)
                break
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
            old = _new_part(path)
            with suppress(FileNotFoundError):
                path.replace(old)
            shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _new_part(path: Path) -> Path:
    """A name beside `path` that no other writer has; what dead writers left there of the same name is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Short enough for any file system: the file's own name may be as long as it allows.
    stem, ending = path.name.split(".")[0][:20], "".join(path.suffixes[-2:])[-20:]
    for left in path.parent.glob(f".{glob.escape(stem)}.{_machine()}-*.part*"):
        if (writer := _WRITER.search(left.name)) and not _alive(int(writer[1])):
            shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)
    return path.with_name(f".{stem}.{_machine()}-{os.getpid()}-{secrets.token_hex(4)}.part{ending}")


@cache
def _machine() -> str:
    """What the numbers of processes belong to: a start of a machine, or of a container on it.

    Host names will not do: containers that share a folder may share them, too.
    """
    try:
        known = Path("/proc/sys/kernel/random/boot_id").read_text() + os.readlink("/proc/self/ns/pid")
    except OSError:  # not Linux
        known = socket.gethostname()
    return hashlib.sha256(known.encode()).hexdigest()[:8]


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True


def file_names(names: Iterable[tuple[str, ...]], most: int = 100) -> dict[tuple[str, ...], str]:
    """What files may be called that are named by what a user's table says: each otherwise, on every file system.

    Parameters
    ----------
    names : iterable of tuple of str
        Of each file its parts, such as case and network.
    most : int
        Bytes of a name at most.

    Returns
    -------
    dict
        For each the parts, with underscores between them and for signs that files may not have; where that is too long,
        or says the same as another does, shortened and with a digest of the parts behind it.
    """
    names = list(dict.fromkeys(names))
    plain = {
        parts: "_".join("".join(c if c.isalnum() or c == "-" else "_" for c in str(part)) for part in parts)
        for parts in names
    }
    # As file systems compare that know no capitals, or compose letters and accents.
    same = Counter(unicodedata.normalize("NFKC", name).casefold() for name in plain.values())
    found = {}
    for parts, name in plain.items():
        twice = same[unicodedata.normalize("NFKC", name).casefold()] > 1
        if twice or len(name.encode()) > most:
            digest = hashlib.sha256(repr(tuple(map(str, parts))).encode()).hexdigest()[:8]
            name = f"{name.encode()[: most - 9].decode(errors='ignore')}-{digest}"
        found[parts] = name
    return found


def _nearest(path: str | Path) -> Path:
    """A folder that is there: the path itself, or the first above it."""
    nearest = Path(path).absolute()
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    return nearest


@contextmanager
def locked(path: str | Path) -> Iterator[None]:
    """Hold a file's lock; whoever comes second waits. Where files cannot be locked, nobody does.

    Parameters
    ----------
    path : str or Path
        Made if it is absent, and left behind.
    """
    import fcntl

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
