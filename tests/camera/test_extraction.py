"""From a video to mean colours: against the very pixels, and with a face that is looked for."""

import json

import numpy as np
import pytest

from cuffless.camera.errors import NoFaceError, RppgError
from cuffless.camera.simulation.recordings import simulate_recording
from cuffless.camera.skin.extraction import extract_trace
from cuffless.camera.skin.roi import Keyframe, Regions, read_regions, write_regions
from cuffless.config import SimulatorOptions
from cuffless.config.rppg import VideoSimulationOptions

FPS = 20.0
WIDTH, HEIGHT = 96, 72
N = 60
FRAMES = np.random.default_rng(0).integers(0, 256, (N, HEIGHT, WIDTH, 3), dtype=np.uint8)
BOXES = {"forehead": (20, 8, 50, 20), "cheek_left": (15, 40, 30, 60)}
"""First and last column and row; the regions move by a pixel a frame to the right."""


def corners(left, top, right, bottom):
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float)


def moving(width=WIDTH, height=HEIGHT):
    """Regions whose keyframes lie half a second apart; the left cheek turns away at 2 s."""
    rois = {
        name: [Keyframe(t, corners(*box) + np.array([FPS * t, 0])) for t in np.arange(0, 3, 0.5)]
        for name, box in BOXES.items()
    }
    rois["cheek_left"][4:] = [Keyframe(2.0, None)]
    return Regions(width, height, rois)


def truth():
    """Mean colours and numbers of pixels, summed from the frames as they were before encoding."""
    rgb, pixels = np.full((N, 2, 3), np.nan, np.float32), np.zeros((N, 2), int)
    for number, frame in enumerate(FRAMES):
        # Between the last polygon and the turning away the cheek stands still.
        moved = {"forehead": min(number, 50), "cheek_left": min(number, 30)}
        for region, (name, (left, top, right, bottom)) in enumerate(BOXES.items()):
            if name == "forehead" or number < 40:
                x = slice(left + moved[name], right + moved[name] + 1)
                seen = frame[top : bottom + 1, x].reshape(-1, 3)
                rgb[number, region], pixels[number, region] = seen.mean(axis=0)[::-1], len(seen)
    return rgb, pixels


def write_video(path, frames, code="FFV1"):
    import cv2

    size = frames.shape[2:0:-1]
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), FPS, size)
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


