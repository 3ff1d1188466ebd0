from pathlib import Path

import numpy as np
import pytest
from module_files import load_module

from cuffless.config import ChannelOptions, RecordOptions
from cuffless.records import RecordError, find_records, list_records, open_record
from cuffless.windows import cut_windows

biosignals = load_module(Path(__file__).with_name("biosignal_files.py"))

FS = 100


def options_of(folder, **options):
    return RecordOptions(source="vital", path=str(folder), **options)


def opened(folder, need_abp=True, **options):
    options = options_of(folder, **options)
    return open_record(find_records(options)[0].path, options, need_abp=need_abp)


def ramp(seconds, first=0.0):
    return first + np.arange(seconds * FS) / FS


def write(folder, ppg, abp, unit="mmHg", name="1.vital", **how):
    """PPG and ABP: samples, and times of their packets where these do not follow each other."""
    waves = {"SNUADC/PLETH": (ppg[0], "", *ppg[1:]), "SNUADC/ART": (abp[0], unit, *abp[1:])}
    biosignals.write_vital(folder / name, waves, FS, **how)


def test_a_files_waves_are_read_at_their_own_rate_and_numbers_are_not_taken_for_waves(tmp_path):
    write(tmp_path, [ramp(10)], [80 + ramp(10)], numerics={"Solar8000/ART_MBP": [90] * 5, "Solar8000/PLETH_HR": [70]})
    record = opened(tmp_path)
    assert (record.name, record.fs, record.channels) == ("1", FS, ("SNUADC/PLETH", "SNUADC/ART"))
    segment = record.segments[0]
    assert segment.ppg.read(250, 253) == pytest.approx([2.5, 2.51, 2.52])
    assert segment.abp.read(250, 253) == pytest.approx([82.5, 82.51, 82.52])
    assert (segment.start, segment.seconds) == (0, 10)


def test_a_pause_parts_segments_that_stand_at_their_time_in_the_file(tmp_path):
    times = np.r_[np.arange(5.0), 60 + np.arange(5.0)]
    write(tmp_path, [ramp(10), times], [80 + ramp(10), times])
    record = opened(tmp_path)
    assert [(segment.start, segment.seconds) for segment in record.segments] == [(0, 5), (60, 5)]
    assert record.segments[1].abp.read(0, 2) == pytest.approx([85.0, 85.01])
    assert record.seconds == 65


@pytest.mark.parametrize("packed", [False, True])
def test_what_is_missing_in_one_wave_is_missing_in_both(tmp_path, packed):
    ppg_times = np.r_[np.arange(4.0), 6 + np.arange(4.0)]
    write(tmp_path, [ramp(8), ppg_times], [80 + ramp(10)], packed=packed)
    record = opened(tmp_path)
    held = np.concatenate([segment.start + np.arange(segment.n_samples) / 125 for segment in record.segments])
    values = np.concatenate([np.column_stack(segment.read(0, segment.n_samples)) for segment in record.segments])
    whole = np.isfinite(values).all(axis=1)
    assert not np.any((held[whole] > 4.02) & (held[whole] < 5.98))
    late = whole & (held > 6.1) & (held < 9.8)
    assert values[late, 1] == pytest.approx(80 + held[late], abs=0.05)


def test_packets_whose_clock_jitters_belong_together(tmp_path):
    jitter = np.arange(10.0) + np.random.default_rng(0).uniform(-0.03, 0.03, 10)
    write(tmp_path, [ramp(10), jitter], [80 + ramp(10)])
    record = opened(tmp_path)
    assert len(record.segments) == 1
    assert np.isfinite(record.segments[0].ppg.read(0, 900)).all()


def test_a_packet_that_is_stored_twice_counts_once(tmp_path):
    times = np.r_[np.arange(5.0), 4.0, np.arange(5.0, 9.0)]
    samples = np.r_[ramp(5), ramp(1, 4.0), ramp(4, 5.0)]
    write(tmp_path, [samples, times], [80 + ramp(9)])
    segment = opened(tmp_path).segments[0]
    assert segment.ppg.read(0, 900) == pytest.approx(ramp(9))


def test_whole_numbers_are_scaled_and_the_mark_of_a_missing_sample_is_missing():
    from cuffless.records.sources.vital import _Run, _Wave

    stored = np.array([0, 800, 65535], np.uint16)
    wave = _Wave("I/ABP", "ABP", "mmHg", 125.0, 0.0625, -50.0, 65535.0, True, (_Run(0.0, stored),))
    assert wave.physical(stored)[:2].tolist() == [-50, 0]
    assert np.isnan(wave.physical(stored)[2])


