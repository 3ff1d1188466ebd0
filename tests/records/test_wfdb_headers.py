"""Headers as header(5) allows them."""

import numpy as np
import pytest
import wfdb
from hypothesis import given, settings
from hypothesis import strategies as st

from cuffless.config import ChannelOptions, RecordOptions
from cuffless.records import RecordError, open_wfdb
from cuffless.records.formats.wfdb_headers import read_header
from cuffless.records.units import mmhg_per

SIGNALS = "a.dat 16 1000/NU 16 0 0 0 0 PLETH\na.dat 16 20/mmHg 16 0 0 0 0 ABP\n"
SECONDS = 60


@pytest.fixture
def folder(tmp_path, pulse_signals):
    """A signal file of a minute at 125 Hz, 120/60 mmHg, that headers can be written for."""
    ppg, abp = pulse_signals(seconds=SECONDS)
    np.column_stack([1000 * ppg, 20 * abp]).round().astype("<i2").tofile(tmp_path / "a.dat")
    return tmp_path


def header(folder, record, signals=SIGNALS, name="a"):
    (folder / f"{name}.hea").write_text(f"{record}\n{signals}", encoding="utf-8")
    return folder / name


def refused(path, options=RecordOptions(), **how):
    with pytest.raises(RecordError) as error:
        open_wfdb(path, options, **how)
    assert len(str(error.value)) < 600
    return str(error.value)


@pytest.mark.parametrize(
    "line",
    [
        "a 2 125 7500",
        "a 2 125",
        "a 2 125 0",
        "a 2 125.0 7500 10:00:00",
        "a 2 125. 0 10:00:00 01/02/2003",
        "a 2 125 10:00:00 01/02/2003",
        "a 2 1.25e2 7500",
        "a 2 1.25E+02 7500 23:59:59.123 31/12/2020",
        "a\t2\t.125e3\t7.5e3",
        "a 2 1250e-1/1.25e2(0) 7500",
        "a 2 125/1000(0) 7500",
        "a 2 125/1000(-5.5) 0",
        "a 2 125/999.99",
        "# a comment\n\n  a 2 125",
        "\ufeffa 2 125 7500\r",
    ],
)
def test_record_lines_that_mean_a_minute_at_125_hz(folder, line):
    record = open_wfdb(header(folder, line))
    assert record.fs == 125
    assert record.seconds == record.usable_seconds == SECONDS
    ppg, abp = record.segments[0].read(0, 7500)
    assert (abp.min(), abp.max()) == pytest.approx((60, 120), abs=0.2)
    assert np.isfinite(ppg).all()


def test_a_rate_that_is_missing_is_250_hz(folder):
    assert open_wfdb(header(folder, "a 2")).fs == 250


@pytest.mark.parametrize(
    ("signal", "gain", "baseline", "units", "initial", "name"),
    [
        ("a.dat 16 2e1/mmHg 12 0 5 0 0 ABP", 20, 0, "mmHg", 5, "ABP"),
        ("a.dat 16 2.5E-1(-40)/mmHg 12 100 5 77 0 ART line 2", 0.25, -40, "mmHg", 5, "ART line 2"),
        ("a.dat 16 20/mmHg 12 100", 20, 100, "mmHg", 100, "record a, signal 0"),  # zero stands for what is missing
        ("a.dat 16x2:3+24 +20 0 0 -7 -8 0 2nd PPG", 20, 0, "mV", -7, "2nd PPG"),
        ("a.dat 16 20/mmHg ABP", 20, 0, "mmHg", 0, "ABP"),
        ("a.dat 16 20(10)/µV 12 0 0 0 0 Ä b", 20, 10, "µV", 0, "Ä b"),
        ("a.dat 16", 200, 0, "mV", 0, "record a, signal 0"),
        ("a.dat 16 0 12 0 0 0 0 X", 200, 0, "mV", 0, "X"),
        ("a.dat 16 /mmHg 12 0 0 0 0 X", 200, 0, "mmHg", 0, "X"),
        ("a.dat 16 (7)/mmHg 12 3 0 0 0 X", 200, 7, "mmHg", 0, "X"),
    ],
)
def test_fields_of_a_signal_line(folder, signal, gain, baseline, units, initial, name):
    (made,) = read_header(header(folder, "a 1 125 10", signal)).signals
    assert (made.gain, made.baseline, made.units, made.initial, made.name) == (gain, baseline, units, initial, name)
    assert made.calibrated == (gain != 200)
    expected = (2, 3, 24) if "x2" in signal else (1, 0, 0)
    assert (made.per_frame, made.skew, made.offset) == expected


