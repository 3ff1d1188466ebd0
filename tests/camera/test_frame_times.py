"""Frame times that users bring: their unit, their clock, and what is wrong with a file."""

import numpy as np
import pytest

from cuffless.camera.errors import RppgError
from cuffless.camera.video.frame_times import read_frame_times


@pytest.fixture
def file_of(tmp_path):
    """Text -> path of a file that holds it."""

    def write(text):
        (tmp_path / "times.csv").write_text(text)
        return tmp_path / "times.csv"

    return write


def lines(values, header="time"):
    return "\n".join([header, *(repr(value) for value in values.tolist())]) + "\n"


@pytest.mark.parametrize("fps", [6, 30, 240])
@pytest.mark.parametrize(("unit", "scale"), [("s", 1), ("ms", 1e3), ("us", 1e6), ("ns", 1e9)])
def test_the_unit_is_the_one_that_makes_a_frame_rate(file_of, fps, unit, scale):
    seconds = np.arange(20) / fps
    times, notes = read_frame_times(file_of(lines(seconds * scale)))
    np.testing.assert_allclose(times, seconds, atol=1e-9)
    assert notes == []


def test_jitter_and_gaps_do_not_change_the_unit(file_of):
    seconds = np.cumsum(np.random.default_rng(0).uniform(0.001, 0.2, 50))
    seconds[25:] += 40
    times, _ = read_frame_times(file_of(lines(seconds * 1e3)))
    np.testing.assert_allclose(times, seconds)


@pytest.mark.parametrize(
    "text",
    ["0\n0.1\n0.3\n", "frame,Time\n7,0\n8,0.1\n9,0.3\n", " t , x\n0, a\n0.1, b\n0.3, c\n", "\n0\n\n0.1\n0.3\n\n\n"],
)
def test_times_are_found_in_one_column_or_by_the_name_of_theirs(file_of, text):
    np.testing.assert_array_equal(read_frame_times(file_of(text))[0], [0, 0.1, 0.3])


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-01T23:59:59.900\n2024-05-02T00:00:00.000\n2024-05-02 00:00:00.200\n",
        "2024-05-01T10:00:00.9Z\n2024-05-01T10:00:01Z\n2024-05-01T12:00:01.2+02:00\n",
        "timestamp\n1714550399.9\n1714550400.0\n1714550400.2\n",
        "timestamp_ms\n1714550399900\n1714550400000\n1714550400200\n",
    ],
)
def test_dates_and_a_clock_s_seconds_count_from_the_first_frame(file_of, text):
    times, notes = read_frame_times(file_of(text))
    np.testing.assert_allclose(times, [0, 0.1, 0.3], atol=1e-6)
    assert notes == ["frame times are clock times; seconds are counted from the first frame"]


def test_a_recording_that_begins_late_keeps_its_clock_and_it_is_said(file_of):
    times, notes = read_frame_times(file_of(lines(12.5 + np.arange(5) / 20)))
    assert times[0] == 12.5
    assert notes == ["the first frame is at 12.5 s, not 0; regions and pressures are looked up at these times"]


def test_times_keep_the_file_s_order_even_where_they_do_not_rise(file_of):
    times, _ = read_frame_times(file_of("0\n0.05\n0.05\n0.15\n0.1\n0.2\n0.25\n"))
    np.testing.assert_array_equal(times, [0, 0.05, 0.05, 0.15, 0.1, 0.2, 0.25])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file of frame times is empty"),
        ("\n \n", "the file of frame times is empty"),
        ("time\n", "no times; one row per frame is needed"),
        ("time\n0\n0.1\nlate\n", "line 4: 'late' is neither a number nor a date"),
        ("\n0\n\n0.1\nlate\n", "line 5: 'late' is neither a number nor a date"),
        ("frame,time\n0,0\n1\n", "line 3: '' is neither a number nor a date"),
        ("time\n0\ninf\n0.2\n", "line 3: 'inf' is neither a number nor a date"),
        ("time\n2024-05-01T10:00:00\nnoon\n", "line 3: 'noon' is neither a number nor a date"),
        (
            "frame,shutter\n0,0\n1,0.1\n",
            r"no column 'time' \(found: frame, shutter\); rename the frame-time column to 'time'",
        ),
        ("time\n0\n0\n0\n", "a frame interval of 0 is not .*; give each frame its own time in seconds"),
        ("time\n0\n0.5\n1\n", "a frame interval of 0.5 is not 5-1000 frames per second in s, ms, us or ns"),
        ("time\n0.2\n0.1\n0\n", "a frame interval of -0.1 is not"),
    ],
)
def test_a_file_that_holds_no_frame_times_says_why(file_of, text, message):
    with pytest.raises(RppgError, match=f"times.csv.*{message}"):
        read_frame_times(file_of(text))


def test_absent_and_foreign_files_are_named(tmp_path):
    with pytest.raises(RppgError, match=r"absent\.csv: frame times cannot be read .*No such file"):
        read_frame_times(tmp_path / "absent.csv")
    (tmp_path / "foreign.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    with pytest.raises(RppgError, match=r"foreign\.csv: frame times cannot be read .*save them as CSV"):
        read_frame_times(tmp_path / "foreign.csv")
