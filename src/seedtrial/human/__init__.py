"""People as participants: the labelling game, and what people answered."""
