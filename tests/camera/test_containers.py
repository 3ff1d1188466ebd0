"""Films that are trimmed, cut off or have a sound: what is said of their length is true."""

import struct

import numpy as np
import pytest

from cuffless.camera.errors import RppgError
from cuffless.camera.video.containers import read_declaration
from cuffless.camera.video.frames import open_frames

FPS = 20
FRAMES = 300
SIZE = (64, 48)
SOUND = b"\xae\x94\xd7\x81\x02\x73\xc5\x81\x02\x83\x81\x02\x86\x88A_VORBIS"
"""A Matroska track of sound, without settings."""


def write(path, code):
    import cv2

    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), FPS, SIZE)
    noise = np.random.default_rng(0)
    for _ in range(FRAMES):
        writer.write(noise.integers(0, 255, (*SIZE[::-1], 3), np.uint8))
    writer.release()
    return path


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Fifteen seconds of noise as bytes, by the ending of their names."""
    folder = tmp_path_factory.mktemp("films")
    codes = {"mp4": "mp4v", "mov": "mp4v", "mkv": "FFV1", "avi": "MJPG"}
    return {ending: write(folder / f"v.{ending}", code).read_bytes() for ending, code in codes.items()}


def box(name, content):
    return struct.pack(">I4s", 8 + len(content), name) + content


def grown(data, at, more):
    """A box with its length raised."""
    [length] = struct.unpack_from(">I", data, at)
    return data[:at] + struct.pack(">I", length + more) + data[at + 4 :]


def trimmed(data, first, seconds):
    """An MP4 whose edit list plays a part; its moov stands at the end, so that no place in the file moves."""
    scale = struct.unpack_from(">I", data, data.index(b"mvhd") + 16)[0]
    media = struct.unpack_from(">I", data, data.index(b"mdhd") + 16)[0]
    row = struct.pack(">IiI", round(seconds * scale), round(first * media), 1 << 16)
    if b"elst" in data:
        at = data.index(b"elst") + 12
        return data[:at] + row + data[at + len(row) :]
    edits = box(b"edts", box(b"elst", struct.pack(">II", 0, 1) + row))
    moov, trak, at = data.rindex(b"moov") - 4, data.rindex(b"trak") - 4, data.rindex(b"mdia") - 4
    return grown(grown(data[:at] + edits + data[at:], trak, len(edits)), moov, len(edits))


def moov_first(data):
    """An MP4 as it is laid out for streaming, which can be read when its end is lost."""
    [length] = struct.unpack_from(">I", data, at := data.rindex(b"moov") - 4)
    moov = bytearray(data[at : at + length])
    places = moov.index(b"stco") + 12
    moved = np.frombuffer(moov, ">u4", int.from_bytes(moov[places - 4 : places], "big"), places) + length
    moov[places : places + 4 * len(moved)] = moved.astype(">u4").tobytes()
    head = struct.unpack_from(">I", data)[0]
    return data[:head] + bytes(moov) + data[head:at] + data[at + length :]


def with_sound(data, seconds):
    """A Matroska file with a track of sound that makes it longer than its pictures."""
    at = data.index(b"\x44\x89\x88") + 3
    return with_track(data[:at] + struct.pack(">d", 1000 * seconds) + data[at + 8 :], after=SOUND)


def with_track(data, *, before=b"", after=b""):
    """A Matroska file with another track."""
    data = bytearray(data)
    start = data.index(b"\x16\x54\xae\x6b", data.index(b"\x44\x89\x88")) + 4  # not as named in the index
    wide = 9 - data[start].bit_length()
    length = int.from_bytes(data[start : start + wide], "big") - (1 << 7 * wide)
    content = start + wide
    tracks = before + bytes(data[content : content + length]) + after
    segment = data.index(b"\x18\x53\x80\x67") + 4
    more = 8 + len(tracks) - wide - length
    whole = int.from_bytes(data[segment + 1 : segment + 8], "big") + more
    data[segment + 1 : segment + 8] = whole.to_bytes(7, "big")
    return bytes(data[:start]) + b"\x01" + len(tracks).to_bytes(7, "big") + tracks + bytes(data[content + length :])


def track_of(data):
    """The entry of a Matroska file's track."""
    start = data.index(b"\xae", data.index(b"\x16\x54\xae\x6b", data.index(b"\x44\x89\x88")) + 5)
    wide = 9 - data[start + 1].bit_length()
    return data[start : start + 1 + wide + int.from_bytes(data[start + 1 : start + 1 + wide], "big") - (1 << 7 * wide)]


