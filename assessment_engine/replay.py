"""Whether a log is what the engine would have produced."""

from dataclasses import dataclass

from assessment_engine.pool import ItemPool
from assessment_engine.records import Administer, Finish, Finished, Log, Offered, Step
from assessment_engine.rules import Rules
from assessment_engine.sitting import read
from assessment_engine.step import next_step

ENGINE_REASONS = ("completed", "total_time")


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a log departs from what the engine computes from the events before.

    ``position`` is that of the offer, or of the last one where the end differs.
    """

    position: int
    offered: Offered | Finished
    recomputed: Step


@dataclass(frozen=True, slots=True)
class Replay:
    """How many decisions were recomputed, and the first that differs, if any does."""

    n_decisions: int
    difference: Difference | None = None

    @property
    def identical(self) -> bool:
        return self.difference is None


def replay(rules: Rules, pool: ItemPool, log: Log, seed: int) -> Replay:
    """Recompute every offer of a log from the events before it.

    Parameters
    ----------
    rules, pool, seed
        Those that the sitting was opened with.
    log : Log
        Finished or not. A Finished by another hand (a withdrawal) is not recomputed; its reason is
        then none of ``completed`` and ``total_time``.

    Returns
    -------
    Replay
        Item, position, section, order of options, note and shadow test are compared, and that the
        test ended when it should. Later offers are not looked at once one differs.

    Raises
    ------
    LogError
        If the log is contradictory in itself.
    """
    read(log)
    n_decisions = 0
    position = 0
    for i, event in enumerate(log):
        if not isinstance(event, Offered | Finished):
            continue
        if isinstance(event, Finished) and event.reason not in ENGINE_REASONS:
            continue
        step = next_step(rules, pool, log[:i], seed)
        n_decisions += 1
        position = event.position if isinstance(event, Offered) else position
        if step != _as_step(event):
            return Replay(n_decisions, Difference(position, event, step))
    return Replay(n_decisions)


def _as_step(event: Offered | Finished) -> Step:
    if isinstance(event, Finished):
        return Finish(event.reason)
    return Administer.of(event)
