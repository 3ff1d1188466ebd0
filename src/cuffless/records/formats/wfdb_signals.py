"""Samples of WFDB signal files as signal(5) of the WFDB library describes them, any stretch of frames by itself.

The package wfdb parses the header again for every stretch, which it misreads where numbers have exponents, and begins a
file of differences at its initial value wherever a stretch begins.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from cuffless.errors import fault
from cuffless.records.faults import pass_on
from cuffless.records.formats.wfdb_headers import Header
from cuffless.records.record import FETCH_AGAIN, RecordError

# Type in the file, and what is taken off a sample in offset binary.
_ALIGNED = {
    "8": ("i1", 0),
    "16": ("<i2", 0),
    "32": ("<i4", 0),
    "61": (">i2", 0),
    "80": ("u1", 1 << 7),
    "160": ("<u2", 1 << 15),
}
# Bytes of a block that hold no sample, its first, its first two and so on.
_BLOCKS = {"24": (0, 3), "212": (0, 2, 3), "310": (0, 2, 4, 4), "311": (0, 2, 3, 4)}
_BITS = {"16": 16, "24": 24, "32": 32, "61": 16, "80": 8, "160": 16, "212": 12, "310": 10, "311": 10}
_FLAC_BITS = {"508": 8, "516": 16, "524": 24}
_FLAC_UNUSED = {"PCM_S8": 24, "PCM_16": 16, "PCM_24": 8}  # low bits of 32 in which a sample is read
_FLAC_BYTES = 0.6  # a sample, over seven files of pressure and PPG as MIMIC-IV stores them
_PIECE = 1 << 20  # frames that are read at once on the way to a later stretch

FORMATS = (*_ALIGNED, *_BLOCKS, *_FLAC_BITS)
Reader = Callable[[int, int], np.ndarray]


def expected_bytes(header: Header, index: int) -> float:
    """Bytes of the file that holds a signal; an estimate where it is compressed."""
    beside = header.beside(index)
    samples = header.length * sum(signal.per_frame for signal in beside)
    if beside[0].format not in (*_ALIGNED, *_BLOCKS):
        return samples * _FLAC_BYTES
    return beside[0].offset + _bytes(beside[0].format, samples)


def is_compressed(stored: str) -> bool:
    """Whether a format's files have a length that says nothing of their samples."""
    return stored in _FLAC_BITS


def stored_frames(file: Path, header: Header, index: int) -> int:
    """Frames that a signal file holds, by its size; by its own head if it is compressed.

    Raises
    ------
    RecordError
        If it is compressed, and cannot be read.
    """
    beside = header.beside(index)
    held = _BLOCKS.get(beside[0].format) or (0, _bytes(beside[0].format, 1))
    if is_compressed(beside[0].format):
        with _flac(file, len(beside)) as opened:
            return max(opened.frames - beside[0].offset, 0) // beside[0].per_frame
    blocks, rest = divmod(max(file.stat().st_size - beside[0].offset, 0), held[-1])
    # A last block of three samples may hold two, which its bytes do not tell.
    samples = blocks * (len(held) - 1) + max(k for k, size in enumerate(held) if size <= rest)
    return samples // sum(signal.per_frame for signal in beside)


def signal_reader(file: Path, header: Header, index: int) -> Reader:
    """Reads stretches of one signal.

    Parameters
    ----------
    file : Path
        Its signal file.
    header : Header
        Whose length is known.
    index : int
        The signal's place in the header.

    Returns
    -------
    callable
        ``read(start, stop)`` gives samples `start` to `stop` in physical units, NaN where the file marks them as
        invalid and where a skew asks for frames behind its end. It raises RecordError if the file cannot be read.
    """
    signal, beside = header.signals[index], header.beside(index)
    frames = _frame_reader(file, header, index, _columns(header, index))
    bits = _BITS.get(beside[0].format) or _FLAC_BITS.get(beside[0].format)
    invalid = None if bits is None else -(1 << (bits - 1))  # differences have no mark

    def read(start: int, stop: int) -> np.ndarray:
        begin, end = start // signal.per_frame, -(-stop // signal.per_frame)
        held = min(end + signal.skew, header.length)
        digital = frames(min(begin + signal.skew, held), held).reshape(-1)
        values = (digital - signal.baseline) / signal.gain
        if invalid is not None:
            values[digital == invalid] = np.nan
        values = np.append(values, np.full((end - begin) * signal.per_frame - len(values), np.nan))
        return values[start - begin * signal.per_frame : stop - begin * signal.per_frame]

    return read


