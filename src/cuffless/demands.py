"""What a file announces, weighed before memory is taken or anything is listed for it."""

import math
from collections.abc import Sequence
from pathlib import Path

from cuffless.config import RecordOptions
from cuffless.files import GB

MEMORY_GB = RecordOptions().memory_gb
"""Memory that a file may ask for where nobody says how much."""
OPTION = "records.memory_gb"
"""The option that says how much."""
_HARMLESS = 1 << 24  # bytes that are not worth a look at the machine
_TIGHTEST = 1032  # how much smaller deflate, which gzip, zip, MATLAB and HDF5 use, makes anything at most


def why_refused(
    path: object, announced: str, needed: float, memory_gb: float, held: float | None = None, option: str = OPTION
) -> str:
    """Say why a file asks for more memory than it may, than there is, or than it can fill; empty if it does not.

    Parameters
    ----------
    path : object
        Of the file, for the message.
    announced : str
        What asks for it, as the message has it: ``"3,000 recordings"``.
    needed : float
        Bytes of memory.
    memory_gb : float
        Most GB (10^9 bytes) that a file may ask for.
    held : float, optional
        Bytes, as they are stored, that could hold what is announced.
    option : str
        Where the user says `memory_gb`.

    Returns
    -------
    str
        A whole sentence that names the file, what is announced, the bound and the remedy.
    """
    said = f"{path}: announces {announced}, which take {needed / GB:.3g} GB of memory"
    if needed > memory_gb * GB:
        return f"{said}; a file may ask for {memory_gb:g} GB ({option}); raise it, or leave it out"
    if needed <= _HARMLESS:
        return ""
    if reason := why_not_held(path, announced, needed, held):
        return reason
    import psutil

    free = psutil.virtual_memory().available + psutil.swap_memory().free
    return f"{said}, but {free / GB:.3g} GB are free; use a larger machine, or leave it out" if needed > free else ""


def why_not_held(path: object, announced: str, needed: float, held: float | None) -> str:
    """Say of a file that it is too short for what it announces, however well it is compressed; else empty."""
    if held is None or needed <= max(held * _TIGHTEST, _HARMLESS):
        return ""
    return f"{path}: announces {announced}, which its {held:,.0f} bytes cannot hold; fetch it again"


def why_dataset_refused(
    path: object,
    dataset,
    memory_gb: float,
    *,
    rows: int | None = None,
    held: int | None = None,
    option: str = OPTION,
) -> str:
    """Say why an HDF5 dataset's shape asks for more than it holds, or memory can; empty if it does not.

    Parameters
    ----------
    path, memory_gb, option
        As for `why_refused`.
    dataset : h5py.Dataset
    rows : int, optional
        How many of its rows (first axis) are in memory at once; all of them, if not given.
    held : int, optional
        Bytes of the HDF5 file, where it is part of another.

    Returns
    -------
    str
    """
    size = math.prod(dataset.shape) * dataset.dtype.itemsize
    if size <= min(_HARMLESS, memory_gb * GB) and not dataset.chunks:
        return ""
    announced = f"{dataset.name} of {shown_shape(dataset.shape)} numbers"
    held = Path(dataset.file.filename).stat().st_size if held is None else held
    if reason := why_not_held(path, announced, size, min(dataset.id.get_storage_size(), held)):
        return reason
    if rows is not None and dataset.shape:
        size = size // max(dataset.shape[0], 1) * min(rows, dataset.shape[0])
    chunk = math.prod(dataset.chunks or ()) * dataset.dtype.itemsize
    return why_refused(path, announced, max(size, chunk), memory_gb, option=option)


def shown_shape(shape: Sequence[int]) -> str:
    """Dimensions for a message."""
    return " x ".join(map(shown_count, shape)) or "1"


def shown_count(n: int) -> str:
    """A count for a message: one of 300 digits is no use to anybody."""
    return f"{n:,}" if n < 10**15 else "more than 10^15"
