"""Text as its writers leave it: the rate, the columns, the first and last samples, and where signal is missing."""

import gzip
import json

import numpy as np
import pytest

from cuffless.config import RecordOptions
from cuffless.records import LayoutError, RecordError, open_csv

N = 1000


def wave(fs=100, n=N):
    """PPG between -1 and 1 and a pressure of 70 to 120 mmHg at 75 bpm."""
    phase = np.arange(n) / fs * 1.25 % 1
    ppg = np.exp(-(((phase - 0.25) / 0.1) ** 2)) + 0.35 * np.exp(-(((phase - 0.55) / 0.13) ** 2))
    return ppg.round(4), (70 + 50 * ppg).round(2)


PPG, ABP = wave()
TIME = np.arange(N) / 100


def rows(*columns, by=",", end="\n", before=""):
    return "".join(before + by.join(map(str, row)) + end for row in zip(*columns, strict=True))


def clock(seconds, hours=23, minutes=59):
    total = 3600 * hours + 60 * minutes + 55 + seconds
    return [f"{int(t // 3600) % 24:02}:{int(t // 60) % 60:02}:{t % 60:06.3f}" for t in total.round(6)]


def comma(values, form="{:.4f}"):
    return [form.format(value).replace(".", ",") for value in values]


MMHG_PER_KPA = 7.50062
JSON_HEAD = json.dumps(
    {
        "00:07:80:3B:46:61": {
            "sensor": ["BVP", "ECG"],
            "column": ["nSeq", "I1", "O1", "A1", "A2"],
            "sampling rate": 100,
            "date": "2016-8-25",
            "time": "15:43:21.123",
            "label": ["A1", "A2"],
            "device": "bitalino",
        }
    }
)
DATES = [f"2020-02-01T{c}" if c > "12" else f"2020-02-02T{c}" for c in clock(TIME)]
FORMATS = {
    "comma": "ppg,abp\n" + rows(PPG, ABP),
    "semicolons": "time;ppg;abp\n" + rows(TIME, PPG, ABP, by=";"),
    "decimal commas": "Zeit;ppg;abp\n" + rows(comma(TIME), comma(PPG), comma(ABP), by=";"),
    "decimal commas, tabs": "time\tppg\tabp\n" + rows(comma(TIME), comma(PPG), comma(ABP), by="\t"),
    "decimal commas, quoted": '"ppg","abp"\n' + rows(*[[f'"{v}"' for v in comma(c)] for c in (PPG, ABP)]),
    "blanks": " time   ppg   abp\n" + rows(TIME, PPG, ABP, by="   ", before="  "),
    "bars": "time | ppg | abp\n" + rows(TIME, PPG, ABP, by=" | "),
    "numpy.savetxt": "# time ppg abp\n" + rows(TIME, PPG, ABP, by=" "),
    "comments": "% made in the lab\n# Sampling rate: 100 Hz\nppg,abp\n" + rows(PPG, ABP),
    "comments between": "# a comment\nppg,abp\n"
    + rows(PPG[:9], ABP[:9])
    + "# pause for tea\n"
    + rows(PPG[9:], ABP[9:]),
    "units in names": "Time [s],PLETH (NU),ABP (mmHg)\n" + rows(TIME, PPG, ABP),
    "kPa in names": "t,'PLETH','ABP [kPa]'\n" + rows(TIME, PPG, (ABP / MMHG_PER_KPA).round(5)),
    "milliseconds": "time_ms,ppg,abp\n" + rows((TIME * 1e3).astype(int), PPG, ABP),
    "microseconds since 1970": "timestamp,ppg,abp\n" + rows((TIME * 1e6).astype(int) + 1535640000 * 10**6, PPG, ABP),
    "nanoseconds since 1970": "timestamp,ppg,abp\n" + rows((TIME * 1e9).astype(int) + 1535640000 * 10**9, PPG, ABP),
    "milliseconds since 1970": "ts (ms),timestamp,ppg,abp\n"
    + rows(np.arange(N), (TIME * 1e3).astype(int) + 1535640000000, PPG, ABP),
    "whole seconds": "time,ppg,abp\n" + rows(np.floor(TIME + 0.37).astype(int) + 1535640000, PPG, ABP),
    "clock past midnight": "Time,ppg,abp\n" + rows(clock(TIME), PPG, ABP),
    "clock, decimal commas": "time;ppg;abp\n"
    + rows([c.replace(".", ",") for c in clock(TIME)], comma(PPG), comma(ABP), by=";"),
    "dates": "datetime,ppg,abp\n" + rows(DATES, PPG, ABP),
    "dates in a zone": "datetime,ppg,abp\n" + rows([f"{d}+02:00" for d in DATES], PPG, ABP),
    "dates, day first": "datetime,ppg,abp\n"
    + rows([f"{'02' if d[9] == '2' else '01'}/02/2020 {d[11:]}" for d in DATES], PPG, ABP),
    "date and time apart": "date time ppg abp\n" + rows([d.replace("T", " ") for d in DATES], PPG, ABP, by=" "),
    "days of a spreadsheet": "time,ppg,abp\n" + rows([f"{43864 + t / 86400:.11f}" for t in TIME], PPG, ABP),
    "PhysioNet": "'Elapsed time','PLETH','ABP'\n'hh:mm:ss.mmm','NU','mmHg'\n"
    + rows([f"'0:{t:06.3f}'" for t in TIME], PPG, ABP),
    "PhysioNet in seconds": "'Time','PLETH','ABP'\n'seconds','NU','kPa'\n"
    + rows(TIME, PPG, (ABP / MMHG_PER_KPA).round(5)),
    "PhysioNet with dates": "'Time and date','PLETH','ABP'\n'hh:mm:ss.mmm dd/mm/yyyy','NU','mmHg'\n"
    + rows([f"'[{d[11:]} 0{1 + (d[9] == '2')}/02/2020]'" for d in DATES], PPG, ABP),
    "units in brackets below": "time,ppg,abp\n(s),(NU),(kPa)\n" + rows(TIME, PPG, (ABP / MMHG_PER_KPA).round(5)),
    "Shimmer": "sep=\t\nTimestamp_Unix_CAL\tPPG\tABP\nms\tmV\tmmHg\n"
    + rows([f"{1535640000000 + 1e3 * t:.3f}" for t in TIME], PPG, ABP, by="\t", end="\t\n"),
    "rdsamp": "   Elapsed time\t   PLETH\t     ABP\n   hh:mm:ss.mmm\t      NU\t    mmHg\n"
    + rows([f"     0:{t:06.3f}" for t in TIME], PPG, ABP, by="\t   "),
    "AcqKnowledge": "ward.acq\n10 msec/sample\n2 channels\nPPG (X, PPGED-R)\nVolts\nABP\nmmHg\nmin\tCH1\tCH2\t\n"
    + f"\t{N}\t{N}\t\n"
    + rows((TIME / 60).round(9), PPG, ABP, by="\t", end="\t\n"),
    "LabChart": "Interval=\t0.01 s\nExcelDateTime=\t4.0175e+04\t12/16/2009 10:20:02.5\nTimeFormat=\tStartOfBlock\n"
    "DateFormat=\t\n"
    "ChannelTitle=\tPPG\tABP\nRange=\t2.000 V\t200.0 mmHg\n" + rows(TIME, PPG, ABP, by="\t"),
    "pandas": ",ppg,abp\n" + rows(np.arange(N), PPG, ABP),
    "R": '"ppg" "abp"\n' + rows([f'"{i}"' for i in range(1, N + 1)], PPG, ABP, by=" "),
    "words beside": "time,label,ppg,abp\n" + rows(TIME, ["rest"] * N, PPG, ABP),
}
COUNTED = {"comma", "decimal commas, quoted", "comments between", "pandas", "R"}


