"""Frames and their times: from containers, files and numbers, and from videos that are damaged."""

import re

import numpy as np
import pytest

from cuffless.camera.errors import RppgError
from cuffless.camera.video.frames import open_frames

FPS = 20.0
SIZE = (96, 72)
SECONDS = 20
COUNTED = "no frame times: counted at 20 frames per second, so dropped frames and a wrong rate go unnoticed"
JITTERED = np.cumsum(np.random.default_rng(1).integers(20, 90, 60))
"""Milliseconds between which frames lie 20 to 90 ms apart."""


def picture(number):
    """A frame that tells its number in twelve stripes, dark for 0 and bright for 1."""
    stripes = 60 + 130 * (number >> np.arange(12) & 1)
    return np.broadcast_to(np.repeat(stripes, SIZE[0] // 12)[:, None], (*SIZE[::-1], 3)).astype(np.uint8)


def number_of(frame):
    stripes = frame.reshape(SIZE[1], 12, -1).mean(axis=(0, 2)) > 125
    return int(stripes @ (1 << np.arange(12)))


def write_video(path, code, n=int(SECONDS * FPS)):
    import cv2

    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), FPS, SIZE)
    for number in range(n):
        writer.write(picture(number))
    writer.release()
    return path


def write_stamped(path, milliseconds):
    """Motion JPEG in a container, each frame with its own time."""
    import cv2

    raw = [cv2.VIDEOWRITER_PROP_RAW_VIDEO, 1]
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 1000.0, SIZE, raw)
    for number, time in enumerate(milliseconds):
        writer.set(cv2.VIDEOWRITER_PROP_PTS, float(time))
        writer.write(cv2.imencode(".jpg", picture(number))[1].reshape(1, -1))
    writer.release()
    return path


def write_images(folder, numbers, ending="png"):
    import cv2

    folder.mkdir()
    for number in numbers:
        (folder / f"img_{number:05d}.{ending}").write_bytes(cv2.imencode(f".{ending}", picture(number))[1].tobytes())
    return folder / f"img_%05d.{ending}"


def write_times(path, times):
    path.write_text("time\n" + "".join(f"{time:.6f}\n" for time in times))
    return path


def read(video, **given):
    """Times, the numbers that frames show, and the frames' reader."""
    with open_frames(video, **given) as frames:
        taken = [(t, number_of(frame)) for t, frame in frames]
    return np.array([t for t, _ in taken]), [number for _, number in taken], frames


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """Twenty seconds of pictures in several containers, by the ending of their names."""
    folder = tmp_path_factory.mktemp("videos")
    return {
        "avi": write_video(folder / "v.avi", "MJPG"),
        "mkv": write_video(folder / "v.mkv", "FFV1"),
        "mp4": write_video(folder / "v.mp4", "mp4v"),
    }


@pytest.mark.parametrize("ending", ["mkv", "mp4"])
def test_times_are_the_container_s(videos, ending):
    times, numbers, frames = read(videos[ending])
    np.testing.assert_allclose(times, np.arange(400) / FPS, atol=1e-3)
    assert numbers == list(range(400))
    assert (frames.name, frames.stamps, frames.notes) == (f"v.{ending}", "container", [])
    assert frames.seconds == pytest.approx(SECONDS)


@pytest.mark.parametrize("ending", ["mkv", "mov"])
def test_a_variable_frame_rate_is_read_from_the_container_and_is_no_damage(tmp_path, ending):
    times, numbers, frames = read(write_stamped(tmp_path / f"v.{ending}", JITTERED))
    np.testing.assert_allclose(times, (JITTERED - JITTERED[0]) / 1000, atol=1e-6)
    assert numbers == list(range(60))
    assert (frames.stamps, frames.notes) == ("container", [])


def test_avi_stores_no_times_so_its_frames_are_counted_and_it_is_said(videos):
    times, numbers, frames = read(videos["avi"])
    np.testing.assert_allclose(times, np.arange(400) / FPS)
    assert numbers == list(range(400))
    assert (frames.stamps, frames.notes) == ("fps", [COUNTED])


