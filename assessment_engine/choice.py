"""Which item a section offers: criterion, content and exposure together."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from assessment_engine.assembly import SHADOW_INFEASIBLE, choose
from assessment_engine.constraints import PLAIN
from assessment_engine.content import OUT_OF_REACH, Candidates
from assessment_engine.exposure import (
    LIFTED,
    Progressive,
    SympsonHetter,
    accept,
    option_order,
    progressive_values,
    progressive_weight,
    progressive_weight_by_precision,
    randomesque,
    segment_of,
    withheld_now,
)
from assessment_engine.irt import FloatArray
from assessment_engine.pool import ItemPool
from assessment_engine.pretest import next_pretest
from assessment_engine.records import Administer
from assessment_engine.rules import Rules, Section
from assessment_engine.selection import View, by_values, criterion, from_zero, values_of
from assessment_engine.sitting import Sitting
from assessment_engine.state import State, scored_part

FIRST_FEW = 8  # candidates of an experiment


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything that a choice depends on; ``index`` is the section's place in the rules."""

    rules: Rules
    pool: ItemPool
    sitting: Sitting
    index: int
    state: State
    seed: int

    @property
    def section(self) -> Section:
        return self.rules.sections[self.index]

    @property
    def position(self) -> int:
        return len(self.sitting.offers) + 1


def offer(moment: Moment) -> Administer | None:
    """The item that a section offers, or None if it has none left."""
    pool, sitting, seed = moment.pool, moment.sitting, moment.seed
    section = moment.section
    position = moment.position
    item, note = None, ""
    if section.pretest is not None:
        item = next_pretest(
            section.pretest,
            sitting.opened.pretest,
            pool,
            sitting.offers,
            section=section.code,
            seed=seed,
        )
    if item is None:
        place, note = scored_item(moment)
        if place is None:
            return None
        item = pool.dimensions[section.dimension].items[place].id
    options = option_order(pool[item].n_options, seed, position)
    return Administer(item, position, section.code, options, note)


def scored_item(moment: Moment) -> tuple[int | None, str]:
    """Place of an item within its dimension, and a note; no item where none is left.

    Items that exposure control withholds come back where the section could not go on, or not meet
    its minima, without them.
    """
    rules, pool, sitting, state = moment.rules, moment.pool, moment.sitting, moment.state
    scored = scored_part(rules, pool, sitting)
    withheld = frozenset[str]()
    if rules.eligibility is not None and sitting.opened.withheld:
        masses = state.density.prob_between(rules.eligibility.cuts)
        withheld = withheld_now(sitting.opened.withheld, rules.eligibility, state.theta, masses)
    if withheld:
        place, note = _drawn(moment, replace(scored, closed=scored.closed | withheld))
        if place is not None and note not in (OUT_OF_REACH, SHADOW_INFEASIBLE):
            return place, note
    place, note = _drawn(moment, scored)
    return place, note or (LIFTED if withheld and place is not None else "")


def came_to_experiment(moment: Moment) -> tuple[str, ...]:
    """Ids of the items whose Sympson-Hetter experiment a step makes, in order; else none.

    The last of them is the item given, unless all were refused.
    """
    exposure = moment.rules.exposure
    if not isinstance(exposure, SympsonHetter):
        return ()
    scored = scored_part(moment.rules, moment.pool, moment.sitting)
    items = moment.pool.dimensions[moment.section.dimension].items
    return tuple(items[i].id for i in _experiments(moment, scored, exposure).made)


def _drawn(moment: Moment, scored: Sitting) -> tuple[int | None, str]:
    """The item that exposure control picks among the best."""
    exposure, seed = moment.rules.exposure, moment.seed
    match exposure:
        case SympsonHetter():
            found = _experiments(moment, scored, exposure)
            return found.given, found.note
        case Progressive():
            places, note = _best(moment, scored, 1)
            return (places[0] if places else None), note
        case None:
            draws_itself = not criterion(moment.rules.selection).randomesque
            n = 1 if draws_itself else max(moment.rules.randomesque, 1)
            places, note = _best(moment, scored, n)
            return (randomesque(places, seed, moment.position) if places else None), note


class _Experiments(NamedTuple):
    """Places whose experiment was made, the place given (None: there is no item), and a note."""

    made: list[int]
    given: int | None
    note: str


def _experiments(moment: Moment, scored: Sitting, exposure: SympsonHetter) -> _Experiments:
    """Experiments from the best item down, with a few of the best first: most end among them."""
    items = moment.pool.dimensions[moment.section.dimension].items
    segment = segment_of(moment.state.theta, exposure.cuts)
    n = FIRST_FEW if moment.section.assembly == PLAIN else len(items)
    while True:
        places, note = _best(moment, scored, n)
        if not places:
            return _Experiments([], None, note)
        chosen, refused = accept([items[i].id for i in places], exposure, segment, moment.seed)
        if not refused:
            return _Experiments(places[: chosen + 1], places[chosen], note)
        if n >= len(items):
            return _Experiments(places, places[chosen], note or refused)
        n *= 4


def _best(moment: Moment, scored: Sitting, n: int) -> tuple[list[int], str]:
    """The ``n`` best places under the section's constraints, and a note."""
    rules, pool, index, section = moment.rules, moment.pool, moment.index, moment.section
    candidates = Candidates(rules, pool, scored, index)
    allowed = candidates.allowed()
    values = values_of(rules.selection, _view(moment, allowed))
    multiplied = section.assembly != PLAIN or isinstance(rules.exposure, Progressive)
    if multiplied and criterion(rules.selection).signed:
        values = from_zero(values, allowed)
    if isinstance(rules.exposure, Progressive):
        values = _progressive(moment, rules.exposure, values, allowed)
    if section.assembly == PLAIN:
        return candidates.best(by_values(values, allowed, n if candidates.free else None), n)
    choice = choose(rules, pool, scored, index, section.assembly, values, n=n, seed=moment.seed)
    return choice.places, choice.note


def _view(moment: Moment, eligible: NDArray[np.bool_]) -> View:
    section, state = moment.section, moment.state
    return View(
        state.density,
        moment.pool.dimensions[section.dimension],
        eligible,
        state.theta,
        state.answers,
        n_given=state.n_taken,
        n_max=section.max_items,
        seed=moment.seed,
        position=moment.position,
        se=state.se,
        se_target=section.se_target,
        settings=moment.rules.selection_settings,
        estimation=moment.rules.estimation,
    )


def _progressive(
    moment: Moment, exposure: Progressive, values: FloatArray, allowed: NDArray[np.bool_]
) -> FloatArray:
    section, state = moment.section, moment.state
    given, most = state.n_taken, section.max_items
    if section.se_target > 0.0:
        weight = progressive_weight_by_precision(
            given, most, state.se, section.se_target, exposure.acceleration
        )
    else:
        weight = progressive_weight(given, most, exposure.acceleration)
    mixed = np.zeros_like(values)
    mixed[allowed] = progressive_values(values[allowed], weight, moment.seed, moment.position)
    return mixed