@pytest.mark.parametrize("name", FORMATS)
def test_text_is_read_as_its_writer_meant_it(tmp_path, name):
    path = tmp_path / "a.txt"
    path.write_text(FORMATS[name], encoding="utf-8")
    record = open_csv(path, RecordOptions(fs=100, csv_fs=100 if name in COUNTED else None), assume=False)
    assert record.fs == pytest.approx(100, rel=1e-6)
    assert record.problems == ()
    (segment,) = record.segments
    assert (segment.start, segment.n_samples) == (0.0, N)
    ppg, abp = segment.read(0, N)
    np.testing.assert_allclose(ppg, PPG, atol=1e-4)
    np.testing.assert_allclose(abp, ABP, atol=2e-3)
    assert record.read_as.startswith("a.txt: ")
    assert "100 Hz" in record.read_as


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("packed", [False, True])
def test_any_encoding_is_read_compressed_or_not(tmp_path, encoding, packed):
    text = "# Müller, 37 °C\r\ntime,ppg,abp\r\n" + rows(TIME, PPG, ABP, end="\r\n")
    content = text.encode(encoding)
    path = tmp_path / ("a.dat.gz" if packed else "a.dat")
    path.write_bytes(gzip.compress(content) if packed else content)
    record = open_csv(path)
    assert record.segments[0].ppg.read(0, N)[-1] == PPG[-1]
    assert (record.fs, record.channels) == (100, ("time", "ppg", "abp"))


