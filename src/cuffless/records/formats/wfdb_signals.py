"""Samples of WFDB signal files, as described in signal(5) of the WFDB library, with random access to frames.

The package wfdb parses the header again for every stretch, misreads numbers with exponents, and starts a file of
differences from its initial value wherever a stretch begins.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from cuffless.errors import fault
from cuffless.records.faults import reraise_machine_error
from cuffless.records.formats.wfdb_headers import Header
from cuffless.records.record import FETCH_AGAIN, RecordError

# Type in the file, and the value subtracted from a sample in offset binary.
_ALIGNED = {
    "8": ("i1", 0),
    "16": ("<i2", 0),
    "32": ("<i4", 0),
    "61": (">i2", 0),
    "80": ("u1", 1 << 7),
    "160": ("<u2", 1 << 15),
}
# Bytes of a block needed for no sample, one sample, two samples and so on.
_BLOCKS = {"24": (0, 3), "212": (0, 2, 3), "310": (0, 2, 4, 4), "311": (0, 2, 3, 4)}
_BITS = {"16": 16, "24": 24, "32": 32, "61": 16, "80": 8, "160": 16, "212": 12, "310": 10, "311": 10}
_FLAC_BITS = {"508": 8, "516": 16, "524": 24}
_FLAC_UNUSED = {"PCM_S8": 24, "PCM_16": 16, "PCM_24": 8}  # unused low bits of the 32 read per sample
_FLAC_BYTES = 0.6  # per sample, mean of seven pressure and PPG files of MIMIC-IV
_PIECE = 1 << 20  # frames per read on the way to a later stretch

FORMATS = (*_ALIGNED, *_BLOCKS, *_FLAC_BITS)
Reader = Callable[[int, int], np.ndarray]


def expected_bytes(header: Header, index: int) -> float:
    """Size in bytes of a signal's file; an estimate if it is compressed."""
    beside = header.file_signals(index)
    samples = header.length * sum(signal.per_frame for signal in beside)
    if beside[0].format not in (*_ALIGNED, *_BLOCKS):
        return samples * _FLAC_BYTES
    return beside[0].offset + _bytes(beside[0].format, samples)


def is_compressed(stored: str) -> bool:
    """Whether a format is compressed, so that a file's size does not give its number of samples."""
    return stored in _FLAC_BITS


def stored_frames(file: Path, header: Header, index: int) -> int:
    """Number of frames in a signal file, from its size, or from its own header if it is compressed.

    Raises
    ------
    RecordError
        If it is compressed and cannot be read.
    """
    beside = header.file_signals(index)
    held = _BLOCKS.get(beside[0].format) or (0, _bytes(beside[0].format, 1))
    if is_compressed(beside[0].format):
        with _open_flac(file, len(beside)) as opened:
            return max(opened.frames - beside[0].offset, 0) // beside[0].per_frame
    blocks, rest = divmod(max(file.stat().st_size - beside[0].offset, 0), held[-1])
    # A last block of three samples may hold only two; its size does not show it.
    samples = blocks * (len(held) - 1) + max(k for k, size in enumerate(held) if size <= rest)
    return samples // sum(signal.per_frame for signal in beside)


def signal_reader(file: Path, header: Header, index: int) -> Reader:
    """Reader of stretches of one signal.

    Parameters
    ----------
    file : Path
        Its signal file.
    header : Header
        Its length must be known.
    index : int
        Index of the signal in the header.

    Returns
    -------
    callable
        ``read(start, stop)`` returns samples `start` to `stop` in physical units, NaN where the file marks them as
        invalid or a skew needs frames beyond its end. It raises RecordError if the file cannot be read.
    """
    signal, beside = header.signals[index], header.file_signals(index)
    frames = _frame_reader(file, header, index, _columns(header, index))
    bits = _BITS.get(beside[0].format) or _FLAC_BITS.get(beside[0].format)
    invalid = None if bits is None else -(1 << (bits - 1))  # differences have no invalid value

    def read(start: int, stop: int) -> np.ndarray:
        begin, end = start // signal.per_frame, -(-stop // signal.per_frame)
        held = min(end + signal.skew, header.length)
        # A copy: what stands between other signals is slower to work on.
        digital = np.ascontiguousarray(frames(min(begin + signal.skew, held), held)).reshape(-1)
        values = np.empty((end - begin) * signal.per_frame)
        stored = values[: len(digital)]
        values[len(digital) :] = np.nan
        np.subtract(digital, float(signal.baseline), out=stored)
        stored /= signal.gain
        if invalid is not None:
            stored[digital == invalid] = np.nan
        return values[start - begin * signal.per_frame : stop - begin * signal.per_frame]

    return read


