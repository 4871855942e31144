"""Predictions -> numbers: scores, intervals, tests."""