def test_opensignals_names_columns_sensors_and_rate(tmp_path):
    path = tmp_path / "bitalino.txt"
    head = f"# OpenSignals Text File Format. Version 1\n# {JSON_HEAD}\n# EndOfHeader\n"
    path.write_text(head + rows(np.arange(N) % 16, [0] * N, [1] * N, PPG, ABP, by="\t", end="\t\n"))
    record = open_csv(path, need_abp=False)
    assert (record.fs, record.channels) == (100, ("nSeq", "I1", "O1", "A1", "A2"))
    np.testing.assert_array_equal(record.segments[0].ppg.read(0, N), PPG)
    assert "OpenSignals" in record.read_as
    assert "PPG is A1" in record.read_as


def test_a_head_without_columns_gives_the_rate_and_asks_for_names(tmp_path):
    path = tmp_path / "os.txt"
    head = '# OpenSignals Text File Format\n# {"sampling rate": 100}\n# EndOfHeader\n'
    path.write_text(head + rows(np.arange(N) % 16, PPG, ABP, by="\t", end="\t\n"))
    with pytest.raises(LayoutError, match=r"names no columns \(3 found, tab-separated\)") as asked:
        open_csv(path)
    assert asked.value.options == {"--columns": "seq,ppg,abp"}
    assert open_csv(path, RecordOptions(csv_columns=("seq", "ppg", "abp"))).fs == 100


@pytest.mark.parametrize("rate", ["9" * 400, "1e999", "[]"])
def test_a_head_whose_rate_cannot_be_asks_for_it(tmp_path, rate):
    path = tmp_path / "os.txt"
    head = f'# OpenSignals Text File Format\n# {{"sampling rate": {rate}}}\n# EndOfHeader\n'
    path.write_text(head + rows(np.arange(N) % 16, PPG, ABP, by="\t", end="\t\n"))
    with pytest.raises(LayoutError, match="the sampling rate is unknown"):
        open_csv(path, RecordOptions(csv_columns=("seq", "ppg", "abp")), assume=False)


@pytest.mark.parametrize("name", ["BVP.csv", "s1_bvp.csv", "wrist.csv"])
def test_an_empatica_file_tells_start_and_rate(tmp_path, name):
    ppg, _ = wave(64)
    (tmp_path / name).write_text("1535640000.000000\n64.000000\n" + rows(80 * ppg))
    record = open_csv(tmp_path / name, need_abp=False, assume=False)
    assert (record.fs, record.began, record.seconds) == (64, 1535640000, N / 64)
    np.testing.assert_allclose(record.segments[0].ppg.read(0, N), 80 * ppg)
    assert "Empatica E4 (first line 1535640000: its start, second line 64: its rate)" in record.read_as


def test_other_signals_of_empatica_are_not_taken_for_ppg(tmp_path):
    (tmp_path / "EDA.csv").write_text("1535640000.0\n4.0\n" + "0.25\n" * 99)
    with pytest.raises(RecordError, match=r"no column 'ppg' \(found: EDA\)"):
        open_csv(tmp_path / "EDA.csv", need_abp=False)


@pytest.mark.parametrize("described", ["sub-01_task-rest_physio.json", "task-rest_physio.json"])
def test_a_bids_table_is_described_beside_it(tmp_path, described):
    (tmp_path / described).write_text(
        json.dumps({"SamplingFrequency": 100.0, "StartTime": -22.3, "Columns": ["cardiac", "respiratory", "ABP"]})
    )
    path = tmp_path / "sub-01_task-rest_physio.tsv.gz"
    path.write_bytes(gzip.compress(rows(PPG, [0.1] * (N - 1) + ["n/a"], ABP, by="\t").encode()))
    record = open_csv(path, assume=False)
    assert (record.fs, record.channels) == (100, ("cardiac", "respiratory", "ABP"))
    assert record.segments[0].ppg.read(0, 1)[0] == PPG[0]
    assert f"from {described}" in record.read_as
    assert record.files == (str(path), str(tmp_path / described))  # a change in either is noticed


def test_a_cardiac_column_that_is_an_ecg_is_no_ppg(tmp_path):
    told = {"SamplingFrequency": 100, "Columns": ["cardiac", "respiratory"], "cardiac": {"Description": "ECG, lead II"}}
    (tmp_path / "a_physio.json").write_text(json.dumps(told))
    (tmp_path / "a_physio.tsv").write_text(rows(PPG, ABP, by="\t"))
    with pytest.raises(RecordError, match=r"no column 'ppg' \(found: cardiac, respiratory\)"):
        open_csv(tmp_path / "a_physio.tsv", need_abp=False)


