"""MATLAB files older than version 7.3: what they announce, compared with what they hold."""

import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

from cuffless.demands import shown_count, shown_shape
from cuffless.files import GB
from cuffless.records.demands import check_demand
from cuffless.records.record import RecordError

_HEAD = 128  # bytes before the first element
_INT32, _UINT32, _MATRIX, _COMPRESSED = 5, 6, 14, 15
_KINDS = {*range(1, 8), 9, 12, 13, _MATRIX, 16, 17, 18}  # of elements; MATLAB knows no others
_CLASSES = range(1, 18)  # of arrays
_PIECE = 1 << 20
_DEEPEST = 32
_AGAIN = "fetch it anew"
_HARMLESS = 1 << 24  # bytes, or elements, that damage may announce without doing any harm


def check_old_matlab(path: str | Path, memory_gb: float) -> None:
    """Refuse a file whose elements are longer, unpacked, than memory may hold, announce more than they hold, or are
    of no kind that there is, by which SciPy's reader would look beyond the end of its tables.

    What else is wrong with it is left for its reader to find.

    Parameters
    ----------
    path : str or Path
        MATLAB 5 to 7.2; any other file passes.
    memory_gb : float
        As for `check_demand`.

    Raises
    ------
    RecordError

    Notes
    -----
    MATLAB's "MAT-File Level 5": elements of 8 bytes (kind, length) and data; a matrix is an element of elements, of
    which the second are its dimensions. Files are packed element by element.
    """
    with open(path, "rb") as file:
        order = {b"IM": "<", b"MI": ">"}.get(file.read(_HEAD)[126:])
        if order is None:
            return
        taken = 0
        while len(tag := file.read(8)) == 8:
            kind, size = struct.unpack(f"{order}II", tag)
            end = file.tell() + size
            stream = _Unpacked(path, file, size, taken, memory_gb, packed=kind == _COMPRESSED)
            try:
                _walk(stream, order, size if kind == _MATRIX else None)
            except _ShortError as short:
                if short.announced > _HARMLESS:
                    raise RecordError(
                        f"{path}: announces {shown_count(short.announced)} bytes or elements where fewer are; {_AGAIN}"
                    ) from None
                return
            taken = stream.taken
            file.seek(end)


class _ShortError(Exception):
    """Less is there than announced."""

    def __init__(self, announced: int):
        self.announced = announced


class _Unpacked:
    """The bytes of an element, unpacked piece by piece; `taken` counts them on from those of the elements before."""

    def __init__(self, path, file: BinaryIO, size: int, taken: int, memory_gb: float, *, packed: bool):
        self.taken = taken
        self.path, self._file, self._left, self._memory_gb = path, file, size, memory_gb
        self._packed = zlib.decompressobj() if packed else None
        self._held = b""

    def read(self, n: int) -> bytes:
        """So many bytes (few), or as many as there are."""
        while len(self._held) < n and (piece := self._next()):
            self._held += piece
        found, self._held = self._held[:n], self._held[n:]
        return found

    def skip(self, n: int) -> bool:
        """Pass over bytes; whether they were there."""
        while len(self._held) < n:
            n -= len(self._held)
            self._held = self._next()
            if not self._held:
                return not n
        self._held = self._held[n:]
        return True

    def _next(self) -> bytes:
        if self._packed is None:
            piece = self._file.read(min(_PIECE, self._left))
            self._left -= len(piece)
        else:
            piece = b""
            while not piece and not self._packed.eof:
                raw = self._packed.unconsumed_tail or self._file.read(min(_PIECE, self._left))
                if not raw:
                    break
                self._left -= 0 if self._packed.unconsumed_tail else len(raw)
                try:
                    piece = self._packed.decompress(raw, _PIECE)
                except zlib.error:  # its reader says so
                    break
        self.taken += len(piece)
        if self.taken > self._memory_gb * GB:
            check_demand(self.path, f"{shown_count(self.taken)} bytes or more, unpacked", self.taken, self._memory_gb)
        return piece


def _walk(stream: _Unpacked, order: str, size: int | None, depth: int = 0) -> None:
    """Go through the elements of a matrix of so many bytes; None: its own tag comes first."""
    if size is None:
        kind, size = _tag(stream, order, 0)
        if kind != _MATRIX:
            stream.skip(size)
            return
    if depth > _DEEPEST:
        raise RecordError(f"{stream.path}: its cells lie in one another, more than {_DEEPEST} deep; {_AGAIN}")
    left, number = size, 0
    while left > 0:
        kind, held = _tag(stream, order, left)
        if kind & 0xFFFF not in _KINDS:
            raise RecordError(f"{stream.path}: holds an element of kind {kind}, which is none of MATLAB's; {_AGAIN}")
        if kind >> 16:  # its data stand in the tag
            left, number = left - 8, number + 1
            continue
        if held > left - 8:
            raise _ShortError(held)
        if kind == _MATRIX:
            _walk(stream, order, held, depth + 1)
        elif number == 0 and kind == _UINT32 and held == 8:
            flags, _ = struct.unpack(f"{order}II", stream.read(8).ljust(8))
            if flags & 0xFF not in _CLASSES:
                raise RecordError(
                    f"{stream.path}: holds an array of class {flags & 0xFF}, which is none of MATLAB's; {_AGAIN}"
                )
        elif number == 1 and kind == _INT32 and held <= 1024:
            dimensions = struct.unpack(f"{order}{held // 4}i", stream.read(held)[: held // 4 * 4].ljust(held // 4 * 4))
            elements = math.prod(max(one, 0) for one in dimensions)
            if elements > max(left, _HARMLESS):
                raise RecordError(
                    f"{stream.path}: announces {shown_shape(dimensions)} elements in {left:,} bytes; {_AGAIN}"
                )
            stream.skip(-held % 8)
        elif not stream.skip(held + (-held % 8)) and held > _HARMLESS:
            raise _ShortError(held)
        left, number = left - 8 - held - (-held % 8), number + 1


def _tag(stream: _Unpacked, order: str, announced: int) -> tuple[int, int]:
    """Kind and length of an element, of which so many bytes are said to follow."""
    tag = stream.read(8)
    if len(tag) < 8:
        raise _ShortError(announced)
    return struct.unpack(f"{order}II", tag)
