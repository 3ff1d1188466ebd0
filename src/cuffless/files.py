"""Files that appear whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
