"""Figures: they plot tables and compute no result."""
