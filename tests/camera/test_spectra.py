"""Rates from 30 to 220 bpm are neither doubled nor halved, and noise of any colour is hardly ever taken for a pulse."""

import numpy as np
import pytest

from cuffless.camera.pulse.noise import noise_colour, white_noise, whiten
from cuffless.camera.pulse.rates import default_seconds, pulse_rates
from cuffless.camera.pulse.spectra import pulse_frequencies, undo_multiples
from cuffless.camera.pulse.verdict import why_nothing
from cuffless.camera.pulse.waves import filtered_waves
from cuffless.camera.skin.trace import Trace

FPS = 30
T = np.arange(60 * FPS) / FPS
SKIN = np.array([150.0, 110.0, 90.0])
BLOOD = np.array([0.3, 0.8, 0.5])


def bump(phase, centre, width):
    return np.exp(-(((phase - centre) / width) ** 2))


SHAPES = {
    "short": lambda phase: bump(phase, 0.2, 0.09) + 0.35 * bump(phase, 0.55, 0.13),
    "reflected": lambda phase: bump(phase, 0.2, 0.09) + 0.7 * bump(phase, 0.6, 0.13),
    "smooth": lambda phase: np.sin(2 * np.pi * phase) + 0.3 * np.sin(4 * np.pi * phase),
}


def skin(bpm, shape="short", *, noise=0.1, depth=0.01, seed=1, t=T):
    wave = SHAPES[shape](t * bpm / 60 % 1)
    wave = (wave - wave.mean()) / wave.std()
    return SKIN * (1 - depth * np.outer(wave, BLOOD)) + np.random.default_rng(seed).normal(0, noise, (len(t), 3))


def coloured(exponent, seed, *, common=0.0, seconds=60, sensor=0.1):
    """Colours whose light wavers as 1 / f^exponent, in part in all channels alike, with a camera's white noise."""
    rng = np.random.default_rng(seed)
    n = seconds * FPS
    f = np.fft.rfftfreq(n, 1 / FPS)
    f[0] = f[1]
    wavering = np.fft.irfft(np.fft.rfft(rng.standard_normal((4, n))) / f ** (exponent / 2), n)
    wavering /= wavering.std(axis=1, keepdims=True)
    wavering = common * wavering[3] + np.sqrt(1 - common**2) * wavering[:3]
    return SKIN * (1 + 0.005 * wavering.T) + rng.normal(0, sensor, (n, 3))


def trace_of(rgb):
    t = np.arange(len(rgb)) / FPS
    return Trace(t, rgb[:, None].astype(np.float32), np.ones((len(t), 1), int), ("whole",), FPS, "file")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("bpm", [31, 36, 38, 45, 60, 90, 150, 190, 200, 218])
def test_rates_are_right_from_30_to_220(bpm, shape):
    for method, seconds in (("pos", 30), ("pos", 10), ("green", 30)):
        rates = pulse_rates(trace_of(skin(bpm, shape)), method=method, seconds=seconds)
        assert rates.accepted.all()
        np.testing.assert_allclose(rates.hr, bpm, atol=1)


@pytest.mark.parametrize(("bpm", "shape"), [(32, "short"), (32, "smooth"), (36, "reflected"), (36, "smooth")])
def test_a_slow_pulse_is_not_doubled_by_a_method_that_filters_it_away(bpm, shape):
    rates = pulse_rates(trace_of(skin(bpm, shape)), method="chrom")
    np.testing.assert_allclose(rates.hr[rates.accepted], bpm, atol=1)


def test_a_range_of_rates_rejects_what_is_outside_and_folds_nothing_into_it():
    rates = pulse_rates(trace_of(skin(80, "reflected")), rate_range=(100, 180))
    np.testing.assert_allclose(rates.hr, 80, atol=1)
    assert not rates.accepted.any()
    assert why_nothing("a.csv", rates) == "a.csv: its clearest rate is 80.0 bpm; nothing below 100 bpm is accepted"
    assert pulse_rates(trace_of(skin(80)), rate_range=(79.8, 80.2)).accepted.all()
    for wrong in ((90, 60), (20, 100), (60, 240), (np.nan, 100)):
        with pytest.raises(ValueError, match="is not a range of pulse rates"):
            pulse_rates(trace_of(skin(80)), rate_range=wrong)


def test_a_clip_of_ten_seconds_gives_the_rate_and_noise_of_no_colour_does():
    t = np.arange(10 * FPS) / FPS
    for bpm, shape in ((40, "short"), (72, "reflected"), (130, "smooth"), (200, "short")):
        clip = trace_of(skin(bpm, shape, t=t))
        rates = pulse_rates(clip, seconds=default_seconds(clip)[0])
        assert len(rates) == rates.accepted.sum() == 1
        assert rates.hr[0] == pytest.approx(bpm, abs=2)
    clips = [trace_of(coloured(exponent, seed, seconds=10)) for exponent in (0, 1, 2) for seed in range(30)]
    taken = [pulse_rates(clip, seconds=default_seconds(clip)[0]).accepted.any() for clip in clips]
    assert np.mean(taken) <= 0.05


