"""A sample of the sweep over rates, pulses and disturbances: right or rejected, never a part or a multiple."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # benchmarks/ lies beside the package and is not installed
from benchmarks.pulse_colours import AMBIGUOUS, DISTURBANCES, SHAPES
from benchmarks.rate_sweep import Case, join, measure

RHYTHMS = [name for name in DISTURBANCES if name not in AMBIGUOUS]


@pytest.mark.parametrize("shape", SHAPES)
def test_accepted_rates_from_30_to_220_are_right_whatever_disturbs_them(shape):
    cases = [
        Case(float(bpm), shape, disturbance=RHYTHMS[number % len(RHYTHMS)], seed=number)
        for number, bpm in enumerate(np.linspace(31, 219, 16).round())
    ]
    windows = join(map(measure, cases))
    inside = ~windows.outside
    assert windows.accepted[inside].mean() > 0.7
    assert windows.right[inside & windows.accepted].mean() > 0.99


@pytest.mark.parametrize("shape", SHAPES)
def test_rates_outside_are_accepted_neither_as_they_are_nor_as_a_part_or_a_multiple(shape):
    for number, bpm in enumerate((25, 27, 28.5, 222, 228, 240, 265)):
        case = Case(float(bpm), shape, noise=0.05, seed=number)
        for each in (case, replace(case, method="green", seconds=30.0)):
            assert not measure(each).accepted.any(), each


@pytest.mark.parametrize("part", ["half", "third"])
def test_breathing_at_a_part_of_the_rate_does_not_pass_for_the_pulse(part):
    cases = [
        Case(bpm, shape, method, f"breathing at a {part}", seed=number)
        for number, bpm in enumerate((40.0, 47.0, 58.0, 70.0, 85.0))
        for shape, method in (("notched", "pos"), ("sine", "green"), ("finger", "red"))
    ]
    windows = join(map(measure, cases))
    assert windows.accepted.mean() > 0.6
    assert windows.right[windows.accepted].all()
