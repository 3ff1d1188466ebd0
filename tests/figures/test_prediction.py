"""The picture of predictions: what is drawn is what was predicted."""

import numpy as np
import pandas as pd
import pytest

from cuffless.config import FigureOptions, WindowOptions
from cuffless.figures.study.prediction import Predicted, plot_prediction
from cuffless.records import from_arrays
from cuffless.rejection import EXPLANATIONS

LOOKS = FigureOptions(dpi=80)


def table(n, *, accepted=True, **more):
    """Windows of five seconds, of which every tenth is rejected, or all."""
    good = np.arange(n) % 10 > 0 if accepted else np.zeros(n, bool)
    made = {"start": 5.0 * np.arange(n), "seconds": 5.0, "sbp": np.where(good, 120.0, np.nan), "accepted": good}
    made |= {"dbp": made["sbp"] - 55, "reason": np.where(good, "", EXPLANATIONS["snr"]), **more}
    return pd.DataFrame(made)


def drawn(pulse_signals, windows, **more):
    ppg, _ = pulse_signals(seconds=5.0 * max(len(windows), 2))
    figure = plot_prediction(from_arrays("r", ppg, None, 125.0), Predicted(windows, WindowOptions(), **more), LOOKS)
    figure.draw_without_rendering()
    return figure


def marked(axis, marker):
    return [line.get_ydata() for line in axis.lines if line.get_marker() == marker]


@pytest.mark.parametrize("n", [4, 60, 900])
def test_each_accepted_window_is_a_dot_with_its_interval(pulse_signals, n):
    windows = table(n)
    for name in ("sbp", "dbp"):
        windows = windows.assign(**{f"{name}_lo": windows[name] - 30, f"{name}_hi": windows[name] + 30})
    figure = drawn(pulse_signals, windows, level=0.9)
    _, _, sbp, dbp = figure.axes
    good = int(windows["accepted"].sum())
    for axis, value in ((sbp, 120), (dbp, 65)):
        assert np.concatenate(marked(axis, "o")).tolist() == [value] * good
        bars = axis.collections[0].get_segments()
        assert {(bar[0, 1], bar[1, 1]) for bar in bars} == {(value - 30, value + 30)}
        assert (len(bars), len(axis.collections[1].get_segments())) == (good, n - good)
    assert f"{good} of {n} windows accepted" in sbp.get_title(loc="left")


def test_cuff_values_and_calibration_windows_are_told_apart(pulse_signals):
    taken = np.arange(30) == 5
    windows = table(30, sbp_before=111.0, dbp_before=50.0, calibration=taken, since_calibration=0.0)
    figure = drawn(pulse_signals, windows, cuff=pd.DataFrame({"time": [27.0], "sbp": [131.0], "dbp": [77.0]}))
    assert [line.tolist() for line in marked(figure.axes[2], "D")] == [[131.0]]
    assert [line.tolist() for line in marked(figure.axes[3], "D")] == [[77.0]]
    labels = {text.get_text() for text in figure.legends[0].get_texts()}
    assert {"cuff value", "before calibration", "took part in the calibration"} < labels
    assert not any("interval" in label for label in labels)


@pytest.mark.parametrize("n", [0, 7])
def test_a_recording_without_an_accepted_window_is_drawn_all_the_same(pulse_signals, n):
    figure = drawn(pulse_signals, table(n, accepted=False))
    said = [text.get_text() for text in figure.axes[2].texts]
    assert said == ["no window is accepted" if n else "no window"]
