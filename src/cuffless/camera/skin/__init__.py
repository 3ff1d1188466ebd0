"""Skin in a video: where it is, and its mean colours over time."""
