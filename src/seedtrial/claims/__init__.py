"""What can be said about recipes, and the verdicts on it."""