def write_images(folder, frames):
    import cv2

    folder.mkdir()
    for number, frame in enumerate(frames, 1):
        cv2.imwrite(str(folder / f"f{number:03d}.png"), frame)
    return folder / "f%03d.png"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Folder with the frames as a video and as images, and the file of their regions."""
    folder = tmp_path_factory.mktemp("extraction")
    write_video(folder / "v.mkv", FRAMES)
    write_images(folder / "images", FRAMES)
    write_regions(moving(), folder / "roi.json")
    return folder


@pytest.mark.parametrize(
    ("video", "given", "stamps"),
    [("v.mkv", {}, "container"), ("v.mkv", {"fps": FPS}, "fps"), ("images/f%03d.png", {"fps": FPS}, "fps")],
)
def test_the_trace_of_lossless_frames_is_the_truth_bit_for_bit(made, video, given, stamps):
    trace, regions, _ = extract_trace(made / video, roi=made / "roi.json", roi_mode="file", **given)
    rgb, pixels = truth()
    np.testing.assert_array_equal(trace.rgb, rgb)
    np.testing.assert_array_equal(trace.n_pixels, pixels)
    np.testing.assert_allclose(trace.t, np.arange(N) / FPS, atol=1e-9)
    assert trace.rgb.dtype == np.float32
    assert trace.fps == pytest.approx(FPS)
    assert (trace.rois, trace.stamps, len(trace.notes)) == (("forehead", "cheek_left"), stamps, stamps == "fps")
    assert regions.names == trace.rois


def test_the_whole_frame_is_one_region(made):
    trace, regions, _ = extract_trace(made / "v.mkv", roi_mode="whole")
    np.testing.assert_array_equal(trace.rgb[:, 0], FRAMES.mean(axis=(1, 2))[:, ::-1].astype(np.float32))
    assert (trace.n_pixels == WIDTH * HEIGHT).all()
    assert trace.rois == regions.names == ("whole",)
    assert (regions.width, regions.height, regions.video) == (WIDTH, HEIGHT, "v.mkv")


def test_regions_lie_where_the_frames_own_times_say(made, tmp_path):
    rng = np.random.default_rng(2)
    times = np.sort(rng.choice(np.arange(0, 2000, 20), N, replace=False)) / 1000
    (tmp_path / "t.csv").write_text("time\n" + "".join(f"{t:.3f}\n" for t in times))
    rois = {"a": [Keyframe(0.0, corners(5, 5, 20, 20)), Keyframe(1.0, corners(60, 40, 80, 60))]}
    write_regions(Regions(WIDTH, HEIGHT, rois, "hold"), tmp_path / "roi.json")
    trace, _, _ = extract_trace(
        made / "v.mkv", roi=tmp_path / "roi.json", roi_mode="file", timestamps=tmp_path / "t.csv"
    )
    np.testing.assert_allclose(trace.t, times)
    np.testing.assert_array_equal(trace.n_pixels[:, 0], np.where(times < 1, 16 * 16, 21 * 21))
    assert trace.fps == pytest.approx(1 / np.median(np.diff(times)))
    assert trace.stamps == "file"


def test_regions_of_frames_of_another_size_are_refused(made, tmp_path):
    write_regions(moving(HEIGHT, WIDTH), tmp_path / "roi.json")
    with pytest.raises(
        RppgError, match=r"v\.mkv: its frames are 96 x 72 pixels, but the regions are for 72 x 96; draw"
    ):
        extract_trace(made / "v.mkv", roi=tmp_path / "roi.json", roi_mode="file")


@pytest.mark.parametrize("mode", ["file", "whole"])
def test_frames_that_change_their_size_are_refused(made, tmp_path, mode):
    import cv2

    pattern = write_images(tmp_path / "images", FRAMES[:5])
    cv2.imwrite(str(pattern.with_name("f006.png")), FRAMES[5, :, :90])
    with pytest.raises(RppgError, match=r"f%03d\.png: its frames are 90 x 72 pixels"):
        extract_trace(pattern, roi=made / "roi.json" if mode == "file" else None, roi_mode=mode, fps=FPS)


def test_regions_that_no_frame_shows_are_refused(made, tmp_path):
    rois = {"a": [Keyframe(0.0, corners(200, 5, 220, 20))], "b": [Keyframe(0.0, None)]}
    write_regions(Regions(WIDTH, HEIGHT, rois), tmp_path / "roi.json")
    with pytest.raises(RppgError, match=r"v\.mkv: none of a, b is visible in any frame; check the regions"):
        extract_trace(made / "v.mkv", roi=tmp_path / "roi.json", roi_mode="file")


def test_a_single_frame_is_no_recording(tmp_path):
    video = write_video(tmp_path / "v.mkv", FRAMES[:1])
    with pytest.raises(RppgError, match=r"v\.mkv: only one frame; a pulse rate needs several seconds of frames"):
        extract_trace(video, roi_mode="whole")


@pytest.mark.parametrize(
    ("roi", "mode", "message"),
    [
        (None, "face", "unknown roi_mode 'face'; choose from auto, file, whole"),
        (None, "file", "the mode file needs a file of regions, the others take none"),
        ("roi.json", "auto", "the mode file needs a file of regions, the others take none"),
        ("roi.json", "whole", "the mode file needs a file of regions, the others take none"),
    ],
)
def test_a_mode_and_a_file_of_regions_belong_together(made, roi, mode, message):
    with pytest.raises(ValueError, match=message):
        extract_trace(made / "v.mkv", roi=roi and made / roi, roi_mode=mode)


@pytest.mark.parametrize("seconds", [3, 12, 31, 90])
def test_few_frames_spread_over_the_recording_are_kept_to_be_shown(tmp_path, seconds):
    frames = np.resize(FRAMES, (int(seconds * FPS), 24, 32, 3))
    trace, _, shown = extract_trace(write_video(tmp_path / "v.mkv", frames), roi_mode="whole")
    assert 3 <= len(shown) <= 4
    times = np.array([t for t, _ in shown])
    assert times[0] == 0
    assert times[-1] > 0.6 * seconds
    assert np.diff(times).min() >= 0.9
    assert np.diff(times).max() < 0.5 * seconds
    for t, frame in shown:
        np.testing.assert_array_equal(frame, frames[np.searchsorted(trace.t, t)])


def test_how_far_it_is_is_told_every_five_minutes(tmp_path):
    still = write_video(tmp_path / "v.avi", np.resize(FRAMES[0, :16, :16], (3100, 16, 16, 3)), "MJPG")
    lines = []
    extract_trace(still, roi_mode="whole", fps=5, log=lines.append)
    assert lines == ["v.avi: 300 s of 620 s", "v.avi: 600 s of 620 s"]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A simulated minute of a face: folder, and what is found in it automatically."""
    folder = tmp_path_factory.mktemp("recorded")
    simulate_recording(1, folder, VideoSimulationOptions(minutes=1), SimulatorOptions())
    return folder, extract_trace(folder / "v001.avi", timestamps=folder / "v001.timestamps.csv")


