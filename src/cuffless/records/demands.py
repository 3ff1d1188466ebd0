"""What a recording's file announces, checked before memory is taken or anything is listed for it."""

from pathlib import Path

from cuffless.demands import shown_count, why_dataset_refused, why_not_held, why_refused
from cuffless.records.record import RecordError

_LISTED = 1000
"""Bytes of memory that a recording takes once it is listed, about."""


def check_demand(path: object, announced: str, needed: float, memory_gb: float, held: float | None = None) -> None:
    """Refuse a file that asks for more memory than it may, than there is, or than it can fill.

    Parameters
    ----------
    path, announced, needed, memory_gb, held
        As for `cuffless.demands.why_refused`.

    Raises
    ------
    RecordError
    """
    _refuse(why_refused(path, announced, needed, memory_gb, held))


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
    _refuse(why_not_held(path, announced, needed, held))


def check_listed(path: str | Path, n: int, memory_gb: float) -> None:
    """Refuse a file that announces more recordings, or parts of one, than it can hold or memory could list."""
    check_demand(path, f"{shown_count(n)} recordings or segments", n * _LISTED, memory_gb, Path(path).stat().st_size)


def check_dataset(path: object, dataset, memory_gb: float, *, rows: int | None = None) -> None:
    """Refuse an HDF5 dataset whose shape asks for more than it holds, or memory can.

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