def differs_from_checksum(file: Path, header: Header, index: int) -> bool:
    """Whether a signal does not match the checksum in its header; reads all of it in pieces.

    Parameters
    ----------
    file, header, index
        As for `signal_reader`; with the header's own length, not one shortened by a master.

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
    """Position of a signal's samples in a frame of its file."""
    signal, beside = header.signals[index], header.file_signals(index)
    place = beside.index(signal) if beside.count(signal) == 1 else _index_in_file(header, index)
    first = sum(one.per_frame for one in beside[:place])
    return slice(first, first + signal.per_frame)


def _index_in_file(header: Header, index: int) -> int:
    """Index of a signal among the signals of its file."""
    file = header.signals[index].file
    return sum(signal.file == file for signal in header.signals[:index])


def _bytes(stored: str, samples: int) -> int:
    """Bytes of the first `samples` samples of a file."""
    if stored in _ALIGNED:
        return samples * np.dtype(_ALIGNED[stored][0]).itemsize
    held = _BLOCKS.get(stored, (0, 0))
    blocks, rest = divmod(samples, len(held) - 1)
    return blocks * held[-1] + held[rest]


def _frame_reader(file: Path, header: Header, index: int, columns: slice) -> Callable[[int, int], np.ndarray]:
    """Reader of frames of one signal as integers, (n, samples per frame)."""
    beside = header.file_signals(index)
    stored, width = beside[0].format, sum(signal.per_frame for signal in beside)
    if stored in _FLAC_BITS:
        place = _index_in_file(header, index)

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
    """Samples of a file of differences: sums from its start, cached at regular frames."""

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
    """Samples `start` to `stop` of an uncompressed file, with all signals interleaved."""
    if stored in _ALIGNED:
        kind, zero = _ALIGNED[stored]
        made = _read_items(file, kind, offset + _bytes(stored, start), stop - start)
        return made.astype(np.int64) - zero if zero else made
    per_block, size = len(_BLOCKS[stored]) - 1, _BLOCKS[stored][-1]
    first, last = start // per_block, -(-stop // per_block)
    wanted = _bytes(stored, stop) - first * size  # the file may end within a block
    raw = _read_items(file, "u1", offset + first * size, wanted)
    raw = np.append(raw, np.zeros((last - first) * size - wanted, "u1")).reshape(-1, size).astype(np.int64)
    values = np.stack(_unpack_blocks(stored, raw), axis=1).reshape(-1)
    sign = 1 << (_BITS[stored] - 1)
    values = (values ^ sign) - sign  # two's complement
    return values[start - first * per_block : stop - first * per_block]


def _unpack_blocks(stored: str, raw: np.ndarray) -> list[np.ndarray]:
    """Samples of each block as unsigned integers."""
    a, b, c, *d = raw.T
    if stored == "24":
        return [a | b << 8 | c << 16]
    if stored == "212":
        return [a | (b & 0x0F) << 8, c | (b >> 4) << 8]
    if stored == "310":
        return [a >> 1 | (b & 0x07) << 7, c >> 1 | (d[0] & 0x07) << 7, b >> 3 | (d[0] >> 3) << 5]
    return [a | (b & 0x03) << 8, b >> 2 | (c & 0x0F) << 6, c >> 4 | (d[0] & 0x3F) << 4]


def _read_items(file: Path, kind: str, offset: int, count: int) -> np.ndarray:
    try:
        made = np.fromfile(file, kind, count, offset=offset) if count > 0 else np.empty(0, kind)
    except OSError as error:
        reraise_machine_error(error)
        raise RecordError(f"{file.name}: signals cannot be read ({error.strerror or error})") from None
    if len(made) < count:
        raise RecordError(f"{file.name}: signals cannot be read (the file is truncated); fetch it again")
    return made


def _open_flac(file: Path, channels: int):
    """Open a compressed file."""
    import soundfile

    try:
        file.open("rb").close()  # raises more specific errors
        opened = soundfile.SoundFile(file)
    except (OSError, soundfile.SoundFileError) as error:
        reraise_machine_error(error)
        raise RecordError(f"{file.name}: signals cannot be read ({fault(error)}); {FETCH_AGAIN}") from None
    if opened.format != "FLAC" or opened.channels != channels:
        opened.close()
        raise RecordError(
            f"{file.name}: signals cannot be read (the header describes FLAC with {channels} channels, the file is "
            f"{opened.format} with {opened.channels}); fetch both again"
        )
    return opened


def _flac_samples(file: Path, channels: int, start: int, stop: int) -> np.ndarray:
    """Samples `start` to `stop` of each channel of a compressed file, (n, channels)."""
    import soundfile

    if start >= stop:
        return np.empty((0, channels), np.int64)
    with _open_flac(file, channels) as opened:
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
        raise RecordError(f"{file.name}: signals cannot be read (the file is truncated); fetch it again")
    return made.astype(np.int64) >> unused
