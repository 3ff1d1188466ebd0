from pathlib import Path

import edfio
import numpy as np
import pytest
from module_files import load_module

from cuffless.config import ChannelOptions, RecordOptions
from cuffless.records import RecordError, find_records, list_records, open_record

biosignals = load_module(Path(__file__).with_name("biosignal_files.py"))

KINDS = {"edf": edfio.EdfSignal, "bdf": edfio.BdfSignal}


def options_of(folder, **options):
    return RecordOptions(source="edf", path=str(folder), **options)


def opened(folder, **options):
    options = options_of(folder, **options)
    return open_record(find_records(options)[0].path, options)


def signals(seconds=20, ppg_fs=64, abp_fs=128, unit="mmHg", names=("PLETH", "ABP")):
    """Ramps that tell where a sample stands: PPG in hundredths, ABP in mmHg, of its time in seconds."""
    ppg, abp = np.arange(seconds * ppg_fs) / ppg_fs / 100, 80 + np.arange(seconds * abp_fs) / abp_fs
    return [(names[0], "NU", ppg, ppg_fs, (-1, 1)), (names[1], unit, abp, abp_fs, (0, 200))]


@pytest.mark.parametrize("ending", KINDS)
def test_signals_of_different_rates_are_read_piece_by_piece(tmp_path, ending):
    biosignals.write_edf(tmp_path / f"a.{ending}", signals(), kind=KINDS[ending])
    record = opened(tmp_path)
    segment = record.segments[0]
    assert (record.name, record.fs, record.channels, record.seconds) == ("a", 64, ("PLETH", "ABP"), 20)
    assert (segment.ppg.fs, segment.abp.fs, segment.seconds) == (64, 128, 20)
    assert segment.abp.read(300, 303) == pytest.approx(80 + np.arange(300, 303) / 128, abs=0.01)
    whole = segment.ppg.read(0, segment.ppg.n_samples)
    assert whole == pytest.approx(np.arange(1280) / 6400, abs=1e-4)
    pieces = [segment.ppg.read(a, min(a + 37, 1280)) for a in range(0, 1280, 37)]
    assert np.array_equal(np.concatenate(pieces), whole)


@pytest.mark.parametrize("ending", KINDS)
def test_a_discontinuous_file_has_its_gaps(tmp_path, ending):
    onsets = [*range(8), *(60 + np.arange(12))]
    biosignals.write_edf(tmp_path / f"a.{ending}", signals(), onsets=onsets, kind=KINDS[ending])
    record = opened(tmp_path)
    assert [(segment.start, segment.seconds) for segment in record.segments] == [(0, 8), (60, 12)]
    assert record.segments[1].abp.read(0, 2) == pytest.approx([88, 88 + 1 / 128], abs=0.01)
    assert record.seconds == 72
    assert record.usable_seconds == 20


def test_times_of_data_records_count_from_the_first_and_may_be_rounded(tmp_path):
    onsets = [f"{0.25 + k + 0.0004 * (k % 3):.4f}" for k in range(20)]
    biosignals.write_edf(tmp_path / "a.edf", signals(), onsets=onsets)
    assert [(segment.start, segment.seconds) for segment in opened(tmp_path).segments] == [(0, 20)]


def test_a_rate_is_what_the_header_says_exactly(tmp_path):
    biosignals.write_edf(tmp_path / "a.edf", signals(ppg_fs=100, abp_fs=100))
    raw = bytearray((tmp_path / "a.edf").read_bytes())
    raw[244:252] = b"1.60070 "  # 100 samples in 1.6007 s
    (tmp_path / "a.edf").write_bytes(bytes(raw))
    assert opened(tmp_path).segments[0].ppg.fs == pytest.approx(100 / 1.6007, rel=1e-12)


@pytest.mark.parametrize(("unit", "factor"), [("kPa", 7.50062), ("mm Hg", 1.0), ("", 1.0)])
def test_pressures_come_in_mmhg(tmp_path, unit, factor):
    biosignals.write_edf(tmp_path / "a.edf", signals(unit=unit))
    record = opened(tmp_path)
    assert record.segments[0].abp.read(0, 1) == pytest.approx([80 * factor], rel=1e-4)
    assert ("has no unit; mmHg is assumed" in "".join(record.problems)) == (unit == "")


def test_a_recording_that_was_not_closed_and_one_cut_short_are_used_as_far_as_they_go(tmp_path):
    biosignals.write_edf(tmp_path / "a.edf", signals())
    raw = bytearray((tmp_path / "a.edf").read_bytes())
    (tmp_path / "a.edf").write_bytes(bytes(raw[:-1000]))
    assert opened(tmp_path).seconds == 17
    assert "17 of 20 data records present" in opened(tmp_path).problems[0]
    raw[236:244] = b"-1      "
    (tmp_path / "a.edf").write_bytes(bytes(raw))
    assert (opened(tmp_path).seconds, opened(tmp_path).problems) == (20, ())


def test_channels_are_chosen_by_name(tmp_path):
    biosignals.write_edf(tmp_path / "a.edf", signals(names=("Pulse", "BP")))
    with pytest.raises(RecordError, match=r"no PPG channel \(found: Pulse, BP\); choose one with --ppg"):
        opened(tmp_path)
    assert opened(tmp_path, channels=ChannelOptions(ppg=("pulse",), abp=("bp",))).segments


def test_files_that_cannot_be_used_are_rows_with_the_reason(tmp_path):
    biosignals.write_edf(tmp_path / "good.edf", signals())
    biosignals.write_edf(tmp_path / "volts.edf", signals(unit="mV"))
    raw = bytearray((tmp_path / "good.edf").read_bytes())
    (tmp_path / "page.EDF").write_text("<html>" * 100)
    (tmp_path / "header.edf").write_bytes(bytes(raw[:400]))
    (tmp_path / "empty.bdf").write_bytes(b"")
    header, n_signals = int(raw[184:192]), int(raw[252:256])
    (tmp_path / "norecord.edf").write_bytes(bytes(raw[: header + 2]))
    flat = raw.copy()
    place = 256 + n_signals * (16 + 80 + 8)
    flat[place + 8 : place + 16] = flat[
        place + 8 * (n_signals + 1) : place + 8 * (n_signals + 2)
    ]  # ABP: the physical minimum is the maximum
    (tmp_path / "flat.edf").write_bytes(bytes(flat))
    lost = raw.copy()
    lost[192:197] = b"EDF+D"
    lost = lost.replace(b"EDF Annotations", b"Notes          ")
    (tmp_path / "lost.edf").write_bytes(bytes(lost))
    table = list_records(find_records(options_of(tmp_path)), options_of(tmp_path)).set_index("record")["problem"]
    assert table["good"] == ""
    assert "ABP is in 'mV', not mmHg" in table["volts"]
    assert "not an EDF or BDF file" in table["page"]
    assert "not an EDF or BDF file" in table["empty"]
    assert "damaged or truncated" in table["header"]
    assert "no data records" in table["norecord"]
    assert "ABP is not calibrated" in table["flat"]
    assert "without the times of its data records" in table["lost"]
