"""Files with a number per line and its time, as MCD-rPPG has for its finger PPG and the times of frames."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from cuffless.camera.errors import RppgError
from cuffless.camera.stamped import first_moment, is_dated, read_stamped
from cuffless.camera.video.frame_times import read_frame_times
from cuffless.camera.windows.contact import read_contact

BEGAN = datetime(2023, 11, 13, 14, 18, 9, 856232)


def dated(seconds, by=" ", values=None):
    """Lines as the data set has them."""
    values = np.arange(1, len(seconds) + 1) if values is None else values
    dates = (BEGAN + timedelta(seconds=float(s)) for s in seconds)
    return "".join(f"{value}{by}{date.isoformat(' ')}\n" for value, date in zip(values, dates, strict=True))


@pytest.fixture
def written(tmp_path):
    def write(text, name="1020_before.PW"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


@pytest.mark.parametrize("by", [" ", "\t", "   ", ",", "; "])
def test_rate_and_start_are_those_of_the_dates(written, by):
    path = written(dated(np.arange(2000) / 98.5, by))
    found = read_stamped(path)
    assert found.rate() == pytest.approx(98.5, rel=1e-4)
    assert first_moment(path) == found.began == BEGAN
    assert found.values[-1] == 2000


def test_samples_that_come_in_bursts_and_a_gap_leave_the_rate_as_it_is(written):
    seconds = np.repeat(np.arange(400) * 0.05, 5)  # five at a time
    seconds[1000:] += 30.0
    found = read_stamped(written(dated(seconds)))
    assert found.rate() == pytest.approx(100, rel=0.01)
    assert found.gaps().tolist() == [1000]


def test_seconds_and_numbers_alone_are_read_and_other_second_columns_are_no_times(written):
    rising = read_stamped(written("".join(f"{k % 7} {k / 100:.2f}\n" for k in range(500))))
    assert rising.rate() == pytest.approx(100)
    assert rising.began is None
    assert read_stamped(written("5\n6\n\n7\n")).rate() is None
    apart = read_stamped(written("".join(f"{k} {0.005 * (k % 2):.4f}\n" for k in range(500))))  # ppg_sync
    assert apart.seconds is None
    assert apart.values[2] == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("12\nabc 3\n", "line 2: 'abc' is not a number"),
        (dated([0, 1]) + "3 yesterday\n", "line 3: 'yesterday' is not a date and time, unlike the first line"),
        (dated([0, 2, 1]), "line 3: its time is before that of the line above"),
        (dated([0]) + "2 2023-11-13 14:18:10+00:00\n", "only some of its times have a time zone"),
    ],
)
def test_a_file_that_is_none_says_where(written, text, message):
    with pytest.raises(RppgError, match=message):
        read_stamped(written(text))


def test_numbered_dates_are_frame_times(written, tmp_path):
    seconds = np.arange(300) / 29.9
    times, notes = read_frame_times(written(dated(seconds, "\t"), "1020_USBVideo_before.txt"))
    assert np.allclose(times, seconds, atol=2e-6)
    assert "seconds are counted from the first frame" in notes[0]
    assert not is_dated(written("time\n0\n1\n"))
    assert not is_dated(tmp_path / "absent.txt")


def test_contact_ppg_is_placed_on_the_clock_of_the_video(written):
    seconds = np.r_[np.arange(1000), 4000 + np.arange(500)] / 100
    path = written(dated(seconds))
    late = read_contact(path, 100.0, BEGAN - timedelta(seconds=2.5))
    assert [segment.start for segment in late.segments] == pytest.approx([2.5, 42.5])
    assert [segment.ppg.n_samples for segment in late.segments] == [1000, 500]
    assert read_contact(path, 100.0).segments[0].start == 0
    named = written("ppg\n" + "5\n6\n" * 500, "ppg.txt")
    assert read_contact(named, 100.0).channels == ("ppg",)
