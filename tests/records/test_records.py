import gzip

import numpy as np
import pandas as pd
import pytest
import wfdb

from cuffless.config import RecordOptions
from cuffless.records import (
    RecordError,
    find_records,
    from_arrays,
    list_records,
    open_record,
    shard_listing,
    shard_of,
    subject_of,
)

FS = 125


def write_record(folder, name, *, names=("PLETH", "ABP"), units=("NU", "mmHg"), fs=FS, fmt="16", n=5000, **kwargs):
    folder.mkdir(parents=True, exist_ok=True)
    t = np.arange(n) / fs
    waves = {"PLETH": np.sin(2 * np.pi * 1.2 * t), "ABP": 90 + 30 * np.sin(2 * np.pi * 1.2 * t)}
    signals = np.column_stack([waves.get(k, np.zeros(n)) for k in names])
    wfdb.wrsamp(
        name, fs=fs, units=list(units), sig_name=list(names), p_signal=signals, fmt=[fmt] * len(names),
        write_dir=str(folder), **kwargs,
    )  # fmt: skip
    return folder / name


@pytest.mark.parametrize("fmt", ["16", "80", "212", "516"])
def test_formats_of_wfdb_are_read(tmp_path, fmt):
    n = 5000
    t = np.arange(n) / FS
    digital = np.column_stack([100 * np.sin(7 * t), 100 * np.sin(7 * t)]).astype(int)
    wfdb.wrsamp(
        "a", fs=FS, units=["NU", "mmHg"], sig_name=["PLETH", "ABP"], d_signal=digital, fmt=[fmt, fmt],
        adc_gain=[100.0, 1.0], baseline=[0, -90], write_dir=str(tmp_path),
    )  # fmt: skip
    record = open_record(tmp_path / "a")
    ppg, abp = record.segments[0].read(100, 400)
    assert np.allclose(ppg, digital[100:400, 0] / 100)
    assert np.allclose(abp, digital[100:400, 1] + 90)


def test_pieces_of_a_record_are_those_of_the_whole(tmp_path):
    record = open_record(write_record(tmp_path, "a", fs=250, n=10000))
    segment = record.segments[0]
    whole = segment.read(0, segment.n_samples)[1]
    pieces = np.concatenate([segment.read(a, min(a + 700, segment.n_samples))[1] for a in range(0, 5000, 700)])
    assert segment.n_samples == 5000
    assert np.allclose(whole, pieces, atol=1e-9)


@pytest.mark.parametrize(("ppg", "abp"), [("Pleth", "ART"), ("pleth", "abp"), ("PLETH L", "Art")])
def test_channel_names_as_they_occur(tmp_path, ppg, abp):
    assert open_record(write_record(tmp_path, "a", names=(ppg, abp))).usable_seconds == 40


def test_kilopascals_are_converted_and_other_units_refused(tmp_path):
    record = open_record(write_record(tmp_path, "a", units=("NU", "kPa")))
    assert record.segments[0].read(0, 5000)[1].mean() == pytest.approx(90 * 7.50062, rel=0.01)
    with pytest.raises(RecordError, match="ABP is in 'mV', not mmHg"):
        open_record(write_record(tmp_path, "b", units=("NU", "mV")))


def test_a_missing_channel_is_named_with_the_remedy(tmp_path):
    with pytest.raises(
        RecordError, match=r"no arterial pressure channel \(found: PLETH, II\).*channels\.abp"
    ) as caught:
        open_record(write_record(tmp_path, "a", names=("PLETH", "II")))
    assert caught.value.channels == ("PLETH", "II")
    with pytest.raises(RecordError, match=r"no PPG channel \(found: II, ABP\)"):
        open_record(write_record(tmp_path, "b", names=("II", "ABP")))


