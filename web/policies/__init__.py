"""The placement policy: what a regulation can change, by version."""
