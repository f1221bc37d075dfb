"""Sittings with logs: every simulee through ``next_step``, and what a log leaves in a row."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from assessment_engine.exposure import EligibilityCounts
from assessment_engine.irt import FloatArray, IntArray
from assessment_engine.opening import open_with
from assessment_engine.pool import ItemPool
from assessment_engine.profile import stop_reasons
from assessment_engine.records import Answered, Item, Log, Offered, Opened, Scored
from assessment_engine.rules import Rules
from assessment_engine.simulate import simulate
from assessment_engine.simulated import Simulation
from assessment_engine.sitting import read
from assessment_engine.state import section_state


@dataclass(frozen=True, slots=True)
class Row:
    """What one log leaves; ``reasons`` by dimension."""

    given: tuple[int, ...]
    category: tuple[int, ...]
    abilities: tuple[tuple[float, float], ...]
    reasons: Mapping[str, str]
    seconds: float
    notes: Mapping[str, int]


def sit_by_steps(
    rules: Rules,
    pool: ItemPool,
    theta: FloatArray,
    seeds: Sequence[int],
    answer_time: Callable[[Item], float],
    *,
    opening: Callable[[int], Opened] | None = None,
    counts: EligibilityCounts | None = None,
    observe: Callable[[Rules, ItemPool, Log, int], Any] | None = None,
) -> Simulation:
    """Let simulees sit the test one after the other; arguments as ``simulate_many`` has them."""
    dimensions = measured(rules)
    rows, observed = [], []
    for own, seed in zip(theta, seeds, strict=True):
        known = dict(zip(dimensions, own.tolist(), strict=True))
        opened = opening(seed) if opening is not None else None
        if counts is not None:
            opened = drawn(rules, pool, seed, counts)
        log = simulate(rules, pool, known, seed, answer_time, opened=opened)
        rows.append(row_of(rules, pool, log))
        if observe is not None:
            observed.append(observe(rules, pool, log, seed))
    return replace(gather(pool, dimensions, theta, rows), observed=tuple(observed))


def drawn(rules: Rules, pool: ItemPool, seed: int, counts: EligibilityCounts) -> Opened:
    """The first event of a sitting, with all that a real one draws when it opens."""
    found = open_with(rules, pool, seed, counts=counts)
    return Opened(
        at=0.0,
        assessment="simulation",
        parameter_set=pool.digest,
        eligible=found.eligible,
        withheld=found.withheld,
        lifted=found.lifted,
        pretest=found.pretest,
    )


def measured(rules: Rules) -> tuple[str, ...]:
    """The dimensions that sections measure, in alphabetical order."""
    return tuple(sorted({section.dimension for section in rules.sections}))


def row_of(rules: Rules, pool: ItemPool, log: Log) -> Row:
    """What a finished log says: items and answers, abilities as the step judged them, reasons."""
    offers = [event for event in log if isinstance(event, Offered)]
    answers: dict[int, int] = {}
    for event in log:
        if isinstance(event, Answered) and event.category is not None:
            answers[event.position] = event.category
        elif isinstance(event, Scored):
            answers[event.position] = int(np.argmax(event.likelihood))
    sitting = read(log)
    last = {section.dimension: index for index, section in enumerate(rules.sections)}
    abilities = []
    for dimension in measured(rules):
        state = section_state(rules, pool, sitting, last[dimension])
        abilities.append((state.theta, state.se) if state.answers else (np.nan, np.nan))
    return Row(
        given=tuple(pool.row_of(offer.item) for offer in offers),
        category=tuple(answers.get(offer.position, -1) for offer in offers),
        abilities=tuple(abilities),
        reasons=stop_reasons(rules, pool, log),
        seconds=log[-1].at - log[0].at,
        notes=Counter(offer.note for offer in offers if offer.note),
    )


def gather(
    pool: ItemPool, dimensions: tuple[str, ...], theta: FloatArray, rows: Sequence[Row]
) -> Simulation:
    """One simulation of rows in the order of ``theta``."""
    longest = max((len(row.given) for row in rows), default=0)
    given = np.full((len(rows), longest), -1, dtype=np.int32)
    category = np.full((len(rows), longest), -1, dtype=np.int8)
    for i, row in enumerate(rows):
        given[i, : len(row.given)] = row.given
        category[i, : len(row.category)] = row.category
    names = sorted({reason for row in rows for reason in row.reasons.values()})
    reason: IntArray = np.array(
        [
            [names.index(row.reasons[name]) if name in row.reasons else -1 for name in dimensions]
            for row in rows
        ],
        dtype=np.int64,
    ).reshape(theta.shape)
    abilities = np.array([row.abilities for row in rows]).reshape(*theta.shape, 2)
    return Simulation(
        dimensions=dimensions,
        items=tuple(item.id for item in pool),
        theta=theta,
        estimate=abilities[..., 0],
        se=abilities[..., 1],
        given=given,
        category=category,
        reason=reason,
        reasons=tuple(names),
        seconds=np.array([row.seconds for row in rows]),
        notes=sum((Counter(row.notes) for row in rows), Counter[str]()),
    )
