"""The UCI data set "Cuff-Less Blood Pressure Estimation" and its copy on Kaggle."""

import hashlib
import math
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

from cuffless.config import RecordOptions
from cuffless.demands import MEMORY_GB
from cuffless.errors import fault, some_of
from cuffless.records.demands import check_dataset, check_listed
from cuffless.records.faults import pass_on
from cuffless.records.folders import FileState, file_state
from cuffless.records.formats.containers import container_files, hdf5, holds_references
from cuffless.records.formats.matlab import check_old_matlab
from cuffless.records.record import Channel, Record, RecordError, Segment
from cuffless.records.source import Entry, Source, split_path

FS = 125.0
CHANNELS = ("PPG", "ABP", "ECG")
_BLOCK = 1 << 20
_REMEDY = "see docs/own_source.md for the layout expected"


class KachueeFiles(Source):
    """MATLAB files with one cell array of matrices, each of three signals: PPG, ABP in mmHg, ECG, at 125 Hz.

    UCI's ``Part_1.mat`` to ``Part_4.mat`` are of version 7.3 and read piece by piece. Older MATLAB files (copies of
    the data set have been saved so) can only be read whole: one is kept in memory at a time.

    Notes
    -----
    Kachuee et al. (2015), UCI 340, from MIMIC-II. It names no patients, so each cell stands for its subject
    (identity "record"); neighbouring cells are probably of one patient, and a non-mixed split may part them.
    """

    def find(self, options: RecordOptions, shard: int | None = None) -> Iterator[Entry]:
        """One entry a cell, ``<file>#<number>`` from 0001 as MATLAB counts; one for a file that cannot be read."""
        for file, name in container_files(options, (".mat",)).items():
            try:
                n = _cells(file_state(file), options.memory_gb)[1]
            except Exception as error:  # damaged files raise more than can be foreseen
                pass_on(error)
                yield Entry(str(file), name)  # opening it tells why
                continue
            for number in range(1, n + 1):
                yield Entry(f"{file}#{number:04d}", f"{name}_{number:04d}")

    def parts(self, file: Path, memory_gb: float = MEMORY_GB) -> list[str]:
        """Numbers of a file's cells."""
        return [f"{number:04d}" for number in range(1, _cells(file_state(file), memory_gb)[1] + 1)]

    def open(self, path: str, options: RecordOptions, *, need_abp: bool = True) -> Record:
        """Open one cell; of a file of version 7.3 only shapes are read."""
        file, number = split_path(path)
        state = file_state(file)
        variable, n = _cells(state, options.memory_gb)
        if not (number.isdecimal() and 1 <= int(number) <= n):
            raise RecordError(f"{path}: name a cell of {variable} after #, 0001 to {n:04d}")
        name = f"{file.stem}_{number}"
        shape = _cell_shape(state, variable, int(number), options.memory_gb)
        length, rows = _layout(f"{name} ({file}, cell {int(number)})", shape)

        def channel(index: int) -> Channel:
            return Channel(FS, length, lambda a, b: _read(state, variable, int(number), index, slice(a, b), rows))

        segment = Segment(name, 0.0, options.fs, channel(0), channel(1) if need_abp else None)
        seconds = length / FS
        size = length * len(CHANNELS) * 8
        return Record(name, str(path), FS, CHANNELS, seconds, (segment,), files=(str(file),), size=size)

    def digest(self, record: Record, options: RecordOptions) -> str:
        """SHA-256 over the cell's PPG and pressure as numbers: thousands of cells share a file."""
        digest = hashlib.sha256()
        for segment in record.segments:
            for channel in filter(None, (segment.ppg, segment.abp)):
                for start in range(0, channel.n_samples, _BLOCK):
                    stop = min(start + _BLOCK, channel.n_samples)
                    digest.update(np.ascontiguousarray(channel.read(start, stop), "<f8"))
        return digest.hexdigest()


@lru_cache(maxsize=64)
def _cells(state: FileState, memory_gb: float) -> tuple[str, int]:
    """Name and length of a file's cell array."""
    import h5py

    path = state[0]
    if h5py.is_hdf5(path):
        with hdf5(path) as file:
            found = {name: math.prod(file[name].shape) for name in file if holds_references(file[name])}
    else:
        import scipy.io

        check_old_matlab(path, memory_gb)
        try:
            kinds = scipy.io.whosmat(path, appendmat=False)
        except Exception as error:  # its parser raises whatever it stumbles over
            pass_on(error)
            why = fault(error)
            raise RecordError(f"{path}: is no MATLAB file ({why}); fetch it anew, or take it out") from None
        found = {name: math.prod(map(int, shape)) for name, shape, kind in kinds if kind == "cell"}
    if len(found) != 1:
        what = f"several cell arrays ({some_of(found)})" if found else "no cell array"
        raise RecordError(f"{path}: holds {what}, not one of recordings; {_REMEDY}")
    ((variable, n),) = found.items()
    check_listed(path, n, memory_gb)
    return variable, n


def _cell_shape(state: FileState, variable: str, number: int, memory_gb: float) -> tuple[int, ...]:
    if old := _old_cells(state, variable):
        return _numeric_shape(old[number - 1])
    with hdf5(state[0]) as file:
        cell = _hdf5_cell(file, variable, number)
        # MATLAB stores an empty matrix as its two dimensions and says so in an attribute.
        if cell is None or "MATLAB_empty" in cell.attrs:
            return (0,)
        shape = _numeric_shape(cell)
        if shape:
            check_dataset(state[0], cell, memory_gb, rows=1)
        return shape


def _numeric_shape(cell) -> tuple[int, ...]:
    return tuple(cell.shape) if cell.dtype.kind in "fiu" else ()


def _layout(what: str, shape: tuple[int, ...]) -> tuple[int, bool]:
    """Length of a cell's signals, and whether each is a row."""
    if 0 in shape:
        raise RecordError(f"{what}: the cell is empty; leave it out by records.exclude")
    if len(shape) != 2 or len(CHANNELS) not in shape:
        shown = " x ".join(map(str, shape)) or "no numbers"
        raise RecordError(
            f"{what}: the cell is {shown}, not {len(CHANNELS)} signals ({', '.join(CHANNELS)}); {_REMEDY}"
        )
    rows = shape[1] != len(CHANNELS)
    return shape[1 if rows else 0], rows


def _read(state: FileState, variable: str, number: int, signal: int, part: slice, rows: bool) -> np.ndarray:
    wanted = (signal, part) if rows else (part, signal)
    if old := _old_cells(state, variable):
        return np.asarray(old[number - 1][wanted], float)
    with hdf5(state[0]) as file:
        return np.asarray(_hdf5_cell(file, variable, number)[wanted], float)


def _hdf5_cell(file, variable: str, number: int):
    cells = file[variable]
    reference = cells[np.unravel_index(number - 1, cells.shape)]
    return file[reference] if reference else None


def _old_cells(state: FileState, variable: str) -> list[np.ndarray] | None:
    """Cells of a MATLAB file older than version 7.3; None for one that is HDF5."""
    import h5py

    return None if h5py.is_hdf5(state[0]) else _load_old(state, variable)


@lru_cache(maxsize=1)
def _load_old(state: FileState, variable: str) -> list[np.ndarray]:
    import scipy.io

    try:
        return list(scipy.io.loadmat(state[0], appendmat=False, variable_names=[variable])[variable].ravel(order="F"))
    except Exception as error:  # its parser raises whatever it stumbles over
        pass_on(error)
        why = fault(error)
        raise RecordError(f"{Path(state[0])}: cannot be read as MATLAB file ({why}); fetch it anew") from None
