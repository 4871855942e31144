"""Making the runs that a study needs."""
