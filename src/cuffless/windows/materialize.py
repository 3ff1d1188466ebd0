"""Writing the windows of each set in their shuffled order, so that training reads them in one sweep."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.config import DownloadOptions
from cuffless.files import name_file_if_full, require_space, whole_file
from cuffless.windows.shuffle import Shuffle
from cuffless.windows.zarr_file import SHARD_ROWS, ZarrFile

LABELS = ("sbp", "dbp")
READ_ROWS = 4 * SHARD_ROWS
_METADATA, _PER_SHARD = 16_384, 1024  # maximum bytes besides the windows, per store and per shard


def materialize(
    manifest: pd.DataFrame,
    stores: list[str],
    outputs: Mapping[str, str],
    *,
    reserve_gb: float = DownloadOptions().reserve_gb,
) -> None:
    """Copy each set's windows into one store, in the order of the manifest's ``position``.

    Each record is read once, in pieces. Windows go through a file on disk beside the output, so that memory does not
    grow with the split or a record, except for some 50 bytes per window. The same manifest and windows give the same
    bytes, regardless of the number of cores and the time of day.

    Parameters
    ----------
    manifest : DataFrame
        Columns subset, position, record, row, sbp, dbp.
    stores : list of path
        Window stores of all shards.
    outputs : mapping
        Path of the store to write (``.zarr.zip``) for each subset: root group with ``ppg`` (n, samples) float16 and
        ``labels`` (n, 2) float32, SBP and DBP in mmHg.
    reserve_gb : float
        Disk space in GB that must stay free.

    Raises
    ------
    ValueError
        If a record or row of the manifest is in none of the stores, or its positions are not 0, 1, 2, ...
    DiskError
        If the disk has no room for the sets and the temporary file; nothing is written then.
    """
    sizes = {subset: int((manifest["subset"] == subset).sum()) for subset in outputs}
    width, windows = _common_windowing(stores)
    folder = Path(next(iter(outputs.values()))).parent
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob(".shuffle*"):  # left by a killed job
        shutil.rmtree(stale, ignore_errors=True)
    needed = sum(Shuffle.n_bytes(n, width) + store_bytes(n, width) for n in sizes.values())
    require_space(folder, needed, reserve_gb, "lower splits.windows or splits.cap, or delete what is not needed")
    labels = {subset: _labels(manifest[manifest["subset"] == subset], subset) for subset in outputs}
    with name_file_if_full(folder), tempfile.TemporaryDirectory(dir=folder, prefix=".shuffle") as spill:
        shuffles = {subset: Shuffle(Path(spill) / subset, n, width) for subset, n in sizes.items()}
        _scatter(manifest, stores, shuffles)
        for subset, path in outputs.items():
            shuffle = shuffles[subset]
            write_set(path, labels[subset], shuffle.blocks(), shuffle.width, {"subset": subset, "windows": windows})
            shuffles[subset].path.unlink()


def store_bytes(n: int, width: int) -> int:
    """Most that a store of `n` windows of `width` samples takes on disk; compressed it is about two thirds of that."""
    return _METADATA + Shuffle.n_bytes(n, width) + n * len(LABELS) * 4 + 2 * _PER_SHARD * (n // SHARD_ROWS + 1)


def _common_windowing(stores):
    import zarr

    found = {}
    for path in stores:
        with zarr.storage.ZipStore(path, mode="r") as opened:
            windows = zarr.open_group(opened, mode="r").attrs["windows"]
        found[repr(sorted(windows.items()))] = windows
    (windows,) = found.values()
    return windows["length"] * windows["samples_per_beat"], windows


def _labels(part: pd.DataFrame, subset: str) -> np.ndarray:
    """Labels (n, 2) of a set in the order of its positions."""
    position = part["position"].to_numpy()
    if not np.array_equal(np.sort(position), np.arange(len(part))):
        raise ValueError(f"{subset}: its positions are not 0 to {len(part) - 1}, each once; sample the split again")
    labels = np.empty((len(part), len(LABELS)), np.float32)
    labels[position] = part[list(LABELS)].to_numpy(np.float32)
    return labels


def _scatter(manifest, stores, shuffles) -> None:
    """Read every record once, and pass its windows to the sets they belong to."""
    import zarr

    wanted = _by_record(manifest, list(shuffles))
    seen: set[str] = set()
    for path in stores:
        with zarr.storage.ZipStore(path, mode="r") as opened:
            root = zarr.open_group(opened, mode="r")
            names = sorted(root.group_keys())
            if twice := sorted(seen.intersection(names)):
                raise ValueError(f"{path}: record {twice[0]} is in another store too; give records unique names")
            seen.update(names)
            for record in filter(wanted.__contains__, names):
                rows, sets, positions = wanted.pop(record)
                stored = root[record]["ppg"]
                if rows[-1] >= stored.shape[0]:
                    raise ValueError(f"{path}: {record} has no window {rows[-1]}; {_OLDER}")
                for some, ppg in _read(stored, rows):
                    for number, shuffle in enumerate(shuffles.values()):
                        mine = sets[some] == number
                        shuffle.add(positions[some][mine], ppg[mine])
    if wanted:
        raise ValueError(f"no window store holds {', '.join(sorted(wanted)[:3])}; {_OLDER}")


_OLDER = "the manifest is older than the windows; sample the split again"


def _by_record(manifest, subsets) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Of each record the rows that are wanted, in order, with the number of their set and the position in it."""
    record, names = pd.factorize(manifest["record"])
    sets = manifest["subset"].map({subset: k for k, subset in enumerate(subsets)}).fillna(-1).to_numpy(np.int8)
    row, position = manifest["row"].to_numpy(), manifest["position"].to_numpy()
    order = np.lexsort((row, record))
    parts = np.split(order, np.cumsum(np.bincount(record, minlength=len(names)))[:-1])
    return {name: (row[part], sets[part], position[part]) for name, part in zip(names, parts, strict=True)}


def _read(stored, rows) -> Iterator[tuple[slice, np.ndarray]]:
    """Windows of a record at sorted `rows`, in pieces: which of the rows, and their windows."""
    for first in range(0, stored.shape[0], READ_ROWS):
        begin, end = np.searchsorted(rows, (first, first + READ_ROWS))
        if begin < end:
            piece = stored[first : first + READ_ROWS]
            yield slice(begin, end), piece[rows[begin:end] - first]


def write_set(path: str | Path, labels: np.ndarray, blocks: Iterable[np.ndarray], width: int, attributes: dict) -> None:
    """Write windows and labels as one store, whole or not at all; equal windows give equal bytes.

    Parameters
    ----------
    path : path
        Ends in ``.zarr.zip``.
    labels : (n, 2) float32 array
        SBP and DBP in mmHg.
    blocks : iterable of (k, width) float16 arrays
        The windows in their order; all blocks but the last hold a multiple of `SHARD_ROWS`.
    width : int
        Samples of a window.
    attributes : dict
        Kept in the store.
    """
    with whole_file(path) as part, ZarrFile(part, attributes) as opened:
        label_rows = opened.add_array("labels", labels.shape, "float32")
        ppg_rows = opened.add_array("ppg", (len(labels), width), "float16")
        label_rows.append(labels)
        for block in blocks:
            ppg_rows.append(block)
