"""Simulated sittings: a person with known abilities takes the test that real persons take."""

from collections.abc import Callable, Mapping

import numpy as np

from assessment_engine.clock import time_left
from assessment_engine.errors import EngineError
from assessment_engine.exposure import draws
from assessment_engine.irt import category_probabilities
from assessment_engine.pool import ItemPool, likelihood_of
from assessment_engine.records import (
    Administer,
    Answered,
    Event,
    Expired,
    Finish,
    Finished,
    Item,
    Log,
    Opened,
    Scored,
)
from assessment_engine.rules import Rules
from assessment_engine.step import next_step

ANSWERS = "answers"  # purpose of the draws that decide answers


def expected_time(item: Item) -> float:
    """The seconds that an item is planned for."""
    return item.seconds


def simulate(
    rules: Rules,
    pool: ItemPool,
    theta: Mapping[str, float],
    seed: int,
    answer_time: Callable[[Item], float] = expected_time,
    *,
    opened: Opened | None = None,
) -> Log:
    """Let a person with known abilities sit the test, through the same :func:`next_step`.

    Parameters
    ----------
    rules : Rules
    pool : ItemPool
    theta : mapping of dimension to ability
        True abilities, logits.
    seed : int
        The sitting's seed. With the position it also decides each answer, whatever was answered
        before.
    answer_time : callable
        Seconds that an item takes. An answer that would come after the time limit expires instead.
    opened : Opened, optional
        How the sitting opens; by default at 0 s with all items.

    Returns
    -------
    Log
        From Opened to Finished. A free-text answer is scored as it is given, without error.

    Raises
    ------
    EngineError
        If ``theta`` lacks a dimension that a section measures.
    """
    missing = sorted({section.dimension for section in rules.sections} - set(theta))
    if missing:
        raise EngineError(f"no true ability for {missing}; theta has {sorted(theta)}")
    answers = draws(seed, 0, ANSWERS)
    log: Log = (opened or Opened(0.0, "simulation", pool.digest, ()),)
    while True:
        step = next_step(rules, pool, log, seed)
        now = log[-1].at
        if isinstance(step, Finish):
            return (*log, Finished(now, step.reason))
        log = (*log, step.offered(now))
        item, chance = pool[step.item], (next(answers) >> 11) * 2.0**-53
        until = now + answer_time(item)
        limit = _time_up(rules, log, now)
        if until > limit:
            log = (*log, Expired(limit, step.position))
        else:
            log = (*log, *_answer(item, step, until, theta[item.dimension], chance))


def _time_up(rules: Rules, log: Log, now: float) -> float:
    left = time_left(rules, log, now)
    limits = [seconds for seconds in (left.section, left.total) if seconds is not None]
    return now + min(limits) if limits else float("inf")


def _answer(
    item: Item, step: Administer, at: float, theta: float, chance: float
) -> tuple[Event, ...]:
    p = category_probabilities(item, theta)[0]
    category = int(np.searchsorted(np.cumsum(p)[:-1], chance, side="right"))
    if item.kind != "free_text":
        return (Answered(at, step.position, item.id, category),)
    scored = Scored(at, step.position, likelihood_of(item.n_categories, category), "machine")
    return (Answered(at, step.position, item.id, None, text=""), scored)
