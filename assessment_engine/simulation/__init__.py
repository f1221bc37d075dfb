"""Simulation of many sittings, by the decisions of the real test."""

from assessment_engine.simulated import Simulation
from assessment_engine.simulation.run import joined, simulate_many
from assessment_engine.simulation.vectorised import can_vectorise

__all__ = ["Simulation", "can_vectorise", "joined", "simulate_many"]
