"""Bytes -> Dataset: sources, checks, splits and the seal on the test part."""
