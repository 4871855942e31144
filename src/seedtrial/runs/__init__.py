"""One run: a recipe with a seed becomes a folder."""