def behind_a_cover(data):
    """An MP4 with a track of one frame before that of the film."""
    moov, trak = data.rindex(b"moov") - 4, data.rindex(b"trak") - 4
    [length] = struct.unpack_from(">I", data, trak)
    cover = bytearray(data[trak : trak + length])
    cover[cover.index(b"tkhd") + 19] = 2  # number of the track
    for name, count in ((b"stts", 12), (b"stsz", 12), (b"stco", 8)):
        struct.pack_into(">I", cover, cover.index(name) + count, 1)
    return grown(data[:trak] + bytes(cover) + data[trak:], moov, length)


def read(path):
    with open_frames(path) as frames:
        return [t for t, _ in frames], frames


@pytest.mark.parametrize("ending", ["mp4", "mov"])
@pytest.mark.parametrize(("first", "seconds"), [(0, 9), (3.1, 9), (2, 5)])
def test_a_trimmed_film_is_whole_however_short(films, tmp_path, ending, first, seconds):
    path = tmp_path / f"v.{ending}"
    path.write_bytes(trimmed(films[ending], first, seconds))
    assert read_declaration(path).seconds == pytest.approx(seconds, abs=0.01)
    times, frames = read(path)
    assert len(times) == pytest.approx(seconds * FPS, abs=1)
    assert frames.notes == []
    assert frames.seconds == pytest.approx(seconds, abs=0.01)


def test_an_edit_list_that_delays_or_plays_all_changes_no_length(films, tmp_path):
    data = trimmed(films["mp4"], 0, 3)
    row = data.index(b"elst") + 12
    delay = data[: row + 4] + b"\xff" * 4 + data[row + 8 :]  # media time -1: nothing is shown
    for number, changed in enumerate((delay, trimmed(films["mp4"], 0, 99))):
        (tmp_path / f"{number}.mp4").write_bytes(changed)
        assert read_declaration(tmp_path / f"{number}.mp4").seconds == pytest.approx(FRAMES / FPS)


def test_a_slowed_film_says_nothing_of_its_length(films, tmp_path):
    data = trimmed(films["mp4"], 0, 9)
    row = data.index(b"elst") + 12
    (tmp_path / "v.mp4").write_bytes(data[: row + 8] + b"\0\0\x40\0" + data[row + 12 :])
    assert read_declaration(tmp_path / "v.mp4").seconds is None


@pytest.mark.parametrize("ending", ["mp4", "mkv", "avi"])
def test_a_film_that_ends_before_its_end_is_truncated(films, tmp_path, ending):
    data = moov_first(films["mp4"]) if ending == "mp4" else films[ending]
    path = tmp_path / f"v.{ending}"
    path.write_bytes(data)
    assert (read_declaration(path).cut, read(path)[1].notes[1:]) == (False, [])
    path.write_bytes(data[: int(0.8 * len(data))])
    assert read_declaration(path).cut
    times, frames = read(path)
    assert frames.notes[-1] == f"truncated or damaged: {times[-1] + 1 / FPS:.1f} s of 15.0 s can be read"
    path.write_bytes(data[: int(0.5 * len(data))])
    with pytest.raises(RppgError, match=r"truncated or damaged: 7\.\d s of 15\.0 s can be read, but 10 s are needed"):
        read(path)


def test_a_truncated_film_with_an_edit_list_is_measured_by_what_it_plays(films, tmp_path):
    data = moov_first(trimmed(films["mp4"], 2, 12))
    (tmp_path / "v.mp4").write_bytes(data[: int(0.87 * len(data))])
    times, frames = read(tmp_path / "v.mp4")
    assert 10 < times[-1] < 11.4  # of what is cut off, 1 s lies behind the part that is played
    assert frames.notes == [f"truncated or damaged: {times[-1] + 1 / FPS:.1f} s of 12.0 s can be read"]


