"""Simulation of many sittings, by the decisions of the real test."""

from assessment_engine.simulated import Simulation
from assessment_engine.simulation.plain import can_vectorise
from assessment_engine.simulation.run import joined, simulate_many

__all__ = ["Simulation", "can_vectorise", "joined", "simulate_many"]
