"""Pages of those who rate free-text answers."""
