"""Training the runs that a study still needs: in this process, in several, or elsewhere."""
