"""Answers that game the scorer: attacks to test with, signs of them, and a detector."""
