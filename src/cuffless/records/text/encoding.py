"""Text files in any encoding, compressed or not."""

import codecs
import gzip
import io
import re
import zlib
from pathlib import Path
from typing import BinaryIO, TextIO

from cuffless.demands import MEMORY_GB
from cuffless.errors import fault
from cuffless.files import GB
from cuffless.records.demands import check_demand
from cuffless.records.faults import reraise_machine_error
from cuffless.records.record import FETCH_AGAIN, RecordError
from cuffless.records.text.cells import replace_error_marks

SUFFIXES = tuple(f"{kind}{packed}" for kind in (".csv", ".txt", ".tsv", ".dat") for packed in ("", ".gz"))
"""Suffixes of text files, in lower case."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # starts like UTF-16's, so it is checked first
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LOOKED_AT = 1 << 16
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MOST_LINES, _LONGEST = 400, 1 << 16
_PIECE, _LOOK_AGAIN = 1 << 16, 1 << 24


def is_text(path: str | Path) -> bool:
    """Whether a path is a text file; a ``.dat`` is, unless it holds the signals of a WFDB record."""
    path = Path(path)
    name = path.name.lower()
    if not name.endswith(SUFFIXES):
        return False
    if not name.endswith((".dat", ".dat.gz")):
        return True
    stem = path.name.split(".")[0]
    if path.with_name(f"{stem}.hea").is_file() or path.with_suffix(".hea").is_file():
        return False
    try:
        return path.is_file() and encoding_of(path) is not None
    except RecordError:
        return False


def encoding_of(path: Path) -> str | None:
    """Encoding of a file, from its byte order mark or its first bytes; None if it is not text.

    Raises
    ------
    RecordError
        If it cannot be read.
    """
    try:
        with open_bytes(path) as file:
            start = file.read(_LOOKED_AT)
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, error) from None
    marked = next((encoding for mark, encoding in _BOMS if start.startswith(mark)), None)
    if marked:
        return marked
    if b"\0" in start[:400]:  # UTF-16 without a mark: every other byte of plain text is zero
        even, odd = start[0:400:2].count(0), start[1:400:2].count(0)
        wide = "utf-16-be" if even > odd else "utf-16-le"
        return wide if max(even, odd) > 0.8 * len(start[:400]) / 2 and not min(even, odd) else None
    for encoding in ("utf-8", "cp1252"):
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(start)
        except UnicodeDecodeError:
            continue
        return None if _CONTROLS.search(text) else encoding
    return None


def open_text(path: Path, memory_gb: float = MEMORY_GB) -> TextIO:
    """Open a file for reading as text in its encoding; gzip is recognized by its first bytes.

    Parameters
    ----------
    path : Path
    memory_gb : float
        Most text that may be read, as for `check_demand`.

    Raises
    ------
    RecordError
        If it cannot be read or is not text. Reading raises it when a compressed file exceeds the limit.
    """
    encoding = encoding_of(path)
    if encoding is None:
        raise RecordError(f"{path.name}: not a text file; export the recording as CSV")
    return io.TextIOWrapper(open_bytes(path, memory_gb), encoding=encoding, errors="replace", newline=None)


def first_lines(path: Path, most: int = _MOST_LINES, memory_gb: float = MEMORY_GB) -> list[str]:
    """The first lines of a text file without line ends; lines are cut after 64 K characters.

    Raises
    ------
    RecordError
        If it cannot be read or is not text.
    """
    lines: list[str] = []
    try:
        with open_text(path, memory_gb) as file:
            while len(lines) < most and (line := file.readline(_LONGEST)):
                lines.append(replace_error_marks(line.rstrip("\n")))
                while line and not line.endswith("\n"):
                    line = file.readline(_LONGEST)
    except (OSError, EOFError, zlib.error, UnicodeError) as error:
        raise unreadable(path, error) from None
    return lines


def unreadable(path: Path, error: Exception) -> RecordError:
    """One-line error for a file that cannot be read; an error that concerns the machine is re-raised."""
    reraise_machine_error(error)
    reason = getattr(error, "strerror", None) or fault(error)
    damaged = isinstance(error, EOFError | zlib.error | gzip.BadGzipFile)
    hint = f"; {FETCH_AGAIN}" if damaged else ""
    return RecordError(f"{path}: cannot be read ({reason}){hint}")


def open_bytes(path: Path, memory_gb: float = MEMORY_GB) -> BinaryIO:
    """The bytes of a text file, decompressed as they are read; raises the same errors as `open_text`."""
    with open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    if not packed:
        check_demand(path, f"{(size := path.stat().st_size):,} bytes of text", size, memory_gb)
        return open(path, "rb")
    return io.BufferedReader(_Unpacked(path, memory_gb), _PIECE)


class _Unpacked(io.RawIOBase):
    """The bytes of a gzip file, counted while reading because the total is unknown in advance."""

    def __init__(self, path: Path, memory_gb: float):
        self._path, self._memory_gb = path, memory_gb
        self._file = gzip.GzipFile(path, "rb")
        self._read = 0
        self._next = 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        taken = self._file.readinto(buffer)
        self._read += taken
        if self._read > self._next:
            check_demand(self._path, f"{self._read:,} bytes of text or more, unpacked", self._read, self._memory_gb)
            self._next = min(self._read + _LOOK_AGAIN, self._memory_gb * GB)
        return taken

    def close(self) -> None:
        self._file.close()
        super().close()
