"""Figures of the page of one recording: legible on a phone, and true to its windows."""

from dataclasses import replace

import numpy as np
import pytest
from figure_reading import assert_legible, line

from cuffless.camera.pulse.spectrogram import COLUMNS, spectrogram
from cuffless.camera.pulse.verdict import NOISY, Rates
from cuffless.camera.skin.trace import Trace
from cuffless.config import FigureOptions
from cuffless.figures.study.pulse_panels import pulse_figures

NARROW = FigureOptions(dpi=72, width_inch=3.5)
FPS, SECONDS = 10.0, 10.0


def make_rates(windows=41, bpm=90.0):
    """Windows of a steady wave, the last ten of them too noisy."""
    start, hr = np.arange(float(windows)), np.full(windows, bpm)
    snr = np.where(np.arange(windows) < windows - 10, 5.0, -9.0)
    wave = np.sin(2 * np.pi * bpm / 60 * np.arange(int((windows - 1 + SECONDS) * FPS)) / FPS)
    agree = np.ones(windows, bool)
    return Rates(start, SECONDS, hr, snr, hr[:, None], agree, agree, agree, -6.0, -4.0, "pos", ((0.0, FPS, wave),))


def test_the_spectrum_of_a_window_is_highest_at_its_rate():
    t, hz, power = spectrogram(make_rates())
    np.testing.assert_allclose(t, 5.0 + np.arange(41))
    assert (hz.min(), hz.max()) == pytest.approx((0.5, 4.0), abs=0.01)
    np.testing.assert_allclose(60 * hz[power.argmax(axis=1)], 90, atol=0.5)
    np.testing.assert_allclose(power.max(axis=1), 1)


def test_the_spectrum_has_nothing_where_no_window_is_and_few_columns_if_there_are_many():
    rates = make_rates()
    kept = np.r_[0:5, 20:41]
    gap = replace(rates, **{name: getattr(rates, name)[kept] for name in ("start", "hr", "snr", "roi_hr", "agree")})
    t, _, power = spectrogram(gap)
    assert np.isnan(power[(t > 9.5) & (t < 24.5)]).all()
    assert np.isfinite(power[(t < 9.5) | (t > 24.5)]).all()
    t, _, power = spectrogram(make_rates(3 * COLUMNS))
    assert len(t) == len(power) <= COLUMNS + 1
    assert np.isfinite(power).all()


def test_figures_fit_a_phone_and_each_window_has_its_row():
    t = np.arange(500) / FPS
    rgb = np.array([150.0, 110.0, 90.0]) * (1 + 0.01 * np.sin(t)[:, None, None] * np.ones((1, 1, 3)))
    trace = Trace(t, rgb, np.full((500, 1), 300), ("whole",), FPS, "container")
    figures = pulse_figures(trace, make_rates(), NARROW, {"whole": "#0072B2"})
    assert list(figures) == ["colours", "wave", "spectrum", "rates", "fates"]
    for figure in figures.values():
        assert figure.get_figwidth() == NARROW.width_inch
        figure.draw_without_rendering()
        assert_legible(figure)
    [axis] = figures["fates"].axes
    assert [label.get_text() for label in axis.get_yticklabels()] == ["accepted (31)", f"{NOISY} (10)"]
    np.testing.assert_allclose(line(axis, NOISY).get_xydata(), np.column_stack((np.arange(36.0, 46), np.ones(10))))
