"""Pages of the person who sits an assessment."""
