"""Pulse rates of windows of a few beats: neither half nor double, and unbiased."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # benchmarks/ lies beside the package and is not installed
from benchmarks.short_windows import (
    QUIET,
    SHAPES,
    rates_as_ready,
    rates_by_repeats,
    rates_by_spectrum,
    shares,
    simulate_windows,
)
from cuffless.signals import repeat_frequency

LENGTHS = (2.0, 2.1, 3.0)


@pytest.mark.parametrize("shape", SHAPES)
def test_rates_of_short_windows_are_right_whatever_the_shape_of_the_pulse(shape):
    for seconds in LENGTHS:
        windows = simulate_windows(seconds, rates=range(50, 141, 10), shapes=(shape,), noises=QUIET, seed=1)
        off = np.abs(rates_by_repeats(windows.ppg) / windows.truth - 1)
        assert np.mean(off < 0.1) > (0.8 if shape == "late notch" else 0.93), seconds  # a hump at half the beat
        assert np.median(off) < 0.02, seconds


@pytest.mark.parametrize("seconds", LENGTHS)
def test_fewer_normal_pulses_are_rejected_and_fewer_others_accepted_than_by_a_spectrum(seconds):
    windows = simulate_windows(seconds, noises=QUIET, repeats=2, seed=2)
    every = np.ones(len(windows.truth), bool)
    rejected, accepted, bias, sd = shares(windows, rates_by_repeats(windows.ppg), every)
    assert rejected < 0.03
    assert accepted < 0.1
    assert abs(bias) < 4
    before = shares(windows, rates_by_spectrum(windows.ppg), every)
    assert accepted < 0.5 * before[1]
    if seconds < 3:  # in longer ones a spectrum is as good at normal rates
        assert rejected < 0.3 * before[0]
        assert sd < before[3]


def test_slow_and_fast_pulses_are_not_taken_for_normal_ones_in_two_seconds():
    for rates, most in (((42, 45), 0.2), ((150, 165, 180, 200), 0.05)):
        windows = simulate_windows(2.0, rates=rates, noises=QUIET, repeats=6, seed=3)
        bpm = rates_by_repeats(windows.ppg)
        assert np.mean((bpm >= 50) & (bpm <= 140)) < most


def test_ready_made_windows_shorter_than_four_seconds_have_their_rate_from_repetition():
    for seconds, same in ((2.0, True), (3.9, True), (4.0, False), (7.0, False)):
        windows = simulate_windows(seconds, rates=(55, 75, 110), noises=(0.05,), seed=4)
        ready = rates_as_ready(windows.ppg)
        off = [np.median(np.abs(ready / rates(windows.ppg) - 1)) for rates in (rates_by_repeats, rates_by_spectrum)]
        assert np.argmin(off) == (0 if same else 1), seconds
        assert min(off) < 1e-3


def test_a_level_that_falls_like_that_of_a_sensor_switched_on_does_not_hide_the_pulse():
    windows = simulate_windows(2.1, rates=range(55, 100, 5), noises=(0.05,), seed=5)
    time = np.linspace(0, 2.1, windows.ppg.shape[1])
    fallen = windows.ppg + 4 * np.exp(-time / 0.7)
    assert np.mean(np.abs(rates_by_repeats(fallen) / windows.truth - 1) < 0.1) > 0.85
    assert np.mean(np.abs(rates_by_spectrum(fallen) / windows.truth - 1) < 0.1) < 0.85


def test_height_and_sign_of_a_window_do_not_matter():
    windows = simulate_windows(2.0, rates=(60, 90), noises=(0.05,), seed=6)
    sampled = windows.ppg[:, ::5]
    found = repeat_frequency(sampled, 25.0)
    assert np.allclose(repeat_frequency(-1e-4 * sampled + 3, 25.0), found)


def test_flat_and_shortest_windows_have_some_rate_within_what_is_recognized():
    for n in (25, 26, 52, 99):
        rising = np.vstack((np.zeros(n), np.ones(n), np.arange(n), np.random.default_rng(0).standard_normal(n)))
        hz = repeat_frequency(rising, 25.0)
        assert np.all((hz >= 0.4) & (hz <= 4.2))
