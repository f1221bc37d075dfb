"""Calibration beside its peers: one file for tasks, data, programs, evaluator, worker and table."""
