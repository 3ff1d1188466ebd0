from pathlib import Path

import h5py
import numpy as np
import pytest
from module_files import load_module

from cuffless.config import RecordOptions
from cuffless.records import RecordError, find_records, list_records, open_record
from cuffless.records.sources.ready import is_ready

matlab = load_module(Path(__file__).with_name("matlab_files.py"))


def options_of(folder, **options):
    return RecordOptions(source="ready", path=str(folder), **options)


def windows(n, samples=875):
    """Windows whose first sample is their row number."""
    return np.arange(n)[:, None] + np.linspace(0, 0.5, samples)


def rows_of(record, start=0, stop=None):
    ppg, sbp, dbp = record.ready.read(start, record.ready.n if stop is None else stop)
    return ppg[:, 0].round().astype(int).tolist(), sbp.tolist(), dbp.tolist()


@pytest.fixture
def published(tmp_path):
    """Twelve windows of subjects 0, 3 and 11, scattered over the file."""
    subject = [3, 0, 0, 3, 11, 0, 3, 3, 0, 11, 0, 3]
    label = np.column_stack([100 + np.arange(12), 50 + np.arange(12)])
    matlab.write_published(tmp_path / "MIMIC-III_ppg_dataset.h5", windows(12), label, subject)
    return tmp_path


def test_the_published_file_gives_each_subject_its_own_rows(published):
    entries = find_records(options_of(published))
    assert [e.name for e in entries] == [f"MIMIC-III_ppg_dataset_{k}" for k in (0, 11, 3)]
    assert {e.identity for e in entries} == {"record"}
    record = open_record(entries[2].path, options_of(published))
    assert record.segments == ()
    assert (record.ready.n, record.fs, record.ready.samples, record.usable_seconds) == (5, 125, 875, 35)
    assert rows_of(record) == ([0, 3, 6, 7, 11], [100, 103, 106, 107, 111], [50, 53, 56, 57, 61])
    assert rows_of(record, 1, 3) == ([3, 6], [103, 106], [53, 56])
    assert record.ready.starts(1, 3).tolist() == [7, 14]


def test_equal_numbers_in_two_published_files_are_two_subjects(tmp_path):
    for name in ("a.h5", "b/a.h5"):
        matlab.write_published(tmp_path / name, windows(2), [[120, 60]] * 2, [0, 0])
    table = list_records(find_records(options_of(tmp_path)), options_of(tmp_path))
    assert table["subject"].tolist() == ["a_0", "b_a_0"]


def test_the_rate_of_windows_is_the_files_own_else_the_configured_one(tmp_path):
    matlab.write_published(tmp_path / "a.h5", windows(2, 500), [[120, 60]] * 2, [0, 0])
    path = find_records(options_of(tmp_path))[0].path
    assert open_record(path, options_of(tmp_path, ready_fs=100)).ready.window_seconds == 5
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file.attrs["fs"] = 50.0
    assert open_record(path, options_of(tmp_path, ready_fs=100)).ready.window_seconds == 10
    matlab.write_published(tmp_path / "a.h5", windows(2, 90), [[120, 60]] * 2, [0, 0])
    with pytest.raises(RecordError, match=r"90 samples are shorter than a second at 125 Hz"):
        open_record(path, options_of(tmp_path))


def test_far_scattered_rows_are_read_a_slice_at_a_time(tmp_path, monkeypatch):
    n = 9000
    subject = np.ones(n, int)
    mine = np.array([0, 1, 40, 4095, 4096, 4100, 8999])
    subject[mine] = 7
    ppg = np.repeat(np.arange(n)[:, None], 126, axis=1)
    matlab.write_published(tmp_path / "a.h5", ppg, np.column_stack([np.arange(n), np.arange(n)]), subject)
    record = open_record(f"{tmp_path / 'a.h5'}#7", options_of(tmp_path))
    longest = []
    read = h5py.Dataset.__getitem__

    def watched(dataset, part, **options):
        found = read(dataset, part, **options)
        longest.append(len(found))
        return found

    monkeypatch.setattr(h5py.Dataset, "__getitem__", watched)
    assert rows_of(record) == (mine.tolist(), mine.tolist(), mine.tolist())
    assert max(longest) == 41


