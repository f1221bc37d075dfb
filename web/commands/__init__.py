"""Subcommands of ``takar``."""
