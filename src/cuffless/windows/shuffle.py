"""A set of windows on disk, filled in any order and read in the order of its positions, in bounded memory."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cuffless.windows.zarr_file import SHARD_ROWS

BLOCK_BYTES = 64 * 2**20
PENDING_BYTES = 16 * 2**20


class Shuffle:
    """Put windows where they belong without holding them all, and without writing to the disk at random.

    Windows that come are written block by block of positions, one after the other within a block; a block is put in
    order when it is read. Memory holds what is pending, one block, and 8 bytes for each window's position.

    Parameters
    ----------
    path : path
        File to work in; it grows to `n_bytes`, and its owner deletes it.
    n, width : int
        Windows in all, samples of a window.

    Examples
    --------
    >>> import numpy as np, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     shuffle = Shuffle(pathlib.Path(folder) / "windows", 3, 1)
    ...     shuffle.add(np.array([2, 0, 1]), np.array([[7.0], [5.0], [6.0]], np.float16))
    ...     [block[:, 0].tolist() for block in shuffle.blocks()]
    [[5.0, 6.0, 7.0]]
    """

    def __init__(self, path: str | Path, n: int, width: int):
        self.path, self.n, self.width = Path(path), n, width
        self.path.touch()
        window_bytes = self.n_bytes(1, width)
        self._block = max(BLOCK_BYTES // window_bytes // SHARD_ROWS, 1) * SHARD_ROWS
        self._most_pending = max(PENDING_BYTES // window_bytes, 1)
        self._position = np.full(n, -1, np.int64)  # of the window in each slot of the file
        self._filled = np.zeros(-(-n // self._block), np.int64)
        self._pending: list[tuple[np.ndarray, np.ndarray]] = []
        self._n_pending = 0

    @staticmethod
    def n_bytes(n: int, width: int) -> int:
        """Size of the file for `n` windows of `width` samples."""
        return n * width * np.dtype(np.float16).itemsize

    def add(self, positions: np.ndarray, windows: np.ndarray) -> None:
        """Take windows (k, width) float16 that belong at `positions` (k,); each position comes once."""
        self._pending.append((positions, windows))
        self._n_pending += len(positions)
        if self._n_pending >= self._most_pending:
            self._flush()

    def blocks(self) -> Iterator[np.ndarray]:
        """All windows in the order of their positions, in arrays (k, width) of whole shards of a store.

        Raises
        ------
        ValueError
            If windows are missing.
        """
        self._flush()
        if missing := self.n - int(self._filled.sum()):
            raise ValueError(f"{missing} of {self.n} windows were not found in any store")
        with self.path.open("rb") as file:
            for first in range(0, self.n, self._block):
                place = self._position[first : first + self._block] - first
                came = np.fromfile(file, np.float16, len(place) * self.width).reshape(len(place), self.width)
                ordered = np.empty_like(came)
                ordered[place] = came
                yield ordered

    def _flush(self) -> None:
        if not self._n_pending:
            return
        positions, windows = (np.concatenate(parts) for parts in zip(*self._pending, strict=True))
        self._pending, self._n_pending = [], 0
        blocks = positions // self._block
        order = np.argsort(blocks, kind="stable")
        with self.path.open("r+b") as file:
            for rows in np.split(order, np.flatnonzero(np.diff(blocks[order])) + 1):
                block = blocks[rows[0]]
                slot = int(block * self._block + self._filled[block])
                file.seek(self.n_bytes(slot, self.width))
                file.write(windows[rows].tobytes())
                self._position[slot : slot + len(rows)] = positions[rows]
                self._filled[block] += len(rows)