def test_subsets_of_pulsedb_name_patients_whichever_file_they_are_in(tmp_path):
    subjects = ["p000160_0", "p000160_1", "p000160_0", "p000200_0"]
    sbp, dbp = np.array([120.5, 100, 130, 140]), np.array([60.5, 50, 70, 80])
    matlab.write_subset(tmp_path / "Train_Subset.mat", windows(4, 1250), sbp, dbp, subjects)
    matlab.write_subset(tmp_path / "Test_Subset.mat", windows(1, 1250), [90], [45], ["p000160_0"])
    table = list_records(find_records(options_of(tmp_path)), options_of(tmp_path))
    assert table["record"].tolist() == [
        *("Test_Subset_p000160_0", "Train_Subset_p000160_0"),
        *("Train_Subset_p000160_1", "Train_Subset_p000200_0"),
    ]
    assert table["subject"].tolist() == ["p000160_0", "p000160_0", "p000160_1", "p000200_0"]
    assert set(table["identity"]) == {"patient"}
    assert table["seconds"].tolist() == [10, 20, 10, 10]
    record = open_record(f"{tmp_path / 'Train_Subset.mat'}#p000160_0", options_of(tmp_path))
    assert rows_of(record) == ([0, 2], [120.5, 130], [60.5, 70])


def test_segment_files_of_pulsedb_hold_one_patient_of_one_of_two_databases(tmp_path):
    for folder, field in (("PulseDB_MIMIC", "PPG_F"), ("PulseDB_Vital", "PPG_Raw")):
        path = tmp_path / folder / "p000160.mat"
        matlab.write_segments(path, windows(3, 1250), [120, 121, 122], [60, 61, 62], "p000160", field=field)
    matlab.write_segments(tmp_path / "x" / "p000007.mat", windows(1, 1250), [100], [50], "p000007", height=True)
    entries = find_records(options_of(tmp_path))
    assert [(e.name, e.subject) for e in entries] == [
        ("PulseDB_MIMIC_p000160_0", "p000160_0"),
        ("PulseDB_Vital_p000160_1", "p000160_1"),
        ("p000007_1", "p000007_1"),
    ]
    mimic, vital, single = (open_record(e.path, options_of(tmp_path)) for e in entries)
    assert rows_of(mimic, 1) == ([1, 2], [121, 122], [61, 62])
    assert (mimic.ready.filtered, vital.ready.filtered) == (True, False)
    assert rows_of(single) == ([0], [100], [50])
    assert single.ready.start is None


def test_a_patients_recordings_follow_each_other_in_time(tmp_path):
    times = [0.0, 30.0, 5.0, 15.0, 2.0]
    path = tmp_path / "p000001.mat"
    matlab.write_segments(path, windows(5, 1250), [120] * 5, [60] * 5, "p000001", times=times)
    start = open_record(f"{path}#p000001_0", options_of(tmp_path)).ready.starts(0, 5)
    assert start.tolist() == [0, 30, 40, 50, 60]


def test_a_broken_window_of_a_segment_file_is_missing_and_the_others_stay(tmp_path):
    ppg = [np.zeros(7), *windows(3, 1250), None]
    matlab.write_segments(tmp_path / "p000001.mat", ppg, [120] * 5, [60] * 5, "p000001")
    ready = open_record(f"{tmp_path / 'p000001.mat'}#p000001_0", options_of(tmp_path)).ready
    assert (ready.n, ready.samples) == (5, 1250)
    assert np.isnan(ready.read(0, 5)[0]).all(axis=1).tolist() == [True, False, False, False, True]


def test_without_need_of_pressure_windows_come_without_labels(published):
    record = open_record(find_records(options_of(published))[0].path, options_of(published), need_abp=False)
    assert record.ready.read(0, 2)[1:] == (None, None)


