"""The one decision of the engine: what a sitting offers next."""

from collections.abc import Iterable

from assessment_engine.choice import Moment, offer
from assessment_engine.clock import total_time_left
from assessment_engine.content import section_index
from assessment_engine.pool import ItemPool
from assessment_engine.records import Administer, Finish, Log, Step
from assessment_engine.rules import Rules
from assessment_engine.sitting import Sitting, read
from assessment_engine.state import section_state
from assessment_engine.turns import in_turn


def next_step(rules: Rules, pool: ItemPool, log: Log, seed: int) -> Step:
    """Decide what a sitting offers next; a pure function of its arguments.

    While an offer is open, it is offered again, whatever the clock says: the caller closes it by
    Answered or Expired. The present is the time of the last event.

    Parameters
    ----------
    rules : Rules
    pool : ItemPool
        The parameter set that the sitting was opened with.
    log : Log
        Events so far, from Opened on.
    seed : int
        The sitting's seed. With the position it decides every random choice.

    Returns
    -------
    Administer or Finish
        ``Finish.reason`` is ``completed``, ``total_time``, or the reason of a Finished in the log.
        ``Administer.note`` says where a choice fell short: ``minima_out_of_reach`` where no item
        could keep a quota's minimum in reach, ``shadow_infeasible`` and ``shadow_out_of_work``,
        ``eligibility_lifted``, ``all_refused``.

    Raises
    ------
    LogError
        If the log is contradictory.
    UnknownItemError
        If the log names an item outside ``pool``.
    RulesError
        If a section measures a dimension that no item of the pool measures.
    """
    sitting = read(log)
    if sitting.finished is not None:
        return Finish(sitting.finished.reason)
    waiting = sitting.open_offer
    if waiting is not None:
        return Administer.of(waiting)
    total_left = total_time_left(rules, sitting, sitting.now)
    if total_left is not None and total_left <= 0.0:
        return Finish("total_time")
    sections: Iterable[int] = range(in_hand(rules, sitting), len(rules.sections))
    if rules.across is not None:
        sections = in_turn(rules, pool, sitting)
    for index in sections:
        state = section_state(rules, pool, sitting, index)
        if state.reason is None:
            offered = offer(Moment(rules, pool, sitting, index, state, seed))
            if offered is not None:
                return offered
    return Finish("completed")


def in_hand(rules: Rules, sitting: Sitting) -> int:
    """Place of the section in hand; the first before any offer."""
    return 0 if sitting.section is None else section_index(rules, sitting.section)