@pytest.mark.parametrize("ending", ["avi", "mkv", "mp4"])
def test_frames_a_second_overrule_header_and_container(videos, ending):
    times, _, frames = read(videos[ending], fps=25)
    np.testing.assert_allclose(times, np.arange(400) / 25)
    why = "no frame times" if ending == "avi" else "frame times are ignored, as requested"
    assert (frames.stamps, frames.notes) == ("fps", [COUNTED.replace("no frame times", why).replace("20", "25")])
    assert frames.seconds == pytest.approx(400 / 25)


@pytest.mark.parametrize("ending", ["avi", "mkv"])
def test_a_file_of_times_overrules_all_others(videos, tmp_path, ending):
    given = 3.25 + np.arange(400) / FPS + np.random.default_rng(0).uniform(0, 0.02, 400)
    times, _, frames = read(videos[ending], timestamps=write_times(tmp_path / "t.csv", given), fps=25)
    np.testing.assert_allclose(times, given, atol=1e-6)
    assert frames.stamps == "file"
    assert frames.seconds == pytest.approx(given[-1] - given[0], abs=1e-5)
    assert frames.notes == [
        f"the first frame is at {given[0]:.1f} s, not 0; regions and pressures are looked up at these times"
    ]


def test_frames_that_are_timed_no_later_than_the_one_before_are_left_out(videos, tmp_path):
    given = np.arange(400) / FPS
    given[[100, 200]] = given[[99, 150]]
    times, numbers, frames = read(videos["mkv"], timestamps=write_times(tmp_path / "t.csv", given))
    left = np.delete(np.arange(400), [100, 200])
    np.testing.assert_allclose(times, left / FPS)
    assert numbers == left.tolist()
    assert frames.notes == ["2 frames are not later than the frame before and are left out"]


def test_more_times_than_frames_are_noted(videos, tmp_path):
    times, _, frames = read(videos["mkv"], timestamps=write_times(tmp_path / "t.csv", np.arange(407) / FPS))
    assert len(times) == 400
    assert frames.notes == ["t.csv has 7 more times than there are frames; the first 400 are used"]


def test_fewer_times_than_frames_are_refused(videos, tmp_path):
    given = write_times(tmp_path / "t.csv", np.arange(399) / FPS)
    with pytest.raises(RppgError, match=r"v\.mkv: more frames than the 399 times in t\.csv; give one time per frame"):
        read(videos["mkv"], timestamps=given)


def test_a_missing_number_is_a_lost_frame_and_a_damaged_image_another(tmp_path):
    pattern = write_images(tmp_path / "images", [7, 8, 9, 12, 13, 14])
    damaged = pattern.with_name("img_00008.png")
    damaged.write_bytes(damaged.read_bytes()[:400])
    pattern.with_name("img_00014.png").write_bytes(b"")
    pattern.with_name("readme.txt").write_text("no image")
    times, numbers, frames = read(pattern, fps=FPS)
    np.testing.assert_allclose(times, np.array([0, 2, 5, 6]) / FPS)
    assert numbers == [7, 9, 12, 13]
    assert (frames.name, frames.stamps, frames.seconds) == ("img_%05d.png", "fps", None)
    assert frames.notes == [COUNTED, "2 image numbers are missing", "2 images cannot be decoded"]


def test_images_take_one_row_of_a_file_of_times_each(tmp_path):
    pattern = write_images(tmp_path / "images", [1, 2, 4, 5], "bmp")
    pattern.with_name("img_00002.bmp").write_bytes(b"damaged")
    given = write_times(tmp_path / "t.csv", [0, 0.05, 0.1, 0.16])
    times, numbers, frames = read(pattern, timestamps=given)
    np.testing.assert_allclose(times, [0, 0.1, 0.16])
    assert numbers == [1, 4, 5]
    assert (frames.stamps, frames.notes[0]) == ("file", "1 image numbers are missing")


def test_images_are_read_in_the_order_of_their_numbers_not_of_their_names(tmp_path):
    pattern = write_images(tmp_path / "images", [9, 10, 100])
    for path in pattern.parent.iterdir():
        path.rename(path.with_name(path.name.replace("img_000", "img_").replace("img_0", "img_")))
    assert read(pattern.with_name("img_%d.png"), fps=FPS)[1] == [9, 10, 100]


