"""Traces: our own file, and those that users bring."""

import gzip
import zipfile

import numpy as np
import pytest

from cuffless.camera.errors import RppgError
from cuffless.camera.skin.trace import Trace, load_trace, mean_over_rois, save_trace
from cuffless.camera.skin.trace_files import TraceLayoutError, is_trace, read_trace

COLOURS = np.array([[200.0, 100, 50], [201, 101, 51], [202, 102, 52], [203, 103, 53]])


def csv_of(path, header, rows):
    path.write_text(header + "\n" + "".join(",".join(str(value) for value in row) + "\n" for row in rows))
    return path


def timed(path, times, header="time,R,G,B"):
    return csv_of(path, header, [(time, *colours) for time, colours in zip(times, COLOURS, strict=False)])


@pytest.fixture
def two_regions():
    rgb = np.zeros((3, 2, 3), np.float32)
    rgb[:, 0], rgb[:, 1] = (10, 20, 30), (40, 50, 60)
    rgb[1, 1], rgb[2] = np.nan, np.nan
    pixels = np.array([[100, 200], [100, 0], [0, 0]])
    return Trace(np.array([0, 0.1, 0.3]), rgb, pixels, ("forehead", "cheek_left"), 10.0, "container", ["a note"])


def test_regions_weigh_by_their_pixels_where_they_are_visible(two_regions):
    np.testing.assert_allclose(mean_over_rois(two_regions), [(30, 40, 50), (10, 20, 30), [np.nan] * 3])
    assert two_regions.seconds == pytest.approx(0.4)


def test_a_trace_comes_back_from_its_file(two_regions, tmp_path):
    path = tmp_path / "new" / "trace.npz"
    save_trace(two_regions, path)
    for loaded in (load_trace(path), read_trace(path)):
        for name in ("t", "rgb", "n_pixels"):
            np.testing.assert_array_equal(getattr(loaded, name), getattr(two_regions, name))
        assert (loaded.rois, loaded.fps, loaded.stamps) == (two_regions.rois, 10.0, "container")
        assert loaded.notes == ["a note"]
    assert list(path.parent.iterdir()) == [path]


def test_a_trace_of_uneven_arrays_is_refused():
    with pytest.raises(ValueError, match=r"2 times and 1 regions"):
        Trace(np.arange(2), np.zeros((3, 1, 3)), np.zeros((2, 1)), ("a",), 30.0, "file")


@pytest.mark.parametrize(("step", "unit"), [(0.04, None), (40, None), (40, "ms"), (0.04, "s")])
def test_the_unit_of_times_is_the_one_that_fits(tmp_path, step, unit):
    trace = read_trace(timed(tmp_path / "a.csv", 5 + step * np.arange(4)), time_unit=unit)
    np.testing.assert_allclose(trace.t, 0.04 * np.arange(4), atol=1e-9)
    assert trace.fps == pytest.approx(25)
    assert (trace.stamps, trace.rois) == ("file", ("whole",))
    np.testing.assert_allclose(trace.rgb[:, 0], COLOURS)


@pytest.mark.parametrize("header", ["time,R,G,B", "Timestamp, red, green, blue", "t,r,g,b", "'time','R','G','B'"])
def test_names_of_columns_are_read_in_any_case(tmp_path, header):
    np.testing.assert_allclose(read_trace(timed(tmp_path / "a.csv", range(0, 160, 40), header)).rgb[:, 0], COLOURS)


@pytest.mark.parametrize(("unit", "scale"), [("us", 1e6), ("ns", 1e9)])
def test_clocks_of_micro_and_nanoseconds_are_read(tmp_path, unit, scale):
    start = 1_535_640_000
    times = [int((start + 0.04 * i) * scale) for i in range(4)]
    for given in (None, unit):
        trace = read_trace(timed(tmp_path / "a.csv", times), time_unit=given)
        np.testing.assert_allclose(trace.t, 0.04 * np.arange(4), atol=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "time;R;G;B\n"
        + "".join(f"0,{4 * i:02};{r:.1f};{g:.1f};{b:.1f}\n".replace(".", ",") for i, (r, g, b) in enumerate(COLOURS)),
        "# a phone\ntime R G B\n" + "".join(f"{0.04 * i:.2f} {r} {g} {b}\n" for i, (r, g, b) in enumerate(COLOURS)),
        "time,R,G,B\n" + "".join(f"23:59:59.{880 + 40 * i},{r},{g},{b}\n" for i, (r, g, b) in enumerate(COLOURS[:3])),
        "time,R,G,B\n"
        + "".join(f"2024-05-01T10:00:00.{40 * i:03},{r},{g},{b}\n" for i, (r, g, b) in enumerate(COLOURS)),
    ],
    ids=["decimal commas", "blanks", "clock", "dates"],
)
def test_text_is_read_whatever_its_marks_and_times(tmp_path, text):
    (tmp_path / "a.csv").write_text(text)
    trace = read_trace(tmp_path / "a.csv")
    np.testing.assert_allclose(trace.t, 0.04 * np.arange(len(trace.t)), atol=1e-6)
    np.testing.assert_allclose(trace.rgb[:, 0], COLOURS[: len(trace.t)])
    assert trace.read_as.startswith("a.csv: text, ")