def write_model(path):
    with h5py.File(path, "w") as file:
        file["weights"] = np.zeros(3)


# Of another layout: how the file is written, and why it cannot be used.
UNUSABLE = {
    "lengths.h5": (
        lambda path: matlab.write_published(path, windows(2), [[120, 60]] * 3, [0, 0]),
        "label (3, 2) and subject_idx (2, 1) must be",
    ),
    "halves.h5": (
        lambda path: matlab.write_published(path, windows(2), [[120, 60]] * 2, [0.5, np.nan]),
        "subject_idx is not always a whole number",
    ),
    "nameless.mat": (
        lambda path: matlab.write_subset(path, windows(2, 1250), [120] * 2, [60] * 2, ["p1", "\0"]),
        "1 of 2 segments have no subject in Subject (the first is number 2)",
    ),
    "fieldless.mat": (
        lambda path: matlab.write_segments(path, windows(2, 1250), [120] * 2, [60] * 2, "p1", field="ECG_F"),
        "Subj_Wins has no PPG_F",
    ),
    "page.h5": (lambda path: path.write_text("<html>"), "page.h5: not a readable HDF5 file"),
    "model.h5": (write_model, "not a known layout of ready-made windows (found: weights)"),
}


def test_files_of_another_layout_are_rows_with_the_reason(tmp_path):
    matlab.write_published(tmp_path / "good.h5", windows(2), [[120, 60]] * 2, [0, 0])
    for name, (write, _) in UNUSABLE.items():
        write(tmp_path / name)
    table = list_records(find_records(options_of(tmp_path)), options_of(tmp_path)).set_index("record")["problem"]
    assert table["good_0"] == ""
    for name, (_, why) in UNUSABLE.items():
        assert why in table[name.partition(".")[0]]


def test_an_absent_subject_is_refused(published):
    with pytest.raises(RecordError, match=r"no such subject; give one after #, as in MIMIC-III_ppg_dataset\.h5#0"):
        open_record(f"{published / 'MIMIC-III_ppg_dataset.h5'}#4", options_of(published))


@pytest.mark.parametrize("kind", ["text", "bytes", "fixed"])
def test_text_in_subject_idx_is_a_subjects_name_the_same_in_every_file(tmp_path, kind):
    names = ["p000160", "ward 3/b", "p000160", "7"]
    kinds = {"text": h5py.string_dtype(), "bytes": h5py.string_dtype("ascii"), "fixed": "S8"}
    for file in ("a.h5", "b.h5"):
        matlab.write_published(tmp_path / file, windows(4), [[120, 60]] * 4, [0] * 4)
        with h5py.File(tmp_path / file, "a") as opened:
            del opened["subject_idx"]
            opened.create_dataset("subject_idx", data=names, dtype=kinds[kind])
    table = list_records(find_records(options_of(tmp_path)), options_of(tmp_path)).set_index("record")
    assert set(table["problem"]) == {""}
    assert table.loc[["a_p000160", "b_p000160"], "subject"].tolist() == ["p000160"] * 2
    assert table["identity"].to_dict() | {"b_7": "", "b_ward_3_b": "", "b_p000160": ""} == {
        "a_p000160": "patient",
        "a_ward_3_b": "record",
        "a_7": "record",
        "b_p000160": "",
        "b_ward_3_b": "",
        "b_7": "",
    }
    assert rows_of(open_record(f"{tmp_path / 'a.h5'}#p000160", options_of(tmp_path)))[0] == [0, 2]


