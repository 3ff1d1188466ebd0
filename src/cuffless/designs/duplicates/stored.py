"""Materialized sets, read block by block."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from cuffless.windows.zarr_file import SHARD_ROWS

READ_ROWS = 4 * SHARD_ROWS


@dataclass(frozen=True)
class StoredSet:
    """A set that is read block by block."""

    name: str
    path: Path

    def __len__(self) -> int:
        return self._described[0]

    @property
    def length(self) -> int:
        """Samples of a window."""
        return self._described[1]

    @property
    def samples_per_beat(self) -> int:
        """Samples of a beat, or of a second."""
        return self._described[2]

    @cached_property
    def _described(self) -> tuple[int, int, int]:
        import zarr

        with zarr.storage.ZipStore(self.path, mode="r") as opened:
            root = zarr.open_group(opened, mode="r")
            return *root["ppg"].shape, int(root.attrs["windows"]["samples_per_beat"])

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """First position and windows of each block."""
        import zarr

        with zarr.storage.ZipStore(self.path, mode="r") as opened:
            ppg = zarr.open_group(opened, mode="r")["ppg"]
            for first in range(0, len(self), READ_ROWS):
                yield first, ppg[first : first + READ_ROWS]

    def rows(self, positions: np.ndarray) -> np.ndarray:
        """Windows at ascending positions."""
        parts = []
        for first, block in self.blocks():
            begin, end = np.searchsorted(positions, (first, first + len(block)))
            parts.append(block[positions[begin:end] - first])
        return np.concatenate(parts)


def open_sets(stores: Mapping[str, str | Path]) -> list[StoredSet]:
    """Sets that have windows, the largest first.

    Parameters
    ----------
    stores : mapping of str to path
        By the sets' names.

    Raises
    ------
    ValueError
        If windows of the sets differ in length.
    """
    sets = sorted((StoredSet(name, Path(path)) for name, path in stores.items()), key=lambda one: -len(one))
    sets = [one for one in sets if len(one)]
    if len({(one.length, one.samples_per_beat) for one in sets}) > 1:
        raise ValueError(
            f"windows of {', '.join(str(one.path) for one in sets)} differ in length; sample the split again"
        )
    return sets
