"""The contact sheet shows what was measured: where, of what colour, and which windows to believe."""

import warnings
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from figure_reading import assert_legible, below, line, says, words
from matplotlib.colors import to_hex

from cuffless.camera.pulse.rates import pulse_rates
from cuffless.camera.pulse.verdict import why_nothing
from cuffless.camera.skin.roi import Keyframe, Regions, whole_frame
from cuffless.camera.skin.trace import Trace
from cuffless.config import FigureOptions
from cuffless.figures.study.contact_sheet import plot_contact_sheet
from cuffless.figures.style import save_figure, stamp_figure
from cuffless.figures.time_axis import COLUMNS, gaps_of, thinned, time_unit

OPTIONS = FigureOptions(dpi=72)
NARROW = FigureOptions(dpi=72, font_size=12, width_inch=3.5)
BIG = FigureOptions(dpi=72, font_size=14)
FPS = 30.0
NAMES = ("forehead", "cheek_left", "cheek_right")
SQUARE = np.array([[10, 10], [30, 10], [30, 25], [10, 25]], float)
LENGTHY = "Lecture theatre of the old building, second recording of the patient in bed seven, after $lunch$.mp4"


def skin(seconds=45.0, bpm=72.0, *, rois=NAMES, depth=0.01, seed=0):
    """Trace of a pulse in noise; without depth, of noise alone."""
    t = np.arange(int(seconds * FPS)) / FPS
    pulse = depth * np.outer(np.sin(2 * np.pi * bpm / 60 * t), (0.33, 0.77, 0.53))
    noise = 0.002 * np.random.default_rng(seed).standard_normal((len(t), len(rois), 3))
    rgb = np.array([150.0, 110.0, 90.0]) * (1 - pulse[:, None] + noise)
    return Trace(t, rgb.astype(np.float32), np.full(rgb.shape[:2], 400), rois, FPS, "container")


def moved(right, down):
    return SQUARE + np.array((right, down))


def regions():
    """A forehead that moves 20 px to the right in 20 s, a left cheek seen for 10 s, a right one never seen."""
    moving = [Keyframe(0.0, SQUARE), Keyframe(20.0, moved(20, 0))]
    leaving = [Keyframe(0.0, moved(0, 30)), Keyframe(10.0, None)]
    return Regions(80, 60, {"forehead": moving, "cheek_left": leaving, "cheek_right": [Keyframe(0.0, None)]})


def frames(*times, bgr=(10, 90, 200)):
    return [(t, np.full((60, 80, 3), bgr, np.uint8)) for t in times]


def sheet(shown=(), where=None, trace=None, rates=None, options=OPTIONS, title="face.avi", reason=""):
    figure = plot_contact_sheet(list(shown), where, trace, rates, options, title=title, reason=reason)
    figure.draw_without_rendering()
    return figure


def measured(trace, shown=(), where=None, options=OPTIONS, **words):
    rates = pulse_rates(trace)
    return sheet(shown, where, trace, rates, options, reason=why_nothing("face.avi", rates), **words), rates


@cache
def usual():
    """What most look at, drawn once."""
    return measured(skin())


def pictures(figure):
    return [axis for axis in figure.axes if axis.images]


def panel(figure, label):
    (found,) = [axis for axis in figure.axes if axis.get_ylabel().startswith(label)]
    return found


def strips(figure):
    return [line(axis, name) for axis in figure.axes for name in ("red", "green", "blue") if has(axis, name)]


def has(axis, label):
    return any(one.get_label() == label for one in axis.lines)


def polygons(axis):
    return {one.get_label(): one.get_xydata() for one in axis.lines}


def spans(shaded):
    return [(path.vertices[:, 0].min(), path.vertices[:, 0].max()) for path in shaded.get_paths()]


def legends(figure):
    return {
        text.get_text().replace("\n", " "): handle
        for room in figure.subfigs
        for legend in room.legends
        for text, handle in zip(legend.get_texts(), legend.legend_handles, strict=True)
    }


def test_each_region_is_outlined_where_it_is_in_each_frame():
    early, late = pictures(sheet(frames(0, 10), regions(), skin()))
    np.testing.assert_allclose(polygons(early)["forehead"], [*SQUARE, SQUARE[0]])
    np.testing.assert_allclose(polygons(early)["cheek_left"], [*moved(0, 30), moved(0, 30)[0]])
    np.testing.assert_allclose(polygons(late)["forehead"][:4], moved(10, 0))


