"""Check of MATLAB files older than version 7.3: declared sizes against actual content."""

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
_KINDS = {*range(1, 8), 9, 12, 13, _MATRIX, 16, 17, 18}  # all kinds of elements in MATLAB
_CLASSES = range(1, 18)  # all array classes
_PIECE = 1 << 20
_DEEPEST = 32
_AGAIN = "fetch it again"
_HARMLESS = 1 << 24  # bytes or elements that a damaged file may declare without harm


def check_old_matlab(path: str | Path, memory_gb: float) -> None:
    """Reject a file with elements that exceed memory when unpacked, declare more data than they hold, or have an
    unknown kind, for which SciPy's reader would read beyond its tables.

    Other faults are left to the reader.

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
    MATLAB's "MAT-File Level 5": an element is 8 bytes (kind, length) and data; a matrix is an element of elements, the
    second being its dimensions. Each element of a file is compressed separately.
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
                _check_elements(stream, order, size if kind == _MATRIX else None)
            except _ShortError as short:
                if short.declared > _HARMLESS:
                    raise RecordError(
                        f"{path}: declares {shown_count(short.declared)} bytes or elements but holds fewer; {_AGAIN}"
                    ) from None
                return
            taken = stream.taken
            file.seek(end)


class _ShortError(Exception):
    """There is less data than declared."""

    def __init__(self, declared: int):
        self.declared = declared


class _Unpacked:
    """The bytes of an element, unpacked in pieces; `taken` includes those of the elements before."""

    def __init__(self, path, file: BinaryIO, size: int, taken: int, memory_gb: float, *, packed: bool):
        self.taken = taken
        self.path, self._file, self._left, self._memory_gb = path, file, size, memory_gb
        self._packed = zlib.decompressobj() if packed else None
        self._held = b""

    def read(self, n: int) -> bytes:
        """Read `n` bytes (a small number), or as many as there are."""
        while len(self._held) < n and (piece := self._next()):
            self._held += piece
        found, self._held = self._held[:n], self._held[n:]
        return found

    def skip(self, n: int) -> bool:
        """Skip bytes; False if there were fewer."""
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
                except zlib.error:  # the reader reports it
                    break
        self.taken += len(piece)
        if self.taken > self._memory_gb * GB:
            check_demand(self.path, f"{shown_count(self.taken)} bytes or more, unpacked", self.taken, self._memory_gb)
        return piece


def _check_elements(stream: _Unpacked, order: str, size: int | None, depth: int = 0) -> None:
    """Check the elements of a matrix of `size` bytes; None: its own tag comes first."""
    if size is None:
        kind, size = _read_tag(stream, order, 0)
        if kind != _MATRIX:
            stream.skip(size)
            return
    if depth > _DEEPEST:
        raise RecordError(f"{stream.path}: cells are nested more than {_DEEPEST} deep; {_AGAIN}")
    left, number = size, 0
    while left > 0:
        kind, held = _read_tag(stream, order, left)
        if kind & 0xFFFF not in _KINDS:
            raise RecordError(f"{stream.path}: unknown kind of MATLAB element, {kind}; {_AGAIN}")
        if kind >> 16:  # its data are in the tag
            left, number = left - 8, number + 1
            continue
        if held > left - 8:
            raise _ShortError(held)
        if kind == _MATRIX:
            _check_elements(stream, order, held, depth + 1)
        elif number == 0 and kind == _UINT32 and held == 8:
            flags, _ = struct.unpack(f"{order}II", stream.read(8).ljust(8))
            if flags & 0xFF not in _CLASSES:
                raise RecordError(f"{stream.path}: unknown class of MATLAB array, {flags & 0xFF}; {_AGAIN}")
        elif number == 1 and kind == _INT32 and held <= 1024:
            dimensions = struct.unpack(f"{order}{held // 4}i", stream.read(held)[: held // 4 * 4].ljust(held // 4 * 4))
            elements = math.prod(max(one, 0) for one in dimensions)
            if elements > max(left, _HARMLESS):
                raise RecordError(
                    f"{stream.path}: declares {shown_shape(dimensions)} elements in {left:,} bytes; {_AGAIN}"
                )
            stream.skip(-held % 8)
        elif not stream.skip(held + (-held % 8)) and held > _HARMLESS:
            raise _ShortError(held)
        left, number = left - 8 - held - (-held % 8), number + 1


def _read_tag(stream: _Unpacked, order: str, declared: int) -> tuple[int, int]:
    """Kind and length of an element; `declared` is the number of bytes that should follow."""
    tag = stream.read(8)
    if len(tag) < 8:
        raise _ShortError(declared)
    return struct.unpack(f"{order}II", tag)
