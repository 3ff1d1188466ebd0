"""Windows of all recordings as one set, and what became of the others."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cuffless.camera.manifest import VideoRecording
from cuffless.camera.skin.trace import Trace
from cuffless.camera.windows.cutting import gather_windows
from cuffless.camera.windows.files import RecordingOutcome, write_window_set
from cuffless.config import RppgOptions, WindowOptions
from cuffless.training.feeding import open_windows
from cuffless.windows import Measures, Windows

WINDOWS = WindowOptions()
FPS = 20.0


def windows_of(*starts, rejected=None):
    """Windows whose samples and pressures tell their start."""
    start = np.array(starts, float)
    figures = {field.name: np.zeros(len(start)) for field in fields(Measures)}
    kept = Measures(**figures | {"start": start, "seconds": start * 0 + 6, "sbp": 100 + start, "dbp": 50 + start})
    samples = np.repeat(start[:, None], WINDOWS.samples, axis=1).astype(np.float16)
    return Windows(samples, kept, kept, {"snr": 0, "flat": 0} | (rejected or {}), 0.0)


def noise(seconds):
    """Skin that does not pulse."""
    t = np.arange(int(seconds * FPS)) / FPS
    rgb = 100 + np.random.default_rng(0).standard_normal((len(t), 1, 3))
    return Trace(t, rgb.astype(np.float32), np.full((len(t), 1), 900), ("face",), FPS, "file")


@pytest.fixture
def paths(tmp_path):
    return {"store": tmp_path / "w.zarr.zip", "index": tmp_path / "w.parquet", "quality": tmp_path / "q.csv"}


def written(gathered, paths, **options):
    """Index, quality table and store of what was gathered."""
    write_window_set(gathered, RppgOptions(**options), WINDOWS, **paths)
    quality = pd.read_csv(paths["quality"], keep_default_na=False, dtype={"subject": str})
    return pd.read_parquet(paths["index"]), quality.set_index("recording"), open_windows(paths["store"])


def test_windows_lie_in_order_of_subject_recording_and_time_and_each_keeps_its_figures(paths):
    gathered = [
        RecordingOutcome("s2", "b", windows=windows_of(30, 10, 20)),
        RecordingOutcome("s1", "c", windows=windows_of(7, 5)),
        RecordingOutcome("s2", "a", windows=windows_of(90)),
    ]
    index, quality, store = written(gathered, paths)
    assert index["record"].tolist() == ["c", "c", "a", "b", "b", "b"]
    assert index["start"].tolist() == [5, 7, 90, 10, 20, 30]
    assert index["row"].tolist() == [0, 1, 0, 0, 1, 2]
    assert index["position"].tolist() == list(range(6))
    np.testing.assert_array_equal(store.ppg[:, 0], index["start"])
    np.testing.assert_array_equal(store.labels, np.column_stack((100 + index["start"], 50 + index["start"])))
    assert quality.index.tolist() == ["b", "c", "a"]  # as they were given
    assert quality["windows_kept"].tolist() == [3, 2, 1]


def test_subjects_named_by_numbers_stay_text(paths):
    index, quality, _ = written([RecordingOutcome("007", "1", windows=windows_of(1))], paths)
    assert index[["subject", "record"]].to_numpy().tolist() == [["007", "1"]]
    assert quality["subject"].tolist() == ["007"]


def test_a_subject_s_windows_are_counted_over_its_recordings(paths):
    gathered = [
        RecordingOutcome("s1", "a", windows=windows_of(*range(4))),
        RecordingOutcome("s1", "b", windows=windows_of(*range(4))),
        RecordingOutcome("s2", "c", windows=windows_of(*range(7)), notes=["seated"]),
        RecordingOutcome("s2", "d", reason="excluded: coughs"),
    ]
    _, quality, _ = written(gathered, paths, min_windows=8)
    assert quality["notes"].to_dict() == {
        "a": "",
        "b": "",
        "c": "seated; its subject has only 7 windows (8 are needed) and takes no part in fine-tuning",
        "d": "",
    }
    assert quality["reason"].to_dict() == {"a": "", "b": "", "c": "", "d": "excluded: coughs"}


def test_the_verdict_counts_windows_or_says_why_there_are_none():
    assert RecordingOutcome("s", "r", windows=windows_of(1, 2, rejected={"snr": 3})).verdict == "2 of 5 windows kept"
    assert RecordingOutcome("s", "r", reason="no face").verdict == "no face"
    assert RecordingOutcome("s", "r", windows=windows_of()).verdict == "no stretch without a gap is as long as a window"
    worst = windows_of(rejected={"snr": 3, "flat": 4})
    assert RecordingOutcome("s", "r", windows=worst).verdict == "all 7 windows rejected, most under flat"


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [(5, "no stretch without a gap is as long as a window"), (120, "all {} windows rejected, most under snr")],
)
def test_a_recording_of_which_no_window_is_kept_says_why(paths, tmp_path, seconds, reason):
    (tmp_path / "bp.csv").write_text("time,sbp,dbp\n30,120,70\n90,120,70\n")
    recording = VideoRecording("s", "r", Path("v.avi"), bp=tmp_path / "bp.csv")
    strict = WINDOWS.model_copy(update={"snr_db": 3.0})
    gather_windows([recording], [noise(seconds)], RppgOptions(), strict, **paths, log=lambda text: None)
    [row] = pd.read_csv(paths["quality"], keep_default_na=False).to_dict("records")
    assert row["reason"] == reason.format(row["windows_cut"])
    assert row["windows_kept"] == 0