def test_a_device_may_be_named_and_of_several_tracks_of_one_name_the_first_is_taken_and_said(tmp_path):
    waves = {name: (80 + ramp(10) + k, "mmHg") for k, name in enumerate(("A/PLETH", "A/ART", "B/ART"))}
    biosignals.write_vital(tmp_path / "1.vital", waves, FS)
    record = opened(tmp_path)
    assert record.segments[0].abp.read(0, 1) == pytest.approx([81])
    assert "2 channels are named ART; the first is used as ABP" in record.problems[0]
    for name in ("b/art", "ART#2"):
        record = opened(tmp_path, channels=ChannelOptions(abp=(name,)))
        assert record.segments[0].abp.read(0, 1) == pytest.approx([82])
        assert not record.problems


@pytest.mark.parametrize(("unit", "factor"), [("kPa", 7.50062), ("mmHg", 1.0), ("", 1.0)])
def test_pressures_come_in_mmhg(tmp_path, unit, factor):
    write(tmp_path, [ramp(10)], [10 + ramp(10)], unit=unit)
    record = opened(tmp_path)
    assert record.segments[0].abp.read(0, 1) == pytest.approx([10 * factor])
    assert ("has no unit; mmHg is assumed" in "".join(record.problems)) == (unit == "")


def test_ppg_alone_suffices_where_no_pressure_is_asked_for(tmp_path):
    biosignals.write_vital(tmp_path / "1.vital", {"SNUADC/PLETH": (ramp(10), "")}, FS)
    assert opened(tmp_path, need_abp=False).segments[0].abp is None
    with pytest.raises(RecordError, match=r"no arterial pressure channel \(found the waves: SNUADC/PLETH.*records\.ch"):
        opened(tmp_path)


def test_a_case_stands_for_itself_and_files_that_cannot_be_used_are_rows(tmp_path):
    write(tmp_path, [ramp(10)], [80 + ramp(10)])
    whole = (tmp_path / "1.vital").read_bytes()
    (tmp_path / "2.vital").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "3.vital").write_bytes(b"\x1f\x8b" + bytes(40))
    (tmp_path / "4.VITAL").write_text("<html>")
    write(tmp_path, [ramp(10)], [80 + ramp(10)], unit="mV", name="5.vital")
    table = list_records(find_records(options_of(tmp_path)), options_of(tmp_path)).set_index("record")
    assert table.loc["1", ["subject", "identity", "problem"]].tolist() == ["1", "record", ""]
    assert ".vital: not a .vital file" in table.loc["3", "problem"]
    assert "4.VITAL: not a .vital file" in table.loc["4", "problem"]
    assert "SNUADC/ART is in 'mV', not mmHg" in table.loc["5", "problem"]
    short = table.loc["2"]
    assert short["seconds"] < 10 or "truncated" in short["problem"]


def test_what_is_left_of_a_file_that_was_cut_short_is_used_and_said(tmp_path):
    rng = np.random.default_rng(0)
    write(tmp_path, [rng.standard_normal(4000)], [80 + rng.standard_normal(4000)], packed=False)
    path = tmp_path / "1.vital"
    path.write_bytes(path.read_bytes()[:-6000])
    record = opened(tmp_path)
    assert "truncated, the rest is used" in record.problems[0]
    assert 5 < record.segments[0].seconds < 39


def test_the_monitor_in_its_demonstration_shows_its_120_over_70_at_60(shared):
    folder = shared / "vital_intellivue"
    entries = find_records(options_of(folder))
    assert len(entries) == 2
    for entry in entries:
        windows = cut_windows(open_record(entry.path, options_of(folder))).kept
        assert len(windows) >= 5
        assert [np.median(windows.sbp), np.median(windows.dbp), np.median(windows.hr)] == pytest.approx(
            [120, 70, 60], abs=0.5
        )


def test_a_gap_that_was_filled_with_the_largest_number_is_missing(tmp_path):
    import vitaldb
    from vitaldb.utils import Device, Track

    file = vitaldb.VitalFile()
    file.dtstart, file.dtend = biosignals.START, biosignals.START + 7
    file.devs["I"] = Device("I")
    for name in ("PLETH", "ART"):
        recs = [{"dt": biosignals.START + k, "val": np.full(100, 2400, np.uint16)} for k in (0, 1, 2, 5, 6)]
        how = {"fmt": 6, "srate": 100, "gain": 0.0625, "offset": -50.0, "unit": "mmHg", "dname": "I"}
        file.trks[f"I/{name}"] = Track(name, 1, recs=recs, **how)
    file.to_vital(str(tmp_path / "1.vital"), packed=True)
    (segment,) = opened(tmp_path).segments
    abp = segment.abp.read(0, 700)
    assert np.flatnonzero(np.isnan(abp)).tolist() == list(range(300, 500))
    assert np.nanmax(abp) == 100
