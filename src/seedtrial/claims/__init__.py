"""Claims that a study makes about its recipes, and the verdicts on them."""
