import struct
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
from module_files import load_module

from cuffless.config import RecordOptions
from cuffless.records import RecordError, find_records, list_records, open_record
from cuffless.records.formats.matlab import check_old_matlab
from cuffless.windows import cut_windows

matlab = load_module(Path(__file__).with_name("matlab_files.py"))


def options_of(folder):
    return RecordOptions(source="kachuee", path=str(folder))


def cell(n=1000, offset=0.0):
    """PPG, ABP and ECG that tell which is which and where a sample stands."""
    return np.column_stack([np.arange(n) / 1000, 80 + offset + np.arange(n) / 100, -np.ones(n)])


def test_a_cell_is_a_record_numbered_as_matlab_does(tmp_path):
    matlab.write_cells(tmp_path / "Part_1.mat", "Part_1", [cell(offset=k) for k in range(12)])
    entries = find_records(options_of(tmp_path))
    assert [e.name for e in entries] == [f"Part_1_{k:04d}" for k in range(1, 13)]
    assert entries[0].path == f"{tmp_path / 'Part_1.mat'}#0001"
    assert {(e.subject, e.identity) for e in entries} == {("", "record")}
    record = open_record(entries[6].path, options_of(tmp_path))
    assert (record.name, record.fs, record.channels) == ("Part_1_0007", 125, ("PPG", "ABP", "ECG"))
    ppg, abp = record.segments[0].read(100, 103)
    assert ppg == pytest.approx([0.1, 0.101, 0.102])
    assert abp == pytest.approx([87.0, 87.01, 87.02])
    assert (record.seconds, record.usable_seconds) == (8, 8)


@pytest.mark.parametrize("layout", ["columns", "rows", "n x 1"])
def test_cells_are_understood_whichever_way_they_lie(tmp_path, layout):
    matrix = cell().T if layout == "rows" else cell()
    matlab.write_cells(tmp_path / "part_1.mat", "p", [matrix])
    if layout == "n x 1":
        with h5py.File(tmp_path / "part_1.mat", "a") as file:
            refs = file["p"][()].reshape(-1, 1)
            del file["p"]
            file.create_dataset("p", data=refs, dtype=h5py.ref_dtype)
    record = open_record(tmp_path / "part_1.mat#0001", options_of(tmp_path))
    ppg, abp = record.segments[0].read(0, 1000)
    assert np.allclose(ppg, cell()[:, 0])
    assert np.allclose(abp, cell()[:, 1])


@pytest.mark.parametrize("compressed", [False, True])
def test_older_matlab_files_are_read_alike(tmp_path, compressed):
    cells = np.empty((1, 3), object)
    cells[0] = [cell(offset=k).T for k in range(3)]
    scipy.io.savemat(tmp_path / "part_1.mat", {"p": cells, "note": "x"}, do_compression=compressed)
    entries = find_records(options_of(tmp_path))
    assert [e.name for e in entries] == ["part_1_0001", "part_1_0002", "part_1_0003"]
    segment = open_record(entries[2].path, options_of(tmp_path)).segments[0]
    assert segment.read(5, 8)[1] == pytest.approx([82.05, 82.06, 82.07])
    new = tmp_path / "new"
    matlab.write_cells(new / "part_1.mat", "p", [cell(offset=k) for k in range(3)])
    digests = [list_records(find_records(options_of(f)), options_of(f))["sha256"] for f in (tmp_path, new)]
    assert digests[0][:3].tolist() == digests[1].tolist()


def test_ppg_alone_suffices_where_no_pressure_is_asked_for(tmp_path):
    matlab.write_cells(tmp_path / "a.mat", "p", [cell()])
    record = open_record(tmp_path / "a.mat#0001", options_of(tmp_path), need_abp=False)
    assert record.segments[0].abp is None


def test_the_working_rate_is_the_configured_one(tmp_path):
    matlab.write_cells(tmp_path / "a.mat", "p", [cell()])
    options = options_of(tmp_path).model_copy(update={"fs": 250.0})
    segment = open_record(tmp_path / "a.mat#0001", options).segments[0]
    assert (segment.fs, segment.n_samples) == (250, 2000)


def test_a_broken_cell_is_one_row_with_its_remedy(tmp_path):
    cells = [cell(), np.zeros((50, 4)), None, np.zeros(5), cell()]
    matlab.write_cells(tmp_path / "Part_2.mat", "Part_2", cells)
    table = list_records(find_records(options_of(tmp_path)), options_of(tmp_path))
    assert table["seconds"].tolist() == [8, 0, 0, 0, 8]
    assert table["problem"][1].startswith(f"Part_2_0002 ({tmp_path / 'Part_2.mat'}, cell 2): the cell is 50 x 4, not 3")
    assert "cell 3): the cell is empty; exclude it with records.exclude" in table["problem"][2]
    assert "the cell is 5, not 3 signals (PPG, ABP, ECG)" in table["problem"][3]
    assert table["bytes"].tolist() == [24000, 0, 0, 0, 24000]


