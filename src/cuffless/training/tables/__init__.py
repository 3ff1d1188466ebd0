"""Prediction tables beyond a training's own: of folds joined, and of other data sets' people."""
