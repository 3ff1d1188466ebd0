"""Intervals around a network's predictions, calibrated on its validation people."""

from cuffless.training.intervals.calibration import LIMITS, Calibration, Intervals, calibrate

__all__ = ["LIMITS", "Calibration", "Intervals", "calibrate"]
