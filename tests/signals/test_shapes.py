"""Figures of the shape of pulses, on pulses of a known shape."""

import numpy as np
import pytest

from cuffless.signals.shapes import SHAPES, pulse_shapes

BEAT = 25


def _window(pulse, beats=7, points=BEAT):
    """Windows of equal pulses: `pulse` gives the height at a share of a beat."""
    return pulse((np.arange(beats * points) % points) / points)[None]


def _figures(window, **options):
    return dict(zip(SHAPES, pulse_shapes(window, **options)[0], strict=True))


def _rise_and_fall(crest):
    """A pulse that rises like a cosine up to `crest` and falls like one after it."""
    return lambda t: np.where(
        t < crest, 0.5 - 0.5 * np.cos(np.pi * t / crest), 0.5 + 0.5 * np.cos(np.pi * (t - crest) / (1 - crest))
    )


@pytest.mark.parametrize("crest", [0.2, 0.35, 0.5])
def test_times_and_widths_are_those_of_the_pulse(crest):
    found = _figures(_window(_rise_and_fall(crest), points=100))
    assert found["crest_time"] == pytest.approx(crest, abs=0.03)
    assert found["width50"] == pytest.approx(0.5, abs=0.03)
    assert found["width25"] == pytest.approx(2 / 3, abs=0.03)
    assert found["width75"] == pytest.approx(1 / 3, abs=0.03)
    assert found["area"] == pytest.approx(0.5, abs=0.03)
    assert found["upslope"] == pytest.approx(np.pi / 2 / crest, rel=0.1)
    assert found["beat_variation"] == pytest.approx(0, abs=0.01)


def test_the_dicrotic_notch_is_found_where_it_is():
    def pulse(t):
        main, second = (np.exp(k * (np.cos(2 * np.pi * (t - at)) - 1)) for k, at in ((10, 0.2), (8, 0.55)))
        return main + 0.3 * second

    t = np.arange(1000) / 1000
    height = pulse(t)
    foot, notch = height.argmin() / 1000, t[(t > 0.2) & (t < 0.55)][height[(t > 0.2) & (t < 0.55)].argmin()]
    found = _figures(_window(pulse, points=100))
    assert found["notch_time"] == pytest.approx((notch - foot) % 1, abs=0.04)
    assert found["notch_height"] == pytest.approx((pulse(notch) - height.min()) / np.ptp(height), abs=0.05)


@pytest.mark.parametrize("change", [lambda x: 5 * x, lambda x: x + 3, lambda x: np.roll(x, 9, axis=1)])
def test_scale_offset_and_phase_change_nothing(change):
    window = _window(_rise_and_fall(0.3), points=100)
    np.testing.assert_allclose(pulse_shapes(change(window)), pulse_shapes(window), atol=0.05)


def test_few_samples_per_beat_give_nearly_the_same_figures():
    few, many = (_figures(_window(_rise_and_fall(0.3), points=points)) for points in (25, 125))
    for name in ("crest_time", "width25", "width50", "width75", "area"):
        assert few[name] == pytest.approx(many[name], abs=0.05), name


def test_noise_and_flat_lines_still_get_finite_figures():
    rng = np.random.default_rng(0)
    windows = np.concatenate([rng.normal(size=(20, 175)), np.zeros((2, 175)), np.ones((1, 175))])
    found = pulse_shapes(windows)
    assert found.shape == (23, len(SHAPES))
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found[-1], found[-2])  # the figures of a sine
    assert found[-1, 0] == pytest.approx(0.5)


def test_unequal_beats_are_noticed():
    lengths = [20, 30, 22, 28, 20, 30, 25]
    parts = [_rise_and_fall(0.3)(np.arange(n) / n) for n in lengths]
    assert _figures(np.concatenate(parts)[None])["beat_variation"] > 0.1
