"""Errors and other measures of predictions."""
