"""People, units, positions and their talent records."""
