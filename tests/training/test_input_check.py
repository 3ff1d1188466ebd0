"""Whether a network looks at a recording, by networks whose answer is known."""

import numpy as np
import pytest

from cuffless.training.input_check import check_input, other_input


@pytest.fixture(scope="module")
def ppg():
    """Windows of seven pulses with a steep rise, of zero mean and unit variance."""
    phase = (7 * np.arange(175) / 175 + np.random.default_rng(0).uniform(0, 1, (40, 1))) % 1
    pulse = np.where(phase < 0.2, phase / 0.2, (1 - phase) / 0.8)
    return ((pulse - pulse.mean(1, keepdims=True)) / pulse.std(1, keepdims=True)).astype(np.float16)


def constant(ppg):
    return np.tile([121.0, 63.0], (len(ppg), 1))


def by_steepness(ppg):
    """120/60, and more where the pulse rises faster than it falls."""
    slope = np.diff(np.asarray(ppg, float), axis=1)
    return np.array([120, 60]) + 20 * (slope.max(axis=1) + slope.min(axis=1))[:, None]


def by_rate(ppg):
    """By the zero crossings alone, which playing backwards leaves."""
    crossings = (np.diff(np.sign(np.asarray(ppg, float)), axis=1) != 0).sum(axis=1)
    return np.array([120, 60]) + (crossings - 14)[:, None]


def test_a_constant_hardly_depends_on_the_recording(ppg):
    found = check_input(ppg, constant(ppg), constant, (15.0, 8.0))
    assert (found["sbp_depends"], found["dbp_depends"]) == (False, False)
    assert (found["sbp_spread"], found["sbp_change"], found["sbp_label_sd"]) == (0, 0, 15)


@pytest.mark.parametrize("network", [by_steepness, by_rate])
def test_a_network_that_uses_shape_or_rate_depends_on_it(ppg, network):
    found = check_input(ppg, network(ppg), network, (15.0, 8.0))
    assert found["sbp_depends"]
    assert found["dbp_depends"]
    assert found["sbp_change"] > 1


def test_a_network_that_nearly_ignores_the_recording_is_told_by_its_labels(ppg):
    def faint(windows):
        return np.array([120, 60]) + 0.02 * (by_steepness(windows) - [120, 60])

    found = check_input(ppg, faint(ppg), faint, (15.0, 8.0))
    assert not found["sbp_depends"]
    assert check_input(ppg, faint(ppg), faint, (0.1, 0.1))["sbp_depends"]
    assert not check_input(ppg, faint(ppg), faint, None)["sbp_depends"]
    assert check_input(ppg, faint(ppg), faint, None)["sbp_label_sd"] is None


def test_a_change_from_window_to_window_is_dependence_enough(ppg):
    said = constant(ppg) + np.linspace(-5, 5, len(ppg))[:, None]
    assert check_input(ppg, said, lambda other: said, (15.0, 8.0))["sbp_depends"]


def test_predictions_that_are_not_numbers_are_not_called_constant(ppg):
    said = np.full((len(ppg), 2), np.nan)
    assert check_input(ppg, said, lambda other: said, (15.0, 8.0))["sbp_depends"]


def test_other_input_is_backwards_slower_and_standardized(ppg):
    other = other_input(ppg)
    assert other.shape == ppg.shape
    np.testing.assert_allclose(other.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(other.std(axis=1), 1, atol=1e-4)
    back = np.interp(np.arange(130), np.linspace(0.75 * 174, 0, 175)[::-1], other[0, ::-1])
    assert np.corrcoef(back, ppg[0, :130].astype(float))[0, 1] > 0.99
    np.testing.assert_array_equal(other_input(np.zeros((2, 175))), 0)


def test_only_so_many_windows_are_predicted_as_a_network_takes_at_once(ppg):
    sizes = []

    def network(windows):
        sizes.append(len(windows))
        return constant(windows)

    many = np.tile(ppg, (30, 1))
    check_input(many, constant(many), network, (15.0, 8.0))
    assert sizes == [512]


def test_a_constant_network_trained_on_one_pressure_does_not_look(ppg):
    found = check_input(ppg, constant(ppg), constant, (0.0, 0.0))
    assert found["sbp_depends"] is False
    assert found["dbp_depends"] is False
