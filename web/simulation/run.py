"""What ``takar simulate`` does, and what it says that it did."""

from collections.abc import Callable

from assessment_engine.simulated import Simulation
from assessment_engine.simulation import joined, simulate_in_waves, simulate_many
from web.simulation.persons import Persons
from web.simulation.source import SimulatedForm

ROUNDS = 20
"""The persons come in so many parts, for the progress line."""

Facts = tuple[tuple[str, str], ...]


def simulate_form(
    form: SimulatedForm,
    persons: Persons,
    *,
    wave: int,
    n_processes: int = 1,
    progress: Callable[[int], object],
) -> Simulation:
    """Let all persons sit the test; ``progress`` is told how many are done.

    Under item eligibility they come in waves, each of which learns from those before. Otherwise
    they come in parts, for the progress alone; several processes start once, for all.
    """
    theta = persons.abilities(form.n_dimensions)
    if form.rules.eligibility is not None:
        return simulate_in_waves(
            form.rules,
            form.pool,
            theta,
            persons.first_seed,
            wave=wave,
            progress=progress,
            n_processes=n_processes,
        )
    size = len(theta) if n_processes > 1 else max(-(-len(theta) // ROUNDS), 50)
    parts = []
    for first in range(0, len(theta), size):
        progress(first)
        own, seed = theta[first : first + size], persons.first_seed + first
        parts.append(simulate_many(form.rules, form.pool, own, seed, n_processes=n_processes))
    return joined(parts)


def facts_about(form: SimulatedForm, persons: Persons, wave: int) -> Facts:
    """What was simulated: words and values."""
    return (*form.facts(), ("true abilities", persons.said()), *_eligibility(form, wave))


def _eligibility(form: SimulatedForm, wave: int) -> Facts:
    config = form.rules.eligibility
    if config is None:
        return ()
    said = f"r_max {config.r_max:g} in each of {len(config.cuts) + 1} segments"
    return (("item eligibility", f"{said}, waves of {wave} sittings"),)
