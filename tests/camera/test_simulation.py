"""Simulated recordings against their own truth, read back from the files as any reader would."""

import json

import numpy as np
import pandas as pd
import pytest

from cuffless.camera.simulation import recordings as simulation
from cuffless.camera.simulation.filming import Clock
from cuffless.camera.simulation.recordings import simulate_recording
from cuffless.config import SimulatorOptions
from cuffless.config.rppg import VideoSimulationOptions

FPS = 20.0
OPTIONS = VideoSimulationOptions(minutes=1.5)
SMALL = VideoSimulationOptions(minutes=1, size=(96, 72))
SIMULATOR = SimulatorOptions()
MANIFEST = "subject recording video fps start_time timestamps roi roi_mode bp bp_offset_s ppg ppg_fs exclude notes"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """(clock, stamps) -> folder and row of recording 1; each is simulated once."""
    made = {}

    def make(clock=Clock(), stamps=True):
        if (clock, stamps) not in made:
            folder = tmp_path_factory.mktemp("recording")
            made[clock, stamps] = folder, simulate_recording(1, folder, OPTIONS, SIMULATOR, clock=clock, stamps=stamps)
        return made[clock, stamps]

    return make


def polygons(regions, time):
    for keyframes in regions.values():
        times, points = [k["t"] for k in keyframes], np.array([k["polygon"] for k in keyframes])
        after = min(np.searchsorted(times, time), len(times) - 1)
        share = (time - times[after - 1]) / (times[after] - times[after - 1])
        yield points[after - 1] + share * (points[after] - points[after - 1])


def trace(folder, row):
    """Mean R, G, B (n, 3) over the regions of the decoded frames."""
    import cv2

    regions = json.loads((folder / row["roi"]).read_text())["rois"]
    times, colours = truth(folder)[0], []
    video = cv2.VideoCapture(str(folder / row["video"]))
    while (read := video.read())[0]:
        mask = np.zeros(read[1].shape[:2], np.uint8)
        for points in polygons(regions, times[len(colours)]):
            cv2.fillPoly(mask, [np.round(points).astype(np.int32)], 1)
        colours.append(cv2.mean(read[1], mask)[2::-1])
    return np.array(colours)


def truth(folder):
    with np.load(folder / "v001.truth.npz") as kept:
        return kept["t"], kept["pulse"]


def pos(rgb, fps):
    """The paper's algorithm 1, as it stands there, turned to fall when the skin brightens."""
    length, pulse = int(np.ceil(1.6 * fps)), np.zeros(len(rgb))
    for first in range(len(rgb) - length + 1):
        r, g, b = (rgb[first : first + length] / rgb[first : first + length].mean(axis=0)).T
        s1, s2 = g - b, g + b - 2 * r
        h = s1 + s1.std() / s2.std() * s2
        pulse[first : first + length] += h - h.mean()
    return -pulse


def likeness(wave, reference):
    """Correlation within the band of a pulse, less a second at either end."""
    from scipy.signal import butter, sosfiltfilt

    band = butter(4, (0.5, 8.0), "bandpass", fs=FPS, output="sos")
    inner = slice(int(FPS), -int(FPS))
    return np.corrcoef(sosfiltfilt(band, wave)[inner], sosfiltfilt(band, reference)[inner])[0, 1]


def likeness_to_truth(folder, rgb, times):
    """Correlation of the pulse with the truth, if the frames were taken at `times`."""
    from scipy.interpolate import CubicSpline

    true_times, true_pulse = truth(folder)
    grid = np.arange(0, min(times[-1], true_times[-1]), 1 / FPS)
    return likeness(pos(CubicSpline(times, rgb)(grid), FPS), CubicSpline(true_times, true_pulse)(grid))


@pytest.fixture(scope="module")
def undisturbed(recorded):
    folder, row = recorded()
    return likeness_to_truth(folder, trace(folder, row), truth(folder)[0])


def test_pos_finds_the_true_pulse_in_the_decoded_frames(undisturbed):
    assert undisturbed >= 0.96


def test_the_light_hides_the_pulse_from_a_single_colour(recorded):
    folder, row = recorded()
    assert likeness(-trace(folder, row)[:, 1], truth(folder)[1]) < 0.8


@pytest.mark.parametrize("clock", [Clock(jitter=0.4), Clock(dropped=0.01), Clock(error=0.01)], ids=repr)
def test_a_straying_clock_does_no_harm_only_where_the_frames_have_their_times(clock, recorded, undisturbed):
    folder, row = recorded(clock)
    rgb, stamps = trace(folder, row), pd.read_csv(folder / row["timestamps"])["time"].to_numpy()
    assert abs(likeness_to_truth(folder, rgb, stamps) - undisturbed) < 0.02
    assert likeness_to_truth(folder, rgb, np.arange(len(rgb)) / row["fps"]) < 0.6


