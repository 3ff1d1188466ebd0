import numpy as np
import pytest

from cuffless.config import RecordOptions
from cuffless.records import RecordError, find_records, list_records, open_record
from cuffless.windows import cut_windows


def options_of(folder):
    return RecordOptions(source="mimicbp", path=str(folder))


def write(folder, patient, ppg, abp):
    folder.mkdir(parents=True, exist_ok=True)
    for kind, values in (("ppg", ppg), ("abp", abp)):
        if values is not None:
            np.save(folder / f"{patient}_{kind}.npy", values)


def segments(n=3, samples=1000):
    rows = np.arange(n)[:, None] + np.arange(samples) / 10000
    return rows, 80 + rows


def test_a_patient_is_a_record_of_segments_that_no_window_crosses(tmp_path):
    write(tmp_path, "p000188", *segments())
    np.save(tmp_path / "p000188_labels.npy", np.zeros((3, 2)))
    entries = find_records(options_of(tmp_path))
    assert [(entry.name, entry.subject, entry.identity) for entry in entries] == [("p000188", "p000188", "patient")]
    record = open_record(entries[0].path, options_of(tmp_path))
    assert [(segment.start, segment.seconds) for segment in record.segments] == [(0, 8), (16, 8), (32, 8)]
    assert record.segments[2].read(10, 12)[1] == pytest.approx([82.001, 82.0011])
    assert (record.seconds, record.usable_seconds) == (40, 24)


def test_the_two_files_may_lie_in_folders_of_their_kind(tmp_path):
    ppg, abp = segments()
    write(tmp_path / "ppg", "p000001", ppg, None)
    write(tmp_path / "abp", "p000001", None, abp)
    write(tmp_path / "abp", "p000002", None, abp)
    table = list_records(find_records(options_of(tmp_path)), options_of(tmp_path))
    table = table.set_index("record").sort_index()
    assert table["segments"].to_dict() == {"p000001": 3, "p000002": 0}
    assert "p000002_ppg.npy: not found" in table.loc["p000002", "problem"]


@pytest.mark.parametrize("shape", ["lines", "list"])
def test_the_published_split_is_kept_whichever_way_it_is_written(tmp_path, shape):
    sets = {"train": ["p000001", "p000002"], "val": ["p000003"], "test": ["p000004"]}
    for name, patients in sets.items():
        text = "\n".join(patients) if shape == "lines" else str(patients)
        (tmp_path / f"{name}_subjects.txt").write_text(text)
    for number in range(1, 6):
        write(tmp_path / "data", f"p{number:06d}", *segments())
    entries = find_records(options_of(tmp_path))
    assert [entry.subset for entry in entries] == ["train", "train", "val", "test", ""]
    (tmp_path / "test_subjects.txt").write_text("p000001")
    assert find_records(options_of(tmp_path))[0].subset == "test+train"


def test_arrays_that_are_none_are_rows_with_the_reason(tmp_path):
    ppg, abp = segments()
    write(tmp_path, "p000001", ppg, abp[:2])
    write(tmp_path, "p000002", ppg[..., None], abp[..., None])
    write(tmp_path, "p000003", np.array([["a"]]), abp)
    write(tmp_path, "p000004", ppg, None)
    write(tmp_path, "p000005", np.array([{}], dtype=object), abp)
    (tmp_path / "p000006_ppg.npy").write_text("<html>")
    problems = list_records(find_records(options_of(tmp_path)), options_of(tmp_path))["problem"].tolist()
    wanted = ["PPG (3, 1000) and ABP (2, 1000) differ in shape", "instead of numbers (segments, samples)", "<U1"]
    wanted += ["p000004_abp.npy: not found", "not a readable .npy file", "not a readable .npy file"]
    assert all(text in problem for text, problem in zip(wanted, problems, strict=True))
    with pytest.raises(RecordError, match=r"name a patient's file like p000188_ppg\.npy"):
        open_record(tmp_path / "x.npy", options_of(tmp_path))


def test_a_real_patients_windows_lie_within_their_segments(shared):
    options = options_of(shared / "mimicbp_p000188")
    record = open_record(find_records(options)[0].path, options)
    windows = cut_windows(record).kept
    assert (len(record.segments), record.usable_seconds) == (30, 900)
    assert len(windows) > 100
    assert np.all(np.mod(windows.start, 60) + windows.seconds <= 30 + 1e-6)
    assert [np.median(windows.sbp), np.median(windows.dbp)] == pytest.approx([119, 72], abs=2)
