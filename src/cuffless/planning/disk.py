"""Which disks a study fills, and whether they have enough space."""

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cuffless.files import GB


@dataclass(frozen=True)
class Store:
    """Something that a study stores on a disk."""

    name: str
    folder: Path
    """Its folder."""
    kept: float
    """Bytes that are kept."""
    passing: float = 0.0
    """Bytes that are there temporarily."""
    place: str = ""
    """What messages call the folder; empty: its path."""


def folder_bytes(folder: str | Path) -> int:
    """Bytes of the files below a folder, 0 if there is none; a link counts as the link that it is."""
    total = 0
    for path, _, files in os.walk(folder):
        for name in files:
            with suppress(OSError):  # gone meanwhile
                total += os.lstat(os.path.join(path, name)).st_size
    return total


def judge_disks(stores: Sequence[Store], reserve_gb: float) -> list[dict]:
    """Space that each disk needs at the peak, and has.

    Parameters
    ----------
    stores : sequence of Store
    reserve_gb : float
        GB (10^9 bytes) that must stay free.

    Returns
    -------
    list of dict
        One for each disk: ``folders`` on it, ``peak_gb`` that the study takes there, ``there_gb`` of what it keeps
        exists already, ``needed_gb`` are still to come, ``free_gb``, ``reserve_gb``, ``fits``.
    """
    disks: dict[int, dict] = {}
    for store in stores:
        place = _existing(store.folder)
        blank = {"folders": [], "peak_gb": 0.0, "there_gb": 0.0, "needed_gb": 0.0}
        disk = disks.setdefault(os.stat(place).st_dev, {**blank, "free_gb": shutil.disk_usage(place).free / GB})
        there = min(folder_bytes(store.folder), store.kept)
        disk["folders"] = list(dict.fromkeys([*disk["folders"], store.place or str(store.folder)]))
        disk["peak_gb"] += (store.kept + store.passing) / GB
        disk["there_gb"] += there / GB
        disk["needed_gb"] += (store.kept - there + store.passing) / GB
    for disk in disks.values():
        disk["reserve_gb"] = reserve_gb
        disk["fits"] = disk["needed_gb"] + reserve_gb <= disk["free_gb"]
    return list(disks.values())


def _existing(folder: Path) -> Path:
    nearest = folder.absolute()
    while not nearest.exists():
        nearest = nearest.parent
    return nearest
