"""Arrays of an npz file: their declared sizes are checked before numpy allocates memory."""

import math
import sys
import zipfile
from pathlib import Path
from typing import BinaryIO

import numpy as np

from cuffless.camera.errors import RppgError
from cuffless.demands import MEMORY_GB, shown_shape, why_refused
from cuffless.errors import fault, shortened
from cuffless.records.faults import reraise_machine_error

_SUFFIX = ".npy"
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_arrays(path: str | Path, memory_gb: float = MEMORY_GB) -> dict[str, np.ndarray]:
    """Arrays of an npz file.

    Parameters
    ----------
    path : str or Path
    memory_gb : float
        Largest memory in GB (10^9 bytes) that the file may need.

    Returns
    -------
    dict
        By name; members that are not arrays are left out.

    Raises
    ------
    RppgError
        If it is damaged or not an npz, or declares more data than it contains or memory holds.
    """
    try:
        # If numpy opens a damaged file itself, it leaves it open.
        with Path(path).open("rb") as file:
            _check_sizes(Path(path), file, memory_gb)
            with np.load(file, allow_pickle=False) as opened:
                found = {name: opened[name] for name in opened.files}
    except RppgError:
        raise
    except Exception as error:  # damaged files raise all kinds of errors
        reraise_machine_error(error)
        why = fault(error)
        raise RppgError(f"{path}: cannot be read as npz ({why}); save or copy it again") from None
    arrays = {name: array for name, array in found.items() if isinstance(array, np.ndarray)}
    if odd := [name for name, array in arrays.items() if not _is_decodable(array)]:
        raise RppgError(f"{path}: {shortened(odd[0], 40)} has invalid characters; save or copy it again")
    return arrays


def _is_decodable(array: np.ndarray) -> bool:
    """Whether an array is not text, or is text that Python can decode."""
    if array.dtype.kind != "U" or not array.nbytes:
        return True
    return bool(array.ravel().view(np.dtype("u4").newbyteorder(array.dtype.byteorder)).max() <= sys.maxunicode)


def _check_sizes(path: Path, file: BinaryIO, memory_gb: float) -> None:
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        size = sum(member.file_size for member in members)
        announced = f"arrays of {size:,} bytes, unpacked"
        if reason := why_refused(path, announced, size, memory_gb, path.stat().st_size, "--memory-gb"):
            raise RppgError(reason)
        for member in members:
            if not member.filename.endswith(_SUFFIX):
                continue
            with archive.open(member) as array:
                shape, _, dtype = _HEADERS[np.lib.format.read_magic(array)](array)
            if math.prod(shape) * dtype.itemsize > member.file_size:
                name = shortened(member.filename.removesuffix(_SUFFIX), 40)
                raise RppgError(
                    f"{path}: announces {name} of {shown_shape(shape)} numbers, which its {member.file_size:,} bytes "
                    "cannot hold; save or copy it again"
                )
    file.seek(0)
