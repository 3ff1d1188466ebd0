"""Feeding: windows from a materialized store to whole batches, in an order that seed and epoch decide."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cuffless.networks.channels import input_channels

MEGABYTE = 2**20


@dataclass(frozen=True)
class WindowSet:
    """Windows and labels of one subset."""

    path: Path
    """Zarr 3 ZipStore with `ppg` (n, length) float16 and `labels` (n, 2), SBP and DBP in mmHg."""
    labels: np.ndarray
    """(n, 2) float32 array."""
    length: int
    """Samples of a window."""
    ppg: np.ndarray | None
    """(n, length) float16 array, or None: The windows in memory; None: too many, they are read in blocks."""
    block: int
    """Windows of a block, whole chunks of the store."""

    def __len__(self) -> int:
        return len(self.labels)


def open_windows(path: str | Path, *, ram_mb: float = 4000) -> WindowSet:
    """Open a materialized subset, and load it where memory allows.

    Parameters
    ----------
    path : str or Path
        A `.zarr.zip` store with arrays `ppg` and `labels`, already in a random order.
    ram_mb : float
        Memory that the windows may take in 16 bits. A larger store is read in blocks of an eighth of that.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not such a store, is empty, or has labels that are not finite.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; run the rule that materializes the split")
    try:
        group = _open_group(path)
        windows, labels = group["ppg"], np.asarray(group["labels"][:], np.float32)
        n, length = windows.shape
        bytes_each = 2 * length
        loaded = np.asarray(windows[:], np.float16) if n * bytes_each <= ram_mb * MEGABYTE else None
        chunk = windows.chunks[0]
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is not a store of windows (arrays ppg and labels): {error}") from error
    if labels.shape != (n, 2):
        raise ValueError(f"{path}: labels of shape {labels.shape} do not fit {n} windows; they must be ({n}, 2)")
    if n == 0:
        raise ValueError(f"{path} has no windows; loosen the rules or sample more subjects")
    if not np.isfinite(labels).all():
        raise ValueError(f"{path}: {int((~np.isfinite(labels)).sum())} labels are not finite; cut the windows again")
    block = chunk * max(1, int(min(ram_mb * MEGABYTE / 8 / bytes_each, n)) // chunk)
    return WindowSet(path, labels, length, loaded, block)


def feed(
    windows: WindowSet, *, batch_size: int, derivatives: bool = False, seed: int | None = None, epoch: int = 0
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the windows of one epoch in batches.

    Parameters
    ----------
    windows : WindowSet
    batch_size : int
        Windows per batch; the last may hold fewer.
    derivatives : bool
        Append derivative channels.
    seed, epoch : int
        The order is ``default_rng([seed, epoch]).permutation(n)``; of blocks, then within each, where
        the store is larger than memory. Without a seed, the order is the store's.

    Yields
    ------
    input : (batch, length, 1 or 3) float32 array
    labels : (batch, 2) float32 array
        SBP and DBP in mmHg.

    Notes
    -----
    Whole batches are gathered from 16 bits at once: row by row costs ten times as much.
    """
    rng = None if seed is None else np.random.default_rng([seed, epoch])
    held_x = held_y = None
    for ppg, labels in _blocks(windows, rng):
        order = np.arange(len(labels)) if rng is None else rng.permutation(len(labels))
        start = 0
        if held_x is not None:  # fill up the batch that the last block left unfinished
            start = batch_size - len(held_x)
            rows = order[:start]
            held_x, held_y = np.concatenate([held_x, ppg[rows]]), np.concatenate([held_y, labels[rows]])
            if len(held_x) < batch_size:
                continue
            yield input_channels(held_x, derivatives), held_y
            held_x = held_y = None
        whole = start + (len(order) - start) // batch_size * batch_size
        for first in range(start, whole, batch_size):
            rows = order[first : first + batch_size]
            yield input_channels(ppg[rows], derivatives), labels[rows]
        if whole < len(order):
            rows = order[whole:]
            held_x, held_y = ppg[rows], labels[rows]
    if held_x is not None and held_y is not None:
        yield input_channels(held_x, derivatives), held_y


def _blocks(windows: WindowSet, rng) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Everything at once from memory; else runs of neighbouring chunks, in a random order for each epoch."""
    if windows.ppg is not None:
        yield windows.ppg, windows.labels
        return
    starts = np.arange(0, len(windows), windows.block)
    if rng is not None:
        starts = rng.permutation(starts)
    array = _open_group(windows.path)["ppg"]
    for start in starts:
        rows = slice(int(start), int(start) + windows.block)
        yield np.asarray(array[rows], np.float16), windows.labels[rows]


def _open_group(path: Path):
    """Open a ZipStore's root group through a memory map.

    Zarr's own ZipStore reaches a chunk inside a shard by reading the zip member up to it (Python 3.11),
    thirty times slower. Members are stored, not deflated, so each is a slice of the file.
    """
    import zarr
    from zarr.buffer import cpu
    from zarr.storage import MemoryStore

    mapping = np.memmap(path, dtype=np.uint8, mode="r")
    members = {}
    with zipfile.ZipFile(path) as file:
        for info in file.infolist():
            if info.compress_type != zipfile.ZIP_STORED:
                members[info.filename] = cpu.Buffer.from_bytes(file.read(info))
                continue
            name_and_extra = mapping[info.header_offset + 26 : info.header_offset + 30].view("<u2")
            start = info.header_offset + 30 + int(name_and_extra.sum())
            members[info.filename] = cpu.Buffer.from_array_like(mapping[start : start + info.file_size])
    return zarr.open_group(store=MemoryStore(members, read_only=True), mode="r")
