"""Uncertainty per prediction: intervals that predictors state, those that the judge makes, and what they cover."""
