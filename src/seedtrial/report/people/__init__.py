"""The report on people who played the labelling game."""
