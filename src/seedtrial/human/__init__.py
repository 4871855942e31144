"""People as participants: the labelling game, its store of answers, and the statistics of people's answers."""
