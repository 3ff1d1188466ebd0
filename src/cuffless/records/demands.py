"""Sizes declared by a recording's file, checked before memory is allocated or anything is listed."""

from pathlib import Path

from cuffless.demands import shown_count, why_dataset_refused, why_refused
from cuffless.records.record import RecordError

_LISTED = 1000
"""Approximate bytes of memory per listed recording."""


def check_demand(path: object, announced: str, needed: float, memory_gb: float, held: float | None = None) -> None:
    """Reject a file that needs more memory than allowed or available, or declares more data than it can hold.

    Parameters
    ----------
    path, announced, needed, memory_gb, held
        As for `cuffless.demands.why_refused`.

    Raises
    ------
    RecordError
    """
    _refuse(why_refused(path, announced, needed, memory_gb, held))


def check_listed(path: str | Path, n: int, memory_gb: float) -> None:
    """Reject a file that declares more recordings, or segments, than it can hold or memory could list."""
    check_demand(path, f"{shown_count(n)} recordings or segments", n * _LISTED, memory_gb, Path(path).stat().st_size)


def check_dataset(path: object, dataset, memory_gb: float, *, rows: int | None = None) -> None:
    """Reject an HDF5 dataset whose shape needs more data than it holds, or more memory than there is.

    Parameters
    ----------
    path, dataset, memory_gb, rows
        As for `cuffless.demands.why_dataset_refused`.

    Raises
    ------
    RecordError
    """
    _refuse(why_dataset_refused(path, dataset, memory_gb, rows=rows))


def _refuse(reason: str) -> None:
    if reason:
        raise RecordError(reason)
