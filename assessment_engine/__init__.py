"""Adaptive testing: IRT models, ability, selection, stopping, and the decision ``next_step``."""

from assessment_engine.ability import THETA_GRID, Posterior, eap, map_estimate, posterior
from assessment_engine.clock import time_left
from assessment_engine.errors import (
    ConvergenceError,
    CutScoreError,
    EngineError,
    ItemError,
    LogError,
    PolicyError,
    ResponseError,
    RulesError,
    UnknownItemError,
)
from assessment_engine.irt import category_probabilities, information
from assessment_engine.pool import ItemPool
from assessment_engine.profile import profile
from assessment_engine.selection import maximum_information
from assessment_engine.sitting import current_offer, responses
from assessment_engine.step import next_step

__all__ = [
    "THETA_GRID",
    "ConvergenceError",
    "CutScoreError",
    "EngineError",
    "ItemError",
    "ItemPool",
    "LogError",
    "PolicyError",
    "Posterior",
    "ResponseError",
    "RulesError",
    "UnknownItemError",
    "category_probabilities",
    "current_offer",
    "eap",
    "information",
    "map_estimate",
    "maximum_information",
    "next_step",
    "posterior",
    "profile",
    "responses",
    "time_left",
]
