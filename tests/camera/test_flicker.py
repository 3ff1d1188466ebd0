"""Light flicker: lamps that the frame rate folds down are named; pulse, breathing and noise are not."""

import numpy as np
import pytest

from cuffless.camera.pulse.flicker import flicker_note
from cuffless.camera.skin.trace import Trace

SKIN = np.array([150.0, 110.0, 90.0])
DEPTH = np.array([0.0033, 0.0077, 0.0053])


def trace_of(fps, light=0.0, *, bpm=70.0, seconds=40, depth=DEPTH, seed=0):
    """Skin with a pulse under light with a modulation, given as a function of the time in s."""
    t = np.arange(int(seconds * fps)) / fps
    beats = np.sin(2 * np.pi * bpm / 60 * t) + 0.35 * np.sin(4 * np.pi * bpm / 60 * t + 1)
    noise = np.random.default_rng(seed).normal(0, 0.002, (len(t), 3))
    rgb = SKIN * (1 - np.outer(beats, depth) + noise)
    if callable(light):
        rgb = rgb * (1 + light(t))[:, None]
    return Trace(t, rgb[:, None].astype(np.float32), np.ones((len(t), 1), int), ("whole",), fps, "file")


def lamp(hz, share=0.01):
    return lambda t: share * np.cos(2 * np.pi * hz * t + 0.3)


@pytest.mark.parametrize(
    ("fps", "hz", "folded", "mains"),
    [
        (24.875, 100, "0.50", 50),
        (24.9, 120, "4.50", 60),
        (30, 100, "10.00", 50),
        (30, 99.9, "9.90", 50),
        (29.5, 120, "2.00", 60),
        (25, 120, "5.00", 60),
        (59.94, 100, "19.88", 50),
        (14.9, 120, "0.80", 60),
    ],
)
def test_a_lamp_is_named_with_its_line_and_its_mains(fps, hz, folded, mains):
    note = flicker_note(trace_of(fps, lamp(hz)))
    share = note.split()[5]
    assert note == (
        f"light flicker at {folded} Hz, {share} % of the light: {2 * mains} Hz light (mains of {mains} Hz) at "
        f"{fps:.5g} frames per second"
    )
    assert float(share) == pytest.approx(1, abs=0.1)


def test_a_lamp_is_found_beside_a_pulse_and_only_if_it_matters():
    assert "at 2.00 Hz" in flicker_note(trace_of(29.5, lamp(120, 0.004), bpm=114))
    assert flicker_note(trace_of(30, lamp(100, 0.0005))) == ""


def test_a_pulse_at_the_frequency_of_a_lamp_is_none():
    for fps in (24.9, 29.5, 30, 14.9):
        for bpm in range(30, 221, 19):
            assert flicker_note(trace_of(fps, bpm=bpm, seed=bpm)) == ""
    for depth in (3 * DEPTH, np.array([0.010, 0.018, 0.016]), np.array([0.004, 0.010, 0.004])):
        assert flicker_note(trace_of(29.5, bpm=120, depth=depth)) == ""


def test_of_one_channel_only_a_line_that_is_no_pulse_counts():
    def gray(trace):
        trace.rgb[:] = trace.rgb[:, :, [1]]
        return trace

    assert flicker_note(gray(trace_of(29.5, bpm=120))) == ""
    assert flicker_note(gray(trace_of(29.5, lamp(120)))) == ""
    assert flicker_note(gray(trace_of(30, bpm=200))) == ""  # its third harmonic is at 10 Hz
    assert "at 10.00 Hz" in flicker_note(gray(trace_of(30, lamp(100))))


@pytest.mark.parametrize("hz", [0.15, 0.2, 0.25, 0.3])
@pytest.mark.parametrize("fps", [24.9, 25, 29.97, 30])
def test_breathing_is_no_lamp(fps, hz):
    assert flicker_note(trace_of(fps, lambda t: 0.02 * np.sin(2 * np.pi * hz * t))) == ""


def test_noise_is_no_lamp():
    fps, n = 24.9, 600
    frequency = np.fft.rfftfreq(n, 1 / fps)
    frequency[0] = frequency[1]
    for power in (0, 2):
        for seed in range(50):
            rng = np.random.default_rng(seed)
            noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(n)) / frequency ** (power / 2), n)
            share = 0.01 * noise / noise.std()
            trace = trace_of(fps, lambda t, share=share: share[: len(t)], depth=0 * DEPTH, seconds=24, seed=seed)
            assert flicker_note(trace) == ""
