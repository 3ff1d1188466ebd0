"""Writing the windows of each set in their shuffled order, so that training reads them in one sweep."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from cuffless.files import whole_file
from cuffless.windows import create_array
from cuffless.windows.store import SHARD_ROWS

LABELS = ("sbp", "dbp")


def materialize(manifest: pd.DataFrame, stores: list[str], outputs: Mapping[str, str]) -> None:
    """Copy each set's windows into one store, in the order of the manifest's ``position``.

    Each record is read once. Windows go through a file on disk beside the output, so that memory holds one record and
    one shard at a time, whatever the size of the split.

    Parameters
    ----------
    manifest : DataFrame
        Columns subset, position, record, row, sbp, dbp.
    stores : list of path
        Window stores of all shards.
    outputs : mapping
        Path of the store to write (``.zarr.zip``) for each subset: root group with ``ppg`` (n, samples) float16 and
        ``labels`` (n, 2) float32, SBP and DBP in mmHg.

    Raises
    ------
    ValueError
        If a record of the manifest stands in none of the stores.
    """
    sizes = {subset: int((manifest["subset"] == subset).sum()) for subset in outputs}
    width, windows = _common_windowing(stores)
    folder = Path(next(iter(outputs.values()))).parent
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob(".shuffle*"):  # left by a killed job
        shutil.rmtree(stale, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".shuffle") as spill:
        shuffled = {
            subset: np.memmap(Path(spill) / subset, np.float16, "w+", shape=(max(n, 1), width))
            for subset, n in sizes.items()
        }
        _scatter(manifest, stores, shuffled)
        for subset, path in outputs.items():
            part = manifest[manifest["subset"] == subset].sort_values("position")
            labels = part[list(LABELS)].to_numpy(np.float32)
            _write(path, shuffled[subset], labels, {"subset": subset, "windows": windows})


def _common_windowing(stores):
    import zarr

    found = {}
    for path in stores:
        with zarr.storage.ZipStore(path, mode="r") as opened:
            windows = zarr.open_group(opened, mode="r").attrs["windows"]
        found[repr(sorted(windows.items()))] = windows
    (windows,) = found.values()
    return windows["length"] * windows["samples_per_beat"], windows


def _scatter(manifest, stores, shuffled) -> None:
    import zarr

    by_record = dict(list(manifest.groupby("record", sort=False)))
    seen: set[str] = set()
    for path in stores:
        with zarr.storage.ZipStore(path, mode="r") as opened:
            root = zarr.open_group(opened, mode="r")
            names = set(root.group_keys())
            if twice := sorted(names & seen):
                raise ValueError(f"{path}: record {twice[0]} stands in another store too; give records unique names")
            seen |= names
            for record in [name for name in names if name in by_record]:
                wanted = by_record.pop(record)
                ppg = root[record]["ppg"][:]
                for subset, part in wanted.groupby("subset", sort=False):
                    shuffled[subset][part["position"].to_numpy()] = ppg[part["row"].to_numpy()]
    if by_record:
        missing = ", ".join(sorted(by_record)[:3])
        raise ValueError(f"no window store holds {missing}; the manifest is older than the windows: draw it anew")


def _write(path, ppg, labels, attributes) -> None:
    import zarr

    with whole_file(path) as part, zarr.storage.ZipStore(part, mode="w") as opened:
        root = zarr.create_group(opened, attributes=attributes)
        create_array(root, "labels", labels.shape, "float32", labels.shape[1])[:] = labels
        stored = create_array(root, "ppg", (len(labels), ppg.shape[1]), "float16", ppg.shape[1])
        for first in range(0, len(labels), SHARD_ROWS):
            rows = slice(first, min(first + SHARD_ROWS, len(labels)))
            stored[rows] = ppg[rows]
