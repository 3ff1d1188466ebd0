"""Images named by a number: one that counts, or the time at which they were taken."""

import re
from datetime import datetime, timedelta

import numpy as np
import pytest

from cuffless.camera.errors import RppgError
from cuffless.camera.skin.extraction import extract_trace
from cuffless.camera.video.frames import open_frames
from cuffless.camera.video.images import pattern_of

UNITS = {"ms": 10**3, "us": 10**6, "100 ns": 10**7, "ns": 10**9}
EPOCH = 1_392_643_993  # seconds since 1970


def write(folder, numbers, gray=None):
    import cv2

    folder.mkdir()
    for at, number in enumerate(numbers):
        colour = 120 if gray is None else gray[at]
        (folder / f"Image{number}.png").write_bytes(
            cv2.imencode(".png", np.full((4, 4, 3), colour, np.uint8))[1].tobytes()
        )
    return folder / "Image%d.png"


def read(pattern, **given):
    with open_frames(pattern, **given) as frames:
        return [t for t, _ in frames], frames


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("fps", [25, 30, 59.94])
def test_numbers_that_are_times_are_the_frames_times_in_any_unit(tmp_path, unit, fps):
    true = np.delete(np.arange(40) / fps, [10, 11])  # two are lost
    numbers = [EPOCH * UNITS[unit] + round(t * UNITS[unit]) for t in true.tolist()]
    times, frames = read(write(tmp_path / "a", numbers))
    np.testing.assert_allclose(times, true, atol=0.6 / UNITS[unit] + 1e-9)
    assert (frames.stamps, frames.seconds) == ("names", times[-1])
    assert frames.notes == [f"frame times are read from the image names ({unit}); give fps to count the images instead"]


def test_frames_a_second_overrule_the_names_and_no_number_is_missing(tmp_path):
    pattern = write(tmp_path / "a", [EPOCH * 10**9 + round(i / 30 * 1e9) for i in range(40)])
    times, frames = read(pattern, fps=25)
    np.testing.assert_allclose(times, np.arange(40) / 25)
    assert frames.notes == [
        "frame times are ignored, as requested: counted at 25 frames per second, so dropped frames and a wrong rate go "
        "unnoticed"
    ]
    (tmp_path / "t.csv").write_text("time\n" + "".join(f"{i / 20}\n" for i in range(40)))
    times, frames = read(pattern, timestamps=tmp_path / "t.csv")
    np.testing.assert_allclose(times, np.arange(40) / 20)
    assert (frames.stamps, frames.notes) == ("file", [])


@pytest.mark.parametrize("apart", [1, 2, 7])
def test_numbers_that_lie_close_count_frames(tmp_path, apart):
    times, frames = read(write(tmp_path / "a", range(5, 5 + 20 * apart, apart)), fps=60)
    np.testing.assert_allclose(times, np.arange(20) * apart / 60)
    note = (
        f"the image numbers go up in steps of {apart}, and fps counts numbers; if fps is the number of images per "
        f"second, multiply it by {apart}"
    )
    assert frames.notes[1:] == ([note] if apart > 1 else [])


@pytest.mark.parametrize("digits", [17, 20])
def test_numbers_that_are_dates_go_on_where_a_minute_begins(tmp_path, digits):
    true = np.arange(60) * 0.05
    began = datetime(2024, 1, 31, 23, 59, 59)
    numbers = [(began + timedelta(seconds=t)).strftime("%Y%m%d%H%M%S%f")[:digits] for t in true.tolist()]
    times, frames = read(write(tmp_path / "a", numbers))
    np.testing.assert_allclose(times, true, atol=1e-9)
    assert frames.notes == ["frame times are read from the image names (dates); give fps to count the images instead"]


def test_numbers_that_neither_count_nor_tell_a_time_are_set_aside(tmp_path):
    pattern = write(tmp_path / "a", [7 * 10**12 * i for i in range(20)])
    times, frames = read(pattern, fps=20)
    np.testing.assert_allclose(times, np.arange(20) / 20)
    assert frames.notes[1] == "the image numbers are 7e+12 apart and so are not frame numbers; the images are counted"


def test_a_pulse_is_timed_by_the_names_and_the_rate_is_theirs(tmp_path):
    gray = np.round(120 + 20 * np.sin(2 * np.pi * 1.25 * np.arange(120) / 30))
    pattern = write(tmp_path / "a", [EPOCH * 1000 + round(i / 30 * 1e3) for i in range(120)], gray)
    trace, _, _ = extract_trace(pattern, roi_mode="whole")
    assert (trace.stamps, len(trace.t)) == ("names", 120)
    assert trace.fps == pytest.approx(30, abs=0.02)
    np.testing.assert_allclose(trace.rgb[:, 0, 1], gray, atol=0.01)


