"""The picture of a recording: what is drawn is what was decided."""

import numpy as np
import pytest

from cuffless.config import FigureOptions, WindowOptions
from cuffless.figures.study.inspection import plot_inspection
from cuffless.records import from_arrays
from cuffless.windows import cut_windows

LOOKS = FigureOptions(dpi=80)


def drawn(record, options=WindowOptions()):
    figure = plot_inspection(record, cut_windows(record, options), options, LOOKS)
    figure.draw_without_rendering()
    return figure


def words(axis):
    return [text.get_text() for text in axis.texts]


def test_each_window_shown_bears_its_verdict(pulse_signals):
    ppg, abp = pulse_signals(seconds=20, dbp=90)
    assert set(words(drawn(from_arrays("high", ppg, abp, 125.0)).axes[0])) == {"dbp"}
    ppg, abp = pulse_signals(seconds=20)
    assert set(words(drawn(from_arrays("good", ppg, abp, 125.0)).axes[0])) == {"kept"}


def test_beats_are_marked_at_their_pressures(pulse_signals):
    ppg, abp = pulse_signals(seconds=20, sbp=130, dbp=70)
    marks = {line.get_marker(): line.get_ydata() for line in drawn(from_arrays("r", ppg, abp, 125.0)).axes[2].lines}
    assert len(marks["v"]) >= 20
    assert np.allclose(marks["v"], 130, atol=1)
    assert np.allclose(marks["^"], 70, atol=1)


def test_the_counts_are_those_of_all_windows_gaps_included(pulse_signals):
    ppg, abp = pulse_signals(seconds=120)
    ppg[5000:5200] = np.nan
    record = from_arrays("gap", ppg, abp, 125.0)
    cut = cut_windows(record)
    axis = drawn(record).axes[3]
    assert f"{len(cut.kept)} of {cut.n_cut} windows kept" in axis.get_title(loc="left")
    assert "missing 1" in " ".join(words(axis))


@pytest.mark.parametrize("missing", ["ppg", "abp", "both"])
def test_a_recording_without_any_window_is_drawn_all_the_same(pulse_signals, missing):
    ppg, abp = pulse_signals(seconds=20)
    if missing != "abp":
        ppg[:] = np.nan
    if missing != "ppg":
        abp[:] = np.nan
    figure = drawn(from_arrays("empty", ppg, abp, 125.0))
    assert "no window" in words(figure.axes[3])


def test_no_text_is_smaller_than_six_points_nor_outside_the_page(pulse_signals):
    ppg, abp = pulse_signals(seconds=200)
    ppg[2000:2100], abp[9000:9100] = 0, 120
    figure = drawn(from_arrays("record", ppg, abp, 125.0))
    width = figure.bbox.width
    for axis in figure.axes:
        for text in [*axis.texts, axis.title, axis.xaxis.label, axis.yaxis.label]:
            assert text.get_fontsize() >= 6
            box = text.get_window_extent()
            if text.get_text() and text.get_visible() and not text.get_clip_on():
                assert box.x0 >= -1
                assert box.x1 <= width + 1
