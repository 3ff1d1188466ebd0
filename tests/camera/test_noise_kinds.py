"""No kind of noise is taken for a pulse, and a pulse is found in it, whatever the method."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.noise import KINDS, heart_rate, with_pulse
from cuffless.camera.pulse.blood import is_blood, line_colours
from cuffless.camera.pulse.channels import rates_by_best_method
from cuffless.camera.pulse.rates import pulse_rates
from cuffless.camera.pulse.verdict import why_nothing
from cuffless.camera.skin.trace import mean_over_rois

NUMBER = {kind.name: number for number, kind in enumerate(KINDS)}


def scene(name, seed):
    number = NUMBER[name]
    return KINDS[number].sample(np.random.default_rng([number, seed]))


@pytest.mark.parametrize(
    ("names", "method", "seconds"),
    [
        (("white", "1/f", "1/f^2, nine tenths common", "hump at 1.2 Hz", "hump at 1.2 Hz, three regions"), "pos", 30),
        (("1/f^0.5, two thirds common", "1/f, three regions", "quasi-periodic motion"), "green", 30),
        (("100 Hz at 30 fps", "1/f motion", "moving scene, exposure in steps"), "green", 30),
        (("1/f^2", "1/f^2, three regions"), "pos", 10),
    ],
)
def test_noise_is_not_accepted(names, method, seconds):
    taken = [
        name
        for name in names
        for seed in range(4)
        if pulse_rates(scene(name, seed).trace(), method=method, seconds=seconds).accepted.any()
    ]
    assert len(taken) <= 1, taken


def test_a_choice_between_methods_gives_noise_no_more_chances():
    taken = [rates_by_best_method(scene("1/f through a finger", seed).trace())[0].accepted.any() for seed in range(8)]
    assert np.sum(taken) <= 1


@pytest.mark.parametrize(
    ("method", "colour"), [("green", "steady alias, white lamp"), ("pos", "steady alias of 0.8 to 1.8 Hz")]
)
def test_a_lamp_in_the_band_of_the_pulse_is_not_accepted_and_named_as_brightness(method, colour):
    reasons = []
    for seed in range(2):
        rates = pulse_rates(scene(colour, seed).trace(), method=method)
        assert not rates.accepted.any()
        reasons.append(why_nothing("a.mp4", rates))
    assert any("in all channels alike, as from motion or a lamp" in reason for reason in reasons)


@pytest.mark.parametrize("name", ["white", "1/f, three regions", "1/f^2 motion", "steady alias, white lamp"])
def test_a_pulse_is_found_in_the_same_noise(name):
    for seed in range(2):
        noise = scene(name, seed)
        bpm = heart_rate(np.random.default_rng(seed), len(noise.t), noise.fps, natural=bool(seed))
        rates = pulse_rates(with_pulse(noise, 0.006, bpm).trace())
        assert rates.accepted.mean() > 0.7
        assert np.median(np.abs(rates.hr[rates.accepted] - bpm.mean())) < 3


def test_what_is_clear_has_to_last():
    noise = scene("white", 0)
    rates = pulse_rates(with_pulse(noise, 0.01, np.full(len(noise.t), 72)).trace())
    number = np.arange(len(rates))
    assert rates.accepted.all()
    for windows, accepted in ((7, 0), (8, 8), (30, 30)):  # of 30 s: a quarter of a window's length
        some = replace(rates, snr=np.where((number > 9) & (number < 10 + windows), rates.snr, -20))
        assert some.accepted.sum() == accepted
    assert "they do not last" in why_nothing("a.mp4", replace(rates, snr=np.where(number < 7, rates.snr, -20)))
    assert not replace(rates, steady=np.zeros(len(rates), bool)).accepted.any()
    short = {name: getattr(rates, name)[:2] for name in ("start", "hr", "snr", "roi_hr", "agree", "steady", "blood")}
    assert replace(rates, **short).accepted.all()  # no more windows fit into a recording of 31 s


@pytest.mark.parametrize("blood", [True, False])
def test_the_colour_of_a_line_is_that_of_what_causes_it(blood):
    t = np.arange(1800) / 30
    cause = np.sin(2 * np.pi * 1.3 * t)[:, None]
    light = 1 + cause * ((0.33, 0.77, 0.53) if blood else (1, 1, 1)) * (-0.01)
    trace = scene("white", 1).trace()
    trace.rgb[:1800] = (trace.rgb[:1800].mean(axis=0) * light[:, None]).astype(np.float32)
    rates = pulse_rates(trace, method="green")
    at = rates.start <= 30
    colours = line_colours(trace.t, mean_over_rois(trace), rates.waves, rates.start[at], rates.hr[at], 30.0)
    np.testing.assert_allclose(colours[5, :].real, (0.43, 1, 0.69) if blood else (1, 1, 1), atol=0.05)
    assert is_blood(colours, rates.start[at]).all() == blood
    assert rates.accepted[at].all() == blood
