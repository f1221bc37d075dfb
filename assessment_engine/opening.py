"""What a sitting opens with: all that depends on other sittings or on the person's past.

It goes into the first event of the log, so that every later decision is a function of the log.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assessment_engine.assembly import feasible
from assessment_engine.content import Search, competing_sections, need_of, supply_of
from assessment_engine.exposure import (
    EligibilityCounts,
    ItemEligibility,
    draw_withheld,
    eligibility_probabilities,
)
from assessment_engine.pool import ItemPool
from assessment_engine.pretest import choose_pretest
from assessment_engine.rules import Rules


@dataclass(frozen=True, slots=True)
class Opening:
    """What the first event holds.

    ``eligible`` names the items that the sitting may draw on (empty: all). ``withheld`` names those
    drawn ineligible, a tuple a segment of ability (empty: no control). ``lifted`` lists segments
    whose draw could not meet the blueprint and was dropped. ``pretest`` names the items to be
    tried, in order. ``allowed_again`` names items to be excluded without which the blueprint could
    not be met.
    """

    eligible: tuple[str, ...] = ()
    withheld: tuple[tuple[str, ...], ...] = ()
    lifted: tuple[int, ...] = ()
    pretest: tuple[str, ...] = ()
    allowed_again: tuple[str, ...] = ()


def meets_blueprint(rules: Rules, pool: ItemPool, available: NDArray[np.bool_]) -> bool:
    """Whether the available rows of the pool can meet all minima and quotas of the rules."""
    supply = supply_of(pool, available)
    for index in range(len(rules.sections)):
        sections = competing_sections(rules, pool, index)
        needs = tuple(need_of(section, ()) for section in sections)
        if not Search(pool, sections).completes(needs, supply):
            return False
    return all(
        feasible(section, section.assembly, pool, available)
        for section in rules.sections
        if section.assembly.method == "shadow"
    )


def open_with(
    rules: Rules,
    pool: ItemPool,
    seed: int,
    *,
    excluded: Sequence[str] = (),
    counts: EligibilityCounts | None = None,
    needs: Mapping[str, float] | None = None,
) -> Opening:
    """Decide what a new sitting opens with.

    Parameters
    ----------
    rules : Rules
        Checked against the pool.
    pool : ItemPool
    seed : int
        The sitting's; it decides the draws.
    excluded : sequence of str
        Items that the sitting should not draw on, those that may come back first in front
        (``seen_within``, ``restricted``). As many come back as the blueprint needs.
    counts : EligibilityCounts, optional
        Of all finished sittings, for rules with item eligibility; None where there is none yet.
    needs : mapping of item to float, optional
        For items on trial, the answers still wanted; by default all need the same.

    Returns
    -------
    Opening

    References
    ----------
    All items eligible where a draw is infeasible: van der Linden & Veldkamp (2004),
    doi:10.3102/10769986029003273
    """
    scored = _all_but(pool, np.ones(len(pool), dtype=np.bool_), rules.on_trial)
    known = [item for item in dict.fromkeys(excluded) if item in pool]
    kept = known[_needed_back(rules, pool, scored, known) :]
    base = _all_but(pool, scored, kept)
    withheld, lifted = _draw(rules, pool, base, seed, rules.eligibility, counts)
    wanted = dict.fromkeys(rules.on_trial, 1.0) if needs is None else needs
    return Opening(
        eligible=tuple(item.id for item in pool if item.id not in set(kept)) if kept else (),
        withheld=withheld,
        lifted=lifted,
        pretest=tuple(
            item
            for section in rules.sections
            if section.pretest is not None
            for item in choose_pretest(section.pretest, wanted, pool, seed, section.code, kept)
        ),
        allowed_again=tuple(known[: len(known) - len(kept)]),
    )


def _draw(
    rules: Rules,
    pool: ItemPool,
    base: NDArray[np.bool_],
    seed: int,
    config: ItemEligibility | None,
    counts: EligibilityCounts | None,
) -> tuple[tuple[tuple[str, ...], ...], tuple[int, ...]]:
    """Items withheld in each segment, and the segments where the draw was infeasible."""
    if config is None or counts is None:
        return (), ()
    probabilities = eligibility_probabilities(counts, config)
    order = np.argsort(np.array(counts.items), kind="stable")
    items = [counts.items[i] for i in order.tolist()]
    withheld: list[tuple[str, ...]] = []
    lifted: list[int] = []
    for segment, drawn in enumerate(draw_withheld(items, probabilities[order], seed)):
        available = _all_but(pool, base, drawn)
        if meets_blueprint(rules, pool, available):
            withheld.append(tuple(sorted(i for i in drawn if i in pool and base[pool.row_of(i)])))
        else:
            withheld.append(())
            lifted.append(segment)
    return tuple(withheld), tuple(lifted)


def _needed_back(
    rules: Rules, pool: ItemPool, scored: NDArray[np.bool_], excluded: Sequence[str]
) -> int:
    """How many of the excluded, from the front, must come back to meet the blueprint."""
    low, high = 0, len(excluded)
    while low < high:
        middle = (low + high) // 2
        if meets_blueprint(rules, pool, _all_but(pool, scored, excluded[middle:])):
            high = middle
        else:
            low = middle + 1
    return low


def _all_but(
    pool: ItemPool, available: NDArray[np.bool_], items: Collection[str]
) -> NDArray[np.bool_]:
    left = available.copy()
    left[[pool.row_of(item) for item in items if item in pool]] = False
    return left
