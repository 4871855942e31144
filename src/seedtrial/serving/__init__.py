"""Using a network after the comparison: predicting, exporting, serving."""