def test_a_face_is_found_where_it_is(recorded):
    folder, (trace, regions, _) = recorded
    assert trace.rois == ("forehead", "cheek_left", "cheek_right")
    assert (trace.notes, trace.stamps, len(trace.t)) == ([], "file", 1200)
    assert (trace.n_pixels > 50).all()
    drawn = read_regions(folder / "v001.roi.json")
    for name in trace.rois:
        apart = [regions.polygon_at(name, t).mean(axis=0) - drawn.polygon_at(name, t).mean(axis=0) for t in range(60)]
        assert np.abs(apart).max() < 14  # of 160 x 120
        assert np.std(apart, axis=0).max() < 1  # it follows the head


def test_the_regions_found_give_the_same_trace_when_they_are_read_again(recorded, tmp_path):
    folder, (trace, regions, _) = recorded
    write_regions(regions, tmp_path / "roi.json")
    again, _, _ = extract_trace(
        folder / "v001.avi",
        roi=tmp_path / "roi.json",
        roi_mode="file",
        timestamps=folder / "v001.timestamps.csv",
    )
    for name in ("t", "rgb", "n_pixels"):
        np.testing.assert_array_equal(getattr(again, name), getattr(trace, name))
    assert again.rois == trace.rois
    laid = json.loads((tmp_path / "roi.json").read_text())
    assert (laid["video"], laid["width"], laid["height"]) == ("v001.avi", 160, 120)
    assert len(laid["rois"]["forehead"]) == 60  # a look each second


def test_the_face_is_looked_for_as_often_as_asked(recorded):
    folder, _ = recorded
    _, regions, _ = extract_trace(folder / "v001.avi", roi_hz=0.2)
    assert [keyframe.t for keyframe in regions.rois["forehead"]] == [5.0 * look for look in range(12)]


def test_a_video_without_a_face_is_refused_with_that_reason(made):
    message = r"v\.mkv: no face in 3 frames looked at; give the regions in a file, or use the mean of the whole frame"
    with pytest.raises(RppgError, match=message):
        extract_trace(made / "v.mkv")


def test_the_whole_frame_beside_a_search_for_a_face_is_that_of_the_mode_whole(made):
    with pytest.raises(NoFaceError) as raised:
        extract_trace(made / "v.mkv", with_whole=True)
    whole, _, shown = extract_trace(made / "v.mkv", roi_mode="whole")
    beside = raised.value.whole
    np.testing.assert_array_equal(beside.rgb, whole.rgb)
    np.testing.assert_array_equal(beside.n_pixels, whole.n_pixels)
    np.testing.assert_array_equal(beside.t, whole.t)
    assert (beside.rois, beside.fps, beside.stamps) == (whole.rois, whole.fps, whole.stamps)
    assert [t for t, _ in raised.value.frames] == [t for t, _ in shown]
    with pytest.raises(NoFaceError) as raised:
        extract_trace(made / "v.mkv")
    assert raised.value.whole is None