def test_frames_that_share_whole_seconds_are_spread_over_them(tmp_path):
    rows = [(int(0.4 + i / 30), 120 + i % 7, 90, 70) for i in range(300)]
    trace = read_trace(csv_of(tmp_path / "a.csv", "time,R,G,B", rows))
    assert trace.fps == pytest.approx(30)
    np.testing.assert_allclose(trace.t, np.arange(300) / 30, atol=1e-6)
    assert "several frames share each time stamp" in trace.notes[0]


def test_columns_are_taken_by_name_from_any_separator_or_archive(tmp_path):
    lines = "B;x;time;G;R\n" + "".join(f"{b};7;{40 * i};{g};{r}\n" for i, (r, g, b) in enumerate(COLOURS))
    (tmp_path / "a.csv").write_text(lines)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(lines.encode()))
    for name in ("a.csv", "b.csv.gz"):
        np.testing.assert_allclose(read_trace(tmp_path / name).rgb[:, 0], COLOURS)


def test_repeated_stamps_are_left_out_and_said(tmp_path):
    trace = read_trace(timed(tmp_path / "a.csv", (0, 40, 40, 80)))
    np.testing.assert_allclose(trace.t, (0, 0.04, 0.08))
    assert trace.notes == ["1 frames repeat the time of the one before and are left out"]


