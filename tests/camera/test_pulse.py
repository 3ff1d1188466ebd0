"""From colours to a pulse wave: the closed form, its orientation, and uniform grids."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuffless.camera.pulse.overlaps import overlap_sum, sliding_sum
from cuffless.camera.pulse.waves import METHODS, pulse_stretches, pulse_wave, resample_uniformly, stretches

FPS = 30
SKIN = np.array([120.0, 90.0, 70.0])
BLOOD = np.array([0.33, 0.77, 0.53])


def pulse_at(t, bpm=72):
    phase = 2 * np.pi * bpm / 60 * np.asarray(t)
    return np.sin(phase) + 0.4 * np.sin(2 * phase + 0.6) + 0.15 * np.sin(3 * phase + 1)


def colours(t, *, depth=0.01, noise=0.002, drift=1.0, seed=0):
    """Skin that pulses under light that grows by a factor over the recording and wavers."""
    light = drift ** (np.arange(len(t)) / len(t)) * (1 + 0.1 * np.sin(2 * np.pi * np.asarray(t) / 100))
    shaken = noise * np.random.default_rng(seed).standard_normal((len(t), 3))
    return SKIN * light[:, None] * (1 - depth * np.outer(pulse_at(t), BLOOD) + shaken)


def plain_pos(rgb, fps):
    """Algorithm 1 of Wang et al. (2017), as it is written there."""
    length = int(np.ceil(1.6 * fps))
    projection = np.array([[0, 1, -1], [-2, 1, 1]])
    wave = np.zeros(len(rgb))
    for first in range(len(rgb) - length + 1):
        held = rgb[first : first + length]
        s1, s2 = projection @ (held / held.mean(axis=0)).T
        h = s1 + np.std(s1) / np.std(s2) * s2
        wave[first : first + length] += h - h.mean()
    return wave


def worst(wave, reference):
    return np.abs(wave - reference).max() / reference.std()


def correlation(a, b):
    return np.corrcoef(a, b)[0, 1]


@pytest.mark.parametrize("fps", [17.0, 29.97])
def test_pos_in_closed_form_equals_the_plain_loop_over_ten_minutes(fps):
    rgb = colours(np.arange(int(600 * fps)) / fps)
    assert worst(pulse_wave(rgb, fps, invert=False), plain_pos(rgb, fps)) < 1e-9


@pytest.mark.slow
@pytest.mark.parametrize(("hours", "drift", "tolerance"), [(1, 1, 1e-8), (2, 4, 1e-6)])
def test_pos_in_closed_form_equals_the_plain_loop_over_hours_and_through_drift(hours, drift, tolerance):
    rgb = colours(np.arange(hours * 3600 * FPS) / FPS, drift=drift)
    assert worst(pulse_wave(rgb, FPS, invert=False), plain_pos(rgb, FPS)) < tolerance


@pytest.mark.parametrize("method", METHODS)
def test_a_pulse_that_darkens_the_skin_comes_out_upright(method):
    t = np.arange(60 * FPS) / FPS
    rgb = SKIN * (1 - 0.01 * np.outer(pulse_at(t), BLOOD))
    assert correlation(pulse_wave(rgb, FPS, method=method), pulse_at(t)) > 0.99
    np.testing.assert_array_equal(
        pulse_wave(rgb, FPS, method=method, invert=False), -pulse_wave(rgb, FPS, method=method)
    )


@pytest.mark.parametrize("method", ["pos", "chrom"])
def test_light_that_flickers_leaves_no_wave(method):
    t = np.arange(60 * FPS) / FPS
    flicker = 1 + 0.05 * np.sin(2 * np.pi * 1.5 * t)
    pulsing = pulse_wave(colours(t, noise=0), FPS, method=method)
    assert pulse_wave(SKIN * flicker[:, None], FPS, method=method).std() < 1e-3 * pulsing.std()


@pytest.mark.parametrize("method", METHODS)
def test_the_wave_does_not_depend_on_brightness(method):
    rgb = colours(np.arange(900) / FPS)
    wave = pulse_wave(rgb, FPS, method=method)
    np.testing.assert_allclose(pulse_wave(rgb / 255, FPS, method=method), wave, atol=1e-8 * wave.std())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("value", [0.0, 255.0])
@pytest.mark.parametrize("channel", [0, 1, 2])
def test_a_channel_that_stands_still_gives_finite_waves(method, value, channel):
    rgb = colours(np.arange(600) / FPS)
    rgb[:, channel] = value
    wave = pulse_wave(rgb, FPS, method=method)
    assert np.isfinite(wave).all()
    assert np.abs(wave).max() < 10
    alone = {"red": 0, "green": 1, "blue": 2}.get(method)
    assert (wave.std() > 1e-4) == (alone != channel)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("value", [0.0, 7.3, 255.0])
def test_a_still_picture_gives_a_flat_wave(method, value):
    assert np.abs(pulse_wave(np.full((300, 3), value), FPS, method=method)).max() < 1e-9


def test_pos_with_a_still_second_projection_takes_the_first_alone():
    t = np.arange(600) / FPS
    s1 = 0.01 * np.sin(2 * np.pi * 1.25 * t)  # whole periods in a window: its means are those of the trace
    rgb = 100 * np.column_stack((np.ones(600), 1 + s1, 1 - s1))  # G + B = 2 R
    overlaps = np.minimum(np.minimum(np.arange(600), np.arange(600)[::-1]) + 1, 48)
    np.testing.assert_allclose(pulse_wave(rgb, FPS, invert=False), 2 * s1 * overlaps, atol=1e-12)


@pytest.mark.parametrize("n", [0, 1, 2, 10, 47, 48, 49])
@pytest.mark.parametrize("method", METHODS)
def test_every_frame_has_its_sample_however_short_the_trace(method, n):
    wave = pulse_wave(colours(np.arange(n) / FPS), FPS, method=method)
    assert wave.shape == (n,)
    assert np.isfinite(wave).all()


@pytest.mark.parametrize(
    ("rgb", "fps", "method", "message"),
    [
        (np.ones((9, 4)), 30, "pos", "(9, 4)"),
        (np.full((9, 3), np.nan), 30, "pos", "NaN"),
        (np.full((9, 3), -1.0), 30, "pos", "negative"),
        (np.ones((9, 3)), 0, "pos", "0 frames per second"),
        (np.ones((9, 3)), 30, "ica", "'ica'"),
    ],
)
def test_what_is_no_trace_is_refused(rgb, fps, method, message):
    with pytest.raises(ValueError, match=r"needed|cut the trace|choose from") as raised:
        pulse_wave(rgb, fps, method=method)
    assert message in str(raised.value)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 90), st.integers(0, 200), st.integers(0, 99))
def test_sliding_and_overlapping_sums_are_those_of_a_loop(length, more, seed):
    n = length + more
    values = np.random.default_rng(seed).normal(size=(2, n))
    windows = n - length + 1
    loop = np.stack([values[:, i : i + length].sum(axis=1) for i in range(windows)], axis=1)
    np.testing.assert_allclose(sliding_sum(values, length), loop, atol=1e-12)
    spread = np.zeros((2, n))
    for i in range(windows):
        spread[:, i : i + length] += loop[:, i : i + 1]
    np.testing.assert_allclose(overlap_sum(loop, length, n), spread, atol=1e-9)


def test_a_uniform_trace_passes_untouched():
    t, values = np.arange(100) / 30 + 5, np.random.default_rng(0).normal(size=(100, 3))
    t0, fps, same = resample_uniformly(t, values)
    assert (t0, fps) == (5, pytest.approx(30))
    np.testing.assert_array_equal(same, values)


def test_stamps_restore_a_pulse_that_counting_frames_loses():
    rng = np.random.default_rng(1)
    n = 120 * FPS
    t = (np.arange(n) / FPS + rng.uniform(-0.01, 0.01, n))[rng.random(n) > 0.01] * 1.01  # jitter, 1 % lost, 1 % slow
    rgb = colours(t)
    t0, fps, even = resample_uniformly(t, rgb, FPS)
    grid = t0 + np.arange(len(even)) / fps
    assert grid[-1] <= t[-1] < grid[-1] + 1 / fps
    undisturbed = correlation(pulse_wave(colours(np.arange(n) / FPS), FPS), pulse_at(np.arange(n) / FPS))
    assert correlation(pulse_wave(even, fps), pulse_at(grid)) > undisturbed - 0.02
    assert abs(correlation(pulse_wave(rgb, FPS), pulse_at(np.arange(len(t)) / FPS))) < 0.3


def test_stamps_a_millisecond_apart_do_not_overshoot():
    t = np.array([0, 0.033, 0.034, 0.1, 0.133])
    _, _, even = resample_uniformly(t, np.array([1.0, 2, 1, 2, 1]), 100)
    assert even.min() >= 1
    assert even.max() <= 2


@pytest.mark.parametrize("t", [[0.0], [0, 1, 1], [0, 2, 1]])
def test_times_that_do_not_rise_are_refused(t):
    with pytest.raises(ValueError, match="must rise"):
        resample_uniformly(np.array(t), np.zeros(len(t)))


def test_a_trace_is_split_at_gaps_longer_than_a_second():
    t = np.concatenate((np.arange(0, 5, 0.1), np.arange(5.9, 8, 0.1), np.arange(20, 22, 0.1)))
    np.testing.assert_array_equal(stretches(t), [[0, 71], [71, 91]])
    assert stretches(np.empty(0)).shape == (0, 2)


def test_waves_stop_where_no_skin_is_seen():
    t = np.arange(60 * FPS) / FPS
    rgb = colours(t)
    rgb[600:700] = np.nan  # 3.3 s
    rgb[900:910] = np.nan  # 0.3 s: bridged
    waves = pulse_stretches(t, rgb)
    np.testing.assert_allclose([t0 for t0, _, _ in waves], [0, 700 / FPS])
    assert [len(wave) for _, _, wave in waves] == [600, 1100]
    np.testing.assert_array_equal(waves[0][2], pulse_wave(rgb[:600], FPS))
    assert pulse_stretches(t, np.full_like(rgb, np.nan)) == []
