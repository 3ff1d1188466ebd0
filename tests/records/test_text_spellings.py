"""How people's software spells numbers, missing samples and times."""

import numpy as np
import pytest

from cuffless.config import RecordOptions
from cuffless.records import LayoutError, RecordError, open_csv

N = 400
TIME = np.arange(N) / 100
PPG = (50000 + 900 * np.sin(TIME * 8)).round(1)
STAMPS = [f"10:00:{t:06.3f}" for t in TIME]


def written(tmp_path, *columns, names="time,ppg", by=",", end="\n"):
    path = tmp_path / "a.txt"
    text = by.join(names.split(",")) + end + "".join(by.join(map(str, row)) + end for row in zip(*columns, strict=True))
    path.write_text(text, encoding="utf-8")
    return open_csv(path, need_abp=False, assume=False)


NUMBERS = {
    "thousands": ([f'"{v:,.1f}"' for v in PPG], ","),
    "Swiss thousands": ([f"{v:,.1f}".replace(",", "'") for v in PPG], ";"),
    "blanks between thousands": ([f"{v:,.1f}".replace(",", "\u202f") for v in PPG], ";"),
    "German thousands": ([f"{v:,.1f}".translate(str.maketrans(",.", ".,")) for v in PPG], ";"),
    "Fortran": ([f"{v:.8E}".replace("E", "D") for v in PPG], ","),
    "no-break space behind": ([f"{v}\u00a0" for v in PPG], ","),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_in_other_spellings_are_read(tmp_path, name):
    cells, by = NUMBERS[name]
    times = [str(t).replace(".", ",") for t in TIME] if name.startswith("German") else TIME
    record = written(tmp_path, times, cells, by=by)
    assert record.fs == pytest.approx(100)
    np.testing.assert_allclose(record.segments[0].ppg.read(0, N), PPG, atol=1e-3)


def test_a_typographic_minus_is_a_minus(tmp_path):
    values = PPG - 50000
    record = written(tmp_path, TIME, [f"{v:.1f}".replace("-", "\N{MINUS SIGN}") for v in values])
    np.testing.assert_allclose(record.segments[0].ppg.read(0, N), values, atol=1e-6)


@pytest.mark.parametrize(
    "mark", ["no data", "N.A.", "---", "Invalid", "-nan(ind)", "#N/A", "1.#QNAN", "-1.#IND", "#NUM!", "#VALUE!"]
)
@pytest.mark.parametrize("first", [0, 150])
def test_marks_of_missing_samples_move_no_other_sample(tmp_path, mark, first):
    cells = list(map(str, PPG))
    cells[first : first + 20] = [mark] * 20
    record = written(tmp_path, cells, TIME, PPG, names="ppg,time,other")
    ppg = record.segments[0].ppg.read(0, N)
    assert np.flatnonzero(np.isnan(ppg)).tolist() == list(range(first, first + 20))
    assert (record.seconds, ppg[-1]) == (pytest.approx(N / 100), PPG[-1])


@pytest.mark.parametrize("code", ["-9999", "-999.0", "-32768", "99999"])
def test_a_code_for_missing_samples_is_missing_and_said(tmp_path, code):
    values = PPG / 1000
    cells = list(map(str, values))
    cells[150:170] = [code] * 20
    record = written(tmp_path, TIME, cells)
    assert np.isnan(record.segments[0].ppg.read(150, 170)).all()
    assert record.problems == (f"column ppg: 20 values of {float(code):g} count as missing",)


def test_a_signal_that_reaches_such_a_number_keeps_it(tmp_path):
    values = np.linspace(-1500, 1500, N).round()
    values[100] = -999
    record = written(tmp_path, TIME, values)
    assert record.segments[0].ppg.read(100, 101) == [-999]
    assert record.problems == ()


SPELT_TIMES = {
    "German": (["01.05.2024"] * N, [s.replace(".", ",") for s in STAMPS], "Datum;Uhrzeit;ppg"),
    "German, one column": ([f"01.05.2024 {s}" for s in STAMPS], "Datum/Uhrzeit;ppg"),
    "any name": ([f"2024-05-01 {s}" for s in STAMPS], "Fecha y hora;ppg"),
    "milliseconds behind a colon": ([s.replace(".", ":") for s in STAMPS], "time;ppg"),
    "pandas' time deltas": ([f"0 days {s}" for s in STAMPS], "elapsed;ppg"),
    "MATLAB's datenum": ([f"{739373 + t / 86400:.9f}" for t in TIME], "datenum;ppg"),
    "Date that holds both": ([f"2024-05-01 {s}" for s in STAMPS], "Date;ppg"),
    "MATLAB's durations": ([f"{t:g} sec" for t in TIME], "elapsed;ppg"),
    ".NET's ticks": ([638501544 * 10**9 + round(t * 1e7) for t in TIME], "timestamp;ppg"),
    "nanoseconds of 1989": ([599616 * 10**12 + round(t * 1e9) for t in TIME], "timestamp;ppg"),
    "hours": ([f"{t / 3600:.9f}" for t in TIME], "Time [hrs];ppg"),
    "in seconds": (TIME, "Zeit in s;ppg"),
    "an index of times": (TIME, ";ppg"),
    "separators at the end": ([f"2024-05-01 {s}" for s in STAMPS], PPG, [""] * N, [""] * N, "time;ppg;;"),
}


@pytest.mark.parametrize("name", SPELT_TIMES)
def test_times_are_told_by_what_they_hold(tmp_path, name):
    *columns, names = SPELT_TIMES[name]
    columns = columns if any(column is PPG for column in columns) else [*columns, PPG]
    record = written(tmp_path, *columns, names=names.replace(";", ","), by=";")
    assert record.fs == pytest.approx(100, rel=1e-4)
    assert record.segments[0].ppg.read(0, 1) == PPG[0]


def test_rdsamp_s_bracketed_dates_among_blanks_are_one_cell(tmp_path):
    path = tmp_path / "a.txt"
    head = "       Time              PLETH\n(hh:mm:ss.mmm dd/mm/yyyy)    (NU)\n"
    path.write_text(head + "".join(f"[{s} 01/05/2024]   {v}\n" for s, v in zip(STAMPS, PPG, strict=True)))
    record = open_csv(path, need_abp=False, assume=False)
    assert (record.fs, record.channels) == (pytest.approx(100), ("Time", "PLETH"))
    assert record.began == 1714557600


def test_times_that_cannot_be_read_are_named_where_the_rate_is_asked_for(tmp_path):
    with pytest.raises(LayoutError, match="column time has no readable times: line 2: 'day 0, 1 o'"):
        written(tmp_path, [f'"day {i}, 1 o"' for i in range(N)], PPG, names="time,ppg")


def test_a_number_sign_in_a_cell_or_comment_loses_nothing(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("ppg,abp\n1,80\n# a comment\n#N/A,81\n3,82 # said\n")
    segment = open_csv(path, RecordOptions(csv_fs=100, fs=100)).segments[0]
    np.testing.assert_array_equal(segment.ppg.read(0, 3), [1, np.nan, 3])
    np.testing.assert_array_equal(segment.abp.read(0, 3), [80, 81, 82])


@pytest.mark.parametrize("name", ["No.", "idx", "frame", "#", "Unnamed: 0", "sample"])
@pytest.mark.parametrize("form", ["{}", "{}.0"])
def test_numbers_that_a_counter_leaves_out_are_a_gap(tmp_path, name, form):
    counts = [form.format(i + 3000 * (i >= 200)) for i in range(N)]
    path = tmp_path / "a.csv"
    path.write_text(f"{name},ppg\n" + "".join(f"{c},{v}\n" for c, v in zip(counts, PPG, strict=True)))
    record = open_csv(path, RecordOptions(csv_fs=100), need_abp=False)
    assert [segment.start for segment in record.segments] == [0, 32]


def test_a_few_stamps_of_zero_are_not_a_clock_that_was_set_back(tmp_path):
    times = TIME.copy() + 20
    times[200:203] = 0
    record = written(tmp_path, times, PPG)
    assert (record.seconds, len(record.segments)) == (pytest.approx(4), 1)
    assert "3 time stamps are far from their neighbours and were ignored" in record.read_as


def test_jitter_does_not_make_a_rate_faster(tmp_path):
    times = TIME + np.random.default_rng(0).normal(0, 0.0025, N)
    assert written(tmp_path, times.round(4), PPG).fs == pytest.approx(100, rel=3e-3)


@pytest.mark.parametrize(
    ("line", "fs"),
    [("# Line frequency: 50 Hz", None), ("# low-pass frequency: 30 Hz\n# sampling rate: 100 Hz", 100)]
    + [(line, 100) for line in ("sample_rate_hz;100", "# Sampling period: 10 ms", "# dt = 0.01 s", "Frequency: 100")],
)
def test_only_a_sampling_rate_is_one(tmp_path, line, fs):
    path = tmp_path / "a.csv"
    path.write_text(f"{line}\nppg;abp\n" + "".join(f"{v};80\n" for v in PPG))
    if fs is None:
        with pytest.raises(LayoutError, match="the sampling rate is unknown"):
            open_csv(path, assume=False)
    else:
        assert open_csv(path, assume=False).fs == pytest.approx(fs)


def test_a_quotation_mark_that_is_not_closed_is_named_with_its_line(tmp_path):
    with pytest.raises(RecordError, match="line 102: unclosed quotation mark"):
        written(tmp_path, TIME, [f'"{v}' if i == 100 else v for i, v in enumerate(PPG)])


def test_a_pressure_in_an_unknown_unit_is_said(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("time,ppg,abp [kPascal]\n" + "".join(f"{t},{v},80\n" for t, v in zip(TIME, PPG, strict=True)))
    assert "'kpascal' is not a known pressure unit; mmHg is assumed" in open_csv(path).problems[0]


@pytest.mark.parametrize("dates", [False, True])
def test_a_file_with_the_newest_sample_first_is_turned(tmp_path, dates):
    times = [f"2024-05-01 {stamp}" for stamp in STAMPS] if dates else TIME
    record = written(tmp_path, times[::-1], PPG[::-1])
    np.testing.assert_array_equal(record.segments[0].ppg.read(0, N), PPG)
    assert record.problems == ("column time is descending: the samples were reversed",)
    assert record.began == (1714557600 if dates else None)


def test_a_second_block_of_labchart_is_named(tmp_path):
    block = "Interval=\t0.01 s\nChannelTitle=\tPPG\n" + "".join(f"{t}\t{v}\n" for t, v in zip(TIME, PPG, strict=True))
    (tmp_path / "a.txt").write_text(block * 2)
    with pytest.raises(RecordError, match=r"line 403: .* export each block to its own file"):
        open_csv(tmp_path / "a.txt", need_abp=False)


def test_a_table_of_bids_may_name_its_columns_itself(tmp_path):
    (tmp_path / "sub-1_physio.json").write_text(
        '{"SamplingFrequency": "100 Hz", "Columns": ["cardiac", "respiratory"]}'
    )
    (tmp_path / "sub-1_physio.tsv").write_text("cardiac\tother\n" + "".join(f"{v}\t0\n" for v in PPG))
    record = open_csv(tmp_path / "sub-1_physio.tsv", need_abp=False, assume=False)
    assert record.fs == 100
    np.testing.assert_array_equal(record.segments[0].ppg.read(0, N), PPG)


@pytest.mark.parametrize("late", [1, 150, 399])
def test_signals_that_begin_late_do_not_cost_the_lines_before(tmp_path, late):
    begun = [""] * late + ["80"] * (N - late)
    record = written(tmp_path, TIME, PPG, begun, begun, begun, names="time,ppg,abp,resp,spo2")
    np.testing.assert_array_equal(record.segments[0].ppg.read(0, N), PPG)


@pytest.mark.parametrize(("at", "stamp"), [(slice(200, 290), 0), (slice(200, 290), -9999), (slice(0, 1), 0)])
def test_a_stamp_that_stands_for_none_makes_no_gap(tmp_path, at, stamp):
    times = TIME + 1714557600
    times[at] = stamp
    record = written(tmp_path, times.round(2), PPG)
    assert record.seconds == pytest.approx(N / 100, abs=0.02)
    assert len(record.segments) == 1
