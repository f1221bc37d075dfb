"""Pages of the personnel agency (BKPP)."""
