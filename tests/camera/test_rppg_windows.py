from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cuffless.camera.errors import RppgError
from cuffless.camera.manifest import VideoRecording
from cuffless.camera.skin.trace import Trace
from cuffless.camera.windows.cutting import cut_recording, gather_windows, pulse_record
from cuffless.camera.windows.monitor import Monitor
from cuffless.config import WindowOptions
from cuffless.config.rppg import RppgOptions
from cuffless.records import from_arrays
from cuffless.training.feeding import open_windows
from cuffless.windows import cut_windows

SKIN = np.array([0.33, 0.77, 0.53])
OPTIONS, WINDOWS = RppgOptions(), WindowOptions()


def blood_volume(t, bpm=72.0):
    """A pulse wave without anything above 5 Hz."""
    phase = 2 * np.pi * bpm / 60 * np.asarray(t)
    return np.sin(phase) + 0.45 * np.sin(2 * phase + 0.9) + 0.15 * np.sin(3 * phase + 1.7)


def trace_of(t, bpm=72.0, noise=0.0, fps=20.0, seed=0):
    """Mean colours of skin that pulses, at given times."""
    t = np.asarray(t, float)
    rgb = np.array([150.0, 110, 90]) * (1 - 0.01 * blood_volume(t, bpm)[:, None] * SKIN)
    rgb += noise * np.random.default_rng(seed).standard_normal(rgb.shape)
    return Trace(t, rgb[:, None].astype(np.float32), np.full((len(t), 1), 900), ("face",), fps, "file")


def steady(seconds=180.0, fps=20.0, **kwargs):
    return trace_of(np.arange(int(seconds * fps)) / fps, fps=fps, **kwargs)


def monitor_of(*values, first=30.0, every=60.0):
    values = np.array(values or [(120, 65)] * 3, float)
    return Monitor("bp.csv", first + every * np.arange(len(values)), values)


def test_windows_hold_the_pulse_as_the_ppg_path_would_cut_it():
    cut = cut_recording(steady(), monitor_of(), OPTIONS, WINDOWS)
    contact = cut_windows(from_arrays("ppg", blood_volume(np.arange(180 * 125) / 125), None, 125), WINDOWS)
    n = min(len(cut.kept), len(contact.kept))
    assert n >= 25
    assert np.allclose(cut.kept.hr, 72, atol=0.3)
    both = zip(cut.ppg[2:n].astype(float), contact.ppg[2:n].astype(float), strict=True)
    assert min(np.corrcoef(a, b)[0, 1] for a, b in both) > 0.98  # upright, and in step


def test_without_inversion_windows_are_upside_down():
    upright, raw = (
        cut_recording(steady(), monitor_of(), RppgOptions(invert=invert), WINDOWS).ppg[3].astype(float)
        for invert in (True, False)
    )
    assert np.corrcoef(upright, raw)[0, 1] < -0.99


@pytest.mark.parametrize("fps", [17.0, 29.97, 60.0, 240.0])
def test_the_wave_survives_any_frame_rate(fps):
    record = pulse_record(steady(40, fps), OPTIONS, WINDOWS)
    [segment] = record.segments
    wave = segment.read(0, segment.n_samples)[0]
    truth = blood_volume(segment.start + np.arange(len(wave)) / 125)
    inner = slice(500, -500)
    assert abs(len(wave) / 125 - 40) < 0.1
    assert np.corrcoef(wave[inner], truth[inner])[0, 1] > 0.985


def test_a_drifting_wave_keeps_its_ends():
    trace = steady(40)
    trace.rgb *= np.linspace(0.8, 1.2, len(trace.t), dtype=np.float32)[:, None, None]
    [segment] = pulse_record(trace, RppgOptions(method="green"), WINDOWS).segments
    wave = segment.read(0, segment.n_samples)[0]
    green = trace.rgb[:, 0, 1] / trace.rgb[:, 0, 1].mean()
    truth = np.interp(np.arange(len(wave)) / 125, trace.t, 1 - green)
    assert np.abs(wave - truth).max() < 0.005  # its ends are at 0.2 and -0.2


