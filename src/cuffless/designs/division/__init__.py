"""Dividing subjects among sets and folds, and joining what the folds of a split have given."""
