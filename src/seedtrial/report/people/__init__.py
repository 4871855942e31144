"""The page of people who played the labelling game."""
