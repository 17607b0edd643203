"""The domain of neighbourhood grids and its store."""
