"""Simulations of a test before it goes live: what is simulated, what is told of it."""
