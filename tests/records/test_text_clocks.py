"""A file's own clock: gaps are missing signal, starts stay on the clock, and the rate is that of what was not lost."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from cuffless.config import RecordOptions, WindowOptions
from cuffless.records import LayoutError, open_csv
from cuffless.records.text.sampling import even_sampling
from cuffless.windows import cut_windows

FS = 125
RNG = np.random.default_rng(0)


def wave(seconds, hr=75):
    phase = np.arange(round(seconds * FS)) / FS * hr / 60 % 1
    return np.exp(-(((phase - 0.25) / 0.1) ** 2)) + 0.35 * np.exp(-(((phase - 0.55) / 0.13) ** 2))


def noisy(signal):
    return signal + 0.01 * np.random.default_rng(0).standard_normal(len(signal))


def written(path, times, ppg, abp=None, name="time", form="%.4f"):
    columns = [times, ppg] if abp is None else [times, ppg, abp]
    header = f"{name},ppg" + ("" if abp is None else ",abp")
    np.savetxt(path, np.column_stack(columns), delimiter=",", header=header, comments="", fmt=form)
    return path


@pytest.fixture
def paused(tmp_path):
    """Five minutes at 125 Hz, the third missing; behind it the pressure is 25 mmHg lower."""
    t = np.arange(300 * FS) / FS
    keep = (t < 120) | (t >= 180)
    shape = wave(300)
    abp = 70 + 50 * shape - np.where(t < 180, 0, 25)
    return written(tmp_path / "gap.csv", t[keep], noisy(shape)[keep], abp[keep])


@pytest.mark.parametrize("fs", [None, 125])
def test_no_window_runs_across_a_pause_and_starts_stay_on_the_clock(paused, fs):
    record = open_csv(paused, RecordOptions(csv_fs=fs))
    cut = cut_windows(record, WindowOptions())
    start, stop = cut.kept.start, cut.kept.start + cut.kept.seconds
    assert not np.any((start < 180 - 1e-6) & (stop > 120))
    assert start[start > 120].min() == pytest.approx(180, abs=1e-6)
    assert start.max() > 289
    assert cut.rejected["missing"] == 1
    before, after = (np.median(cut.kept.sbp[side]) for side in (start < 120, start > 120))
    assert before - after == pytest.approx(25, abs=0.5)
    assert (record.fs, record.seconds) == (125, 300)
    assert "1 gap, 60 s at 120.0 s" in record.read_as


def test_lost_samples_do_not_quicken_the_pulse(tmp_path):
    t = np.arange(240 * FS) / FS
    kept = np.ones(len(t), bool)
    for first in RNG.choice(len(t) - 10, 120, replace=False):
        kept[first : first + 6] = False
    record = open_csv(written(tmp_path / "a.csv", t[kept], noisy(wave(240))[kept]), need_abp=False)
    cut = cut_windows(record, WindowOptions())
    assert record.fs == 125
    assert len(cut.kept) > 30
    np.testing.assert_allclose(cut.kept.hr, 75, atol=0.2)
    assert "lost samples interpolated" in record.read_as


def test_a_pause_of_days_takes_no_room(tmp_path):
    t = np.arange(30 * FS) / FS
    record = open_csv(written(tmp_path / "a.csv", np.r_[t, t + 40 * 86400], np.r_[wave(30), wave(30)]), need_abp=False)
    assert [s.start for s in record.segments] == pytest.approx([0, 40 * 86400])
    assert sum(s.n_samples for s in record.segments) == 60 * FS


@pytest.mark.parametrize(
    ("stamps", "fs"),
    [
        (lambda t: np.floor(t + 0.3), 125),
        (lambda t: np.floor(t + 0.3) + 1.6e9, 125),
        (lambda t: np.round(t * 1e3), 125),
        (lambda t: np.round(t * 125 / 116.99 * 1e3), 116.99),
        (lambda t: np.floor(t * 64) / 64, 125),
        (lambda t: np.repeat(t[::8], 8), 125),
        (lambda t: np.repeat(t[::8], 8) + np.tile(np.arange(8) * 1e-4, len(t) // 8), 125),
        (lambda t: t + np.random.default_rng(1).normal(0, 1e-3, len(t)), 125),
        (lambda t: np.sort(t + np.random.default_rng(1).normal(0, 8e-3, len(t))), 125),
    ],
    ids=[
        "whole s",
        "whole s since 1970",
        "ms",
        "ms at 117",
        "coarse timer",
        "packets",
        "packets drawn out",
        "jitter 1 ms",
        "jitter 8 ms",
    ],
)
def test_stamps_coarse_or_uneven_make_neither_gaps_nor_another_rate(tmp_path, stamps, fs):
    t = np.arange(120 * FS) / FS
    path = written(tmp_path / "a.csv", stamps(t), noisy(wave(120)), form="%.6f")
    record = open_csv(path, need_abp=False)
    assert record.fs == pytest.approx(fs, rel=2e-4)
    assert len(record.segments) == 1
    hr = cut_windows(record, WindowOptions()).kept.hr
    assert len(hr) >= 19
    np.testing.assert_allclose(hr, 75 * fs / 125, atol=0.3)


def test_milliseconds_that_two_samples_share_hide_none(tmp_path):
    stamps = np.floor(np.arange(20480) / 1024 * 1e3)
    record = open_csv(written(tmp_path / "a.csv", stamps, np.arange(20480) % 977), need_abp=False, assume=False)
    assert (record.fs, len(record.segments)) == (pytest.approx(1024, rel=1e-4), 1)


def test_whole_seconds_keep_a_pause(tmp_path):
    t = np.arange(120 * FS) / FS
    times = np.floor(np.where(t < 60.4, t, t + 30) + 0.37)
    record = open_csv(written(tmp_path / "a.csv", times, wave(120), form="%.4f"), need_abp=False)
    assert record.fs == 125
    assert [s.start for s in record.segments] == pytest.approx([0, 90.4], abs=0.02)


def test_seconds_that_lack_samples_count_as_missing():
    t = np.arange(60 * FS) / FS
    lost = np.delete(np.floor(t), slice(20 * FS + 10, 20 * FS + 60))
    found = even_sampling(lost)
    assert found.fs == 125
    assert [run.start for run in found.runs] == pytest.approx([0, 21], abs=1e-6)
    assert "75 samples count as missing: their second lacks samples" in " ".join(found.notes)


def test_a_late_stamp_whose_successors_catch_up_is_no_gap():
    t = np.arange(60 * FS) / FS
    late = t.copy()
    late[3000:3015] = np.linspace(t[3015] - 0.01, t[3015] - 0.001, 15)
    assert len(even_sampling(late).runs) == 1


def test_repeated_missing_and_swapped_stamps_are_put_right_and_said():
    t = np.arange(60 * FS) / FS
    twice = even_sampling(np.insert(t, 500, t[500]))
    assert twice.seconds == pytest.approx(60)
    assert "left out: 1" in twice.notes[0]
    holes = t.copy()
    holes[[0, 77, 78, -1]] = np.nan
    assert (even_sampling(holes).fs, len(even_sampling(holes).runs)) == (125, 1)
    swapped = t.copy()
    swapped[100:110], swapped[110:120] = t[110:120], t[100:110].copy()
    put = even_sampling(swapped)
    np.testing.assert_allclose(put.runs[0].values(swapped), t)
    assert "the samples were sorted" in put.notes[0]


def test_a_clock_that_begins_again_goes_on_where_it_ended():
    t = np.arange(60 * FS) / FS
    found = even_sampling(np.r_[t, t])
    assert [run.start for run in found.runs] == pytest.approx([0, 60])
    assert "time runs backwards once, first at sample 7501" in found.notes[0]


def test_a_drifting_clock_is_followed():
    step = 1 / (FS * (1 + 0.02 * np.sin(np.arange(300 * FS) / FS / 30)))
    t = np.cumsum(step)
    signal = np.sin(2 * np.pi * 1.25 * t)
    found = even_sampling(t)
    (run,) = found.runs
    even = run.values(signal)
    grid = run.start + np.arange(len(even)) / run.fs + t[0]
    np.testing.assert_allclose(even, np.sin(2 * np.pi * 1.25 * grid), atol=2e-3)


def test_a_rate_that_contradicts_the_clock_counts_and_is_said(tmp_path):
    t = np.arange(30 * FS) / FS
    record = open_csv(written(tmp_path / "a.csv", t, wave(30)), RecordOptions(csv_fs=100), need_abp=False)
    assert (record.fs, record.seconds) == (100, 37.5)
    assert "--fs 100, but column time suggests 125 Hz; its times are ignored" in record.problems[0]


def test_a_broken_date_is_named_with_its_remedy_and_filled_in(tmp_path):
    stamps = [f"2024-05-01T10:00:{i / FS:09.6f}" for i in range(10 * FS)]
    stamps[70] = "2024-05-41T10:00:00"
    (tmp_path / "a.csv").write_text("time,ppg\n" + "".join(f"{t},{x}\n" for t, x in zip(stamps, wave(10), strict=True)))
    record = open_csv(tmp_path / "a.csv", need_abp=False)
    assert (record.fs, len(record.segments)) == (125, 1)
    assert record.problems == (
        "line 72: '2024-05-41T10:00:00' is not a time; write it as 2024-05-01T10:03:20.125, or in seconds; 1 such time "
        "was interpolated",
    )


def test_a_counter_of_samples_tells_of_those_that_are_missing(tmp_path):
    count = np.delete(np.arange(60 * FS), slice(2500, 5000))
    path = written(tmp_path / "a.csv", count, wave(60)[count], name="sample", form=["%d", "%.4f"])
    record = open_csv(path, RecordOptions(csv_fs=125), need_abp=False)
    assert [s.start for s in record.segments] == pytest.approx([0, 40])


def test_times_that_only_count_tell_no_rate(tmp_path):
    path = written(tmp_path / "a.csv", np.arange(30 * FS), wave(30), name="time", form=["%d", "%.4f"])
    with pytest.raises(LayoutError, match="the sampling rate is unknown"):
        open_csv(path, need_abp=False, assume=False)
    for fs in (125, 1000):
        record = open_csv(path, RecordOptions(csv_fs=fs), need_abp=False, assume=False)
        assert (record.fs, record.problems) == (fs, ())


def test_the_finer_of_two_clocks_counts(tmp_path):
    """A phone's log of a chest strap: when the packet came, and the sensor's own nanoseconds."""
    t = np.arange(30 * FS) / FS
    packet = np.repeat(t[::73], 73)[: len(t)]
    lines = [
        f"2024-05-01T10:00:{p:06.3f};{599616000 * 10**9 + round(s * 1e9)};{x:.4f}"
        for p, s, x in zip(packet, t, wave(30), strict=True)
    ]
    (tmp_path / "a.txt").write_text("Phone timestamp;sensor timestamp [ns];ppg\n" + "\n".join(lines) + "\n")
    record = open_csv(tmp_path / "a.txt", need_abp=False, assume=False)
    assert (record.fs, len(record.segments)) == (125, 1)
    assert "from column sensor timestamp [ns]" in record.read_as


@pytest.mark.parametrize(
    "form", ["%d/%m/%Y %H:%M:%S.%f", "%m/%d/%Y %I:%M:%S.%f %p", "%Y-%m-%d %H:%M:%S.%f", "%d.%m.%Y %H:%M:%S,%f"]
)
def test_dates_are_read_in_the_order_in_which_time_runs_evenly(tmp_path, form):
    start = datetime(2024, 5, 1, 23, 59, 50)
    stamps = [(start + timedelta(seconds=i / FS)).strftime(form) for i in range(20 * FS)]
    (tmp_path / "a.csv").write_text(
        "date time;ppg\n" + "".join(f"{t};{x:.4f}\n" for t, x in zip(stamps, wave(20), strict=True))
    )
    record = open_csv(tmp_path / "a.csv", need_abp=False, assume=False)
    assert (record.fs, len(record.segments), record.seconds) == (125, 1, 20)
