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
from cuffless.records.faults import reraise_machine_error
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
    """MATLAB files with one cell array of matrices, each with three signals at 125 Hz: PPG, ABP in mmHg, ECG.

    UCI's ``Part_1.mat`` to ``Part_4.mat`` are version 7.3 and read in chunks. Older MATLAB files (as in some copies of
    the data set) can only be read whole: one is kept in memory at a time.

    Notes
    -----
    Kachuee et al. (2015), UCI 340, from MIMIC-II. It names no patients, so each cell counts as a subject
    (identity "record"); neighbouring cells are probably from one patient, and a non-mixed split may separate them.
    """

    def find(self, options: RecordOptions, shard: int | None = None) -> Iterator[Entry]:
        """One entry per cell, ``<file>#<number>`` from 0001 as in MATLAB; one per file that cannot be read."""
        for file, name in container_files(options, (".mat",)).items():
            try:
                n = _cells(file_state(file), options.memory_gb)[1]
            except Exception as error:  # damaged files raise many kinds of errors
                reraise_machine_error(error)
                yield Entry(str(file), name)  # opening it raises the reason
                continue
            for number in range(1, n + 1):
                yield Entry(f"{file}#{number:04d}", f"{name}_{number:04d}")

    def parts(self, file: Path, memory_gb: float = MEMORY_GB) -> list[str]:
        """Numbers of a file's cells."""
        return [f"{number:04d}" for number in range(1, _cells(file_state(file), memory_gb)[1] + 1)]

    def open(self, path: str, options: RecordOptions, *, need_abp: bool = True) -> Record:
        """Open one cell; from a file of version 7.3 only shapes are read."""
        file, number = split_path(path)
        state = file_state(file)
        variable, n = _cells(state, options.memory_gb)
        if not (number.isdecimal() and 1 <= int(number) <= n):
            raise RecordError(f"{path}: no such cell in {variable}; give its number after #, 0001 to {n:04d}")
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
        """SHA-256 of the cell's PPG and pressure values, because thousands of cells share a file."""
        digest = hashlib.sha256()
        for segment in record.segments:
            for channel in filter(None, (segment.ppg, segment.abp)):
                for start in range(0, channel.n_samples, _BLOCK):
                    stop = min(start + _BLOCK, channel.n_samples)
                    digest.update(np.ascontiguousarray(channel.read(start, stop), "<f8").data)
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
        except Exception as error:  # the parser raises many kinds of errors
            reraise_machine_error(error)
            why = fault(error)
            raise RecordError(f"{path}: not a MATLAB file ({why}); fetch it again, or move it elsewhere") from None
        found = {name: math.prod(map(int, shape)) for name, shape, kind in kinds if kind == "cell"}
    if len(found) != 1:
        what = f"several cell arrays ({some_of(found)})" if found else "no cell array"
        raise RecordError(f"{path}: {what} instead of one with recordings; {_REMEDY}")
    ((variable, n),) = found.items()
    check_listed(path, n, memory_gb)
    return variable, n


def _cell_shape(state: FileState, variable: str, number: int, memory_gb: float) -> tuple[int, ...]:
    if old := _old_cells(state, variable):
        return _numeric_shape(old[number - 1])
    with hdf5(state[0]) as file:
        cell = _hdf5_cell(file, variable, number)
        # MATLAB stores an empty matrix as its two dimensions and marks it with an attribute.
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
        raise RecordError(f"{what}: the cell is empty; exclude it with records.exclude")
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
    except Exception as error:  # the parser raises many kinds of errors
        reraise_machine_error(error)
        why = fault(error)
        raise RecordError(f"{Path(state[0])}: not a readable MATLAB file ({why}); fetch it again") from None
