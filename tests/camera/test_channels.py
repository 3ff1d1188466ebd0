"""Channels of monochrome cameras, and of cameras that say whole numbers."""

import numpy as np
import pytest
import scipy

from cuffless.camera.errors import RppgError
from cuffless.camera.pulse.channels import rates_by_best_method
from cuffless.camera.pulse.faults import channel_faults, is_monochrome, unusable_channels
from cuffless.camera.skin.trace import Trace

FPS = 30
T = np.arange(60 * FPS) / FPS
PULSE = np.sin(2 * np.pi * 1.25 * T) + 0.3 * np.sin(2 * np.pi * 2.5 * T)
PHASE = T * 1.25 % 1
BEATS = np.exp(-(((PHASE - 0.2) / 0.09) ** 2))
"""Short beats, and flat in between."""
NOISE = np.random.default_rng(0).normal(0, 0.1, (len(T), 3))


def colours(pulse=PULSE, depth=(1.0, 1.8, 1.2), noise=NOISE):
    return np.array([150.0, 110.0, 90.0]) - np.outer(pulse, depth) + noise


def trace_of(rgb):
    return Trace(T, rgb[:, None].astype(np.float32), np.ones((len(T), 1), int), ("whole",), FPS, "file")


@pytest.mark.parametrize(
    "rgb",
    [
        np.round(colours()),
        np.round(colours(depth=(0.4, 0.8, 0.5))),
        np.round(colours(BEATS, (2, 4, 2))),
        np.round(colours(BEATS, (2, 4, 2), 0)),
        np.round(4 * colours()) / 4,
        np.round(colours() / 255, 2),
        np.round(16 * colours(BEATS)),
        np.round(colours(PULSE, (9, 19, 12), 0)),
    ],
    ids=["case", "one step", "beats", "beats without noise", "quarters", "hundredths", "12 bits", "sine without noise"],
)
def test_whole_numbers_are_no_saturation(rgb):
    assert unusable_channels(rgb, FPS) == {}
    rates, note = rates_by_best_method(trace_of(rgb))
    assert (rates.method, note) == ("pos", "")
    assert rates.accepted.all()
    np.testing.assert_allclose(rates.hr, 75, atol=0.5)


@pytest.mark.parametrize(
    ("rgb", "faults"),
    [
        (np.minimum(np.round(np.add(colours(), (105, 0, 0))), 255), {"red": "saturated"}),
        (np.minimum(np.round(np.add(4 * colours(), (423, 0, 0))), 1023), {"red": "saturated"}),
        (np.minimum(colours() / 255 + (0.412, 0, 0), 1), {"red": "saturated"}),
        (np.minimum(np.round(100 * colours()) / 100, (150.2, 255, 255)), {"red": "saturated"}),
        (np.where(T[:, None] % 20 < 3, np.minimum(np.round(colours()), (255, 255, 91)), np.round(colours())), {}),
        (np.where(T[:, None] % 20 < 3, (150, 110, 88), np.round(colours())), {"blue": "saturated"}),
        (colours() * (1, 1, 0) + (0, 0, 128), {"blue": "constant"}),
        (np.minimum(np.round(np.add(4 * colours(), (423, 0, 0))), 1020), {"red": "saturated"}),
        (np.minimum(np.round(np.add(256 * colours(), (27100, 0, 0))), 65472), {"red": "saturated"}),
        (np.round(np.add(4 * colours(), (0, 0, 655))), {}),
        (np.round(colours(np.sin(2 * np.pi * 0.05 * T), (0.6, 0.6, 0.6), 0)), {}),
    ],
    ids=[
        *("8 bits", "10 bits", "shares", "clipped by processing", "clipped in parts", "held", "constant"),
        *("8 bits shifted to 10", "10 bits shifted to 16", "at 1015 of 1023", "a wave below one step"),
    ],
)
def test_the_end_of_the_range_is_saturation_and_so_is_a_value_that_is_held(rgb, faults):
    assert unusable_channels(rgb, FPS) == faults


@pytest.mark.parametrize("kind", ["same", "rounded", "scaled", "shifted", "chroma noise", "tinted, with chroma noise"])
def test_a_monochrome_camera_s_pulse_is_taken_from_the_one_channel(kind):
    gray = 120 - 1.2 * np.sin(2 * np.pi * 1.25 * T) + NOISE[:, 0] / 2
    rgb = np.column_stack([gray] * 3)
    rgb = {
        "same": rgb,
        "rounded": np.round(rgb),
        "scaled": rgb * (1.2, 1, 0.7),
        "shifted": rgb + np.array([4, 0, -3]),
        "chroma noise": rgb + 0.02 * NOISE * (1, 0, -1),
        "tinted, with chroma noise": rgb + np.array([1, -2, 4]) + 0.3 * NOISE * (1, 0, -1),
    }[kind]
    assert is_monochrome(rgb)
    rates, note = rates_by_best_method(trace_of(rgb))
    assert (rates.method, note) == (
        "green",
        "red, green and blue are the same channel: the pulse wave is taken from green alone",
    )
    assert rates.accepted.all()
    np.testing.assert_allclose(rates.hr, 75, atol=0.5)
    assert channel_faults(rgb, FPS) == "red, green and blue are the same channel"
    assert channel_faults(rgb, FPS, ("green",)) == ""


def test_a_colour_camera_is_not_monochrome_though_light_swings_in_all_channels():
    swings = 1 + 0.05 * np.sin(2 * np.pi * 0.1 * T)[:, None]
    assert not is_monochrome(colours() * swings)
    assert not is_monochrome(colours(noise=0) * swings)
    assert not is_monochrome(np.full((100, 3), np.nan))
    gray_skin = np.array([120.0, 120.5, 120.2]) - np.outer(PULSE, (0.5, 1.2, 0.8))
    assert not is_monochrome(gray_skin)


def test_one_channel_that_is_lit_is_taken_and_said():
    infrared = colours() * (1, 0, 0) + (0, 0, 0.0)
    rates, note = rates_by_best_method(trace_of(infrared))
    assert (rates.method, note) == (
        "red",
        "green is dark and blue is dark: the pulse wave is taken from red alone",
    )
    assert rates.accepted.all()


def test_infrared_with_a_tint_and_a_codec_s_noise_is_taken_from_one_channel():
    gray = 120 - 0.9 * np.sin(2 * np.pi * 1.25 * T)
    held = np.cumsum(np.random.default_rng(2).normal(0, 0.15, (len(T) // 5 + 1, 3)), axis=0).repeat(5, axis=0)[: len(T)]
    held -= scipy.ndimage.uniform_filter1d(held, 15, axis=0)
    rates, note = rates_by_best_method(
        trace_of(np.outer(gray, (1.2, 0.5, 0.7)) + 0.5 * NOISE[:, [0]] + held * (1, 0.3, 1))
    )
    assert note == f"infrared light: the pulse wave is taken from {rates.method} alone, where it is clearer than by pos"
    np.testing.assert_allclose(rates.hr[rates.accepted], 75, atol=0.5)
    assert rates.accepted.mean() > 0.9


def test_colours_that_stand_still_are_not_called_too_bright():
    with pytest.raises(RppgError, match=r"^red is constant and .* blue is constant: no channel is usable$"):
        rates_by_best_method(trace_of(np.full((len(T), 3), 80.0)))
