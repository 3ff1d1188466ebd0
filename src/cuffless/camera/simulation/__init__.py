"""Simulated recordings of faces."""