def test_a_region_that_is_not_visible_is_not_outlined():
    early, late, _ = pictures(figure := sheet(frames(0, 10, 20), regions(), skin()))
    assert [*polygons(early)] == ["forehead", "cheek_left"]
    assert [*polygons(late)] == ["forehead"]
    assert not says(figure, "no region visible")
    gone = Regions(80, 60, {"forehead": [Keyframe(0.0, SQUARE), Keyframe(5.0, None)]})
    assert [axis.get_xlabel() for axis in pictures(sheet(frames(0, 10), gone, skin(rois=NAMES[:1])))] == [
        "0.0 s",
        "10.0 s: no region visible",
    ]


def test_regions_are_told_apart_by_colours_that_the_legend_names():
    trace = skin()
    trace.n_pixels[:, 1], trace.n_pixels[450:, 1] = 350, 0
    figure = sheet(frames(0, 5), regions(), trace)
    colours = {name: to_hex(line(pictures(figure)[0], name).get_color()).upper() for name in NAMES[:2]}
    assert len(set(colours.values())) == 2
    assert set(colours.values()) <= set(OPTIONS.colours)
    named = {text: to_hex(handle.get_color()).upper() for text, handle in legends(figure).items()}
    assert named["forehead (400 px, 100 % of frames)"] == colours["forehead"]
    assert named["cheek_left (350 px, 33 % of frames)"] == colours["cheek_left"]


def test_frames_are_shown_red_green_blue():
    (picture,) = pictures(sheet(frames(0, bgr=(10, 90, 200)), regions(), skin()))
    assert picture.images[0].get_array()[30, 40].tolist() == [200, 90, 10]


def test_a_large_frame_is_drawn_smaller_and_regions_stay_where_they_are():
    frame = np.zeros((1080, 1920, 3), np.uint8)
    frame[:, 960:] = 240
    (picture,) = pictures(sheet([(0.0, frame)], whole_frame(1920, 1080), skin(rois=("whole",))))
    shown = picture.images[0].get_array()
    assert max(shown.shape) <= 800
    assert (shown[0, 0, 0], shown[0, -1, 0]) == (0, 240)
    assert picture.images[0].get_extent() == [-0.5, 1919.5, 1079.5, -0.5]
    outline = polygons(picture)["whole"]
    assert outline.max(axis=0).tolist() == [1919, 1079]
    assert picture.get_xlim()[1] > 1930  # an outline along the edge is seen in full


def test_each_channel_is_shown_in_percent_of_its_mean_and_named():
    figure, _ = usual()
    assert [one.get_label() for one in strips(figure)] == ["red", "green", "blue"]
    for strip, name, mean in zip(strips(figure), ("red", "green", "blue"), (150, 110, 90), strict=True):
        assert strip.get_ydata().mean() == pytest.approx(100, abs=0.01)
        assert says(figure, f"{name} mean {mean}")
    green = strips(figure)[1].get_ydata()
    assert np.percentile(green, 99) - 100 == pytest.approx(0.77, abs=0.2)


def test_colours_are_the_mean_over_pixels_not_over_regions():
    trace = skin(rois=NAMES[:2])
    trace.rgb[:, 1] = 50
    trace.n_pixels[:] = (300, 100)
    assert says(sheet(trace=trace), f"red mean {(3 * 150 + 50) / 4:.3g}")


def test_gaps_break_lines_and_are_shaded():
    trace = skin(100, rois=("whole",))
    trace.rgb[900:1200] = np.nan
    keep = np.ones(len(trace.t), bool)
    keep[2000:2100] = False  # frames that are missing altogether
    trace = Trace(trace.t[keep], trace.rgb[keep], trace.n_pixels[keep], trace.rois, FPS, "file")
    figure, rates = measured(trace)
    for strip in strips(figure):
        breaks = np.flatnonzero(np.isnan(strip.get_ydata()))
        t = strip.get_xdata()
        np.testing.assert_allclose([t[breaks - 1], t[breaks + 1]], [[899 / 30, 1999 / 30], [40, 70]], atol=0.001)
    np.testing.assert_allclose(gaps_of(trace), [[899 / 30, 40], [1999 / 30, 70]])
    for axis in (strips(figure)[0].axes, panel(figure, "pulse rate"), panel(figure, "SNR")):
        (shaded,) = axis.collections
        np.testing.assert_allclose(spans(shaded), gaps_of(trace))
    assert "gap longer than 1 s" in legends(figure)
    assert "gap longer than 1 s" not in legends(usual()[0])
    assert len(rates) < 71


