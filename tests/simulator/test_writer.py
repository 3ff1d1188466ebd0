import hashlib
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from cuffless.config import SimulatorOptions
from cuffless.simulator import record_name, simulate_subject, write_cohort, write_subject
from cuffless.simulator.writer import segment_layout, subject_folder

WHOLE = SimulatorOptions(minutes=3, multi_segment=0.0)
SEGMENTED = SimulatorOptions(minutes=20, multi_segment=1.0)


def digests(folder):
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def written(subject, options, folder):
    write_subject(subject, folder, options)
    return folder / subject_folder(subject.name) / record_name(subject.name, options)


def test_a_record_reads_back_exactly(tmp_path, wfdb):
    subject = simulate_subject(123, WHOLE)
    record = wfdb.rdrecord(str(written(subject, WHOLE, tmp_path)))
    assert (record.sig_name, record.units) == (["PLETH", "ABP"], ["NU", "mmHg"])
    assert (record.fs, record.fmt) == (125, ["16", "16"])
    np.testing.assert_array_equal(record.p_signal, np.c_[subject.ppg, subject.abp])


def test_files_lie_and_are_named_as_in_the_matched_subset(tmp_path):
    subject = simulate_subject(123, WHOLE)
    files = write_subject(subject, tmp_path, WHOLE)
    record = record_name(subject.name, WHOLE)
    assert pd.to_datetime(record.removeprefix("p000123-"), format="%Y-%m-%d-%H-%M").year >= 2100
    names = [f"{record}.dat", f"{record}.hea", f"{record}_truth.parquet"]
    assert files == [tmp_path / "p00" / "p000123" / name for name in names]


@pytest.mark.parametrize("number", range(4))
def test_a_segmented_record_reads_back_with_gaps_where_nothing_was_stored(tmp_path, wfdb, number):
    subject = simulate_subject(number, SEGMENTED)
    master = str(written(subject, SEGMENTED, tmp_path))
    record = wfdb.rdrecord(master)
    assert wfdb.rdheader(master, rd_segments=True).layout == "variable"
    read = dict(zip(record.sig_name, record.p_signal.T, strict=True))
    segments = segment_layout(subject.name, len(subject.ppg), 125.0, SEGMENTED)
    assert any(not s.channels for s in segments)
    for segment in segments:
        span = slice(segment.first, segment.last)
        for channel, signal in (("PLETH", subject.ppg), ("ABP", subject.abp)):
            expected = signal[span] if channel in segment.channels else np.full(len(signal[span]), np.nan)
            np.testing.assert_array_equal(read[channel][span], expected)
    assert sum(s.last - s.first for s in segments) == record.sig_len == len(subject.ppg)


def test_header_checksums_are_those_of_the_stored_samples(tmp_path, wfdb):
    subject = simulate_subject(0, SEGMENTED)
    folder = written(subject, SEGMENTED, tmp_path).parent
    for header in folder.glob("3*_0*.hea"):
        record = wfdb.rdrecord(str(header.with_suffix("")), physical=False)
        assert [c % 65536 for c in record.checksum] == record.calc_checksum()
        assert record.init_value == record.d_signal[0].tolist()


def test_gaps_are_tens_of_seconds_to_two_minutes_long():
    lengths, starts_without_pressure, gaps = [], 0, []
    for number in range(200):
        segments = segment_layout(f"p{number:06d}", 150_000, 125.0, SEGMENTED)
        absent = [(s.last - s.first) / 125 for s in segments if not s.channels]
        gaps.append(len(absent))
        lengths += absent
        starts_without_pressure += segments[0].channels == ("PLETH",)
        assert all(a.last == b.first for a, b in pairwise(segments))
    assert 19 <= min(lengths) < 30
    assert 110 < max(lengths) <= 121
    assert set(gaps) == {1, 2, 3}
    assert 0.2 < starts_without_pressure / 200 < 0.4


@pytest.mark.parametrize("minutes", [0.6, 2, 300])
def test_recordings_of_any_length_can_be_divided(minutes):
    n = round(minutes * 60 * 125)
    for number in range(50):
        segments = segment_layout(f"p{number:06d}", n, 125.0, SEGMENTED)
        assert segments[0].first == 0
        assert segments[-1].last == n
        assert all(s.last > s.first for s in segments)
        assert sum(s.last - s.first for s in segments if len(s.channels) == 2) > 0.6 * n


def test_the_share_of_segmented_records_is_the_one_asked_for():
    options = SimulatorOptions(multi_segment=0.4)
    divided = [len(segment_layout(f"p{n:06d}", 150_000, 125.0, options)) > 1 for n in range(500)]
    assert 0.34 < np.mean(divided) < 0.46


def test_the_truth_goes_on_through_gaps(tmp_path):
    subject = simulate_subject(1, SEGMENTED)
    record = written(subject, SEGMENTED, tmp_path)
    truth = pd.read_parquet(record.with_name(f"{record.name}_truth.parquet"))
    pd.testing.assert_frame_equal(truth, subject.truth)
    assert np.diff(truth.time).max() < 2


