"""What a video's container declares about its pictures, and whether the file is as long as it declares.

FFmpeg's count of frames does not help: in MP4 it ignores the edit list, in Matroska it is the length of the whole file,
including a longer sound, times the frame rate.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

_TRACKS, _TRACK = 0x1654AE6B, 0xAE
_MASTERS = {0x1549A966, _TRACKS, _TRACK, 0xE0, 0x55B0}  # and Info, Video, Colour
_SEGMENT, _CLUSTER = 0x18538067, 0x1F43B675
_SCALE, _DURATION, _TRACK_TYPE, _TIMESTAMP = 0x2AD7B1, 0x4489, 0x83, 0xE7
_TRACK_NUMBER, _TRANSFER = 0xD7, 0x55BA
_SIMPLE, _GROUP, _BLOCK = 0xA3, 0xA0, 0xA1
_PICTURES, _HIDDEN = 1, b"\x12"  # types of track; the second is for controls
_COUNTED = 20_000  # blocks of a Matroska file that are counted to find the track with most pictures
_HDR = {16: "PQ", 18: "HLG"}  # transfer characteristics, ITU-T H.273
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
    hidden: tuple[tuple[int, bytes], ...] = ()
    """Places in the file, and what to read there, so that the video stream with most pictures is the first one."""
    notes: tuple[str, ...] = ()
    """What the user should know."""


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
        except (ValueError, OverflowError, ZeroDivisionError, LookupError, struct.error):
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
        (content - 4, _first_by_name(_leaves(file, content, stop)))
        for name, content, stop in _boxes(file, *moov)
        if name == b"trak"
    ]
    pictures = [(place, track) for place, track in tracks if track.get(b"hdlr", b"")[8:12] == b"vide"]
    if not pictures:
        return Declaration(cut=cut)
    frames = [_samples(track) for _, track in pictures]
    most = frames.index(max(frames))
    track = pictures[most][1]
    declared = Declaration(
        cut=cut,
        hidden=tuple((place, b"free") for place, _ in pictures[:most]),
        notes=(*_passed_over(frames, most), *_transfer_note(_transfer(track))),
    )
    if b"mvex" in movie or b"mvhd" not in movie:  # in fragments, each with its own times
        return declared
    file.seek(movie[b"mvhd"][0])
    return replace(declared, seconds=_shown_seconds(track, _timescale(file.read(32))))


def _runs(track: dict[bytes, bytes]) -> list[tuple[int, int]]:
    """Numbers of frames that follow each other evenly, with their ticks."""
    times = track.get(b"stts", bytes(8))
    return [(_number(times[at : at + 4]), _number(times[at + 4 : at + 8])) for at in range(8, len(times) - 7, 8)]


def _samples(track: dict[bytes, bytes]) -> int:
    return sum(frames for frames, _ in _runs(track))


def _transfer(track: dict[bytes, bytes]) -> int:
    """Transfer characteristics of an MP4 track's colours; 2 (not specified) if there is no such entry."""
    entry = track.get(b"stsd", b"")
    found = re.search(rb"colrncl[xc]..(..)", entry, re.DOTALL)
    return _number(found[1]) if found else 2


def _transfer_note(transfer: int) -> list[str]:
    if transfer not in _HDR:
        return []
    return [
        f"HDR video ({_HDR[transfer]}): colours are used as they are stored; rely on the pulse rate, not on the shape "
        "or depth of the wave"
    ]


def _passed_over(frames: list[int], most: int) -> list[str]:
    """What to say of a file with several streams of moving pictures."""
    if sum(count > 1 for count in frames) < 2:
        return []
    return [f"{len(frames)} video streams: number {most + 1} is used, which has the most frames"]


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
    ticks = sum(frames * each for frames, each in _runs(track))
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
    hidden: tuple[tuple[int, bytes], ...] = ()
    notes: list[str] = []
    for name, content, stop in _elements(file, 0, size):
        if name != _SEGMENT:
            continue
        sized, cut = stop is not None, stop is not None and stop > size
        end = size if stop is None else min(stop, size)
        found = list(_values(file, content, end))
        values = dict(found)
        kinds = [_number(value) for name, value in found if name == _TRACK_TYPE]
        notes = _transfer_note(_number(values.get(_TRANSFER, b"")))
        if kinds.count(_PICTURES) > 1:
            places, frames = _matroska_streams(file, content, end)
            most = frames.index(max(frames))
            hidden = tuple((place, _HIDDEN) for place in places[:most])
            notes = [*_passed_over(frames, most), *notes]
        if kinds == [_PICTURES] and (length := values.get(_DURATION)):  # pictures alone, no sound that may be longer
            [ticks] = struct.unpack(">f" if len(length) == 4 else ">d", length)
            # The duration counts from 0, also where the first picture comes later.
            ticks -= _number(values.get(_TIMESTAMP, b""))
            seconds = ticks * _number(values.get(_SCALE, b"\x0f\x42\x40")) / 1e9
        break
    return Declaration(seconds, cut, sized, hidden, tuple(notes))


def _matroska_streams(file: BinaryIO, start: int, end: int) -> tuple[list[int], list[int]]:
    """Where the type of each track of pictures is stored, and how many pictures the first blocks of the file hold."""
    places: dict[int, int] = {}  # by the number of the track
    frames: dict[int, int] = {}
    for name, content, stop in _elements(file, start, end):
        if name == _TRACKS:
            for kind, entry, after in _elements(file, content, stop or end):
                if kind != _TRACK:
                    continue
                parts = {part: (place, until) for part, place, until in _elements(file, entry, after or end)}
                [number, kind] = [_stored(file, *parts[part]) for part in (_TRACK_NUMBER, _TRACK_TYPE)]
                if kind == _PICTURES:
                    places[number], frames[number] = parts[_TRACK_TYPE][0], 0
        elif name == _CLUSTER:
            for part, place, until in _elements(file, content, stop or end):
                if part not in (_SIMPLE, _GROUP):
                    continue
                if part == _GROUP:
                    inside = _elements(file, place, until or end)
                    place = next((at for child, at, _ in inside if child == _BLOCK), place)
                file.seek(place)
                number = file.read(1)[0] & 0x7F  # a file with more than 126 tracks is not expected
                if number in frames:
                    frames[number] += 1
            if sum(frames.values()) > _COUNTED:
                break
    return list(places.values()), list(frames.values())


def _stored(file: BinaryIO, start: int, stop: int | None) -> int:
    """A whole number of a Matroska element."""
    file.seek(start)
    return _number(file.read((stop or start) - start))


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
