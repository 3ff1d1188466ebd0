import h5py
import numpy as np
import pandas as pd
import pytest

from cuffless.camera.errors import RppgError
from cuffless.camera.windows.ready import gather_ready, read_ready
from cuffless.config import WindowOptions
from cuffless.config.rppg import RppgOptions
from cuffless.records import RecordError
from cuffless.training.feeding import open_windows

WINDOWS = WindowOptions()


def pulses(n, bpm=70.0, samples=875):
    """Windows of a clean pulse at 125 Hz, each of another phase."""
    phase = 2 * np.pi * (np.arange(samples) / 125 * bpm / 60 + np.arange(n)[:, None] / 7)
    return np.sin(phase) + 0.4 * np.sin(2 * phase + 1)


@pytest.fixture
def authors_file(tmp_path):
    """Write a file in the authors' layout, subjects taking turns: (arrays that replace others) -> path."""

    def write(n=24, **replaced):
        subject = np.array([10, 2, 7])[np.arange(n) % 3]
        label = np.column_stack((100 + subject, 50 + np.arange(n)))
        arrays = {"rppg": pulses(n).T, "label": label.T, "subject_idx": subject.reshape(1, -1).astype(float)}
        path = tmp_path / "ready.h5"
        with h5py.File(path, "w") as file:
            for name, values in (arrays | replaced).items():
                if values is not None:
                    file[name] = values
        return path

    return write


def test_windows_and_labels_of_each_subject_come_in_the_files_order(authors_file):
    gathered = read_ready(authors_file(), WINDOWS)
    assert [own.subject for own in gathered] == ["02", "07", "10"]  # sorted as numbers
    second = gathered[0].windows
    assert np.array_equal(second.kept.sbp, np.full(8, 102.0))
    assert np.array_equal(second.kept.dbp, 50.0 + np.arange(1, 24, 3))
    assert np.array_equal(second.kept.start, 7.0 * np.arange(8))
    truth = pulses(24)[1::3]
    assert min(np.corrcoef(a, b)[0, 1] for a, b in zip(second.ppg.astype(float), truth, strict=True)) > 0.9999


def test_a_transposed_file_is_the_same(authors_file):
    as_released = read_ready(authors_file(), WINDOWS)
    subject = np.array([10, 2, 7])[np.arange(24) % 3]
    label = np.column_stack((100 + subject, 50 + np.arange(24)))
    turned = read_ready(authors_file(rppg=pulses(24), label=label, subject_idx=subject), WINDOWS)
    for a, b in zip(as_released, turned, strict=True):
        assert np.array_equal(a.windows.ppg, b.windows.ppg)
        assert np.array_equal(a.windows.kept.dbp, b.windows.kept.dbp)


def test_windows_are_judged_by_the_rules_that_can_be_judged(authors_file):
    rppg = pulses(24)
    rppg[0] = np.random.default_rng(0).standard_normal(875)
    rppg[3, 5] = np.nan
    label = np.column_stack((np.full(24, 120.0), np.full(24, 60.0)))
    label[6, 0] = 180
    label[9, 1] = np.nan
    own = read_ready(authors_file(rppg=rppg.T, label=label.T), WINDOWS)[2].windows
    assert own.rejected["missing"] == 2
    assert own.rejected["sbp"] == 1
    assert own.n_cut == 8
    assert len(own.kept) == 4
    assert own.rejected["beats"] == own.rejected["no_pressure"] == 0


def test_windows_of_another_length_are_resampled_and_it_is_said(authors_file, tmp_path):
    short = WindowOptions(samples_per_beat=25)
    paths = {"store": tmp_path / "w.zarr.zip", "index": tmp_path / "w.parquet", "quality": tmp_path / "q.csv"}
    lines = []
    gather_ready(authors_file(), RppgOptions(), short, **paths, log=lines.append)
    assert lines[0] == "ready.h5: windows of 875 samples resampled to 175, the networks' length"
    assert lines[1] == "subject 02: 8 of 8 windows kept"
    assert pd.read_csv(paths["quality"])["notes"].str.contains("resampled to 175").all()
    held, index = open_windows(paths["store"]), pd.read_parquet(paths["index"])
    assert held.ppg.shape == (24, 175)
    assert np.array_equal(held.labels[:, 1], index["dbp"])
    assert list(dict.fromkeys(index["subject"])) == ["02", "07", "10"]
    assert read_ready(authors_file(), WINDOWS)[0].notes == []


def test_a_sampling_rate_that_the_file_tells_counts(authors_file):
    path = authors_file()
    with h5py.File(path, "a") as file:
        file.attrs["fs"] = 100.0
    kept = read_ready(path, WINDOWS)[0].windows.kept
    assert np.allclose(kept.seconds, 8.75)
    assert np.allclose(kept.hr, 56, atol=0.5)


@pytest.mark.parametrize(
    ("replaced", "message"),
    [
        ({"label": None}, "no array label (found: "),
        ({"label": np.zeros((3, 24))}, "must be"),
        ({"rppg": np.zeros((875, 23))}, "must be"),
        ({"subject_idx": np.zeros(0)}, "must be"),
        ({"subject_idx": np.full(24, 1.5)}, "not whole numbers"),
        ({"subject_idx": np.full(24, b"a")}, "not whole numbers"),
    ],
)
def test_a_file_of_another_layout_says_what_is_wrong(authors_file, replaced, message):
    with pytest.raises(RppgError, match=r"ready\.h5") as caught:
        read_ready(authors_file(**replaced), WINDOWS)
    assert message in str(caught.value)


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "bad.h5").write_bytes(b"no HDF5")
    with pytest.raises(RecordError, match=r"bad\.h5"):
        read_ready(tmp_path / "bad.h5", WINDOWS)


def test_arrays_that_a_file_cannot_hold_are_refused(authors_file):
    path = authors_file(rppg=None)
    with h5py.File(path, "a") as file:
        file.create_dataset("rppg", (875, 24), "f4", maxshape=(None, None), chunks=(25, 24))
        file["rppg"].resize((10**9, 24))
    with pytest.raises(RecordError, match=r"declares /rppg of 1,000,000,000 x 24 numbers, which do not fit in its"):
        read_ready(path, WINDOWS)