def differs_from_checksum(file: Path, header: Header, index: int) -> bool:
    """Whether a signal is not what its header's checksum tells; reads all of it, piece by piece.

    Parameters
    ----------
    file, header, index
        As for `signal_reader`; the header's own length, not one that a master cut.

    Raises
    ------
    RecordError
        If the file cannot be read.
    """
    checksum = header.signals[index].checksum
    if checksum is None:
        return False
    frames = _frame_reader(file, header, index, _columns(header, index))
    starts = range(0, header.length, _PIECE)
    total = sum(int(frames(start, min(start + _PIECE, header.length)).sum()) for start in starts)
    return (total - checksum) % (1 << 16) != 0


def _columns(header: Header, index: int) -> slice:
    """Where a frame of a signal's file holds its samples."""
    signal, beside = header.signals[index], header.beside(index)
    place = beside.index(signal) if beside.count(signal) == 1 else _place(header, index)
    first = sum(one.per_frame for one in beside[:place])
    return slice(first, first + signal.per_frame)


def _place(header: Header, index: int) -> int:
    """Which of the signals of its file a signal is."""
    file = header.signals[index].file
    return sum(signal.file == file for signal in header.signals[:index])


def _bytes(stored: str, samples: int) -> int:
    """Bytes that hold so many samples from a file's first on."""
    if stored in _ALIGNED:
        return samples * np.dtype(_ALIGNED[stored][0]).itemsize
    held = _BLOCKS.get(stored, (0, 0))
    blocks, rest = divmod(samples, len(held) - 1)
    return blocks * held[-1] + held[rest]


def _frame_reader(file: Path, header: Header, index: int, columns: slice) -> Callable[[int, int], np.ndarray]:
    """Reads frames of one signal as whole numbers, (n, samples per frame)."""
    beside = header.beside(index)
    stored, width = beside[0].format, sum(signal.per_frame for signal in beside)
    if stored in _FLAC_BITS:
        place = _place(header, index)

        def frames(start: int, stop: int) -> np.ndarray:
            first, per_frame = beside[0].offset, beside[0].per_frame
            samples = _flac_samples(file, len(beside), first + start * per_frame, first + stop * per_frame)
            return samples[:, place].reshape(-1, per_frame)

        return frames

    def plain(start: int, stop: int) -> np.ndarray:
        samples = _samples(file, stored, beside[0].offset, start * width, stop * width)
        return samples.reshape(-1, width)[:, columns]

    return _Sums(plain, header.signals[index].initial) if stored == "8" else plain


class _Sums:
    """Samples of a file that holds their differences: sums from its start on, kept at every so many frames."""

    def __init__(self, differences: Callable[[int, int], np.ndarray], initial: int):
        self._differences = differences
        self._before = [initial]  # the last sample before each piece

    def __call__(self, start: int, stop: int) -> np.ndarray:
        piece = start // _PIECE
        while len(self._before) <= piece:
            at = len(self._before) * _PIECE
            self._before.append(self._before[-1] + int(self._differences(at - _PIECE, at).sum()))
        differences = self._differences(piece * _PIECE, stop)
        sums = self._before[piece] + np.cumsum(differences.reshape(-1)).reshape(differences.shape)
        return sums[start - piece * _PIECE :]


