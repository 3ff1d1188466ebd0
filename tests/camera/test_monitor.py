from datetime import datetime

import numpy as np
import pytest

from cuffless.camera.errors import RppgError
from cuffless.camera.windows.monitor import Monitor, cuff_value, pressures_at, read_monitor, require_overlap
from cuffless.config.rppg import RppgOptions

START = datetime(2024, 5, 1, 10, 0, 0)


@pytest.fixture
def monitor_csv(tmp_path):
    """Write a monitor's file: (text) -> path."""

    def write(text):
        path = tmp_path / "bp.csv"
        path.write_text(text)
        return path

    return write


@pytest.fixture
def minutes():
    """A value a minute, 110/60 and rising by one."""
    return Monitor("bp.csv", 60.0 * np.arange(1, 6), np.column_stack((np.arange(110, 115), np.arange(60, 65))) * 1.0)


def test_values_come_in_time_order_on_the_clock_of_the_recording(monitor_csv):
    monitor = read_monitor(monitor_csv("SBP, Dbp ,time,map\n121,71,120,90\n120,70,60,90\n"), offset_s=-5)
    assert np.array_equal(monitor.time, [55, 115])
    assert np.array_equal(monitor.pressures, [[120, 70], [121, 71]])
    assert monitor.notes == []


def test_dates_count_from_the_start_of_the_recording(monitor_csv):
    path = monitor_csv("time,sbp,dbp\n2024-05-01T10:01:00,120,70\n2024-05-01 10:02:30,121,71\n")
    assert np.array_equal(read_monitor(path, start_time=START).time, [60, 150])
    assert np.array_equal(read_monitor(path, start_time=START, offset_s=3600).time, [3660, 3750])


def test_dates_of_two_time_zones_are_compared_as_moments(monitor_csv):
    path = monitor_csv("time,sbp,dbp\n2024-05-01T10:01:00+02:00,120,70\n")
    start = datetime.fromisoformat("2024-05-01T08:00:00+00:00")
    assert np.array_equal(read_monitor(path, start_time=start).time, [60])


def test_rows_without_plausible_pressures_are_passed_over_and_noted(monitor_csv):
    rows = ("60,120,70", "120,,", "180,---,70", "240,70,120", "300,900,70", "", "360,121,71", "360,122,72")
    monitor = read_monitor(monitor_csv("\n".join(("time,sbp,dbp", *rows)) + "\n"))
    assert np.array_equal(monitor.time, [60, 360])
    assert np.array_equal(monitor.pressures[1], [121, 71])
    assert [note.split(": ", 1)[1] for note in monitor.notes] == [
        "4 of 7 rows have no plausible pair of pressures and are ignored (the first in line 3: sbp empty, dbp empty)",
        "1 rows repeat the time of another and are left out",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("time,sbp\n1,2\n", "no column dbp (found: time, sbp)"),
        ("time,sbp,dbp\n", "no values"),
        ("time,sbp,dbp\n60,16,9.3\n", "kPa"),
        ("time,sbp,dbp\n60,120,70\n\nsoon,120,70\n", "line 4, time: 'soon'"),
        ("time,sbp,dbp\n10:03:00,120,70\n", "line 2, time: '10:03:00' is neither"),
        ("time,sbp,dbp\n2024-05-01,120,70\n", "is neither"),
        ("time,sbp,dbp\n2024-05-01T10:00:00+02:00,120,70\n", "time zone"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(monitor_csv, text, message):
    with pytest.raises(RppgError, match=r"bp\.csv") as caught:
        read_monitor(monitor_csv(text), start_time=START)
    assert message in str(caught.value)


def test_dates_without_a_start_time_are_refused(monitor_csv):
    path = monitor_csv("time,sbp,dbp\n2024-05-01T10:01:00,120,70\n")
    with pytest.raises(RppgError, match="no start_time"):
        read_monitor(path)


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(RppgError, match=r"absent\.csv"):
        read_monitor(tmp_path / "absent.csv")


def test_a_window_takes_the_nearest_value_that_is_near_enough(minutes):
    times = [-1.0, 0.0, 60.0, 89.0, 91.0, 300.0, 359.0, 361.0]
    expected = [np.nan, 110, 110, 110, 111, 114, 114, np.nan]
    got = pressures_at(minutes, times, RppgOptions())
    assert np.array_equal(got[:, 0], expected, equal_nan=True)
    assert np.array_equal(got[:, 1], np.array(expected) - 50, equal_nan=True)


def test_interpolation_needs_a_near_value_on_both_sides(minutes):
    options = RppgOptions(bp_interpolate=True)
    got = pressures_at(minutes, [59.0, 60.0, 75.0, 300.0, 301.0], options)
    assert np.allclose(got[:, 0], [np.nan, 110, 110.25, 114, np.nan], equal_nan=True)
    nearer = RppgOptions(bp_interpolate=True, bp_within=40)
    assert np.isnan(pressures_at(minutes, [75.0, 120.0], nearer)[:, 0]).tolist() == [True, False]


def test_a_monitor_of_another_day_is_refused_with_both_days(monitor_csv):
    path = monitor_csv("time,sbp,dbp\n2024-05-02T10:01:00,120,70\n2024-05-02T10:09:00,120,70\n")
    monitor = read_monitor(path, start_time=START)
    with pytest.raises(RppgError) as caught:
        require_overlap(monitor, 0.0, 360.0, 60.0)
    assert "2024-05-02 10:01:00 to 2024-05-02 10:09:00" in str(caught.value)
    assert "2024-05-01 10:00:00 to 2024-05-01 10:06:00" in str(caught.value)


def test_a_monitor_on_another_clock_is_refused_in_seconds(minutes):
    require_overlap(minutes, 359.0, 400.0, 60.0)
    require_overlap(minutes, 100.0, 101.0, 60.0)  # between two values
    with pytest.raises(RppgError, match="60 to 300 s, the recording is from 361 to 400 s"):
        require_overlap(minutes, 361.0, 400.0, 60.0)


def test_a_cuff_value_stands_for_the_whole_recording():
    cuff = cuff_value(118, 76)
    assert pressures_at(cuff, np.array([0.0, 10_000.0]), RppgOptions(bp_interpolate=True)).tolist() == [[118, 76]] * 2
    require_overlap(cuff, 5000, 6000, within=1)
    assert cuff.notes == ["one cuff value for the whole recording (118/76 mmHg)"]
