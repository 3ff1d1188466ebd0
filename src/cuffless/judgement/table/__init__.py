"""Prediction tables: reading, checking and aligning them."""