def test_the_ground_truth_of_ubfc_is_three_rows(tmp_path):
    path = tmp_path / "ground_truth.txt"
    signals = (PPG, np.full(N, 75.0), TIME)
    path.write_text("".join("   " + "   ".join(f"{v:.7e}" for v in row) + "\n" for row in signals))
    record = open_csv(path, need_abp=False, assume=False)
    assert (record.fs, record.channels) == (100, ("ppg", "hr", "time"))
    np.testing.assert_allclose(record.segments[0].ppg.read(0, N), PPG)


@pytest.mark.parametrize(("by", "decimal"), [(",", "."), (";", ","), ("\t", ","), ("  ", ".")])
@pytest.mark.parametrize("named", [False, True])
def test_rows_are_read_whatever_their_marks(tmp_path, by, decimal, named):
    path = tmp_path / "a.txt"
    lines = [by.join(str(v).replace(".", decimal) for v in row) for row in (PPG, ABP)]
    path.write_text(
        "".join(
            f"{name}{by}{line}\n" if named else f"{line}\n" for name, line in zip(("PPG", "ABP"), lines, strict=True)
        )
    )
    if named:
        options = RecordOptions(csv_fs=100)
    else:
        with pytest.raises(LayoutError, match="pass --rows") as asked:
            open_csv(path)
        assert asked.value.options == {"--rows": "", "--columns": "ppg,abp", "--fs": "125"}
        assert len(str(asked.value)) < 300
        options = RecordOptions(csv_fs=100, csv_rows=True, csv_columns=("ppg", "abp"))
    segment = open_csv(path, options).segments[0]
    np.testing.assert_array_equal(segment.ppg.read(0, N), PPG)
    np.testing.assert_array_equal(segment.abp.read(0, N), ABP)


@pytest.mark.parametrize("mark", ["-", "", "nan", "NA", "n/a", "NULL"])
def test_marks_of_a_missing_sample_are_missing_samples(tmp_path, mark):
    cells = [str(v) for v in PPG]
    cells[7] = mark
    (tmp_path / "a.csv").write_text("time,ppg,abp\n" + rows(TIME, cells, ABP))
    ppg = open_csv(tmp_path / "a.csv").segments[0].ppg.read(0, N)
    assert np.flatnonzero(np.isnan(ppg)).tolist() == [7]
    (tmp_path / "b.csv").write_text("ppg\n" + rows(cells))
    ppg = open_csv(tmp_path / "b.csv", RecordOptions(csv_fs=100), need_abp=False).segments[0].ppg.read(0, N)
    assert np.flatnonzero(np.isnan(ppg)).tolist() == [7]


def test_nothing_tells_the_rate_is_assumed_and_said_or_asked_for(tmp_path):
    (tmp_path / "a.csv").write_text(FORMATS["comma"])
    record = open_csv(tmp_path / "a.csv")
    assert record.fs == 125
    assert "125 Hz assumed; set it with records.csv_fs" in record.problems[0]
    with pytest.raises(LayoutError, match="the sampling rate is unknown"):
        open_csv(tmp_path / "a.csv", assume=False)


def test_a_pressure_in_volts_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("Time [s],PPG,ABP [mV]\n" + rows(TIME, PPG, ABP))
    with pytest.raises(RecordError, match=r"column ABP \[mV\] has unit 'mv', not mmHg, kPa, hPa"):
        open_csv(tmp_path / "a.csv")
    assert open_csv(tmp_path / "a.csv", need_abp=False).fs == 100


def test_no_message_prints_what_a_file_is_full_of(tmp_path):
    long = "x" * 5000
    for text in (
        f"{long},abp\n1,2\n3,4\n",
        f"ppg,abp\n1,2\n{long},3\n",
        ",".join(f"c{i}" for i in range(3000)) + "\n1\n",
    ):
        (tmp_path / "a.csv").write_text(text)
        with pytest.raises(RecordError) as raised:
            open_csv(tmp_path / "a.csv")
        assert len(str(raised.value)) < 500


def test_a_binary_file_is_not_text(tmp_path):
    (tmp_path / "a.csv").write_bytes(bytes(range(256)) * 9)
    with pytest.raises(RecordError, match="not a text file"):
        open_csv(tmp_path / "a.csv")
