"""Files with many recordings: finding them, and reading HDF5, which MATLAB v7.3 also writes."""

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from cuffless.config import RecordOptions
from cuffless.demands import shown_count
from cuffless.errors import fault
from cuffless.records.faults import reraise_machine_error
from cuffless.records.folders import existing_folder, files_in
from cuffless.records.record import RecordError

_LONGEST_TEXT = 100_000  # characters


def container_files(options: RecordOptions, endings: tuple[str, ...]) -> dict[Path, str]:
    """Files with given suffixes below the folder of the recordings, each with a unique name.

    Parameters
    ----------
    options : RecordOptions
        ``path`` is the folder, searched recursively; hidden files are left out.
    endings : tuple of str
        Suffixes in lower case, as in ``(".mat",)``.

    Returns
    -------
    dict
        Name by file, sorted by path: the file's stem, or as much of its path as makes it unique.

    Raises
    ------
    RecordError
        If the folder does not exist.
    """
    folder = existing_folder(options)
    files = files_in(options, lambda name: name.lower().endswith(endings))
    names = {file: file.stem for file in files}
    for ending in (False, True):
        often = Counter(names.values())
        for file in files:
            if often[names[file]] > 1:
                inside = file.relative_to(folder)
                names[file] = "_".join((inside if ending else inside.with_suffix("")).parts)
    return names


@contextmanager
def hdf5(path: str | Path) -> Iterator:
    """Open an HDF5 file for reading.

    Raises
    ------
    RecordError
        If it cannot be opened, or data read from it in the context are damaged.
    """
    import h5py

    try:
        with h5py.File(path, "r", locking=False) as file:  # network file systems refuse locks, and nothing writes to it
            yield file
    except RecordError:
        raise
    except Exception as error:  # h5py raises many kinds of errors for damaged files
        reraise_machine_error(error)
        raise RecordError(f"{path}: not a readable HDF5 file ({fault(error)}); fetch it again") from None


def holds_references(dataset) -> bool:
    """Whether an HDF5 dataset holds references to others: MATLAB's cells and arrays of structures."""
    import h5py

    return isinstance(dataset, h5py.Dataset) and h5py.check_ref_dtype(dataset.dtype) is h5py.Reference


def read_strings(file, dataset) -> list[str]:
    """Strings of a MATLAB cell array, each stored as its own dataset of UTF-16 units."""
    import h5py

    found = []
    for reference in dataset[()].ravel():
        if not reference:
            found.append("")
            continue
        # Low-level calls take half the time of h5py's objects: a file may hold a million strings.
        stored = h5py.h5r.dereference(reference, file.id)
        if stored.dtype.itemsize > 4:  # not characters, but the dimensions of an empty value
            found.append("")
            continue
        if math.prod(stored.shape) > _LONGEST_TEXT:
            raise RecordError(
                f"{file.filename}: a name has {shown_count(math.prod(stored.shape))} characters; fetch it again"
            )
        units = np.empty(stored.shape, stored.dtype)
        stored.read(h5py.h5s.ALL, h5py.h5s.ALL, units)
        found.append(decode_string(units))
    return found


def decode_string(units: np.ndarray) -> str:
    """A MATLAB string from its UTF-16 units."""
    return units.astype("<u2").tobytes().decode("utf-16-le", "replace").strip("\0 ")
