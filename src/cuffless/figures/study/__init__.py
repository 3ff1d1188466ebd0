"""Figures of the study beyond the paper."""
