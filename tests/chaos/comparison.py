"""Whether two runs of a study have the same predictions, indexes, tables and weights."""

import io
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

COMPARED = (".parquet", ".csv", ".md", ".json", ".zarr.zip", ".keras")
OF_THE_RUN = ("run.json", "model_card.md")  # when, where, how long
TIMES = {"history.csv": ["seconds"]}


def differences(undisturbed: Path, disturbed: Path, *, whole: bool) -> tuple[int, list[str]]:
    """Files that were compared, and what differs, a line each.

    Parameters
    ----------
    undisturbed, disturbed : Path
        Folders of results.
    whole : bool
        False: only what the disturbed run has was asked of it.
    """
    expected, found = (_compared(folder) for folder in (undisturbed, disturbed))
    said = [f"{name}: only undisturbed" for name in sorted(expected - found)] if whole else []
    said += [f"{name}: only disturbed" for name in sorted(found - expected)]
    both = sorted(expected & found)
    said += [f"{name}: {why}" for name in both if (why := _difference(undisturbed / name, disturbed / name))]
    said += [f"{path}: left behind" for path in sorted(disturbed.rglob(".*.part*"))]
    said += [f"{path}: left behind" for path in sorted(disturbed.rglob("state.npz"))]
    return len(both), said


def _compared(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.name.endswith(COMPARED) and path.name not in OF_THE_RUN and not path.name.startswith(".")
    }


def _difference(one: Path, other: Path) -> str:
    """What differs between two files of a name; empty: nothing."""
    if one.suffix == ".keras":
        return _of_weights(_weights(one), _weights(other))
    if one.suffix == ".zip":
        return "" if _members(one) == _members(other) else "members differ"
    if one.name in TIMES:
        tables = (pd.read_csv(path).drop(columns=TIMES[one.name]) for path in (one, other))
        return "" if next(tables).equals(next(tables)) else "rows differ"
    return "" if one.read_bytes() == other.read_bytes() else "bytes differ"


def _members(path: Path) -> dict[str, tuple[int, int]]:
    with zipfile.ZipFile(path) as archive:
        return {info.filename: (info.file_size, info.CRC) for info in archive.infolist()}


def _weights(path: Path) -> dict[str, np.ndarray]:
    """Arrays of a network by their place in its file."""
    found = {}
    with zipfile.ZipFile(path) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


def _of_weights(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> str:
    if set(one) != set(other):
        return "other layers"
    changed = [name for name in one if not np.array_equal(one[name], other[name], equal_nan=True)]
    return f"weights differ in {', '.join(changed[:3])}" if changed else ""
