"""Recordings as files: what a job hands on, and what becomes of one that cannot be read."""

import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from cuffless.camera.errors import RppgError
from cuffless.camera.manifest import VideoRecording, recording_from
from cuffless.camera.recordings import (
    extract_recording,
    load_frames,
    load_recording,
    pulse_records,
    rates_to_show,
    save_frames,
    traces_or_reasons,
)
from cuffless.camera.simulation.recordings import simulate_recording, simulated_recording
from cuffless.camera.skin.trace import load_trace
from cuffless.camera.windows.contact import contact_note
from cuffless.config import RppgOptions, SimulatorOptions, VideoSimulationOptions, WindowOptions
from cuffless.windows import cut_windows

SMALL = VideoSimulationOptions(minutes=1, size=(96, 72))
FULL = VideoRecording(
    subject="a",
    recording="r1",
    video=Path("v.mp4"),
    fps=25.0,
    start_time=datetime(2024, 5, 1, 10, 3),
    bp=Path("bp.csv"),
    bp_offset_s=2.0,
    notes="seated",
)


@pytest.fixture(scope="module")
def filmed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("filmed")
    simulate_recording(1, folder, SMALL, SimulatorOptions())
    return simulated_recording(1, folder, SMALL)


def extract(recording, folder):
    files = {name: folder / f"r.{ending}" for name, ending in KINDS.items()}
    extract_recording(recording, roi_hz=1.0, **files)
    return files


def until(trace, seconds):
    """The first seconds of a trace."""
    n = round(seconds * trace.fps)
    return replace(trace, t=trace.t[:n], rgb=trace.rgb[:n], n_pixels=trace.n_pixels[:n])


KINDS = {"trace": "npz", "regions": "roi.json", "frames": "frames.npz"}


def test_a_recording_survives_its_text():
    assert recording_from(FULL.canonical()) == FULL
    assert recording_from(FULL.canonical()).canonical() == FULL.canonical()


@pytest.mark.parametrize("change", [{"bp": None}, {"subject": "b"}, {"notes": ""}, {"start_time": None}])
def test_what_only_labels_windows_does_not_change_how_colours_are_taken(change):
    changed = replace(FULL, **change)
    assert changed.canonical() != FULL.canonical()
    assert changed.canonical(video_only=True) == FULL.canonical(video_only=True)
    assert replace(FULL, fps=30.0).canonical(video_only=True) != FULL.canonical(video_only=True)


def test_files_are_those_that_are_named_and_of_images_their_folder():
    images = replace(FULL, video=Path("frames/img_%05d.png"))
    assert images.files("video", "timestamps", "bp") == [Path("frames"), Path("bp.csv")]


def test_a_simulated_recording_is_where_its_manifest_says(filmed):
    assert all(path.is_file() for path in filmed.files("video", "timestamps", "roi", "bp"))


def test_colours_regions_and_frames_are_handed_on(filmed, tmp_path):
    files = extract(filmed, tmp_path)
    trace, regions, frames = load_recording(**files)
    assert trace.rois == regions.names == ("forehead", "cheek_left", "cheek_right")
    assert len(trace.t) == 60 * SMALL.fps
    assert [frame.shape for _, frame in frames] == [(72, 96, 3)] * len(frames)
    rates, reason = rates_to_show("r", trace, method="pos")
    assert reason == ""
    assert len(rates) == 31
    assert re.fullmatch(
        r"r: its clearest rate is [\d.]+ bpm; nothing above 31 bpm is accepted",
        rates_to_show("r", trace, method="pos", rate_range=(30, 31))[1],
    )
    nothing, reason = rates_to_show("r", until(trace, 5), method="pos")
    assert (nothing, reason) == (None, "r: its longest stretch without a gap has 5 s; a pulse rate needs at least 8 s")
    assert rates_to_show("r", until(trace, 12), method="pos")[0].seconds == pytest.approx(12, abs=0.1)
    [record] = pulse_records([files["trace"]], RppgOptions(), WindowOptions())
    assert record.segments[0].seconds == pytest.approx(60, abs=0.2)


def test_a_recording_that_cannot_be_read_or_is_excluded_leaves_its_reason(filmed, tmp_path):
    for recording, said in (
        (replace(filmed, video=tmp_path / "gone.avi"), "there is no such video"),
        (replace(filmed, exclude="the head is turned away"), "excluded: the head is turned away"),
    ):
        files = extract(recording, tmp_path)
        with pytest.raises(RppgError, match=said):
            load_trace(files["trace"])
        [reason] = traces_or_reasons([files["trace"]])
        assert said in reason
        assert said in json.loads(files["regions"].read_text())["reason"]
        assert load_frames(files["frames"]) == []
        assert list(pulse_records([files["trace"]], RppgOptions(), WindowOptions())) == []


def test_kept_frames_look_as_they_were(tmp_path):
    frame = np.full((40, 60, 3), (200, 120, 30), np.uint8)
    save_frames([(1.5, frame), (3.0, frame[::-1])], tmp_path / "f.npz")
    frames = load_frames(tmp_path / "f.npz")
    assert [t for t, _ in frames] == [1.5, 3.0]
    np.testing.assert_allclose(frames[0][1].astype(float), frame, atol=3)


def ppg_csv(folder, pulse_signals, bpm, fs=100.0):
    path = folder / "contact.csv"
    np.savetxt(path, pulse_signals(bpm=bpm, seconds=60, fs=fs)[0], header="ppg", comments="")
    return path


@pytest.mark.parametrize(("theirs", "apart"), [(72, "0."), (80, "8.")])
def test_contact_ppg_tells_how_far_the_pulse_rate_is_off(filmed, tmp_path, pulse_signals, theirs, apart):
    from cuffless.records import from_arrays

    windows = WindowOptions()
    own = cut_windows(from_arrays("own", pulse_signals(bpm=72, seconds=60)[0], None, 125.0), windows).candidates
    recording = replace(filmed, ppg=ppg_csv(tmp_path, pulse_signals, theirs), ppg_fs=100.0)
    note = contact_note(recording, own, windows)
    assert note.startswith(f"pulse rate off by {apart}")
    assert "contact PPG (median over" in note


def test_contact_ppg_that_cannot_be_compared_is_told(filmed, tmp_path, pulse_signals):
    from cuffless.records import from_arrays

    windows = WindowOptions()
    own = cut_windows(from_arrays("own", pulse_signals(bpm=72, seconds=60)[0], None, 125.0), windows).candidates
    assert contact_note(filmed, own, windows) == ""
    for text in ("a\n1\n2\n", "ppg\n" + "1\n" * 3000):
        (tmp_path / "contact.csv").write_text(text)
        note = contact_note(replace(filmed, ppg=tmp_path / "contact.csv", ppg_fs=100.0), own, windows)
        assert note.startswith("contact PPG not compared: ")
