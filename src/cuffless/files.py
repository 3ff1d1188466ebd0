"""Atomic writing of files and folders, disk space, locks and file names."""

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
"""Write errors due to lack of space."""
_NUMPYS = re.compile(r"\d+ requested and \d+ written")  # tofile does not give the reason
_WRITER = re.compile(r"-(\d+)-[0-9a-f]{8}\.part")


class DiskError(CufflessError):
    """A disk without enough space; the message names the folder, the GB and the remedy."""


def require_space(folder: str | Path, needed_bytes: float, reserve_gb: float, remedy: str) -> None:
    """Check that there is enough disk space.

    Parameters
    ----------
    folder : str or Path
        Target folder, which need not exist yet.
    needed_bytes : float
        Bytes to be written.
    reserve_gb : float
        GB (10^9 bytes) that must stay free.
    remedy : str
        What the user can do, as the last clause of the message.

    Raises
    ------
    DiskError
        If less than the sum of both is free.
    """
    free = shutil.disk_usage(_nearest(folder)).free
    if free - needed_bytes < reserve_gb * GB:
        raise DiskError(
            f"{folder}: {needed_bytes / GB:.3f} GB are needed and {reserve_gb:g} GB stay in reserve, but only "
            f"{free / GB:.3f} GB are free; {remedy}"
        )


def as_disk_error(error: OSError, path: str | Path) -> OSError | DiskError:
    """A write error, replaced by one that names the file if the disk is full; libraries do not name it.

    Parameters
    ----------
    error : OSError
    path : str or Path
        File being written.

    Returns
    -------
    OSError or DiskError
    """
    if error.errno not in FULL and not _NUMPYS.search(str(error)):
        return error
    why = os.strerror(error.errno).lower() if error.errno else "only a part was written"
    free = shutil.disk_usage(_nearest(path)).free
    return DiskError(
        f"{path}: cannot be written ({why}; {free / GB:.3f} GB are free); free space or raise a quota, and run again: "
        "finished results are kept"
    )


@contextmanager
def name_file_if_full(path: str | Path) -> Iterator[None]:
    """Turn a full disk in the block into an error that names the file.

    Raises
    ------
    DiskError
        In place of an OSError due to a full disk.
    """
    try:
        yield
    except OSError as error:
        raise as_disk_error(error, path) from error


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Yield a path to write to, which is renamed to `path` when complete.

    Parameters
    ----------
    path : str or Path
        The file's final name; missing folders are created.

    Yields
    ------
    Path
        A unique name beside it (``.part`` comes before the suffix, for writers that check suffixes). Parts left by dead
        processes of this machine are removed.

    Raises
    ------
    DiskError
        If the disk is full; after this or any other error neither file is left behind.
    """
    path = Path(path)
    part = _new_part(path)
    try:
        yield part
        with part.open("rb") as file:  # in a crash, the rename must not precede its data
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise as_disk_error(error, path) from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """Yield an empty folder to fill, which replaces the folder `path` when complete.

    Parameters
    ----------
    path : str or Path
        The folder's final name; missing parents are created, an existing folder is replaced.

    Yields
    ------
    Path
        A folder beside it, which is removed after an error.
    """
    path = Path(path)
    part = _new_part(path)
    part.mkdir()
    try:
        yield part
        while True:  # others may write the same folder
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
    """A unique name beside `path`; parts left there by dead writers of the same name are removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Short enough for any file system, even if the file's own name has the maximum length.
    stem, ending = path.name.split(".")[0][:20], "".join(path.suffixes[-2:])[-20:]
    for left in path.parent.glob(f".{glob.escape(stem)}.{_machine()}-*.part*"):
        if (writer := _WRITER.search(left.name)) and not _alive(int(writer[1])):
            shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)
    return path.with_name(f".{stem}.{_machine()}-{os.getpid()}-{secrets.token_hex(4)}.part{ending}")


@cache
def _machine() -> str:
    """Identifier of the scope of process ids: one boot of a machine, or one container on it.

    Host names are not enough: containers that share a folder may also share them.
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
    except OSError:  # another user's process
        return True
    return True


def file_names(names: Iterable[tuple[str, ...]], most: int = 100) -> dict[tuple[str, ...], str]:
    """Unique file names, valid on every file system, from the content of a user's table.

    Parameters
    ----------
    names : iterable of tuple of str
        Parts of each file's name, such as case and network.
    most : int
        Most bytes per name.

    Returns
    -------
    dict
        Name by parts, joined by underscores, which also replace invalid characters; a name that is too long or equals
        another is shortened and gets a digest of its parts.
    """
    names = list(dict.fromkeys(names))
    plain = {
        parts: "_".join("".join(c if c.isalnum() or c == "-" else "_" for c in str(part)) for part in parts)
        for parts in names
    }
    # Compared as on file systems that ignore case, or compose letters and accents.
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
    """The nearest existing folder: the path itself, or a parent."""
    nearest = Path(path).absolute()
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    return nearest


@contextmanager
def file_lock(path: str | Path) -> Iterator[None]:
    """Hold a file's lock; others wait for it. On file systems without locks nobody waits.

    Parameters
    ----------
    path : str or Path
        Lock file, created if missing and left behind.
    """
    import fcntl

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
