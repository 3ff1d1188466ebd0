"""Windows shifted by fractions of a sample, as they are and as points on axes."""

import numpy as np

MOST_SHIFT = 0.016
"""Greatest shift at which a copy is looked for, in beats (in s for windows of fixed seconds): two samples at 125 Hz."""
STEP = 0.004
"""Between shifts, in the same unit: half of it costs a pulse 0.001 of its correlation at most."""
_DEGREE = 3  # of splines


class Shifts:
    """Windows moved by fractions of a sample, without the ends that no shift may leave."""

    def __init__(self, length: int, samples_per_beat: int):
        from scipy.interpolate import make_interp_spline

        self.step = STEP * samples_per_beat
        self.most = round(MOST_SHIFT / STEP)
        end = int(np.ceil((self.most + 1) * self.step))
        self.inner = np.arange(end, length - end)
        spline = make_interp_spline(np.arange(length), np.eye(length), k=_DEGREE)
        self.knots, self.to_coefficients = spline.t, spline.c.T  # windows @ to_coefficients

    def of(self, windows: np.ndarray):
        """Give a function from a number of steps to the shifted inner parts, of zero mean and unit norm."""
        from scipy.interpolate import BSpline

        course = BSpline(self.knots, windows.astype(np.float64) @ self.to_coefficients, _DEGREE, axis=1)
        return lambda steps: unit(course(self.inner + steps * self.step))

    def still(self, windows: np.ndarray, dtype: type = np.float64) -> np.ndarray:
        """Inner parts as they are."""
        return unit(windows[:, self.inner[0] : self.inner[-1] + 1].astype(dtype))


def unit(windows: np.ndarray) -> np.ndarray:
    """Zero mean and unit norm; a flat window becomes zero, which resembles no other."""
    windows = windows - windows.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(windows, axis=1, keepdims=True)
    return np.divide(windows, norm, out=np.zeros_like(windows), where=norm > 0)


class Projection:
    """Shifted inner parts of windows as points on axes, at all shifts at once and without the parts themselves.

    Shifting and projecting are linear, so one matrix does both. The norm of a part is a quadratic form of the spline's
    coefficients, in which only coefficients that are at most three apart meet.
    """

    def __init__(self, shifts: Shifts, axes: np.ndarray):
        from scipy.interpolate import BSpline

        centred, maps, means, squares = axes - axes.mean(axis=0), [], [], []
        for steps in range(-shifts.most, shifts.most + 1):
            at = shifts.inner + steps * shifts.step
            basis = BSpline.design_matrix(at, shifts.knots, _DEGREE)  # sparse
            maps.append(shifts.to_coefficients @ (basis.T @ centred))
            means.append(np.asarray(basis.mean(axis=0)).ravel())
            squares.append(basis.T @ basis)
        self.inner, self.axes = len(shifts.inner), axes.shape[1]
        self.to_coefficients = shifts.to_coefficients.astype(np.float32)
        self.maps = np.hstack(maps).astype(np.float32)
        self.means = np.stack(means, axis=1).astype(np.float32)
        self.apart = [  # coefficients meet twice unless they are the same
            np.stack([(2 if apart else 1) * square.diagonal(apart) for square in squares], axis=1).astype(np.float32)
            for apart in range(_DEGREE + 1)
        ]

    def __call__(self, windows: np.ndarray) -> np.ndarray:
        """Points of (n, samples) windows: (n, shifts, axes)."""
        windows = windows.astype(np.result_type(windows, np.float32))
        windows = (windows - windows.mean(axis=1, keepdims=True)).astype(np.float32, copy=False)
        coefficients = windows @ self.to_coefficients
        square = -self.inner * (coefficients @ self.means) ** 2
        for apart, weights in enumerate(self.apart):
            square += (coefficients[:, : len(weights)] * coefficients[:, apart:]) @ weights
        norm = np.sqrt(np.maximum(square, 0))[:, :, None]
        points = (windows @ self.maps).reshape(*square.shape, self.axes)
        return np.divide(points, norm, out=np.zeros_like(points), where=norm > 0)
