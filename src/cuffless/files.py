"""Files that appear whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cuffless.errors import CufflessError

GB = 1e9


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
    nearest = Path(folder).absolute()
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    free = shutil.disk_usage(nearest).free
    if free - needed_bytes < reserve_gb * GB:
        raise DiskError(
            f"{folder}: {needed_bytes / GB:.3f} GB are needed and {reserve_gb:g} GB stay in reserve, but "
            f"{free / GB:.3f} GB are free; {remedy}"
        )


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
    OSError
        As raised by the writer (a full disk, say); then neither name is left behind.
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
    finally:
        part.unlink(missing_ok=True)


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