def test_frames_that_cannot_be_decoded_keep_their_place_in_time(videos, tmp_path):
    whole = videos["avi"].read_bytes()
    starts = [at for at in range(len(whole)) if whole[at : at + 3] == b"\xff\xd8\xff"]
    data = bytearray(whole)
    for number in (100, 101, 250):
        at, after = starts[number], starts[number + 1]
        data[at : after - 16] = bytes(after - 16 - at)
    (tmp_path / "v.avi").write_bytes(data)
    times, numbers, frames = read(tmp_path / "v.avi")
    left = np.delete(np.arange(400), [100, 101, 250])
    np.testing.assert_allclose(times, left / FPS)
    assert numbers == left.tolist()
    assert frames.notes == [COUNTED, "3 frames cannot be decoded"]


@pytest.mark.parametrize("ending", ["avi", "mkv"])
def test_a_truncated_video_is_used_as_far_as_it_goes_and_it_is_said(videos, tmp_path, ending):
    whole = videos[ending].read_bytes()
    (tmp_path / f"v.{ending}").write_bytes(whole[: int(0.7 * len(whole))])
    times, numbers, frames = read(tmp_path / f"v.{ending}")
    np.testing.assert_allclose(times, np.arange(len(times)) / FPS, atol=1e-3)
    assert numbers[:270] == list(range(270))
    assert frames.notes[-1] == f"truncated or damaged: {len(times) / FPS:.1f} s of 20.0 s can be read"
    assert times[-1] == pytest.approx(14, abs=1)


@pytest.mark.parametrize("ending", ["avi", "mkv"])
def test_a_truncated_video_with_less_than_ten_seconds_left_is_refused(videos, tmp_path, ending):
    whole = videos[ending].read_bytes()
    (tmp_path / f"v.{ending}").write_bytes(whole[: int(0.4 * len(whole))])
    message = rf"v\.{ending}: truncated or damaged: [78]\.\d s of 20\.0 s .* 10 s are needed; copy the video again"
    with pytest.raises(RppgError, match=message):
        read(tmp_path / f"v.{ending}")


def test_a_short_video_that_is_whole_is_not_truncated(tmp_path):
    assert read(write_video(tmp_path / "v.avi", "MJPG", 60))[2].notes == [COUNTED]
    assert read(write_video(tmp_path / "v.mkv", "FFV1", 60))[2].notes == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty; copy the video again"),
        (b"no video\n" * 500, "is damaged or not in a format that OpenCV reads; convert it to MP4 or MKV"),
        (bytes(range(256)) * 20, "is damaged or not in a format that OpenCV reads"),
        (b"RIFF\x00\x10\x00\x00AVI " + bytes(1000), "is damaged or not in a format that OpenCV reads"),
    ],
    ids=["empty", "text", "garbage", "a head alone"],
)
def test_a_file_that_is_no_video_is_named_with_what_to_do(tmp_path, content, message):
    (tmp_path / "v.mp4").write_bytes(content)
    with pytest.raises(RppgError, match=rf"v\.mp4: {message}"):
        read(tmp_path / "v.mp4")


def test_an_mp4_without_its_end_cannot_be_opened(videos, tmp_path):
    (tmp_path / "v.mp4").write_bytes(videos["mp4"].read_bytes()[:-3000])
    with pytest.raises(RppgError, match=r"v\.mp4: is damaged or not in a format that OpenCV reads"):
        read(tmp_path / "v.mp4")


def test_a_video_without_frames_is_refused(tmp_path):
    pattern = write_images(tmp_path / "images", [1, 2])
    for path in pattern.parent.iterdir():
        path.write_bytes(b"damaged")
    with pytest.raises(RppgError, match=r"img_%05d\.png: no frame can be decoded; copy or convert"):
        read(pattern, fps=FPS)


@pytest.mark.parametrize("name", ["absent.avi", "img_%05d.png", "absent/img_%05d.png", "img_%d_%d.png"])
def test_what_is_not_there_is_named(tmp_path, name):
    (tmp_path / "img_notes.png").write_bytes(b"")
    with pytest.raises(RppgError, match=f"{name}: there is no such (video|image)"):
        open_frames(tmp_path / name, fps=FPS)