@settings(max_examples=40, deadline=None)
@given(
    fs=st.integers(40, 5000),
    length=st.integers(1, 10**9),
    gain=st.floats(0.001, 1e6).map(lambda value: round(value, 6)),
    baseline=st.integers(-(2**15), 2**15),
    units=st.sampled_from(["mmHg", "NU", "mV", "kPa", "%", "l/min"]),
    name=st.sampled_from(["ABP", "PLETH", "Resp 1", "II", "CVP (mean)"]),
)
def test_what_the_package_wfdb_writes_is_read_as_it_reads_it(tmp_path_factory, fs, length, gain, baseline, units, name):
    folder = tmp_path_factory.mktemp("h")
    record = wfdb.Record(
        record_name="a", n_sig=1, fs=fs, sig_len=length, file_name=["a.dat"], fmt=["16"], adc_gain=[gain],
        baseline=[baseline], units=[units], adc_res=[16], adc_zero=[0], init_value=[0], checksum=[0], block_size=[0],
        sig_name=[name],
    )  # fmt: skip
    record.wrheader(write_dir=str(folder))
    theirs, ours = wfdb.rdheader(str(folder / "a")), read_header(folder / "a")
    (signal,) = ours.signals
    assert (ours.fs, ours.length) == (theirs.fs, theirs.sig_len)
    assert (signal.gain, signal.baseline, signal.units, signal.name) == (
        theirs.adc_gain[0], theirs.baseline[0], theirs.units[0], theirs.sig_name[0],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a name and a number of signals"),
        ("a", "a name and a number of signals"),
        ("a two 125", "a name and a number of signals"),
        ("a 2 fast 7500\n" + SIGNALS, "'fast' is not a sampling frequency"),
        ("a 2 1,25e2\n" + SIGNALS, "'1,25e2' is not a sampling frequency"),
        ("a 2 125 7500.5\n" + SIGNALS, "'7500.5' is not a number of samples"),
        ("a 2 125 -1\n" + SIGNALS, "'-1' is not a number of samples"),
        ("a 2 125 7500 noon\n" + SIGNALS, "'noon' is not a time"),
        ("a 3 125 7500\n" + SIGNALS, "3 signals are declared, but 2 described"),
        ("a/4 2 125\na1 10\n", "4 segments are declared, but 1 described"),
        ("a 1 125 10\na.dat sixteen", "the file and the sample format"),
        ("\x00\x01" * 5000, "a name and a number of signals"),
        ("a 1 " + "9" * 5000 + "x 7\n", "is not a sampling frequency"),
    ],
)
def test_a_header_that_cannot_be_read_is_one_line(tmp_path, text, said):
    (tmp_path / "a.hea").write_text(text, encoding="utf-8")
    message = refused(tmp_path / "a")
    assert said in message
    assert "a.hea: not a readable WFDB header" in message
    assert "\n" not in message


def test_a_record_without_a_sample_says_so(tmp_path):
    (tmp_path / "a.dat").write_bytes(b"")
    for line in ("a 2 125", "a 2 125 0"):
        assert "no samples (an empty record)" in refused(header(tmp_path, line))
    (tmp_path / "a.dat").unlink()
    assert "signal file a.dat not found" in refused(header(tmp_path, "a 2 125"))


def test_the_length_of_signals_in_files_of_their_own_is_that_of_the_shorter(folder, pulse_signals):
    ppg, abp = pulse_signals(seconds=SECONDS)
    np.round(1000 * ppg).astype("<i2").tofile(folder / "p.dat")
    (folder / "b.dat").write_bytes(bytes(24) + np.round(20 * abp[:5000]).astype(">i2").tobytes())
    record = open_wfdb(header(folder, "a 2 125", "p.dat 16 1000 0 0 0 0 0 PLETH\nb.dat 61+24 20/mmHg 0 0 0 0 0 ABP\n"))
    assert record.segments[0].n_samples == 5000
    assert record.segments[0].read(4000, 5000)[1].max() == pytest.approx(120, abs=0.2)


def test_the_length_of_a_compressed_record_is_its_own(folder, pulse_signals):
    signals = np.column_stack(pulse_signals(seconds=SECONDS))
    wfdb.wrsamp("c", 125, ["NU", "mmHg"], ["PLETH", "ABP"], signals, fmt=["516"] * 2, write_dir=str(folder))
    text = (folder / "c.hea").read_text()
    (folder / "c.hea").write_text(text.replace("125 7500", "1.25e2 0"))
    assert open_wfdb(folder / "c").usable_seconds == SECONDS


@pytest.mark.parametrize("total", ["", " 0", " 22500"])
@pytest.mark.parametrize("lengths", [("7500", "7500", "7500"), ("", "7500", "")])
def test_a_master_without_length_sums_its_segments(folder, total, lengths):
    for name in ("a1", "a2"):
        header(folder, f"{name} 2 125" + (" 7500" if lengths[0] else ""), SIGNALS, name)
    lines = [f"a1 {lengths[0]}", f"~ {lengths[1]}", f"a2 {lengths[2]}"]
    record = open_wfdb(header(folder, f"m/3 2 1.25e2{total}", "\n".join(lines) + "\n", "m"))
    assert record.seconds == 180
    assert [segment.start for segment in record.segments] == [0, 120]
    assert record.usable_seconds == 120


