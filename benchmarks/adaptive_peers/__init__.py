"""Adaptive tests beside peers: one file for tasks, programs, single decisions, worker and table."""