def test_images_and_bare_streams_need_times_or_a_rate(tmp_path):
    import cv2

    pattern = write_images(tmp_path / "images", range(40), "jpg")
    bare = tmp_path / "v.mjpeg"
    bare.write_bytes(b"".join(cv2.imencode(".jpg", picture(number))[1].tobytes() for number in range(40)))
    for video in (pattern, bare):
        with pytest.raises(
            RppgError, match=rf"{video.name}: neither frame times nor a frame rate; give timestamps or fps"
        ):
            open_frames(video)
        times, numbers, frames = read(video, fps=FPS)
        np.testing.assert_allclose(times, np.arange(40) / FPS)
        assert numbers == list(range(40))
        assert (frames.stamps, frames.notes) == ("fps", [COUNTED])


def test_an_mp4_whose_first_box_has_a_long_length_is_no_bare_stream(videos, tmp_path):
    data = bytearray(videos["mp4"].read_bytes())
    at = data.index(b"stco") + 12
    places = np.frombuffer(data, ">u4", int.from_bytes(data[at - 4 : at], "big"), at) + 16
    data[at : at + 4 * len(places)] = places.astype(">u4").tobytes()
    (tmp_path / "v.mp4").write_bytes(b"\0\0\0\1free" + (16).to_bytes(8, "big") + data)
    times, numbers, frames = read(tmp_path / "v.mp4")
    assert (len(times), numbers[-1], frames.stamps) == (400, 399, "container")


@pytest.mark.parametrize("fps", [0, -20, 1001, float("nan")])
def test_a_rate_that_no_camera_has_is_refused(videos, fps):
    with pytest.raises(RppgError, match=r"v\.avi: .* give timestamps or fps"):
        open_frames(videos["avi"], fps=fps)


def test_faults_of_the_file_of_times_come_before_any_frame(videos, tmp_path):
    with pytest.raises(RppgError, match=r"absent\.csv: frame times cannot be read"):
        open_frames(videos["avi"], timestamps=tmp_path / "absent.csv")


def test_an_empty_frame_of_an_avi_is_a_dropped_one_and_keeps_its_place(videos, tmp_path):
    data, dropped = videos["avi"].read_bytes(), (100, 101, 250)
    at = data.index(b"movi") + 4
    parts, number = [data[:at]], 0
    while data[at : at + 4] in (b"00dc", b"JUNK"):
        after = at + 8 + (int.from_bytes(data[at + 4 : at + 8], "little") + 1) // 2 * 2
        picture = data[at : at + 4] == b"00dc"
        parts.append(b"00dc" + bytes(4) if picture and number in dropped else data[at:after])
        number += picture
        at = after
    whole = b"".join(parts)  # without an index
    (tmp_path / "v.avi").write_bytes(whole[:4] + (len(whole) - 8).to_bytes(4, "little") + whole[8:])
    times, numbers, frames = read(tmp_path / "v.avi")
    left = np.delete(np.arange(400), dropped)
    np.testing.assert_allclose(times, left / FPS, atol=1e-6)
    assert numbers == left.tolist()
    assert frames.notes == [COUNTED]


def test_an_interlaced_film_that_opencv_cannot_convert_is_named(tmp_path):
    import cv2

    film = tmp_path / "v.mpg"
    writer = cv2.VideoWriter(str(film), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MPG2"), 25, (96, 64))
    for number in range(40):
        writer.write(np.full((64, 96, 3), 60 + 4 * number, np.uint8))
    writer.release()
    data = bytearray(film.read_bytes())
    for extension, at, flag in ((rb"[\x10-\x1f]", 5, 0x08), (rb"[\x80-\x8f]", 8, 0x80)):  # progressive sequence, frame
        for found in re.finditer(rb"\x00\x00\x01\xb5" + extension, bytes(data)):
            data[found.start() + at] &= 0xFF ^ flag
    assert len(read_levels(film)) > 30
    film.write_bytes(data)
    with pytest.raises(RppgError, match=r"v\.mpg: all 40 frames are the same picture; if .* interlaced, .* -vf bwdif"):
        read_levels(film)


def read_levels(film):
    """Mean brightness of the frames that differ."""
    with open_frames(film) as frames:
        return {float(frame.mean()) for _, frame in frames}
