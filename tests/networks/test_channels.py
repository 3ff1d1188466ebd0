import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuffless.networks import input_channels


def test_derivatives_of_a_sine_are_cosine_and_minus_sine():
    phase = np.arange(875) / 125 * 2 * np.pi
    sine, cosine = np.sqrt(2) * np.sin(phase), np.sqrt(2) * np.cos(phase)
    channels = input_channels(sine[None].astype(np.float32), True)[0, 5:-5]
    np.testing.assert_allclose(channels[:, 1], cosine[5:-5], atol=0.01)
    np.testing.assert_allclose(channels[:, 2], -sine[5:-5], atol=0.01)


def test_the_second_derivative_survives_16_bits():
    phase = np.arange(875) / 125 * 2 * np.pi
    pulse = (np.sin(phase) + 0.4 * np.sin(2 * phase + 1) + 0.1 * np.sin(4 * phase))[None] / 0.77
    exact = input_channels(pulse.astype(np.float32), True)
    stored = input_channels(pulse.astype(np.float16), True)
    assert np.sqrt(np.mean((stored - exact)[:, :, 2] ** 2)) < 0.03


def test_without_derivatives_the_signal_is_passed_as_it_is(windows):
    channels = input_channels(windows, False)
    assert channels.shape == (16, 175, 1)
    assert channels.dtype == np.float32
    np.testing.assert_array_equal(channels[:, :, 0], windows.astype(np.float32))


@given(scale=st.floats(0.01, 100), n=st.integers(1, 300))
def test_derivative_channels_have_unit_variance_whatever_the_scale(scale, n):
    ppg = scale * np.random.default_rng(n).normal(size=(n, 40)).astype(np.float32)
    channels = input_channels(ppg, True)
    np.testing.assert_allclose(channels[:, :, 1:].std(axis=1), 1, rtol=1e-3)
    np.testing.assert_array_equal(channels[:, :, 0], ppg)


def test_a_flat_window_has_derivatives_of_zero():
    channels = input_channels(np.full((2, 50), 0.3, np.float16), True)
    assert not channels[:, :, 1:].any()
    assert np.isfinite(channels).all()


def test_windows_of_a_wrong_shape_are_refused():
    with pytest.raises(ValueError, match=r"got shape \(50,\)"):
        input_channels(np.zeros(50), False)
    with pytest.raises(ValueError, match="at least 3 samples, got 2"):
        input_channels(np.zeros((1, 2)), True)
