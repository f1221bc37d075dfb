"""Adaptive testing: IRT models, ability, selection, stopping, and the one decision ``next_step``."""