@pytest.mark.parametrize("frames", [241, 243, 245, 250])
def test_a_clip_of_eight_seconds_gives_the_rate_whatever_its_number_of_frames(frames):
    clip = trace_of(skin(72, t=np.arange(frames) / FPS))
    rates = pulse_rates(clip, seconds=default_seconds(clip)[0])
    assert rates.accepted.tolist() == [True]
    assert rates.hr[0] == pytest.approx(72, abs=1)


def test_a_pulse_slower_than_30_bpm_is_not_taken_for_twice_its_rate():
    rates = pulse_rates(trace_of(skin(26)))
    np.testing.assert_allclose(rates.hr, 26, atol=1)
    assert not rates.accepted.any()
    assert why_nothing("a.csv", rates) == "a.csv: its clearest rate is 26.0 bpm; nothing below 30 bpm is accepted"


@pytest.mark.parametrize("bpm", [62, 76, 110])
def test_drift_at_half_the_rate_does_not_halve_it(bpm):
    drift = 1 + 0.004 * np.outer(np.sin(2 * np.pi * bpm / 120 * T), (1, 0.2, 0.6))
    rates = pulse_rates(trace_of(skin(bpm) * drift))
    assert rates.accepted.all()
    np.testing.assert_allclose(rates.hr, bpm, atol=1)


def test_a_short_window_has_the_octave_of_what_is_around_it():
    np.testing.assert_allclose(
        undo_multiples(np.array([1.2, 1.81, 0.6, 1.5, 2.4, np.nan]), np.array([0.6, 0.6, 0.6, 0.6, 0.6, 1])),
        [0.6, 0.6033, 0.6, 1.5, 2.4, np.nan],
        atol=1e-3,
    )


@pytest.mark.parametrize("exponent", [0.5, 1, 2])
def test_the_colour_of_noise_is_found_beside_a_pulse_and_taken_out(exponent):
    noise = white_noise(30.0, 30.0, "green")
    rgb = coloured(exponent, 3, seconds=300, sensor=0)
    rgb *= skin(72, noise=0, depth=0.005, t=np.arange(len(rgb)) / FPS) / SKIN
    [(_, fps, wave)] = filtered_waves(np.arange(len(rgb)) / FPS, rgb, FPS, "green")

    def slope(wave):
        blocks = wave[: len(wave) // 900 * 900].reshape(-1, 900)
        colour = noise_colour(blocks, pulse_frequencies(blocks, fps, noise.response), fps, noise)
        octaves = np.log([1.0, 4.0])
        return np.diff(np.polyval(colour, octaves)) / np.diff(octaves), colour

    found, colour = slope(wave)
    assert found == pytest.approx(-exponent, abs=0.25)
    assert slope(whiten(wave, fps, colour))[0] == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize(("exponent", "common"), [(0.5, 0), (1, 0), (2, 0), (1, 0.8)])
def test_a_window_of_noise_exceeds_the_threshold_in_a_twentieth_whatever_its_colour(exponent, common):
    rates = pulse_rates(trace_of(coloured(exponent, 5, common=common, seconds=2400)))
    assert np.mean(rates.snr[::30] > rates.threshold) < 0.1


def test_noise_of_a_colour_is_hardly_ever_accepted():
    taken = [
        pulse_rates(trace_of(coloured(exponent, seed, common=common, seconds=90))).accepted.any()
        for exponent, common in ((1, 0), (2, 0), (1, 0.8))
        for seed in range(15)
    ]
    assert np.sum(taken) <= 3  # by a threshold for white noise: 20


def test_a_weak_pulse_in_coloured_noise_is_still_found():
    rgb = coloured(1, 7, seconds=90) * skin(66, noise=0, depth=0.004, t=np.arange(90 * FPS) / FPS) / SKIN
    rates = pulse_rates(trace_of(rgb))
    assert rates.accepted.mean() > 0.8
    np.testing.assert_allclose(rates.hr[rates.accepted], 66, atol=2)


def test_one_confirmed_window_is_not_enough_where_none_is_beyond_noise():
    rates = pulse_rates(trace_of(skin(72)))
    assert rates.accepted.all()
    object.__setattr__(rates, "certain", rates.snr.max() + 1)
    assert rates.confirmed.all()
    assert not rates.accepted.any()
    assert "which noise hardly ever exceeds" in why_nothing("a.csv", rates)


@pytest.mark.parametrize("shape", ["short", "reflected"])
def test_windows_together_tell_a_weak_pulse_from_its_harmonic(shape):
    t = np.arange(90 * FPS) / FPS
    rgb = skin(52, shape, noise=0, depth=0.005, t=t)
    rgb *= 1 + np.random.default_rng(2).normal(0, 0.005, rgb.shape)
    rates = pulse_rates(trace_of(rgb))
    np.testing.assert_allclose(rates.hr, 52, atol=2)
