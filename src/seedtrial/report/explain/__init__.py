"""The page that shows what is inside a trained network."""
