"""Pretest slots: items on trial, given at random places of a section and never scored.

The rules name the items on trial and where they may stand; the seed decides at which positions; the
first event of a log holds which items this sitting tries, by need. The candidate sees an item like
any other.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assessment_engine.exposure.draw import shuffled, uniforms
from assessment_engine.pool import ItemPool
from assessment_engine.records import Offered


@dataclass(frozen=True, slots=True)
class Pretest:
    """``n`` items of ``items`` are tried at positions ``first`` to ``last`` of a section.

    Positions count all of the section's items from 1. A section that stops earlier leaves out the
    later ones: with ``last`` up to the section's ``min_items`` all are given. An item on trial is
    never given for a score, and its time counts as any other's.
    """

    n: int
    first: int
    last: int
    items: tuple[str, ...]


def about_pretest(
    config: Pretest, dimension: str, max_items: int, pool: ItemPool
) -> Iterator[tuple[bool, str]]:
    """What must hold for a section's pretest, each with what to say where it does not."""
    n, first, last = config.n, config.first, config.last
    yield n >= 1, f"pretest n={n}, expected 1 or more"
    yield (
        1 <= first <= last <= max_items,
        f"pretest positions {first} to {last}, expected 1 <= first <= last <= max_items="
        f"{max_items}: a section never ends on an item on trial",
    )
    room = last - first + 1
    yield n <= max(room, 1), f"{n} pretest items do not fit into positions {first} to {last}"
    yield n <= len(config.items), f"{n} pretest slots, but only {len(config.items)} items on trial"
    yield len(set(config.items)) == len(config.items), "an item on trial is named twice"
    unknown = [item for item in config.items if item not in pool]
    yield not unknown, f"items on trial {unknown} are not in the pool"
    astray = [i for i in config.items if i in pool and pool[i].dimension != dimension]
    yield not astray, f"items on trial {astray} do not measure {dimension!r}"


def pretest_positions(config: Pretest, seed: int, section: str) -> frozenset[int]:
    """The positions within the section at which this sitting tries items.

    All choices of ``n`` positions are equally probable.
    """
    places = range(config.first, config.last + 1)
    return frozenset(shuffled(places, seed, 0, f"pretest positions:{section}")[: config.n])


def choose_pretest(
    config: Pretest,
    needs: Mapping[str, float],
    pool: ItemPool,
    seed: int,
    section: str,
    exclude: Collection[str] = (),
) -> tuple[str, ...]:
    """The items that a sitting is to try, in order, by need.

    Drawn without replacement with probabilities proportional to the answers still wanted, so that
    sittings that open together spread over the items and all fill up at the same pace. Items that
    need no more come last. Up to ``n`` spare ones follow the first ``n``, for where an enemy was
    given; no two are enemies.

    Parameters
    ----------
    config : Pretest
    needs : mapping of item to float
        Answers wanted less those collected so far; an item that is absent needs none.
    pool : ItemPool
    seed : int
        The sitting's.
    section : str
        Its code.
    exclude : collection of str
        Items that this person may not get, such as those seen before.

    References
    ----------
    Weighted draws without replacement: Efraimidis & Spirakis (2006), doi:10.1016/j.ipl.2005.11.003
    """
    items = sorted(set(config.items) - set(exclude))
    chance = 1.0 - uniforms(seed, 0, f"pretest items:{section}", len(items))
    need = np.array([max(needs.get(item, 0.0), 0.0) for item in items])
    wanted = need > 0.0
    key = -np.log(chance) / np.where(wanted, need, 1.0)
    order = np.lexsort((key, ~wanted)).tolist()
    return _without_enemies(pool, (items[i] for i in order), 2 * config.n)


def next_pretest(
    config: Pretest,
    order: Sequence[str],
    pool: ItemPool,
    offers: Sequence[Offered],
    *,
    section: str,
    seed: int,
) -> str | None:
    """The item on trial that a section offers now, or None where a scored item is due.

    Parameters
    ----------
    config : Pretest
        The section's.
    order : sequence of str
        The items that this sitting tries, as written into its first event (those of other sections
        are passed over); where there is none, the seed's own order of all items on trial.
    pool : ItemPool
    offers : sequence of Offered
        All of the sitting so far, those of items on trial included.
    section : str
        Its code.
    seed : int
        The sitting's.

    Returns
    -------
    str or None
        None too where every item on trial is used up or an enemy of an item offered: a scored item
        takes the place.
    """
    position = sum(offer.section == section for offer in offers) + 1
    if position not in pretest_positions(config, seed, section):
        return None
    on_trial = set(config.items)
    items = [item for item in order if item in on_trial]
    if not items:
        numbers = shuffled(range(len(config.items)), seed, 0, f"pretest items:{section}")
        items = [sorted(config.items)[i] for i in numbers]
    closed = {offer.item for offer in offers}
    for offer in offers:
        closed.update(pool.items[row].id for row in pool.enemy_rows[pool.row_of(offer.item)])
    return next((item for item in items if item not in closed), None)


def scored_offers(offers: Iterable[Offered], items: Collection[str]) -> list[Offered]:
    """The offers that scoring, quotas, standard errors and stopping see: no item on trial.

    Positions stay as they are, so that ``replace(sitting, offers=...)`` is a whole sitting.

    Parameters
    ----------
    offers : iterable of Offered
    items : collection of str
        All items on trial.
    """
    return [offer for offer in offers if offer.item not in items]


def closed_to_scored(
    items: Collection[str], offers: Iterable[Offered], pool: ItemPool
) -> frozenset[str]:
    """What may not be given for a score: items on trial, and enemies of those offered.

    Parameters
    ----------
    items : collection of str
        All items on trial.
    offers : iterable of Offered
        All of the sitting so far.
    pool : ItemPool
    """
    tried = [pool.row_of(offer.item) for offer in offers if offer.item in items]
    enemies = (pool.items[row].id for one in tried for row in pool.enemy_rows[one])
    return frozenset(items).union(enemies)


def items_on_trial(configs: Iterable[Pretest | None]) -> frozenset[str]:
    """All items that the sections of rules try."""
    return frozenset(item for config in configs if config is not None for item in config.items)


def _without_enemies(pool: ItemPool, items: Iterable[str], n: int) -> tuple[str, ...]:
    kept: list[str] = []
    closed: set[int] = set()
    for item in items:
        row = pool.row_of(item)
        if row not in closed:
            kept.append(item)
            closed.update(pool.enemy_rows[row])
        if len(kept) == n:
            break
    return tuple(kept)