def test_files_that_are_no_such_data_are_rows_with_the_reason(tmp_path):
    (tmp_path / "empty.mat").write_bytes(b"")
    (tmp_path / "page.mat").write_text("<html>not found</html>" * 20)
    matlab.write_cells(tmp_path / "good.mat", "p", [cell()])
    whole = (tmp_path / "good.mat").read_bytes()
    (tmp_path / "cut.mat").write_bytes(whole[: len(whole) // 2])
    with h5py.File(tmp_path / "other.mat", "w") as file:
        file["x"] = np.arange(3)
    matlab.write_cells(tmp_path / "two.mat", "p", [cell()])
    with h5py.File(tmp_path / "two.mat", "a") as file:
        file["q"] = file["p"]
    table = list_records(find_records(options_of(tmp_path)), options_of(tmp_path)).set_index("record")
    assert table.loc["good_0001", "problem"] == ""
    assert "empty.mat: not a MATLAB file" in table.loc["empty", "problem"]
    assert "page.mat: not a MATLAB file" in table.loc["page", "problem"]
    assert "cut.mat: not a readable HDF5 file" in table.loc["cut", "problem"]
    assert "no cell array instead of one with recordings" in table.loc["other", "problem"]
    assert "several cell arrays (p, q) instead of one with recordings" in table.loc["two", "problem"]


@pytest.mark.parametrize("part", ["", "#", "#0000", "#0002", "#one"])
def test_a_cell_that_is_not_there_is_refused(tmp_path, part):
    matlab.write_cells(tmp_path / "a.mat", "p", [cell()])
    with pytest.raises(RecordError, match=r"no such cell in p; give its number after #, 0001 to 0001"):
        open_record(f"{tmp_path / 'a.mat'}{part}", options_of(tmp_path))


def test_a_file_deleted_since_is_an_error_of_its_record(tmp_path):
    with pytest.raises(RecordError, match=r"gone\.mat: cannot be read \(No such file"):
        open_record(tmp_path / "gone.mat#0001", options_of(tmp_path))


def test_equal_file_names_in_two_folders_give_two_names(tmp_path):
    for folder in ("a", "b"):
        matlab.write_cells(tmp_path / folder / "part_1.mat", "p", [cell()])
    assert [e.name for e in find_records(options_of(tmp_path))] == ["a_part_1_0001", "b_part_1_0001"]


def test_real_cells_give_the_windows_of_the_same_signals_as_csv(tmp_path, shared):
    source = shared / "uci_kachuee_excerpt"
    files = [source / f"rec_{k}.csv.gz" for k in (1, 8, 9)]
    signals = [np.loadtxt(file, delimiter=",") for file in files]
    matlab.write_cells(tmp_path / "Part_1.mat", "Part_1", [values.T for values in signals])
    as_csv = RecordOptions(source="csv", path=str(source), csv_rows=True, csv_columns=("ppg", "abp", "ecg"))
    entries = find_records(options_of(tmp_path))
    for entry, file in zip(entries, files, strict=True):
        ours = cut_windows(open_record(entry.path, options_of(tmp_path)))
        theirs = cut_windows(open_record(file, as_csv))
        assert len(ours.kept) > 3
        assert ours.rejected == theirs.rejected
        assert np.array_equal(ours.ppg, theirs.ppg)
        assert np.array_equal(ours.kept.sbp, theirs.kept.sbp)


def element(kind, data):
    return struct.pack("<II", kind, len(data)) + data


@pytest.mark.parametrize(
    ("flags", "kind", "message"),
    [
        (element(6, struct.pack("<II", 6, 0)), 8, "unknown kind of MATLAB element, 8"),  # reserved
        (element(6, struct.pack("<II", 0, 0)), 9, "unknown class of MATLAB array, 0"),
        (element(6, struct.pack("<II", 6, 0)), 9, ""),
    ],
)
def test_kinds_that_matlab_does_not_know_are_not_left_to_its_reader(tmp_path, flags, kind, message):
    dimensions, name = element(5, struct.pack("<ii", 1, 1)), element(1, b"variable")
    matrix = flags + dimensions + name + element(kind, struct.pack("<d", 1.0))
    (tmp_path / "a.mat").write_bytes(b"".ljust(124) + b"\0\1IM" + element(14, matrix))
    if not message:
        check_old_matlab(tmp_path / "a.mat", 1.0)
        assert scipy.io.loadmat(tmp_path / "a.mat")["variable"] == 1
        return
    with pytest.raises(RecordError, match=message):
        check_old_matlab(tmp_path / "a.mat", 1.0)