@pytest.mark.parametrize("spoil", [lambda path: path.mkdir(), lambda path: path.symlink_to("nowhere")])
def test_an_image_that_is_none_is_lost_and_no_other(tmp_path, spoil):
    pattern = write(tmp_path / "frames", range(1, 61))
    (tmp_path / "frames" / "Image30.png").unlink()
    spoil(tmp_path / "frames" / "Image30.png")
    times, _ = read(pattern, fps=30)
    assert np.allclose(times, np.delete(np.arange(60), 29) / 30)


def named(folder, names, pictures=None):
    """Images with these names, all alike unless given."""
    import cv2

    folder.mkdir()
    for at, name in enumerate(names):
        picture = np.full((4, 4, 3), 120, np.uint8) if pictures is None else pictures[at]
        (folder / name).write_bytes(cv2.imencode(folder.joinpath(name).suffix, picture)[1].tobytes())
    return folder


T = np.arange(40) / 30
SERIES = {
    "img_%05d.png": [f"img_{i:05d}.png" for i in range(5, 45)],
    "a%d.tiff": [f"a{i}.tiff" for i in range(90, 130)],
    "f%d_%d.png": [f"f{i}_{EPOCH * 10**6 + round(t * 1e6)}.png" for i, t in enumerate(T.tolist())],
    "%d.%06d.png": [f"{EPOCH + t:.6f}.png" for t in T.tolist()],
    "cam0_%03d.png": [f"cam{i}_{j:03d}.png" for i in (0, 1) for j in range(8, 28)],
    "cam1_%d.bmp": [f"cam1_{i}.bmp" for i in range(98765, 98805)],
}


@pytest.mark.parametrize("pattern", SERIES)
def test_a_folder_tells_the_pattern_to_type(tmp_path, pattern):
    folder = named(tmp_path / "a", SERIES[pattern])
    (folder / "notes1.txt").write_text("no image")
    assert pattern_of(folder) == f": '{folder / pattern}'"
    assert pattern_of(folder / SERIES[pattern][3]) == f": '{folder / pattern}'"
    with pytest.raises(RppgError, match=rf"is a folder; give .* as a pattern: '.*{re.escape(pattern)}'"):
        open_frames(folder)
    with pytest.raises(RppgError, match=rf"is a single image; .*: '.*{re.escape(pattern)}'"):
        open_frames(folder / SERIES[pattern][0])
    with pytest.raises(RppgError, match=rf"there is no such image; the images there .*: '.*{re.escape(pattern)}'"):
        open_frames(folder / "other%d.png")
    assert len(read(folder / pattern, fps=30)[0]) == (20 if "cam0" in pattern else 40)


@pytest.mark.parametrize(("pattern", "unit"), [("f%d_%d.png", "us"), ("%d.%06d.png", "s")])
def test_of_two_numbers_the_time_is_used(tmp_path, pattern, unit):
    times, frames = read(named(tmp_path / "a", SERIES[pattern]) / pattern)
    np.testing.assert_allclose(times, T, atol=1e-6)
    assert frames.notes[0].startswith(f"frame times are read from the image names ({unit})")


def test_numbers_of_two_series_are_not_mixed(tmp_path):
    folder = named(tmp_path / "a", SERIES["cam0_%03d.png"])
    with pytest.raises(RppgError, match=r"several images have the same number .*: '.*/cam0_%03d\.png'"):
        open_frames(folder / "cam%d_%03d.png", fps=30)


@pytest.mark.parametrize("ending", ["png", "tiff"])
@pytest.mark.parametrize(("bits", "shift"), [(12, 0), (10, 6), (16, 0)])
def test_images_of_more_than_8_bits_keep_them(tmp_path, ending, bits, shift):
    top = 2**bits - 1
    levels = np.round(top * (0.5 + 0.001 * np.sin(2 * np.pi * 1.25 * T))).astype(np.uint16) << shift
    pictures = [np.full((4, 4), level, np.uint16) for level in levels]
    for picture in pictures:
        picture[0, 0] = top << shift
    pattern = named(tmp_path / "a", [f"m{i}.{ending}" for i in range(40)], pictures) / f"m%d.{ending}"
    trace, _, shown = extract_trace(pattern, roi_mode="whole", fps=30)
    expected = 255 * (15 * levels.astype(float) + (top << shift)) / 16 / (65535 if shift else top)
    np.testing.assert_allclose(trace.rgb[:, 0, 1], expected, rtol=1e-5)
    assert shown[0][1].dtype == np.uint8


def test_milliseconds_since_1970_are_times_at_240_frames_a_second_too(tmp_path):
    true = np.arange(60) / 240
    times, frames = read(write(tmp_path / "a", [EPOCH * 1000 + round(t * 1e3) for t in true.tolist()]))
    np.testing.assert_allclose(times, true, atol=0.6e-3)
    assert frames.stamps == "names"