def test_rows_of_a_subset_that_were_never_filled_are_left_out_and_counted(tmp_path):
    path = tmp_path / "Train_Subset.mat"
    ppg = windows(6, 1250)
    matlab.write_subset(
        path, ppg, [120, 121, np.nan, 0, 124, 0], [60] * 6, ["p000160_0", "p000160_0", "", "", "p2", ""]
    )
    with h5py.File(path, "a") as file:
        references = file["Subset/Subject"][()]
        empty = file.create_dataset("#refs#/empty", data=np.array([1, 0], np.uint64))  # as MATLAB stores an empty one
        empty.attrs["MATLAB_empty"] = np.uint8(1)
        references[0, 2] = empty.ref
        references[0, 3] = h5py.Reference()
        file["Subset/Subject"][...] = references
    table = list_records(find_records(options_of(tmp_path)), options_of(tmp_path)).set_index("record")
    assert table["problem"].to_dict() == {
        "Train_Subset": f"{path}: 3 of 6 segments have no subject in Subject (the first is number 3) and are left out; "
        "the others are used",
        "Train_Subset_p000160_0": "",
        "Train_Subset_p2": "",
    }
    assert rows_of(open_record(f"{path}#p000160_0", options_of(tmp_path))) == ([0, 1], [120, 121], [60, 60])
    assert rows_of(open_record(f"{path}#p2", options_of(tmp_path)))[0] == [4]


def test_a_file_without_any_subject_is_a_row(tmp_path):
    matlab.write_subset(tmp_path / "a.mat", windows(2, 1250), [0, 0], [0, 0], ["", ""])
    matlab.write_published(tmp_path / "b.h5", windows(2), [[120, 60]] * 2, [np.nan, np.nan])
    problems = list_records(find_records(options_of(tmp_path)), options_of(tmp_path))["problem"]
    assert problems.str.contains("none of its 2 (?:segments|windows) has a subject").all()


def test_the_sets_of_pulsedbs_files_are_in_their_names(tmp_path):
    for number, name in enumerate(("Train_Subset", "VitalDB_CalFree_Test_Subset", "CalBased_Test_Subset")):
        matlab.write_subset(tmp_path / f"{name}.mat", windows(1, 1250), [120], [60], [f"p00000{number}_0"])
    subsets = {entry.name.rpartition("_p")[0]: entry.subset for entry in find_records(options_of(tmp_path))}
    assert subsets == {"Train_Subset": "train", "VitalDB_CalFree_Test_Subset": "test", "CalBased_Test_Subset": ""}


def test_names_of_subjects_that_are_none_or_too_long_are_told(tmp_path):
    kinds = {"a": ["p1", "nan", "<NA>", "p1"], "b": ["x" * 5000] * 4}
    for file, names in kinds.items():
        matlab.write_published(tmp_path / f"{file}.h5", windows(4), [[120, 60]] * 4, [0] * 4)
        with h5py.File(tmp_path / f"{file}.h5", "a") as opened:
            del opened["subject_idx"]
            opened.create_dataset("subject_idx", data=names, dtype=h5py.string_dtype())
    matlab.write_published(tmp_path / "c.h5", windows(4), [[120, 60]] * 4, [0] * 4)
    with h5py.File(tmp_path / "c.h5", "a") as opened:
        opened.attrs["fs"] = "125 per s"
        opened["ppg"].attrs.pop("fs", None)
    table = list_records(find_records(options_of(tmp_path)), options_of(tmp_path)).set_index("record")
    assert "2 of 4 windows have no subject" in table.loc["a", "problem"]
    assert "a name in subject_idx has 5000 characters" in table.loc["b", "problem"]
    assert "attribute fs is '125 per s'; write it as a number in Hz" in table.loc["c", "problem"]


@pytest.mark.parametrize("error", [ValueError, TypeError, RuntimeError, KeyError, OSError, UnicodeDecodeError])
def test_a_damaged_group_is_no_file_of_ready_windows(published, monkeypatch, error):
    """HDF5's damage comes up as errors of many kinds, which one file cannot show all."""

    def damaged(self):
        raise error(*(("utf-8", b"", 0, 1, "bad") if error is UnicodeDecodeError else ("damaged link",)))

    file = published / "MIMIC-III_ppg_dataset.h5"
    assert is_ready(file)
    monkeypatch.setattr(h5py.File, "__iter__", damaged)
    assert not is_ready(file)
