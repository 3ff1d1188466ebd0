"""Shifted windows as points: the same points as of the shifted windows themselves."""

import numpy as np
import pytest

from cuffless.signals.shifts import Projection, Shifts


@pytest.mark.parametrize("samples_per_beat", [125, 64, 33])
def test_a_projection_at_all_shifts_is_that_of_the_shifted_windows(samples_per_beat):
    rng = np.random.default_rng(0)
    windows = (3 + np.cumsum(rng.standard_normal((20, 150)), axis=1)).astype(np.float16)
    shifts = Shifts(windows.shape[1], samples_per_beat)
    axes, _ = np.linalg.qr(rng.standard_normal((len(shifts.inner), 5)))
    points, moved = Projection(shifts, axes)(windows), shifts.of(windows)
    for number, steps in enumerate(range(-shifts.most, shifts.most + 1)):
        np.testing.assert_allclose(points[:, number], moved(steps) @ axes, atol=1e-5)


def test_a_flat_window_is_a_point_at_the_origin():
    shifts = Shifts(100, 50)
    axes = np.linalg.qr(np.random.default_rng(0).standard_normal((len(shifts.inner), 3)))[0]
    assert not Projection(shifts, axes)(np.full((2, 100), 0.3, np.float16)).any()


def test_without_a_shift_a_moved_window_is_the_window_itself():
    windows = np.random.default_rng(0).standard_normal((4, 100))
    shifts = Shifts(100, 50)
    np.testing.assert_allclose(shifts.of(windows)(0), shifts.still(windows), atol=1e-12)
