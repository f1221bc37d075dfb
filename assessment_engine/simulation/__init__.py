"""Simulation of many sittings, by the decisions of the real test."""

from assessment_engine.simulated import Simulation
from assessment_engine.simulation.experiments import Wanted, exposure_parameters, largest_rate
from assessment_engine.simulation.plain import can_vectorise
from assessment_engine.simulation.run import joined, simulate_many
from assessment_engine.simulation.waves import simulate_in_waves

__all__ = [
    "Simulation",
    "Wanted",
    "can_vectorise",
    "exposure_parameters",
    "joined",
    "largest_rate",
    "simulate_in_waves",
    "simulate_many",
]
