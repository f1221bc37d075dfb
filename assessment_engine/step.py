"""The one decision of the engine: what a sitting offers next."""

from assessment_engine.ability import find_mode, posterior, quadrature
from assessment_engine.clock import section_time_left, total_time_left
from assessment_engine.content import Candidates, minima_met, section_index, taken_types
from assessment_engine.errors import RulesError
from assessment_engine.exposure import option_order, randomesque
from assessment_engine.pool import ItemPool
from assessment_engine.records import Administer, Finish, Log, Offered, Response, Step
from assessment_engine.rules import Estimation, Rules
from assessment_engine.selection import by_information
from assessment_engine.sitting import Sitting, read, responses_of
from assessment_engine.stopping import StopReason, stop_reason


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
        ``Administer.note`` is ``minima_out_of_reach`` where no item could keep a quota's minimum in
        reach.

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
        return _again(waiting)
    total_left = total_time_left(rules, sitting, sitting.now)
    if total_left is not None and total_left <= 0.0:
        return Finish("total_time")
    for index in range(in_hand(rules, sitting), len(rules.sections)):
        theta, reason = section_state(rules, pool, sitting, index)
        if reason is None:
            offer = _choose(rules, pool, sitting, index, theta=theta, seed=seed)
            if offer is not None:
                return offer
    return Finish("completed")


def in_hand(rules: Rules, sitting: Sitting) -> int:
    """Place of the section in hand; the first before any offer."""
    return 0 if sitting.section is None else section_index(rules, sitting.section)


def estimate(
    estimation: Estimation, pool: ItemPool, answers: tuple[Response, ...]
) -> tuple[float, float]:
    """Ability and standard error by the rules' method, logits."""
    mean, sd = estimation.prior_mean, estimation.prior_sd
    density = posterior(pool, answers, quadrature(estimation), mean, sd)
    if estimation.method == "MAP":
        return find_mode(pool, answers, density, mean, sd)
    return density.mean, density.sd


def section_state(
    rules: Rules, pool: ItemPool, sitting: Sitting, index: int
) -> tuple[float, StopReason | None]:
    """Ability on a section's dimension, and why the section is over if it is (items aside)."""
    section = rules.sections[index]
    if section.dimension not in pool.dimensions:
        raise RulesError(
            f"section {section.code!r} measures {section.dimension!r}, but the pool has "
            f"{sorted(pool.dimensions)}; run check_rules before a sitting is opened"
        )
    answers = tuple(
        response
        for response in responses_of(sitting, pool)
        if pool[response.item].dimension == section.dimension
    )
    theta, se = estimate(rules.estimation, pool, answers)
    taken = taken_types(pool, sitting, section.code)
    started = section.code == sitting.section
    reason = stop_reason(
        section,
        n_items=len(taken),
        n_scored=len(answers),
        se=se,
        minima_met=minima_met(section, taken),
        section_left=section_time_left(rules, sitting, sitting.now) if started else None,
        total_left=total_time_left(rules, sitting, sitting.now),
    )
    return theta, reason


def _choose(
    rules: Rules, pool: ItemPool, sitting: Sitting, index: int, *, theta: float, seed: int
) -> Administer | None:
    """The item that a section offers, or None if it has none left."""
    section = rules.sections[index]
    items = pool.dimensions[section.dimension]
    candidates = Candidates(rules, pool, sitting, index)
    order = by_information(items, theta, candidates.allowed())
    best, note = candidates.best(order, max(rules.randomesque, 1))
    if not best:
        return None
    position = len(sitting.offers) + 1
    item = items.items[randomesque(best, seed, position)]
    return Administer(
        item.id, position, section.code, option_order(item.n_options, seed, position), note
    )


def _again(offer: Offered) -> Administer:
    return Administer(offer.item, offer.position, offer.section, offer.option_order, offer.note)
