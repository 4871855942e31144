"""Compiled training steps, bit for bit equal to torch's layers."""