def _samples(file: Path, stored: str, offset: int, start: int, stop: int) -> np.ndarray:
    """Samples `start` to `stop` of a file that is not compressed, all signals' in turn."""
    if stored in _ALIGNED:
        kind, zero = _ALIGNED[stored]
        made = _items(file, kind, offset + _bytes(stored, start), stop - start)
        return made.astype(np.int64) - zero
    per_block, size = len(_BLOCKS[stored]) - 1, _BLOCKS[stored][-1]
    first, last = start // per_block, -(-stop // per_block)
    wanted = _bytes(stored, stop) - first * size  # the file may end within a block
    raw = _items(file, "u1", offset + first * size, wanted)
    raw = np.append(raw, np.zeros((last - first) * size - wanted, "u1")).reshape(-1, size).astype(np.int64)
    values = np.stack(_unpacked(stored, raw), axis=1).reshape(-1)
    sign = 1 << (_BITS[stored] - 1)
    values = (values ^ sign) - sign  # two's complement
    return values[start - first * per_block : stop - first * per_block]


def _unpacked(stored: str, raw: np.ndarray) -> list[np.ndarray]:
    """Samples of each block, unsigned."""
    a, b, c, *d = raw.T
    if stored == "24":
        return [a | b << 8 | c << 16]
    if stored == "212":
        return [a | (b & 0x0F) << 8, c | (b >> 4) << 8]
    if stored == "310":
        return [a >> 1 | (b & 0x07) << 7, c >> 1 | (d[0] & 0x07) << 7, b >> 3 | (d[0] >> 3) << 5]
    return [a | (b & 0x03) << 8, b >> 2 | (c & 0x0F) << 6, c >> 4 | (d[0] & 0x3F) << 4]


def _items(file: Path, kind: str, offset: int, count: int) -> np.ndarray:
    try:
        made = np.fromfile(file, kind, count, offset=offset) if count > 0 else np.empty(0, kind)
    except OSError as error:
        pass_on(error)
        raise RecordError(f"{file.name}: signals cannot be read ({error.strerror or error})") from None
    if len(made) < count:
        raise RecordError(f"{file.name}: signals cannot be read (the file ends early); fetch it again")
    return made


def _flac(file: Path, channels: int):
    """A compressed file, opened."""
    import soundfile

    try:
        file.open("rb").close()  # whose errors say what they are
        opened = soundfile.SoundFile(file)
    except (OSError, soundfile.SoundFileError) as error:
        pass_on(error)
        raise RecordError(f"{file.name}: signals cannot be read ({fault(error)}); {FETCH_AGAIN}") from None
    if opened.format != "FLAC" or opened.channels != channels:
        opened.close()
        raise RecordError(
            f"{file.name}: signals cannot be read (the header describes FLAC of {channels} channels; the file is "
            f"{opened.format} of {opened.channels})"
        )
    return opened


def _flac_samples(file: Path, channels: int, start: int, stop: int) -> np.ndarray:
    """Samples `start` to `stop` of each channel of a compressed file, (n, channels)."""
    import soundfile

    if start >= stop:
        return np.empty((0, channels), np.int64)
    with _flac(file, channels) as opened:
        try:
            opened.seek(min(start, opened.frames))
            # In pieces: libsndfile fails on blocks of more than 2**24 samples.
            ends = range(start, stop, _PIECE)
            pieces = [opened.read(min(_PIECE, stop - first), dtype="int32", always_2d=True) for first in ends]
        except soundfile.SoundFileError as error:
            raise RecordError(f"{file.name}: signals cannot be read ({fault(error)}); {FETCH_AGAIN}") from None
        unused = _FLAC_UNUSED[opened.subtype]
    made = np.concatenate(pieces)
    if len(made) < stop - start:
        raise RecordError(f"{file.name}: signals cannot be read (the file ends early); fetch it again")
    return made.astype(np.int64) >> unused
