"""Recipes, runs, studies, claims: what is asked, what was done, what it says."""
