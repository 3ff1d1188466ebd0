from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import find_peaks

from cuffless.simulator import waveforms
from cuffless.simulator.physiology import Beats
from cuffless.simulator.waveforms import (
    abp_pulses,
    contact_curve,
    ejection_duration,
    ppg_pulses,
    pressure_signal,
    render,
)

SUBJECTS = range(40)


def steady_beats(rr=0.8, pwv=1.0, resistance=0.0, n=60):
    ones = np.ones(n)
    return Beats(
        foot=rr * np.arange(n) - 5,
        rr=rr * ones,
        sbp=120 * ones,
        dbp=60 * ones,
        pwv=pwv * ones,
        resistance=resistance * ones,
    )


def mean_height(parameters, **state):
    return ppg_pulses(parameters, steady_beats(**state)).template[:, 1:-2].mean()


def test_each_beat_reaches_exactly_its_pressures(haemodynamics):
    for number in SUBJECTS:
        *_, beats = haemodynamics(number, minutes=1)
        # At 4 kHz the samples fall close enough to foot and peak.
        pressure, peaks = pressure_signal(beats, 4000.0, 80_000)
        inside = (beats.foot > 0) & (beats.foot + beats.rr < 19)
        edges = np.ceil(beats.foot[inside] * 4000).astype(int)
        top = np.maximum.reduceat(pressure, edges)[:-1]
        np.testing.assert_allclose(top, beats.sbp[inside][:-1], atol=0.1)
        np.testing.assert_allclose(pressure[edges], beats.dbp[inside], atol=0.1)
        lowest = np.minimum.reduceat(pressure, edges)[:-1]
        np.testing.assert_allclose(lowest, np.minimum(beats.dbp[inside][:-1], beats.dbp[inside][1:]), atol=0.1)
        at = np.round(peaks[inside][:-1] * 4000).astype(int)
        np.testing.assert_allclose(pressure[at], top, atol=0.05)


def test_pressure_has_one_dominant_systolic_peak_and_at_most_a_modest_dicrotic_wave(haemodynamics):
    for number in SUBJECTS:
        *_, beats = haemodynamics(number, minutes=1)
        pulses, _ = abp_pulses(beats)
        heights = pulses.template[:, 1:-1]
        assert heights.min() > -1e-9
        for height in heights[::20]:
            _, found = find_peaks(height, prominence=0.02)
            prominences = np.sort(found["prominences"])[::-1]
            assert prominences[0] > 0.95
            assert np.all(prominences[1:] < 0.25)


def test_the_dicrotic_notch_stands_at_the_end_of_ejection():
    pulses, _ = abp_pulses(steady_beats(rr=0.8, pwv=0.8, resistance=-0.1))
    height = pulses.template[0, 1:-1]
    time = np.linspace(0, 0.8, len(height))
    notches = time[find_peaks(-height)[0]]
    assert len(notches) == 1
    assert 0 < notches[0] - ejection_duration(np.array([0.8]))[0] < 0.08


def test_signals_run_on_without_a_step_from_beat_to_beat(haemodynamics):
    for number in SUBJECTS:
        parameters, _, beats = haemodynamics(number, minutes=1, confounding=2.0)
        pulses = ppg_pulses(parameters, beats)
        ones = np.ones_like(beats.foot)
        fine = render(pulses, 0 * ones, ones, 2000.0, 0.0, 120_000)
        assert np.abs(np.diff(fine)).max() < 0.02
        assert np.abs(np.diff(pressure_signal(beats, 2000.0, 120_000)[0])).max() < 1.5


def test_without_confounding_equal_haemodynamics_make_equal_pulses(haemodynamics):
    beats = steady_beats(pwv=1.1, resistance=0.1)
    shapes = [ppg_pulses(haemodynamics(n, minutes=1, confounding=0.0)[0], beats).template for n in range(5)]
    for shape in shapes[1:]:
        np.testing.assert_allclose(shape, shapes[0], atol=1e-12)


def test_with_confounding_equal_haemodynamics_make_different_pulses(haemodynamics):
    beats = steady_beats()
    distances = []
    for confounding in (0.5, 1.0, 2.0):
        shapes = np.array(
            [ppg_pulses(haemodynamics(n, minutes=1, confounding=confounding)[0], beats).template[0] for n in range(12)]
        )
        distances.append(shapes.std(axis=0).mean())
    assert 0.02 < distances[0] < distances[1] < distances[2]


def test_stiff_arteries_return_the_reflected_wave_sooner(haemodynamics):
    parameters = replace(haemodynamics(0, confounding=0.0)[0], dicrotic=0.0)
    widths = [mean_height(parameters, pwv=pwv) for pwv in (0.8, 1.0, 1.3, 1.8)]
    assert np.all(np.diff(widths) < 0)


def test_resistance_raises_the_reflected_wave(haemodynamics):
    parameters = replace(haemodynamics(0, confounding=0.0)[0], dicrotic=0.0)
    heights = [mean_height(parameters, resistance=r) for r in (-0.3, 0.0, 0.3)]
    assert np.all(np.diff(heights) > 0)


def test_the_pulse_reaches_the_finger_later_in_soft_arteries(haemodynamics):
    parameters = haemodynamics(0)[0]
    soft, stiff = (ppg_pulses(parameters, steady_beats(pwv=pwv)).foot[0] for pwv in (0.7, 1.4))
    assert 0.03 < soft - stiff < 0.15


def test_ejection_is_shorter_at_high_rates():
    rates = np.array([50.0, 70.0, 100.0, 140.0])
    expected = [0.328, 0.294, 0.243, 0.175]
    assert ejection_duration(60 / rates) == pytest.approx(expected)


@given(st.floats(-3, 4))
def test_contact_bends_the_pulse_but_keeps_its_ends_and_order(curvature):
    height = np.linspace(0, 1, 50)
    bent = contact_curve(height, curvature)
    assert bent[[0, -1]] == pytest.approx([0, 1])
    assert np.all(np.diff(bent) > 0)
    assert (bent[25] >= height[25]) == (curvature >= 0) or abs(curvature) < 1e-5


def test_interpolating_templates_costs_less_than_a_quantization_step(haemodynamics, monkeypatch):
    for number in range(8):
        parameters, _, beats = haemodynamics(number, minutes=1)
        ones = np.ones_like(beats.foot)
        drawn = []
        for nodes in (waveforms.NODES, 1000):
            monkeypatch.setattr(waveforms, "NODES", nodes)
            ppg = render(ppg_pulses(parameters, beats), 0 * ones, ones, 125.0, 0.0, 7500)
            drawn.append((ppg, pressure_signal(beats, 125.0, 7500)[0]))
            monkeypatch.undo()
        (ppg, pressure), (fine_ppg, fine_pressure) = drawn
        assert np.abs(ppg - fine_ppg).max() < 1 / 256
        assert np.abs(pressure - fine_pressure).max() < 0.25


def test_a_signal_longer_than_its_beats_is_refused():
    beats = steady_beats(n=10)
    with pytest.raises(ValueError, match=r"do not cover a signal of 60.0 s"):
        pressure_signal(beats, 125.0, 7500)
