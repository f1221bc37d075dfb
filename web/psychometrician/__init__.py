"""Pages of those who keep the bank."""
