"""Intervals, tests, baselines and skill: the only place that computes them."""
