"""What a simulation of many sittings leaves, one row a simulee."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assessment_engine.errors import EngineError
from assessment_engine.irt import FloatArray, IntArray
from assessment_engine.pool import ItemPool
from assessment_engine.profile import stop_reasons
from assessment_engine.records import Answered, Log, Offered, Response, Scored
from assessment_engine.rules import Rules
from assessment_engine.sitting import read, responses_of
from assessment_engine.state import estimate, scored_part


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """Simulated sittings of one test.

    Parameters
    ----------
    dimensions : tuple of str
        D of them, in alphabetical order.
    items : tuple of str
        Ids of the pool's items, in its order.
    theta : array of shape (n, D)
        True abilities, logits.
    estimate, se : arrays of shape (n, D)
        Ability by the rules' method and its standard error, logits; NaN where nothing was scored.
    given : array of shape (n, longest)
        Rows of the pool in the order of the offers, -1 after the last.
    category : array of shape (n, longest)
        Category of each answer; -1 where there is none.
    reason : array of shape (n, D)
        Place in ``reasons`` of why the dimension's last section ended; -1 where it never began.
    reasons : tuple of str
    seconds : array of shape (n,)
        Length of each sitting.
    notes : mapping of str to int
        How many offers carried each note.
    """

    dimensions: tuple[str, ...]
    items: tuple[str, ...]
    theta: FloatArray
    estimate: FloatArray
    se: FloatArray
    given: IntArray
    category: IntArray
    reason: IntArray
    reasons: tuple[str, ...]
    seconds: FloatArray
    notes: Mapping[str, int]

    @property
    def n(self) -> int:
        """Number of sittings."""
        return len(self.theta)


def from_logs(rules: Rules, pool: ItemPool, theta: FloatArray, logs: Sequence[Log]) -> Simulation:
    """The record of sittings that were simulated one by one.

    Parameters
    ----------
    rules, pool
        Those of the sittings.
    theta : array of shape (n, D)
        True abilities, logits; a column a dimension that the rules measure, in alphabetical order.
    logs : sequence of Log
        One a row of ``theta``.

    Returns
    -------
    Simulation
        Items on trial are among those given and do not count to the estimates.

    Raises
    ------
    EngineError
        If there is no log, or ``theta`` has another shape.
    """
    dimensions = tuple(sorted({section.dimension for section in rules.sections}))
    shape = (len(logs), len(dimensions))
    if not logs or theta.shape != shape:
        raise EngineError(
            f"true abilities of shape {theta.shape} for {len(logs)} logs of {dimensions}; expected "
            f"{shape} and one log at least"
        )
    ended = [stop_reasons(rules, pool, log) for log in logs]
    reasons = tuple(sorted({reason for own in ended for reason in own.values()}))
    offers = [[event for event in log if isinstance(event, Offered)] for log in logs]
    longest = max(map(len, offers))
    given = np.full((len(logs), longest), -1, dtype=np.int64)
    category = given.copy()
    reason = np.full(shape, -1, dtype=np.int64)
    ability = np.full((*shape, 2), np.nan)
    for i, log in enumerate(logs):
        known = _categories(log)
        for place, offer in enumerate(offers[i]):
            given[i, place] = pool.row_of(offer.item)
            category[i, place] = known.get(offer.position, -1)
        answers = _answers(rules, pool, log)
        for d, name in enumerate(dimensions):
            if name in ended[i]:
                reason[i, d] = reasons.index(ended[i][name])
            if name in answers:
                ability[i, d] = estimate(rules.estimation, pool, tuple(answers[name]))
    return Simulation(
        dimensions=dimensions,
        items=tuple(item.id for item in pool.items),
        theta=theta,
        estimate=ability[..., 0],
        se=ability[..., 1],
        given=given,
        category=category,
        reason=reason,
        reasons=reasons,
        seconds=np.array([log[-1].at - log[0].at for log in logs]),
        notes=Counter(offer.note for own in offers for offer in own if offer.note),
    )


def _categories(log: Log) -> dict[int, int]:
    """By position; the likeliest where a score is uncertain."""
    found: dict[int, int] = {}
    for event in log:
        if isinstance(event, Answered) and event.category is not None:
            found[event.position] = event.category
        elif isinstance(event, Scored):
            found[event.position] = int(np.argmax(event.likelihood))
    return found


def _answers(rules: Rules, pool: ItemPool, log: Log) -> dict[str, list[Response]]:
    answers: dict[str, list[Response]] = {}
    for response in responses_of(scored_part(rules, pool, read(log)), pool):
        answers.setdefault(pool[response.item].dimension, []).append(response)
    return answers
