"""Accounts, log-in and roles."""
