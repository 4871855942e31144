"""Which network should I use? Candidates, a search on validation images within a budget of time, and the answer."""