def test_a_trace_that_begins_or_ends_unseen_has_gaps_there():
    trace = skin(60, rois=("whole",))
    trace.rgb[:90], trace.rgb[-150:] = np.nan, np.nan
    np.testing.assert_allclose(gaps_of(trace), [[0, 3], [54.967, 59.967]], atol=0.001)
    trace.rgb[:] = np.nan
    np.testing.assert_allclose(gaps_of(trace), [[0, 59.967]], atol=0.001)
    assert says(sheet(trace=trace, reason="unseen"), "no region visible in any frame")


def test_a_long_trace_is_thinned_and_keeps_its_extremes():
    t = np.arange(2 * 3600 * 30) / 30
    values = np.sin(t)
    values[100_000], values[50_000], values[150_000:151_000] = 9, -9, np.nan
    values[180_000:180_060] = np.nan  # shorter than a column
    x, y = thinned(t, values)
    assert len(x) <= 2 * COLUMNS + 10
    assert (np.nanmin(y), np.nanmax(y)) == (-9, 9)
    assert abs(x[np.nanargmax(y)] - t[100_000]) <= 7200 / COLUMNS
    at = np.flatnonzero(np.isnan(y))  # the gaps alone, although columns are longer than the least gap
    np.testing.assert_allclose((x[at - 1], x[at + 1]), t[[[149_999, 179_999], [151_000, 180_060]]])
    few = thinned(t[:1000], values[:1000])
    np.testing.assert_array_equal(few, (t[:1000], values[:1000]))


def test_the_excerpt_is_the_pulse_wave_of_the_clearest_accepted_window():
    trace = skin(120)
    trace.rgb[:1800] *= 1 + 0.01 * np.random.default_rng(1).standard_normal((1800, 3, 3))
    figure, rates = measured(trace)
    at = np.argmax(np.where(rates.accepted, rates.snr, -np.inf))
    drawn = line(panel(figure, "pulse wave"), "pulse wave")
    t = drawn.get_xdata()
    assert 15 <= t[-1] - t[0] <= 20
    assert rates.centre[at] > 60
    assert (t[0] + t[-1]) / 2 == pytest.approx(rates.centre[at], abs=0.05)
    [(t0, fps, wave)] = rates.waves
    expected = np.interp(t, t0 + np.arange(len(wave)) / fps, wave)
    np.testing.assert_allclose(drawn.get_ydata(), expected / expected.std(), rtol=1e-6)
    assert says(figure, f"clearest accepted window (▼): {rates.hr[at]:.0f} bpm")
    assert line(panel(figure, "pulse rate"), "shown").get_xdata() == [rates.centre[at]]


def test_a_window_that_is_not_accepted_is_no_excerpt_however_clear():
    trace = skin(120)
    rates = pulse_rates(trace)
    clearest = np.argmax(rates.snr)
    rates = replace(rates, agree=np.abs(np.arange(len(rates)) - clearest) > 20)
    figure = sheet(trace=trace, rates=rates)
    (shown,) = line(panel(figure, "pulse rate"), "shown").get_xdata()
    assert shown in rates.centre[rates.accepted]
    assert abs(shown - rates.centre[clearest]) > 20


def test_an_excerpt_at_the_end_of_a_stretch_stays_inside():
    trace = skin(80)
    trace.rgb[: 44 * 30] = np.nan
    t = line(panel(measured(trace)[0], "pulse wave"), "pulse wave").get_xdata()
    assert t[0] >= 44
    assert len(t) == 16 * 30 + 1
    short = sheet(trace=skin(12), rates=pulse_rates(skin(12)), reason="too short")
    assert len(line(panel(short, "pulse wave"), "pulse wave").get_xdata()) == 12 * 30


def test_accepted_windows_differ_in_shape_and_colour_and_are_counted():
    trace = skin(120)
    trace.rgb[1800:] = skin(60, depth=0, seed=3).rgb
    figure, rates = measured(trace)
    accepted = int(rates.accepted.sum())
    assert 10 < accepted < len(rates) - 10
    for label, values in (("pulse rate", rates.hr), ("SNR", rates.snr)):
        axis = panel(figure, label)
        good, bad = line(axis, "accepted"), line(axis, "not accepted")
        np.testing.assert_allclose(good.get_xydata().T, (rates.centre[rates.accepted], values[rates.accepted]))
        np.testing.assert_allclose(bad.get_xydata().T, (rates.centre[~rates.accepted], values[~rates.accepted]))
        assert good.get_marker() != bad.get_marker()
        assert good.get_markerfacecolor() != bad.get_markeredgecolor()
    assert line(panel(figure, "SNR"), "threshold").get_ydata()[0] == rates.threshold
    assert says(figure, f"{accepted} of {len(rates)} windows of 30 s accepted")
    assert {f"window accepted (n = {accepted})", f"window not accepted (n = {len(rates) - accepted})"} <= set(
        legends(figure)
    )
    assert says(figure, f"{(rates.snr > rates.threshold).sum()} of {len(rates)} windows above the threshold")