def test_a_layout_segment_is_no_stretch_and_takes_no_time(folder):
    header(folder, "l 2 125 0", "~ 0 1000/NU 16 0 0 0 0 PLETH\n~ 0 20/mmHg 16 0 0 0 0 ABP\n", "l")
    header(folder, "a1 2 125 7500", SIGNALS, "a1")
    record = open_wfdb(header(folder, "m/3 2 125", "l 0\n~ 1250\na1 7500\n", "m"))
    assert [(segment.name, segment.start) for segment in record.segments] == [("a1", 10)]
    assert not record.problems
    assert "has no stored signal (format 0)" in refused(folder / "l")


@pytest.mark.parametrize("gain", ["0/mmHg", "0", "0(0)/mmHg", "/mmHg", "0.0/kPa", "0e0/mmHg"])
def test_pressure_that_is_not_calibrated_is_refused_with_the_remedy(folder, gain):
    signals = SIGNALS.replace("20/mmHg", gain)
    message = refused(header(folder, "a 2 125 7500", signals))
    assert "ABP is not calibrated (its gain is 0 or missing)" in message
    assert "20(0)/mmHg" in message
    assert open_wfdb(folder / "a", need_abp=False).usable_seconds == SECONDS


def test_ppg_needs_no_calibration(folder):
    record = open_wfdb(header(folder, "a 2 125 7500", SIGNALS.replace("1000/NU", "0")))
    assert record.segments[0].read(0, 100)[0].shape == (100,)


def test_another_calibrated_channel_can_be_taken(folder):
    signals = "a.dat 16 0/mmHg 16 0 0 0 0 ABP\na.dat 16 20/mmHg 16 0 0 0 0 ABP\n"
    path = header(folder, "a 2 125 7500", signals)
    channels = {"ppg": ("#1",), "abp": ("ABP#2",)}
    abp = open_wfdb(path, RecordOptions(channels=ChannelOptions(**channels))).segments[0].read(0, 7500)[1]
    assert abp.max() == pytest.approx(120, abs=0.2)
    assert "not calibrated" in refused(path, RecordOptions(channels=ChannelOptions(ppg=("#2",))))


@pytest.mark.parametrize(
    ("unit", "factor"),
    [("mmHg", 1), ("MMHG", 1), ("mm_Hg", 1), ("[kPa]", 7.50062), ("cmH2O", 0.735559), ("hPa", 0.750062),
     ("mbar", 0.750062), ("mV", None), ("", None), ("NU", None), ("adu", None)],
)  # fmt: skip
def test_units_of_pressure(unit, factor):
    assert mmhg_per(unit) == factor


def test_pressure_in_other_units_is_read_in_mmhg(folder):
    record = open_wfdb(header(folder, "a 2 125 7500", SIGNALS.replace("20/mmHg", "14.71118/cmH2O")))
    assert record.segments[0].read(0, 7500)[1].max() == pytest.approx(120, abs=0.2)


def test_segments_that_are_longer_than_their_master_says_do_not_overlap(folder):
    header(folder, "s 2 125 7500", name="s")
    (folder / "m.hea").write_text("m/2 2 125 10000\ns 2500\ns 7500\n")
    record = open_wfdb(folder / "m")
    assert [(segment.start, segment.ppg.n_samples) for segment in record.segments] == [(0.0, 2500), (20.0, 7500)]


@pytest.mark.parametrize(
    ("record", "fields", "what"),
    [
        ("a " + "9" * 5000, "16 1000/NU 16 0", "number of signals"),
        ("a/" + "9" * 100 + " 2", "16 1000/NU 16 0", "number of segments"),
        ("a 2 125", f"16x{'9' * 5000} 1000/NU 16 0", "number of samples per frame"),
        ("a 2 125", f"16+{'9' * 30} 1000/NU 16 0", "byte offset"),
        ("a 2 125", f"16 {'9' * 400}/NU 16 0", "gain"),
        ("a 2 125", f"16 1({'9' * 400})/NU 16 0", "baseline"),
        ("a 2 125", f"16 1/NU 16 {'9' * 400}", "ADC zero"),
        ("a 2 125", f"16 1/NU 16 0 0 -{'9' * 5000}", "checksum"),
    ],
)
def test_a_number_that_nothing_can_hold_is_refused_by_its_field(folder, record, fields, what):
    said = refused(header(folder, record, f"a.dat {fields} PLETH\na.dat 16 20/mmHg 16 0 0 0 0 ABP\n"))
    assert f"is too large for the {what} (line" in said


def test_what_is_absent_has_a_remedy(folder):
    remedy = "; fetch it again, or exclude the record (records.exclude)"
    assert refused(header(folder, "a 2 125", SIGNALS.replace("a.dat", "."))).endswith(
        f"signal file . not found{remedy}"
    )
    assert refused(header(folder, "m/1 2 125 7500", "x 7500\n", name="m")).endswith(f"x: header not found{remedy}")