def test_a_clock_leaves_subject_motion_and_pressure_as_they_were(recorded):
    (folder, row), (strayed, _) = recorded(), recorded(Clock(error=0.01))
    for kind in ("bp", "roi"):
        assert (folder / row[kind]).read_bytes() == (strayed / row[kind]).read_bytes()
    (times, pulse), (other, other_pulse) = truth(folder), truth(strayed)
    np.testing.assert_allclose(np.interp(other, times, pulse), other_pulse, atol=0.05)


def test_a_recording_is_a_row_of_the_manifest_whose_files_are_there(recorded):
    folder, row = recorded()
    assert list(row) == MANIFEST.split()
    assert (row["subject"], row["fps"], row["roi_mode"]) == ("v001", FPS, "file")
    assert {path.name for path in folder.iterdir()} == {
        row["video"], row["timestamps"], row["bp"], row["roi"], "v001.truth.npz"
    }  # fmt: skip


def test_the_monitor_shows_the_last_beats_of_each_minute(recorded):
    folder, row = recorded()
    with np.load(folder / "v001.truth.npz") as kept:
        last = (kept["beat_time"] > 50) & (kept["beat_time"] < 60)
        expected = np.median(kept["beat_sbp"][last]), np.median(kept["beat_dbp"][last])
    monitor = pd.read_csv(folder / row["bp"])
    assert monitor["time"].tolist() == [60.0]
    assert np.abs(monitor[["sbp", "dbp"]].to_numpy()[0] - expected).max() <= 0.5


def test_without_stamps_no_times_are_written(tmp_path):
    row = simulate_recording(1, tmp_path, SMALL, SIMULATOR, stamps=False)
    assert row["timestamps"] == ""
    assert not list(tmp_path.glob("*timestamps*"))


def test_a_recording_depends_on_seed_and_number_alone(tmp_path):
    for folder, number, seed in (("a", 1, 7), ("b", 1, 7), ("c", 2, 7), ("d", 1, 8)):
        simulate_recording(number, tmp_path / folder, SMALL.model_copy(update={"seed": seed}), SIMULATOR)
    contents = {f: {p.suffixes[-2:][0]: p.read_bytes() for p in (tmp_path / f).iterdir()} for f in "abcd"}
    assert contents["a"] == contents["b"]
    for other in "cd":
        assert not any(contents["a"][kind] == contents[other][kind] for kind in (".avi", ".roi", ".truth"))


def test_a_head_at_rest_has_one_keyframe_a_region(tmp_path):
    row = simulate_recording(1, tmp_path, SMALL.model_copy(update={"motion": 0.0}), SIMULATOR)
    regions = json.loads((tmp_path / row["roi"]).read_text())
    assert (regions["width"], regions["height"]) == SMALL.size
    assert {name: len(keyframes) for name, keyframes in regions["rois"].items()} == {
        "forehead": 1, "cheek_left": 1, "cheek_right": 1
    }  # fmt: skip


def test_regions_follow_the_head(tmp_path):
    import cv2

    options = SMALL.model_copy(update={"size": (160, 120), "motion": 2.0})
    row = simulate_recording(1, tmp_path, options, SIMULATOR)
    forehead = json.loads((tmp_path / row["roi"]).read_text())["rois"]["forehead"]
    video, window = cv2.VideoCapture(str(tmp_path / row["video"])), cv2.createHanningWindow((160, 120), cv2.CV_32F)
    grey = [cv2.cvtColor(video.read()[1], cv2.COLOR_BGR2GRAY).astype(np.float32) for _ in range(801)]
    first, later = forehead[0], forehead[1:21]
    seen = [cv2.phaseCorrelate(grey[0], grey[round(keyframe["t"] * FPS)], window)[0] for keyframe in later]
    said = [np.mean(np.subtract(keyframe["polygon"], first["polygon"]), axis=0) for keyframe in later]
    assert np.std(said, axis=0).min() > 1
    for axis_seen, axis_said in zip(np.transpose(seen), np.transpose(said), strict=True):
        assert np.corrcoef(axis_seen, axis_said)[0, 1] > 0.95
        assert np.polyfit(axis_said, axis_seen, 1)[0] == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("number", [0, 1000])
def test_a_number_that_no_name_can_hold_is_refused(number, tmp_path):
    with pytest.raises(ValueError, match=f"recording {number}: .* from 1 to 999"):
        simulate_recording(number, tmp_path, SMALL, SIMULATOR)


def test_a_video_with_frames_missing_is_an_error_and_leaves_nothing_behind(tmp_path):
    frames = [np.zeros((72, 96, 3), np.uint8)] * 3
    with pytest.raises(OSError, match="only 3 of 4 frames were written; check that the disk is not full"):
        simulation._write_video(tmp_path / "v001.avi", frames, 4, SMALL)
    assert not list(tmp_path.iterdir())