def test_two_runs_write_the_same_bytes_whatever_the_order(tmp_path):
    options = SimulatorOptions(minutes=2, multi_segment=0.5)
    write_cohort([3, 4, 5], options, tmp_path / "a")
    write_cohort([5, 3, 4], options, tmp_path / "b")
    first = digests(tmp_path / "a")
    assert len(first) >= 9
    assert first == digests(tmp_path / "b")


def test_the_cohort_table_has_one_row_a_record_with_its_path(tmp_path, wfdb):
    options = SimulatorOptions(minutes=1, multi_segment=0.5)
    table = write_cohort(range(4), options, tmp_path)
    assert list(table.columns) == ["record", "subject", "path"]
    assert list(table.subject) == ["p000000", "p000001", "p000002", "p000003"]
    assert table.record.is_unique
    for path in table.path:
        assert wfdb.rdheader(str(tmp_path / path)).sig_len == 7500


def test_writing_anew_leaves_no_file_of_the_old_record(tmp_path):
    write_cohort([0], SEGMENTED.model_copy(update={"minutes": 2.0}), tmp_path)
    write_cohort([0], WHOLE, tmp_path)
    assert len(digests(tmp_path)) == 3


def test_a_failed_write_leaves_no_half_of_a_record(tmp_path, monkeypatch):
    def full_disk(*args, **kwargs):
        raise OSError("no space left")

    subject = simulate_subject(0, WHOLE)
    monkeypatch.setattr(pd.DataFrame, "to_parquet", full_disk)
    with pytest.raises(OSError, match="no space left"):
        write_subject(subject, tmp_path, WHOLE)
    assert digests(tmp_path) == {}


THREE = SimulatorOptions(minutes=20, multi_segment=0.5, records=3)


def test_one_record_a_subject_is_written_as_ever(tmp_path):
    write_cohort(range(1, 4), SimulatorOptions(minutes=3, seed=1), tmp_path)
    written = hashlib.sha256()
    for path in sorted(p for p in tmp_path.rglob("*") if p.suffix in (".hea", ".dat")):
        written.update(path.relative_to(tmp_path).as_posix().encode() + path.read_bytes())
    assert written.hexdigest() == "aa5179411ed0380e74e7048b7fda873275b4612e0354d4d66a02769733e155b2"


@pytest.mark.parametrize("number", range(3))
def test_several_records_are_the_recording_in_parts(tmp_path, wfdb, number):
    subject = simulate_subject(number, THREE)
    write_subject(subject, tmp_path, THREE)
    folder = tmp_path / subject_folder(subject.name)
    names = [record_name(subject.name, THREE, k) for k in range(3)]
    assert len(set(names)) == 3
    starts, first = [], 0
    for k, name in enumerate(names):
        record = wfdb.rdrecord(str(folder / name))
        starts.append(record.base_datetime)
        assert record.sig_len == 50_000
        read = dict(zip(record.sig_name, record.p_signal.T, strict=True))
        for segment in segment_layout(subject.name, record.sig_len, 125.0, THREE, k):
            for channel, signal in (("PLETH", subject.ppg), ("ABP", subject.abp)):
                expected = signal[first + segment.first : first + segment.last]
                if channel not in segment.channels:
                    expected = np.full(len(expected), np.nan)
                np.testing.assert_array_equal(read[channel][segment.first : segment.last], expected)
        first += record.sig_len
    assert first == len(subject.ppg)
    assert all((later - earlier).total_seconds() == 400 for earlier, later in pairwise(starts))


def test_the_truth_of_several_records_is_that_of_the_recording(tmp_path):
    subject = simulate_subject(4, THREE)
    write_subject(subject, tmp_path, THREE)
    parts = []
    for k in range(3):
        name = record_name(subject.name, THREE, k)
        truth = pd.read_parquet(tmp_path / subject_folder(subject.name) / f"{name}_truth.parquet")
        assert truth["time"].between(0, 400, inclusive="left").all()
        parts.append(truth.assign(time=truth["time"] + 400 * k, foot=truth["foot"] + 400 * k))
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), subject.truth)


def test_records_of_one_subject_are_divided_into_segments_independently():
    divided = np.array(
        [[len(segment_layout(f"p{n:06d}", 50_000, 125.0, THREE, k)) > 1 for k in range(3)] for n in range(300)]
    )
    assert np.all((divided.mean(axis=0) > 0.4) & (divided.mean(axis=0) < 0.6))
    assert 0.05 < divided.all(axis=1).mean() < 0.2


def test_segments_of_all_records_have_names_of_their_own(tmp_path):
    options = THREE.model_copy(update={"multi_segment": 1.0, "minutes": 6.0})
    table = write_cohort(range(4), options, tmp_path)
    assert len(table) == 12
    assert table.record.is_unique
    assert table.subject.value_counts().unique().tolist() == [3]
    headers = [path.name for path in tmp_path.rglob("*.hea")]
    assert len(set(headers)) == len(headers) > 12 * 3


def test_records_shorter_than_a_minute_are_refused():
    with pytest.raises(ValueError, match=r"2 minutes cannot be divided into 3 records of a minute or more; raise"):
        SimulatorOptions(minutes=2, records=3)
