"""Files that appear whole or not at all."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cuffless.errors import CufflessError

GB = 1e9
FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
"""Errors of writing that ask for room."""
_NUMPYS = re.compile(r"\d+ requested and \d+ written")  # tofile does not say why


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
    why = os.strerror(error.errno or errno.ENOSPC).lower()
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
        A name beside it (``.part`` before the suffix, so that writers that look at suffixes are content).

    Raises
    ------
    DiskError
        If the disk is full; like any other error of the writer, it leaves neither name behind.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    stem, ending = path.name.split(".")[0], "".join(path.suffixes)
    for stale in path.parent.glob(f".{stem}.*.part{ending}"):  # left by a killed job
        stale.unlink(missing_ok=True)
    part = path.with_name(f".{stem}.{os.getpid()}.part{ending}")
    try:
        yield part
        with part.open("rb") as file:  # a rename must not overtake its data on a crash
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise if_full(error, path) from error
    finally:
        part.unlink(missing_ok=True)


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