def test_rates_of_single_regions_bear_the_regions_colours_whatever_their_order():
    trace = skin(45)
    trace.rgb[:, 0] = skin(45, 100, rois=NAMES[:1]).rgb[:, 0]
    where = regions()
    where.rois = dict(reversed(where.rois.items()))
    figure, rates = measured(trace, frames(0), where)
    forehead = line(pictures(figure)[0], "forehead").get_color()
    own = [one for one in panel(figure, "pulse rate").lines if one.get_label() == "region"]
    assert len(own) == 3
    (drawn,) = [one for one in own if one.get_color() == forehead]
    np.testing.assert_allclose(drawn.get_ydata(), rates.roi_hr[:, 0])
    assert np.median(drawn.get_ydata()) == pytest.approx(100, abs=1)
    assert legends(figure)["forehead alone"].get_color() == forehead


def test_a_steady_pulse_looks_steady():
    low, high = panel(usual()[0], "pulse rate").get_ylim()
    assert high - low >= 20


def test_where_nothing_is_accepted_the_sheet_says_why():
    figure, rates = measured(skin(60, depth=0), frames(0), regions())
    assert not rates.accepted.any()
    assert says(figure, "face.avi: no pulse wave")
    assert says(figure, "0 of 31 windows of 30 s accepted")
    assert says(figure, "clearest window, not accepted")
    assert not len(line(panel(figure, "SNR"), "accepted").get_xdata())


def test_a_recording_that_cannot_be_read_has_title_frames_and_reason_alone():
    figure = sheet(title="night.avi", reason="no face in 30 frames looked at")
    assert [text.get_text() for text in words(figure)] == ["night.avi", "no face in 30 frames looked at"]
    assert not figure.axes
    figure = sheet(frames(0, 10), reason="truncated")
    assert len(figure.axes) == len(pictures(figure)) == 2
    assert says(figure, "truncated")
    assert not below(figure)


def test_colours_without_rates_are_shown_all_the_same():
    figure = sheet(trace=skin(), reason="6 frames a second")
    assert len(figure.axes) == len(strips(figure)) == 3
    assert says(figure, "6 frames a second")


def test_without_frames_panels_are_lettered_from_a():
    figure, _ = usual()
    assert not pictures(figure)
    assert strips(figure)[0].axes.get_title(loc="left") == "(a) Mean colour"
    figure, _ = measured(skin(), frames(0), regions())
    assert strips(figure)[0].axes.get_title(loc="left") == "(b) Mean colour"


def test_a_stretch_too_short_for_windows_has_no_empty_panels_of_them():
    figure, rates = measured(skin(12))
    assert not len(rates)
    assert not [axis for axis in figure.axes if axis.get_ylabel().startswith(("SNR", "pulse rate"))]
    assert says(figure, "no stretch without a gap holds a window of 30 s")
    assert "No window of 30 s" in below(figure)


@pytest.mark.parametrize(("value", "what"), [(80.0, "constant"), (255.0, "saturated"), (0.0, "dark: at most 0")])
def test_colours_that_stand_still_are_drawn_and_named(value, what):
    trace = skin(60, rois=("whole",))
    trace.rgb[:] = value
    figure, _ = measured(trace)
    assert says(figure, what)
    assert says(figure, "the wave is flat in every window")
    assert "Not shown, as their wave is flat: 31" in below(figure)


def test_a_dark_channel_has_no_share_of_its_mean():
    trace = skin(60, rois=("whole",))
    trace.rgb[:, :, 2] = 0
    trace.rgb[100, :, 2] = 0.07
    figure = sheet(trace=trace, rates=pulse_rates(trace, method="green"))
    assert [one.get_label() for one in strips(figure)] == ["red", "green"]
    assert says(figure, "dark: at most 0.07")


