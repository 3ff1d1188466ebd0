"""What a video's container declares about its pictures, and whether the file is as long as it declares.

FFmpeg's count of frames does not help: in MP4 it ignores the edit list, in Matroska it is the length of the whole file,
including a longer sound, times the frame rate.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MASTERS = {0x1549A966, 0x1654AE6B, 0xAE}  # Info, Tracks, TrackEntry
_SEGMENT, _CLUSTER = 0x18538067, 0x1F43B675
_SCALE, _DURATION, _TRACK_TYPE, _TIMESTAMP = 0x2AD7B1, 0x4489, 0x83, 0xE7
_BOXES = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"}
_FIRST = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp"}
_MOST = 1 << 24  # bytes of one table that are read: 2 million runs of frames


@dataclass(frozen=True)
class Declaration:
    """What a container declares about its pictures."""

    seconds: float | None = None
    """For how long pictures are shown; None if the container does not give it for the pictures alone."""
    cut: bool = False
    """Whether the file ends earlier than it declares."""
    sized: bool = True
    """Whether it declares where it ends; a stream that was written in one go does not."""


def read_declaration(path: str | Path) -> Declaration | None:
    """Read what the container of a video declares about its pictures.

    Parameters
    ----------
    path : str or Path
        MP4, MOV and 3GP (the edit list counts), Matroska and WebM, AVI (only whether it is cut).

    Returns
    -------
    Declaration or None
        None for other containers.
    """
    path = Path(path)
    with path.open("rb") as file:
        head, size = file.read(12), path.stat().st_size
        file.seek(0)
        try:
            if head[:4] == b"\x1aE\xdf\xa3":
                return _matroska(file, size)
            if head[:4] == b"RIFF":
                end = _riff_end(file, size)
                return Declaration(cut=end > size, sized=end > 0)
            if head[4:8] in _FIRST:
                return _mp4(file, size)
        except (ValueError, OverflowError, ZeroDivisionError, IndexError, struct.error):
            return Declaration(sized=False)  # not understood; FFmpeg finds out whether it can be read
    return None


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _riff_end(file: BinaryIO, size: int) -> int:
    """Where the last RIFF chunk ends; long AVI files have several."""
    end = 0
    while end + 8 <= size:
        file.seek(end)
        head = file.read(8)
        if head[:4] != b"RIFF" or head[4:] in (bytes(4), b"\xff" * 4):  # written in one go
            break
        end += 8 + int.from_bytes(head[4:], "little")
    return end


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start of the content and end of each box in a stretch of the file."""
    while start + 8 <= end:
        file.seek(start)
        head = file.read(16)
        length, content = _number(head[:4]), start + 8
        if length == 1:
            length, content = _number(head[8:16]), start + 16
        stop = start + length if length else end
        if stop < content or not head[4:8].strip(b"\0"):
            return
        yield head[4:8], content, stop
        start = stop


def _mp4(file: BinaryIO, size: int) -> Declaration:
    cut, moov = False, None
    for name, content, stop in _boxes(file, 0, size):
        cut |= stop > size
        if name == b"moov":
            moov = content, min(stop, size)
    if moov is None:
        return Declaration(cut=cut)
    movie = {name: (content, stop) for name, content, stop in _boxes(file, *moov)}
    tracks = [
        _first_by_name(_leaves(file, content, stop)) for name, content, stop in _boxes(file, *moov) if name == b"trak"
    ]
    pictures = [track for track in tracks if track.get(b"hdlr", b"")[8:12] == b"vide"]
    if len(pictures) != 1 or b"mvex" in movie or b"mvhd" not in movie:  # mvex: in fragments, each with its own times
        return Declaration(cut=cut)
    file.seek(movie[b"mvhd"][0])
    return Declaration(_shown_seconds(pictures[0], _timescale(file.read(32))), cut)


def _leaves(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """The boxes of a track that hold values."""
    for name, content, stop in _boxes(file, start, end):
        if name in _BOXES:
            yield from _leaves(file, content, stop)
        elif stop - content <= _MOST:
            file.seek(content)
            yield name, file.read(stop - content)


def _first_by_name(boxes: Iterator[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Boxes by name, the first of each: MOV has a second `hdlr` further in."""
    found: dict[bytes, bytes] = {}
    for name, value in boxes:
        found.setdefault(name, value)
    return found


def _timescale(header: bytes) -> int:
    """Ticks per second from the header of a movie or a track."""
    at = 20 if header[0] else 12
    return _number(header[at : at + 4])


def _shown_seconds(track: dict[bytes, bytes], movie_scale: int) -> float | None:
    """Seconds for which a track's pictures are shown."""
    times = track.get(b"stts", bytes(8))
    runs = [(_number(times[at : at + 4]), _number(times[at + 4 : at + 8])) for at in range(8, len(times) - 7, 8)]
    ticks = sum(frames * each for frames, each in runs)
    if not ticks or b"mdhd" not in track:
        return None
    seconds = ticks / _timescale(track[b"mdhd"])
    edits = track.get(b"elst", b"")
    wide = 8 if edits[:1] == b"\1" else 4
    step = 2 * wide + 4
    rows = [edits[at : at + step] for at in range(8, len(edits) - step + 1, step)]
    nothing = b"\xff" * wide  # an edit that shows nothing delays the track
    kept = [_number(row[:wide]) for row in rows if row[wide : 2 * wide] != nothing]
    if any(row[2 * wide :] != b"\0\1\0\0" for row in rows):
        return None  # slower or faster than recorded
    return min(seconds, sum(kept) / movie_scale) if sum(kept) else seconds


def _matroska(file: BinaryIO, size: int) -> Declaration:
    seconds, cut, sized = None, False, False
    for name, content, stop in _elements(file, 0, size):
        if name != _SEGMENT:
            continue
        sized, cut = stop is not None, stop is not None and stop > size
        found = list(_values(file, content, size if stop is None else min(stop, size)))
        values = dict(found)
        kinds = [_number(value) for name, value in found if name == _TRACK_TYPE]
        if kinds == [1] and (length := values.get(_DURATION)):  # pictures alone, no sound that may be longer
            [ticks] = struct.unpack(">f" if len(length) == 4 else ">d", length)
            # The duration counts from 0, also where the first picture comes later.
            ticks -= _number(values.get(_TIMESTAMP, b""))
            seconds = ticks * _number(values.get(_SCALE, b"\x0f\x42\x40")) / 1e9
        break
    return Declaration(seconds, cut, sized)


def _elements(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, int, int | None]]:
    """Name, start of the content and end (None: not declared) of each element in a stretch of the file."""
    while start < end:
        file.seek(start)
        head = file.read(12)
        if not head or not head[0]:
            return
        wide = 9 - head[0].bit_length()
        length = head[wide:]
        if wide > 4 or not length or not length[0]:
            return
        more = 9 - length[0].bit_length()
        ones = (1 << 7 * more) - 1
        stated = _number(length[:more]) & ones
        content = start + wide + more
        stop = None if stated == ones else content + stated
        yield _number(head[:wide]), content, stop
        if stop is None:
            return
        start = stop


def _values(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """The values before the first pictures, and the time of these."""
    for name, content, stop in _elements(file, start, end):
        if name == _CLUSTER:
            yield from ((child, value) for child, value in _values(file, content, content + 64) if child == _TIMESTAMP)
            return
        if stop is None:
            return
        if name in _MASTERS:
            yield from _values(file, content, stop)
        elif stop - content <= 8:
            file.seek(content)
            yield name, file.read(stop - content)