def test_a_missing_colour_is_a_frame_not_seen(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("time,R,G,B\n0,1,2,3\n40,1,,3\n80,1,2,3\n")
    trace = read_trace(path)
    np.testing.assert_array_equal(np.isnan(trace.rgb[:, 0, 0]), [False, True, False])
    np.testing.assert_array_equal(trace.n_pixels[:, 0], [1, 0, 1])
    assert trace.notes == ["1 frames lack a colour"]


def test_frames_a_second_stand_in_for_times(tmp_path):
    trace = read_trace(csv_of(tmp_path / "a.csv", "R,G,B", COLOURS), fps=20)
    np.testing.assert_allclose(trace.t, 0.05 * np.arange(4))
    assert (trace.stamps, trace.notes) == ("fps", [])
    counted = read_trace(timed(tmp_path / "b.csv", range(0, 160, 40)), fps=20)
    np.testing.assert_allclose(counted.t, 0.05 * np.arange(4))
    assert "ignored in favour of 20 frames per second" in counted.notes[0]


def test_arrays_of_an_npz_are_named_by_key(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, rgb=COLOURS, other=COLOURS * 2, fps=20.0)
    assert read_trace(path).fps == 20
    np.testing.assert_allclose(read_trace(path, key="other").rgb[:, 0], COLOURS * 2)
    assert read_trace(path, fps=10).t[-1] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("time,R,G\n0,1,2\n", {}, "no column blue \\(found: time, R, G\\); name the columns"),
        ("R,G,B\n1,2,3\n1,2,3\n", {}, "no column 'time'; give the frames per second with --fps"),
        ("time,R,G,B\n0,1,2,3\n40,1,2,3\n", {"time_unit": "s"}, "pass --time-unit ms"),
        ("time,R,G,B\n0,1,2,3\n0.04,1,2,3\n", {"time_unit": "ms"}, "pass --time-unit s"),
        (
            "time,R,G,B\n0,1,2,3\n5e5,1,2,3\n",
            {},
            "a frame interval of 500000 is not 5-1000 frames per second in s, ms, us or ns; .*--fps",
        ),
        ("time,R,G,B\n0,1,2,3\n40,1,2,3\n", {"key": "rgb"}, "a CSV has columns"),
        ("time,R,G,B\n0,1,2,3\n40,1,2,3\n", {"fps": 0.1}, "is not within 5-1000"),
    ],
)
def test_a_csv_described_otherwise_than_it_is_tells_the_remedy(tmp_path, text, options, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(TraceLayoutError, match=message):
        read_trace(tmp_path / "a.csv", **options)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("time,R,G,B\n", "the file has no frames"),
        ("time,R,G,B\n0,1,2,3\n", "only one frame; a pulse rate needs several seconds"),
        ("time,R,G,B\n0,1,2,3\n40,1,x,3\n", "line 3, G: x is not a number"),
        ("time,R,G,B\n0,1,2,3\n,1,2,3\n", "line 3, time: nan is neither a number nor a date"),
        ("time,R,G,B\n0,1,2,3\n80,1,2,3\n40,1,2,3\n", "line 4: time runs backwards, from 80 to 40"),
        ("time,R,G,B\n7,1,2,3\n7,1,2,3\n", "all frames have the same time"),
        ("time,R,G,B\n0,1,2,3\n40,1,-2,3\n", "frame 2 has the colour -2"),
        ("time,R,G,B\n0,1,2,\n40,1,,3\n", "no frame has all three colours"),
        ("\x00\x01\x02", "no column|cannot be read"),
    ],
)
def test_a_csv_that_holds_no_colours_is_an_error_that_says_why(tmp_path, text, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(RppgError, match=message) as raised:
        read_trace(tmp_path / "a.csv")
    assert "a.csv" in str(raised.value)


@pytest.mark.parametrize(
    ("arrays", "options", "message"),
    [
        ({"left": COLOURS, "right": COLOURS, "fps": 30}, {}, "no array rgb.*pass --key left or right"),
        ({"rgb": COLOURS[0], "fps": 30}, {}, "there is no array of that shape"),
        ({"rgb": COLOURS, "fps": 30}, {"key": "x"}, "no array x of shape .*; pass --key rgb"),
        ({"rgb": COLOURS}, {}, "no number 'fps'; give the frames per second with --fps"),
        ({"rgb": COLOURS, "fps": 0}, {}, "0 frames per second"),
        ({"rgb": COLOURS, "fps": 30}, {"time_unit": "s"}, "a time unit is for CSV files"),
    ],
)
def test_an_npz_described_otherwise_than_it_is_tells_the_remedy(tmp_path, arrays, options, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(TraceLayoutError, match=message):
        read_trace(tmp_path / "a.npz", **options)


def test_damaged_archives_and_foreign_ones_are_errors(tmp_path):
    whole = tmp_path / "whole.npz"
    np.savez(whole, rgb=COLOURS, fps=30.0)
    for content in (b"", b"nothing", whole.read_bytes()[:200]):
        (tmp_path / "a.npz").write_bytes(content)
        with pytest.raises(RppgError, match="cannot be read as npz"):
            read_trace(tmp_path / "a.npz")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"time,R,G,B\n" * 99)[:30])
    with pytest.raises(RppgError, match="cannot be read as CSV"):
        read_trace(tmp_path / "a.csv.gz")
    with pytest.raises(RppgError, match="not a cuffless trace: missing t, n_pixels"):
        load_trace(whole)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.csv", True), ("A.CSV.GZ", True), ("a.npz", True), ("a.avi", False), ("i_%05d.png", False)],
)
def test_a_trace_is_told_from_a_video_by_its_name(name, expected):
    assert is_trace(name) is expected


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("t", np.array([0.3, 0.2, 0.1]), "rising seconds"),
        ("t", np.full(3, np.nan), "rising seconds"),
        ("t", np.array(["0", "1", "2"]), "rising seconds"),
        ("rgb", np.full((3, 2, 3), -1.0), "colours"),
        ("rgb", np.full((3, 2, 3), np.inf), "colours"),
        ("rgb", np.full((3, 2, 3), "red"), "colours"),
        ("rgb", np.ones((2, 2, 3)), "colours"),
        ("n_pixels", np.full((3, 2), -5), "counts"),
        ("n_pixels", np.full((3, 2), np.nan), "counts"),
        ("rois", np.array("forehead"), "names"),
        ("fps", np.array("ten"), "a number up to 1000"),
        ("fps", np.zeros(3), "a number up to 1000"),
        ("fps", np.float64("nan"), "a number up to 1000"),
        ("stamps", np.zeros(2), "a word"),
        ("notes", np.array("a note"), "lines of text"),
    ],
)
def test_a_saved_trace_with_other_values_is_said_in_one_line(two_regions, tmp_path, name, value, wanted):
    save_trace(two_regions, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as arrays:
        held = {**arrays, name: value}
    if name == "rois":
        held |= {"rgb": held["rgb"][:, :1], "n_pixels": held["n_pixels"][:, :1]}
    np.savez(tmp_path / "a.npz", **held)
    with pytest.raises(RppgError, match=rf"^\S*a\.npz: {name} must be {wanted}.*; extract the trace again$"):
        read_trace(tmp_path / "a.npz")


def test_no_note_and_long_notes_come_back_each_in_a_line(two_regions, tmp_path):
    for notes, said in (([], []), (["x\n\x1b" * 500], None)):
        two_regions.notes = notes
        save_trace(two_regions, tmp_path / "a.npz")
        loaded = load_trace(tmp_path / "a.npz").notes
        assert loaded == said or (len(loaded[0]) <= 300 and loaded[0].isprintable())


@pytest.mark.parametrize("value", [1e39, -1.0, np.inf])
def test_a_colour_that_no_camera_gives_is_named(tmp_path, value):
    np.savez(tmp_path / "a.npz", rgb=np.vstack([COLOURS, [[1, value, 1]]]), fps=20.0)
    csv_of(tmp_path / "a.csv", "R,G,B", [*COLOURS, (1, value, 1)])
    for name in ("a.npz", "a.csv"):
        with pytest.raises(
            RppgError, match=rf"{name}: frame 5 has the colour .*; colours must be between 0 and 1e\+18"
        ):
            read_trace(tmp_path / name, fps=20)


def test_a_cell_with_control_characters_is_shown_without_them(tmp_path):
    csv_of(tmp_path / "a.csv", "\ufeffR,G,B", [*COLOURS, (1, "12\0\x1b[2J7", 1)] * 3)
    with pytest.raises(RppgError, match=r"line 6, G: 12\?\?\[2J7 is not a number"):
        read_trace(tmp_path / "a.csv", fps=20)


@pytest.mark.parametrize("values", [COLOURS * 1j, COLOURS.astype("M8[s]"), COLOURS.astype(str)])
def test_arrays_that_are_no_colours_are_named(tmp_path, values):
    np.savez(tmp_path / "a.npz", rgb=values, fps=20.0)
    with pytest.raises(RppgError, match=r"a\.npz: rgb holds .*, not numbers; save colours as numbers"):
        read_trace(tmp_path / "a.npz")


def npz_of(path, header, content=b""):
    """An npz whose only array has this header."""
    said = header.encode("latin1")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("rgb.npy", b"\x93NUMPY\1\0" + len(said).to_bytes(2, "little") + said + content)
    return path


@pytest.mark.parametrize("header", ["{'descr': '<f8', 'shape': (3, 3)", "(" * 60, "'" * 3, "{}", "[" * 9000])
def test_a_damaged_header_of_an_array_is_said_in_one_line(tmp_path, header):
    with pytest.raises(RppgError, match=r"a\.npz: cannot be read as npz \(.*\); save or copy it again"):
        read_trace(npz_of(tmp_path / "a.npz", header), fps=20)


def test_an_array_is_no_larger_than_its_file(tmp_path):
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 3), }\n"
    with pytest.raises(RppgError, match=r"announces rgb of 99,999,999,999 x 3 numbers, which its 80 bytes cannot hold"):
        read_trace(npz_of(tmp_path / "a.npz", header), fps=20)


def test_how_much_colours_may_unpack_to_can_be_said(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", rgb=np.ones((1000, 3)), fps=20.0)
    text = "R,G,B\n" + "1,1,1\n" * 4000
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text.encode()))
    assert (tmp_path / "a.csv.gz").stat().st_size < 1000
    for name in ("a.npz", "a.csv.gz"):
        assert len(read_trace(tmp_path / name, fps=20).t)
        with pytest.raises(RppgError, match=r"unpacked, which need .* above the limit of 1e-05 GB \(--memory-gb\)"):
            read_trace(tmp_path / name, fps=20, memory_gb=1e-5)


def test_text_of_characters_that_do_not_exist_is_refused(two_regions, tmp_path):
    save_trace(two_regions, tmp_path / "c.npz")
    with np.load(tmp_path / "c.npz") as held:
        arrays = dict(held)
    arrays["notes"] = np.array([0x7FFFFFFF], "u4").view("U1")
    np.savez(tmp_path / "c.npz", **arrays)
    with pytest.raises(RppgError, match=r"c\.npz: notes has invalid characters; save or copy it again"):
        load_trace(tmp_path / "c.npz")