def test_a_truncated_signal_file_is_noticed(tmp_path):
    path = write_record(tmp_path, "a")
    data = (tmp_path / "a.dat").read_bytes()
    (tmp_path / "a.dat").write_bytes(data[: len(data) // 2])
    with pytest.raises(RecordError, match=r"a\.dat is truncated \(10000 of 20000 bytes\)"):
        open_record(path)


@pytest.mark.parametrize("text", ["", "nonsense\n", "a 2 125 5000\nx", "a two 125 5000\n"])
def test_an_unreadable_header_is_one_clear_error(tmp_path, text):
    (tmp_path / "a.hea").write_text(text)
    with pytest.raises(RecordError, match="a"):
        open_record(tmp_path / "a")


def test_an_empty_record_is_refused(tmp_path):
    (tmp_path / "a.dat").write_bytes(b"")
    (tmp_path / "a.hea").write_text("a 2 125 0\na.dat 16 1/NU 16 0 0 0 0 PLETH\na.dat 16 1/mmHg 16 0 0 0 0 ABP\n")
    with pytest.raises(RecordError, match="no samples"):
        open_record(tmp_path / "a")


def test_segments_are_kept_apart_and_absent_ones_passed_over(tmp_path):
    for k, n in ((1, 3000), (2, 4000)):
        write_record(tmp_path, f"30_000{k}", n=n)
    layout = "30_layout 2 125 0\n~ 0 1/NU 16 0 0 0 0 PLETH\n~ 0 1/mmHg 16 0 0 0 0 ABP\n"
    (tmp_path / "30_layout.hea").write_text(layout)
    master = "m/6 2 125 15500\n30_layout 0\n30_0001 3000\n~ 2500\n30_0002 4000\n30_0003 5000\n~ 1000\n"
    (tmp_path / "m.hea").write_text(master)
    record = open_record(tmp_path / "m")
    assert [s.name for s in record.segments] == ["30_0001", "30_0002"]
    assert [s.start for s in record.segments] == [0.0, 44.0]
    assert record.usable_seconds == 56
    assert record.problems == ("30_0003: header not found; fetch it again",)
    assert record.seconds == 124


def test_csv_with_header_without_and_transposed(tmp_path):
    t = np.arange(1000) / 100
    frame = pd.DataFrame({"Time": t, " PLETH": np.sin(t), "abp": 90 + t})
    frame.to_csv(tmp_path / "a.csv", index=False)
    record = open_record(tmp_path / "a.csv", RecordOptions(csv_fs=100))
    assert record.seconds == 10
    assert record.segments[0].n_samples == 1250
    frame[["abp", " PLETH"]].to_csv(tmp_path / "b.csv", index=False, header=False)
    with pytest.raises(RecordError, match=r"names no columns.*--columns"):
        open_record(tmp_path / "b.csv")
    named = open_record(tmp_path / "b.csv", RecordOptions(csv_columns=("abp", "ppg"), csv_fs=125))
    assert named.segments[0].read(0, 3)[1] == pytest.approx([90, 90.01, 90.02])
    with gzip.open(tmp_path / "c.csv.gz", "wt") as file:
        np.savetxt(file, frame[[" PLETH", "abp"]].to_numpy().T, delimiter=",")
    with pytest.raises(RecordError, match="seem to be rows; pass --rows"):
        open_record(tmp_path / "c.csv.gz")
    rows = open_record(tmp_path / "c.csv.gz", RecordOptions(csv_rows=True, csv_columns=("ppg", "abp")))
    assert rows.segments[0].read(0, 2)[1] == pytest.approx([90, 90.01])


# Why a CSV cannot be used, by its text.
UNUSABLE = {
    "": "empty",
    "ppg,abp\n": "no samples",
    "ppg,pressure\n1,2\n": r"no column 'abp' \(found: ppg, pressure\)",
    "ppg,abp\n1,2\n3,high\n": "line 3: 'high' is not a number",
}


@pytest.mark.parametrize("text", UNUSABLE)
def test_a_csv_that_cannot_be_used_says_why(tmp_path, text):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(RecordError, match=UNUSABLE[text]):
        open_record(tmp_path / "a.csv")


def test_the_patient_is_read_off_the_path_of_matched_records():
    assert subject_of("x/p00/p000123/p000123-2150-03-04-10-20") == ("p000123", "patient")
    assert subject_of("p100/p10020306/83404654/83404654") == ("p10020306", "patient")
    assert subject_of("data/3000714_0002") == ("3000714_0002", "record")
    assert subject_of("data/p000123/") == ("p000123", "record"), "a folder is not its own patient"


def test_a_folder_is_listed_by_masters_and_bad_records_are_rows(tmp_path):
    write_record(tmp_path / "p00" / "p000001", "p000001-1")
    write_record(tmp_path / "p00" / "p000002", "p000002-1", names=("PLETH", "II"))
    write_record(tmp_path / "p00" / "p000003", "33_0001")
    (tmp_path / "p00" / "p000003" / "p000003-1.hea").write_text("p000003-1/1 2 125 5000\n33_0001 5000\n")
    options = RecordOptions(source="wfdb", path=str(tmp_path), shards=3)
    paths = find_records(options)
    table = list_records(paths, options)
    assert list(table["record"]) == ["p000001-1", "p000002-1", "p000003-1"]
    assert list(table["seconds"]) == [40, 0, 40]
    assert "no arterial pressure" in table["problem"][1]
    assert table["sha256"].str.len().tolist() == [64, 0, 64]
    parts = [list_records(paths, options, shard) for shard in range(3)]
    assert sorted(pd.concat(parts)["record"]) == list(table["record"])


def test_a_new_recording_touches_only_its_own_shard(tmp_path):
    from cuffless.records import catalog

    write_record(tmp_path / "p00" / "p000001", "p000001-1")
    options = RecordOptions(source="wfdb", path=str(tmp_path), shards=8)
    before = [shard_listing(options, k) for k in range(8)]
    write_record(tmp_path / "p00" / "p000009", "p000009-1")
    catalog._files.cache_clear()
    catalog._listings.cache_clear()
    after = [shard_listing(options, k) for k in range(8)]
    assert [k for k in range(8) if after[k] != before[k]] == [shard_of("p000009", 8)]


def test_names_are_unique_whatever_the_shards_and_no_two_patients_share_a_record(tmp_path):
    for folder in ("a/p000001", "b/p000001", "a/p000002", "x", "y"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "rec.csv").write_text("ppg,abp\n" + "1,80\n" * 500)
    tables = []
    for shards in (1, 8, 64):
        options = RecordOptions(source="csv", path=str(tmp_path), shards=shards)
        parts = [list_records(find_records(options, k), options, k) for k in range(shards)]
        tables.append(pd.concat(parts).sort_values("path", ignore_index=True))
    names = tables[0]["record"].tolist()
    assert names == ["a_p000001_rec", "p000002_rec", "b_p000001_rec", "x_rec", "y_rec"]
    assert tables[0]["subject"].tolist() == ["p000001", "p000002", "p000001", "x_rec", "y_rec"]
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0], check_dtype=False)  # some shards are empty