def test_the_note_says_how_it_was_measured():
    trace = skin()
    trace.notes.append("1 % of the frames are missing")
    text = below(measured(trace)[0])
    for part in (
        "1,350 frames in 45.0 s, 30 a second (times from the video)",
        "forehead, cheek_left, cheek_right",
        "Method: pos, 0.5–8 Hz",
        "16 windows of 30 s",
        "Note: 1 % of the frames are missing",
    ):
        assert part in text
    trace.stamps = "fps"
    assert "frames counted, not timed" in below(sheet(trace=trace))


def test_long_recordings_are_told_in_minutes_everywhere():
    assert [time_unit(seconds)[1] for seconds in (60, 600, 20_000)] == ["s", "min", "h"]
    trace = skin(300, rois=("whole",))
    trace.rgb[3600:5400] = np.nan
    figure, rates = measured(trace, frames(0, 150), whole_frame(80, 60))
    assert [axis.get_xlabel() for axis in pictures(figure)] == ["0.0 min", "2.5 min"]
    assert panel(figure, "SNR").get_xlabel().endswith("(min)")
    assert strips(figure)[0].get_xdata()[-1] == pytest.approx(5, abs=0.01)
    (shaded,) = panel(figure, "SNR").collections
    np.testing.assert_allclose(spans(shaded), [[2, 3]], atol=0.001)
    assert line(panel(figure, "SNR"), "accepted").get_xdata()[-1] == pytest.approx(rates.centre[-1] / 60)


def test_hours_make_a_small_file(tmp_path):
    trace = skin(2 * 3600)
    figure, rates = measured(trace)
    assert len(rates) > 7000
    drawn = sum(len(one.get_xdata()) for one in strips(figure))
    assert drawn <= 3 * (2 * COLUMNS + 2)
    assert line(panel(figure, "SNR"), "accepted").get_rasterized()
    save_figure(figure, tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").stat().st_size < 500_000


def test_any_name_and_reason_is_written_as_it_is_and_without_warning(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trace = skin(rois=("$\\frac$", "顔"))
        trace.notes.append("costs $5 and $6")
        where = Regions(80, 60, {name: [Keyframe(0.0, SQUARE)] for name in trace.rois})
        figure, _ = measured(trace, frames(0), where, title="a$b$_顔.mp4")
        save_figure(figure, tmp_path / "a.pdf")
    assert says(figure, "a\\$b\\$_\N{REPLACEMENT CHARACTER}.mp4")
    assert (tmp_path / "a.png").stat().st_size > 10_000


@cache
def recorded():
    trace = skin(60)
    trace.rgb[300:400, 1], trace.n_pixels[300:400, 1] = np.nan, 0
    trace.notes.append("12 frames lack a colour, " * 8)
    return trace, pulse_rates(trace)


DRAWN = {
    "all": lambda: sheet(frames(0, 10, 20, 30), regions(), *recorded()),
    "reason": lambda: sheet(frames(0, 10), regions(), *recorded(), reason="no pulse wave to rely on " * 8),
    "long title": lambda: sheet(frames(0), regions(), *recorded(), title=LENGTHY),
    "narrow": lambda: sheet(frames(0, 10, 20, 30), regions(), *recorded(), NARROW, LENGTHY, LENGTHY),
    "big": lambda: sheet(frames(0, 10, 20, 30), regions(), *recorded(), BIG, LENGTHY, LENGTHY),
    "least": lambda: sheet(frames(0), regions(), *recorded(), FigureOptions(dpi=72, font_size=4)),
    "trace": lambda: measured(skin(60, rois=("whole",)))[0],
    "noise": lambda: measured(skin(60, depth=0), frames(0), regions())[0],
    "one window": lambda: measured(skin(30.2))[0],
    "short": lambda: measured(skin(12), frames(0), regions())[0],
    "hardly a second": lambda: measured(skin(1))[0],
    "nothing, narrow": lambda: sheet(options=NARROW, title=LENGTHY, reason=LENGTHY),
    "title alone": lambda: sheet(),
}


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_words_are_large_enough_inside_the_page_and_apart(draw):
    assert_legible(draw())


def test_a_sheet_of_a_simulated_person_says_so_above_what_was_measured():
    figure, _ = measured(skin(), frames(0, 10), regions())
    height, note = figure.get_figheight(), below(figure)
    stamp_figure(figure, "cohort: simulated people", OPTIONS)
    assert below(figure) == f"cohort: simulated people {note}"
    assert figure.get_figheight() > height
    assert_legible(figure)