def test_a_sound_that_is_longer_than_the_pictures_is_no_damage(films, tmp_path):
    path = tmp_path / "v.mkv"
    path.write_bytes(with_sound(films["mkv"], 25))
    assert read_declaration(path).seconds is None
    times, frames = read(path)
    assert (len(times), frames.notes) == (FRAMES, [])
    path.write_bytes(path.read_bytes()[: int(0.8 * len(films["mkv"]))])
    times, frames = read(path)
    assert frames.notes == [f"truncated or damaged: {times[-1] + 1 / FPS:.1f} s of 25.0 s can be read"]


def test_a_stream_without_lengths_says_nothing_of_its_end(films, tmp_path):
    data = bytearray(films["mkv"])
    at = data.index(b"\x18\x53\x80\x67") + 4
    data[at : at + 8] = b"\x01" + b"\xff" * 7
    at = data.index(b"\x44\x89\x88")
    data[at : at + 11] = b"\xec\x89" + bytes(9)  # Void in place of the duration
    (tmp_path / "v.mkv").write_bytes(data)
    found = read_declaration(tmp_path / "v.mkv")
    assert (found.seconds, found.cut, found.sized) == (None, False, False)
    assert read(tmp_path / "v.mkv")[1].notes == []


@pytest.mark.parametrize(
    "content", [b"", b"\x1aE\xdf\xa3", b"\x1aE\xdf\xa3\xff\0\0", b"RIFF", b"\0\0\0\x08ftyp", b"no video at all" * 9]
)
def test_what_is_no_film_declares_nothing(tmp_path, content):
    (tmp_path / "v").write_bytes(content)
    found = read_declaration(tmp_path / "v")
    assert found is None or (found.seconds, found.cut) == (None, False)


def test_a_matroska_film_is_stated_at_its_frame_rate(tmp_path):
    import cv2

    from cuffless.camera.skin.extraction import extract_trace

    writer = cv2.VideoWriter(str(tmp_path / "v.mkv"), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"FFV1"), 30, SIZE)
    for number in range(90):
        writer.write(np.full((*SIZE[::-1], 3), 50 + number, np.uint8))
    writer.release()
    trace, _, _ = extract_trace(tmp_path / "v.mkv", roi_mode="whole")
    assert np.median(np.diff(trace.t)) == pytest.approx(0.033)  # whole milliseconds
    assert trace.fps == pytest.approx(30, rel=1e-4)


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_a_picture_or_a_stream_before_the_film_is_passed_over(films, tmp_path, ending):
    import cv2

    data = films[ending]
    if ending == "mp4":
        data = behind_a_cover(data)
    else:
        data = with_track(data, before=track_of(data).replace(b"\xd7\x81\x01", b"\xd7\x81\x02"))
    path = tmp_path / f"v.{ending}"
    path.write_bytes(data)
    opened = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    assert sum(opened.grab() for _ in range(FRAMES)) < 2  # OpenCV reads the first stream
    times, frames = read(path)
    assert (len(times), frames.notes) == (FRAMES, [])
    np.testing.assert_allclose(times, np.arange(FRAMES) / FPS, atol=1e-3)


def test_of_two_films_the_longer_is_used_and_said(films, tmp_path):
    data = behind_a_cover(films["mp4"])
    at = data.index(b"stts", data.rindex(b"moov")) + 12
    (tmp_path / "v.mp4").write_bytes(data[:at] + struct.pack(">I", 2) + data[at + 4 :])
    times, frames = read(tmp_path / "v.mp4")
    assert len(times) == FRAMES
    assert frames.notes == ["2 video streams: number 2 is used, which has the most frames"]


def test_hdr_is_named(films, tmp_path):
    colour = box(b"colr", b"nclx" + struct.pack(">HHHB", 9, 18, 9, 0))
    data = films["mp4"]
    at = data.index(b"stsd", data.rindex(b"moov"))
    [entry] = struct.unpack_from(">I", data, at + 12)
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"):
        data = grown(data, data.index(name, data.rindex(b"moov")) - 4, len(colour))
    data = grown(data, at + 8 + 4, len(colour))
    data = data[: at + 12 + entry] + colour + data[at + 12 + entry :]
    (tmp_path / "v.mp4").write_bytes(data)
    [note] = read(tmp_path / "v.mp4")[1].notes
    assert note.startswith("HDR video (HLG): ")
