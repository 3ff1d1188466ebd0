"""Sizes declared by a file, checked before memory is allocated or anything is listed."""

import math
from collections.abc import Sequence
from pathlib import Path

from cuffless.config import RecordOptions
from cuffless.files import GB

MEMORY_GB = RecordOptions().memory_gb
"""Default limit on the memory for one file."""
OPTION = "records.memory_gb"
"""Option with this limit."""
_HARMLESS = 1 << 24  # bytes below which free memory is not checked
_TIGHTEST = 1032  # highest compression ratio of deflate, which gzip, zip, MATLAB and HDF5 use


def why_refused(
    path: object, announced: str, needed: float, memory_gb: float, held: float | None = None, option: str = OPTION
) -> str:
    """Why a file needs more memory than allowed or available, or declares more than it can hold; empty if it does not.

    Parameters
    ----------
    path : object
        Path of the file, for the message.
    announced : str
        What the file declares, as worded in the message: ``"3,000 recordings"``.
    needed : float
        Bytes of memory for it.
    memory_gb : float
        Largest allowed GB (10^9 bytes).
    held : float, optional
        Stored bytes that should hold what is declared.
    option : str
        Option in which the user sets `memory_gb`.

    Returns
    -------
    str
        A sentence with the file, what it declares, the limit and the remedy.
    """
    need = f"{path}: declares {announced}, which need {needed / GB:.3g} GB of memory"
    if needed > memory_gb * GB:
        return f"{need}, above the limit of {memory_gb:g} GB ({option}); raise the limit, or leave the file out"
    if needed <= _HARMLESS:
        return ""
    if reason := why_not_held(path, announced, needed, held):
        return reason
    import psutil

    free = psutil.virtual_memory().available + psutil.swap_memory().free
    if needed <= free:
        return ""
    return f"{need}, but only {free / GB:.3g} GB are free; use a larger machine, or leave the file out"


def why_not_held(path: object, announced: str, needed: float, held: float | None) -> str:
    """Why a file is too short for what it declares, however well it is compressed; empty if it is not."""
    if held is None or needed <= max(held * _TIGHTEST, _HARMLESS):
        return ""
    return f"{path}: declares {announced}, which do not fit in its {held:,.0f} bytes; fetch it again"


def why_dataset_refused(
    path: object,
    dataset,
    memory_gb: float,
    *,
    rows: int | None = None,
    held: int | None = None,
    option: str = OPTION,
) -> str:
    """Why an HDF5 dataset's shape needs more data than it holds, or more memory than allowed; empty if it does not.

    Parameters
    ----------
    path, memory_gb, option
        As for `why_refused`.
    dataset : h5py.Dataset
    rows : int, optional
        Rows (first axis) in memory at the same time; default: all.
    held : int, optional
        Size of the HDF5 file in bytes, if it is part of another file.

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
    """A count for a message; extremely large ones are shortened."""
    return f"{n:,}" if n < 10**15 else "more than 10^15"