@pytest.mark.parametrize("fs", [0, 0.001, 12.5, 999999])
def test_an_impossible_sampling_rate_is_refused(tmp_path, fs):
    (tmp_path / "a.hea").write_text(f"a 2 {fs} 5000\na.dat 16 1/NU 16 0 0 0 0 PLETH\na.dat 16 1/mmHg 16 0 0 0 0 ABP\n")
    (tmp_path / "a.dat").write_bytes(bytes(20000))
    with pytest.raises(RecordError, match="sampling rate of"):
        open_record(tmp_path / "a")
    with pytest.raises(RecordError, match="sampling rate of"):
        from_arrays("a", np.zeros(500), None, fs)


def test_a_recording_edited_in_place_is_noticed(tmp_path):
    import os

    from cuffless.records import catalog

    write_record(tmp_path / "p00" / "p000001", "p000001-1")
    options = RecordOptions(source="wfdb", path=str(tmp_path), shards=2)
    before = [shard_listing(options, k) for k in range(2)]
    os.utime(tmp_path / "p00" / "p000001" / "p000001-1.hea", ns=(1, 1))
    catalog._files.cache_clear()
    catalog._listings.cache_clear()
    after = [shard_listing(options, k) for k in range(2)]
    own = shard_of("p000001", 2)
    assert after[own] != before[own]
    assert after[1 - own] == before[1 - own]


def test_arrays_of_different_length_are_refused():
    with pytest.raises(RecordError, match="the same length"):
        from_arrays("a", np.zeros(5), np.zeros(6), 125.0)


@pytest.mark.parametrize(
    ("path", "fs", "seconds"),
    [
        ("wfdb_mimic3_3000714/3000714_0002", 125, 100),
        ("wfdb_samples/041s/041s", 125, 16),
        ("wfdb_samples/mixedsignals", 124.945, 230.5),
    ],
)
def test_real_records_are_read_at_their_true_rate(shared, path, fs, seconds):
    record = open_record(shared / path)
    assert record.fs == pytest.approx(fs, abs=1e-3)
    assert record.usable_seconds == pytest.approx(seconds, abs=0.1)


def test_real_records_without_both_signals_say_which_is_absent(shared):
    for path, what in (
        ("a103l", "no arterial"),
        ("03700181", "no PPG"),
        ("p000878/p000878-2137-10-26-16-57", "no art"),
    ):
        with pytest.raises(RecordError, match=what):
            open_record(shared / "wfdb_samples" / path)