def test_each_window_takes_the_value_of_its_minute():
    cut = cut_recording(steady(), monitor_of((110, 60), (120, 65), (130, 70)), OPTIONS, WINDOWS)
    minute = ((cut.kept.start + cut.kept.seconds / 2) // 60).astype(int)
    assert np.array_equal(cut.kept.sbp, 110 + 10.0 * minute)
    assert np.array_equal(cut.kept.dbp, 60 + 5.0 * minute)


def test_windows_kept_rejected_and_without_pressure_add_up():
    noisy = steady(noise=0.6)
    near = RppgOptions(bp_within=20)
    monitor = monitor_of((120, 65), (170, 65), (120, 65))  # the second breaks the rule sbp
    cut = cut_recording(noisy, monitor, near, WINDOWS)
    assert cut.n_cut == len(cut.candidates)
    assert cut.rejected["no_pressure"] > 0
    assert cut.rejected["sbp"] > 0
    assert cut.rejected["snr"] > 0
    assert cut.rejected["beats"] == cut.rejected["rates"] == cut.rejected["spread"] == 0
    assert len(cut.ppg) == len(cut.kept) > 0
    assert np.isfinite(cut.kept.sbp).all()
    by_signal = cut_windows(pulse_record(noisy, near, WINDOWS), WINDOWS)
    places = np.searchsorted(by_signal.kept.start, cut.kept.start)
    assert np.array_equal(cut.ppg, by_signal.ppg[places])  # each with its own signal


def test_windows_without_a_monitor_have_no_pressure():
    cut = cut_recording(steady(), None, OPTIONS, WINDOWS)
    assert len(cut.kept) == 0
    assert cut.rejected["no_pressure"] == cut.n_cut > 20


def test_no_window_crosses_a_gap_and_starts_stay_on_the_recordings_clock():
    t = np.arange(180 * 20) / 20
    whole = trace_of(t)
    missing = replace(whole, rgb=whole.rgb.copy())
    missing.rgb[(t >= 60) & (t < 70)] = np.nan
    jump = (t < 60) | (t >= 70)
    cut_frames = trace_of(t[jump])
    for trace in (missing, cut_frames):
        cut = cut_recording(trace, monitor_of(), OPTIONS, WINDOWS)
        assert not np.any((cut.kept.start < 70) & (cut.kept.start + cut.kept.seconds > 60.1))
        assert np.any(cut.kept.start < 50)
        assert np.any(cut.kept.start > 80)
        assert cut.rejected["missing"] == 1
        assert cut.seconds == pytest.approx(170, abs=0.3)
        late = np.flatnonzero(cut.kept.start > 80)[0]
        inside = cut.kept.start[late] + np.arange(875) / 875 * cut.kept.seconds[late]
        assert np.corrcoef(cut.ppg[late].astype(float), blood_volume(inside))[0, 1] > 0.97


def test_a_recording_that_begins_late_keeps_its_clock():
    late = trace_of(1000 + np.arange(60 * 20) / 20)
    cut = cut_recording(late, monitor_of(first=1000), OPTIONS, WINDOWS)
    assert cut.kept.start.min() >= 1000
    with pytest.raises(RppgError, match=r"the recording is from 1000 to 1059\.95 s"):
        cut_recording(late, monitor_of(), OPTIONS, WINDOWS)


def test_too_few_frames_a_second_are_a_reason():
    with pytest.raises(RppgError, match=r"r1: 15 frames per second are too few for 0.5-8 Hz.*at least 17"):
        cut_recording(steady(fps=15.0), None, OPTIONS, WINDOWS, name="r1")
    slowing = trace_of(np.concatenate((np.arange(310) / 30, 310 / 30 + np.arange(300) / 10)), fps=30.0)
    with pytest.raises(RppgError, match="frames per second"):
        cut_recording(slowing, None, OPTIONS, WINDOWS)
    narrow = WindowOptions(band=(0.5, 4.0), snr_range=(0.5, 4.0))
    assert len(cut_recording(steady(fps=15.0), monitor_of(), OPTIONS, narrow).kept) > 20


def test_a_recording_without_skin_is_a_reason():
    trace = steady(30)
    trace.rgb[:] = np.nan
    with pytest.raises(RppgError, match=r"skin is never visible for 1\.6 s; check the region"):
        cut_recording(trace, None, OPTIONS, WINDOWS)


def test_a_camera_that_sees_no_change_gives_no_window():
    trace = steady()
    trace.rgb[:] = 255
    cut = cut_recording(trace, monitor_of(), OPTIONS, WINDOWS)
    assert len(cut.kept) == 0
    assert cut.rejected["flat"] == cut.n_cut


@pytest.fixture(scope="module")
def gathered(tmp_path_factory):
    """Files of a small study, its recordings in no order: store, index, quality, and what was logged."""
    folder = tmp_path_factory.mktemp("gathered")
    (folder / "bp.csv").write_text("time,sbp,dbp\n30,111,61\n90,121,66\n120,,\n150,131,71\n")
    (folder / "other.csv").write_text("time,sbp,dbp\n99000,111,61\n")

    def recording(subject, name, bp="bp.csv", **kwargs):
        return VideoRecording(subject, name, Path("v.avi"), bp=folder / bp if bp else None, **kwargs)

    short = steady(40, bpm=80.0)
    short.notes.append("seven frames twice")
    material = [
        (recording("s2", "r2b"), steady(bpm=66.0)),
        (recording("s1", "r1", notes="by the window"), steady(bpm=90.0)),
        (recording("s2", "r2a"), steady(bpm=84.0)),
        (recording("s3", "excluded", exclude="coughs"), steady()),
        (recording("s3", "dark"), "dark.avi: no face was found"),
        (recording("s4", "yesterday", "other.csv"), steady()),
        (recording("s5", "lost", "absent.csv"), steady()),
        (recording("s6", "unlabelled", None), steady()),
        (recording("s7", "slow"), steady(fps=10.0)),
        (recording("s8", "short"), short),
    ]
    paths = {"store": folder / "w.zarr.zip", "index": folder / "w.parquet", "quality": folder / "q.csv"}
    told = []
    recordings, traces = zip(*material, strict=True)
    gather_windows(recordings, iter(traces), RppgOptions(min_windows=8), WINDOWS, **paths, log=told.append)
    return paths, told


def test_the_set_is_one_that_training_reads(gathered):
    paths, _ = gathered
    index = pd.read_parquet(paths["index"])
    held = open_windows(paths["store"])
    assert held.ppg.shape == (len(index), WINDOWS.samples)
    assert np.array_equal(held.labels, index[["sbp", "dbp"]].to_numpy(np.float32))
    assert np.allclose(held.ppg.astype(float).std(axis=1), 1, atol=0.01)
    assert np.array_equal(index["position"], np.arange(len(index)))


def test_the_index_is_sorted_and_names_each_window(gathered):
    index = pd.read_parquet(gathered[0]["index"])
    assert list(index.columns) == [
        *("subject", "record", "row", "start", "seconds", "sbp", "dbp", "hr", "snr", "position"),
        *("condition", "began", "cuff", "age", "sex", "bmi"),
    ]
    assert index.equals(index.sort_values(["subject", "record", "start"], ignore_index=True))
    assert list(dict.fromkeys(index["record"])) == ["r1", "r2a", "r2b", "short"]
    assert (index["row"] == index.groupby("record").cumcount()).all()
    assert index.groupby("record")["hr"].median().round().to_dict() == {"r1": 90, "r2a": 84, "r2b": 66, "short": 80}
    assert set(index["sbp"]) == {111, 121, 131}


def test_each_recording_is_a_row_of_the_quality_table_with_its_reason(gathered):
    quality = pd.read_csv(gathered[0]["quality"], keep_default_na=False).set_index("recording")
    assert list(quality.index[:2]) == ["r2b", "r1"]
    reason = quality["reason"]
    assert (reason[["r1", "r2a", "r2b", "short"]] == "").all()
    assert reason["excluded"] == "excluded: coughs"
    assert reason["dark"] == "dark.avi: no face was found"
    assert "other.csv: its values are from 99000 to 99000 s" in reason["yesterday"]
    assert "absent.csv" in reason["lost"]
    assert "no bp in the manifest" in reason["unlabelled"]
    assert "10 frames per second" in reason["slow"]
    assert quality.loc["r1", "notes"].startswith("by the window; bp.csv: 1 of")
    assert quality.loc["dark", "stamps"] == ""
    assert quality.loc["excluded", "seconds"] == 180
    counts = quality[[*WINDOWS.rules, "no_pressure", "windows_kept"]].astype(int).sum(axis=1)
    assert (counts == quality["windows_cut"]).all()
    assert quality["windows_kept"].sum() == len(pd.read_parquet(gathered[0]["index"]))


def test_a_subject_with_few_windows_stays_in_the_set_and_is_noted(gathered):
    quality = pd.read_csv(gathered[0]["quality"], keep_default_na=False).set_index("recording")
    assert 0 < quality.loc["short", "windows_kept"] < 8
    assert quality.loc["short", "notes"].startswith("seven frames twice; ")
    assert "takes no part" in quality.loc["short", "notes"]
    assert "takes no part" not in quality.loc["r1", "notes"]


def test_the_log_says_what_became_of_each_recording(gathered):
    assert len(gathered[1]) == 10
    assert gathered[1][1].endswith("windows kept")
    assert gathered[1][3] == "excluded: excluded: coughs"


def test_a_study_without_any_window_still_tells_why(tmp_path):
    paths = {"store": tmp_path / "w.zarr.zip", "index": tmp_path / "w.parquet", "quality": tmp_path / "q.csv"}
    recording = VideoRecording("s", "r", Path("v.avi"))
    gather_windows([recording], ["v.avi: no face was found"], OPTIONS, WINDOWS, **paths, log=lambda text: None)
    assert len(pd.read_parquet(paths["index"])) == 0
    assert pd.read_csv(paths["quality"])["reason"].tolist() == ["v.avi: no face was found"]
    with pytest.raises(ValueError, match="has no windows"):
        open_windows(paths["store"])


def test_the_clocks_of_the_manifest_reach_the_monitor(tmp_path):
    (tmp_path / "bp.csv").write_text("time,sbp,dbp\n2024-05-01T09:59:30,110,60\n2024-05-01T10:00:30,120,65\n")
    paths = {"store": tmp_path / "w.zarr.zip", "index": tmp_path / "w.parquet", "quality": tmp_path / "q.csv"}
    starts = {"start_time": datetime(2024, 5, 1, 10), "bp_offset_s": 60.0}
    recording = VideoRecording("s", "r", Path("v.avi"), bp=tmp_path / "bp.csv", **starts)
    gather_windows([recording], [steady(120)], OPTIONS, WINDOWS, **paths, log=lambda text: None)
    index = pd.read_parquet(paths["index"])
    assert set(index["sbp"]) == {110, 120}
    first_minute = index["start"] + index["seconds"] / 2 < 60
    assert np.array_equal(index["sbp"], np.where(first_minute, 110, 120))


def test_equal_recordings_give_equal_bytes(tmp_path):
    stores = []
    for name in ("a", "b"):
        paths = {"store": tmp_path / f"{name}.zarr.zip", "index": tmp_path / name, "quality": tmp_path / f"{name}.csv"}
        (tmp_path / "bp.csv").write_text("time,sbp,dbp\n30,111,61\n")
        recording = VideoRecording("s", "r", Path("v.avi"), bp=tmp_path / "bp.csv")
        gather_windows([recording], [steady(60)], OPTIONS, WINDOWS, **paths, log=lambda text: None)
        stores.append(paths["store"].read_bytes())
    assert stores[0] == stores[1]
