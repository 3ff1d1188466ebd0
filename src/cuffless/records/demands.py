"""What a file announces, checked before memory is taken or anything is listed for it."""

import math
from collections.abc import Sequence
from pathlib import Path

from cuffless.config import RecordOptions
from cuffless.files import GB
from cuffless.records.record import RecordError

MEMORY_GB = RecordOptions().memory_gb
"""Memory that a file may ask for where nobody says how much."""
LISTED = 1000
"""Bytes of memory that a recording takes once it is listed, about."""
_HARMLESS = 1 << 24  # bytes that are not worth a look at the machine
_TIGHTEST = 1032  # how much smaller deflate, which gzip, MATLAB and HDF5 use, makes anything at most


def check_demand(path: object, announced: str, needed: float, memory_gb: float, held: float | None = None) -> None:
    """Refuse a file that asks for more memory than it may, than there is, or than it can fill.

    Parameters
    ----------
    path : object
        Of the file, for the message.
    announced : str
        What asks for it, as the message has it: ``"3,000 recordings"``.
    needed : float
        Bytes of memory.
    memory_gb : float
        Most GB (10^9 bytes) that a file may ask for, `records.memory_gb`.
    held : float, optional
        Bytes, as they are stored, that could hold what is announced.

    Raises
    ------
    RecordError
    """
    said = f"{path}: announces {announced}, which take {needed / GB:.3g} GB of memory"
    if needed > memory_gb * GB:
        raise RecordError(f"{said}; a file may ask for {memory_gb:g} GB (records.memory_gb); raise it, or leave it out")
    if needed <= _HARMLESS:
        return
    check_held(path, announced, needed, held)
    import psutil

    free = psutil.virtual_memory().available + psutil.swap_memory().free
    if needed > free:
        raise RecordError(f"{said}, but {free / GB:.3g} GB are free; use a larger machine, or leave it out")


def check_held(path: object, announced: str, needed: float, held: float | None) -> None:
    """Refuse a file that is too short for what it announces, however well it is compressed.

    Parameters
    ----------
    path, announced, held
        As for `check_demand`.
    needed : float
        Bytes that it comes to.

    Raises
    ------
    RecordError
    """
    if held is not None and needed > max(held * _TIGHTEST, _HARMLESS):
        raise RecordError(f"{path}: announces {announced}, which its {held:,.0f} bytes cannot hold; fetch it again")


def check_listed(path: str | Path, n: int, memory_gb: float) -> None:
    """Refuse a file that announces more recordings, or parts of one, than it can hold or memory could list."""
    check_demand(path, f"{shown_count(n)} recordings or segments", n * LISTED, memory_gb, Path(path).stat().st_size)


def check_dataset(path: object, dataset, memory_gb: float, *, rows: int | None = None) -> None:
    """Refuse an HDF5 dataset whose shape asks for more than it holds, or memory can.

    Parameters
    ----------
    path : object
    dataset : h5py.Dataset
    memory_gb : float
        As for `check_demand`.
    rows : int, optional
        How many of its rows (first axis) are in memory at once; all of them, if not given.

    Raises
    ------
    RecordError
    """
    size = math.prod(dataset.shape) * dataset.dtype.itemsize
    if size <= min(_HARMLESS, memory_gb * GB) and not dataset.chunks:
        return
    announced = f"{dataset.name} of {shown_shape(dataset.shape)} numbers"
    check_held(path, announced, size, min(dataset.id.get_storage_size(), Path(dataset.file.filename).stat().st_size))
    if rows is not None and dataset.shape:
        size = size // max(dataset.shape[0], 1) * min(rows, dataset.shape[0])
    chunk = math.prod(dataset.chunks or ()) * dataset.dtype.itemsize
    check_demand(path, announced, max(size, chunk), memory_gb)


def shown_shape(shape: Sequence[int]) -> str:
    """Dimensions for a message."""
    return " x ".join(map(shown_count, shape)) or "1"


def shown_count(n: int) -> str:
    """A count for a message: one of 300 digits is no use to anybody."""
    return f"{n:,}" if n < 10**15 else "more than 10^15"
