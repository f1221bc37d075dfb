"""Which item a section offers: criterion, content and exposure together."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from assessment_engine.assembly import SHADOW_INFEASIBLE, Choice, choose
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
from assessment_engine.state import State

FIRST_FEW = 8  # candidates of an experiment


@dataclass(slots=True, eq=False)  # not frozen: made at every step, three times as fast
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
    shadow: tuple[str, ...] = ()
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
        drawn = scored_item(moment)
        if drawn is None:
            return None
        item, note, shadow = drawn
    options = option_order(pool[item].n_options, seed, position)
    return Administer(item, position, section.code, options, note, shadow)


class Drawn(NamedTuple):
    """An item, where its choice fell short, and what was left of the shadow test behind it."""

    item: str
    note: str
    shadow: tuple[str, ...]


def scored_item(moment: Moment) -> Drawn | None:
    """The scored item that a section offers; None where none is left.

    Items that exposure control withholds come back where the section could not go on, or not meet
    its minima, without them.
    """
    rules, sitting, state = moment.rules, moment.sitting, moment.state
    scored = state.scored
    withheld = frozenset[str]()
    if rules.eligibility is not None and sitting.opened.withheld:
        masses = state.density.prob_between(rules.eligibility.cuts)
        withheld = withheld_now(sitting.opened.withheld, rules.eligibility, state.theta, masses)
    if withheld:
        drawn = _drawn(moment, replace(scored, closed=scored.closed | withheld))
        if drawn is not None and drawn.note not in (OUT_OF_REACH, SHADOW_INFEASIBLE):
            return drawn
    drawn = _drawn(moment, scored)
    if drawn is not None and withheld and not drawn.note:
        return drawn._replace(note=LIFTED)
    return drawn


def came_to_experiment(moment: Moment) -> tuple[str, ...]:
    """Ids of the items whose Sympson-Hetter experiment a step makes, in order; else none.

    The last of them is the item given, unless all were refused.
    """
    exposure = moment.rules.exposure
    if not isinstance(exposure, SympsonHetter):
        return ()
    scored = moment.state.scored
    items = moment.pool.dimensions[moment.section.dimension].items
    return tuple(items[i].id for i in _experiments(moment, scored, exposure).made)


def _drawn(moment: Moment, scored: Sitting) -> Drawn | None:
    """The item that exposure control picks among the best."""
    exposure = moment.rules.exposure
    items = moment.pool.dimensions[moment.section.dimension].items
    refused = ""
    match exposure:
        case SympsonHetter():
            choice, _, place, refused = _experiments(moment, scored, exposure)
            if not choice.places:
                return None
        case Progressive():
            choice = _best(moment, scored, 1)
            if not choice.places:
                return None
            place = choice.places[0]
        case None:
            draws_itself = not criterion(moment.rules.selection).randomesque
            n = 1 if draws_itself else max(moment.rules.randomesque, 1)
            choice = _best(moment, scored, n)
            if not choice.places:
                return None
            place = randomesque(choice.places, moment.seed, moment.position)
    shadow = tuple(items[i].id for i in choice.shadow)
    return Drawn(items[place].id, choice.note or refused, shadow)


class _Experiments(NamedTuple):
    """Places whose experiment was made, the place given if there is one, and a note on refusals."""

    choice: Choice
    made: list[int]
    given: int
    refused: str


def _experiments(moment: Moment, scored: Sitting, exposure: SympsonHetter) -> _Experiments:
    """Experiments from the best item down, with a few of the best first: most end among them."""
    items = moment.pool.dimensions[moment.section.dimension].items
    segment = segment_of(moment.state.theta, exposure.cuts)
    n = FIRST_FEW if moment.section.assembly == PLAIN else len(items)
    while True:
        choice = _best(moment, scored, n)
        places = choice.places
        if not places:
            return _Experiments(choice, [], -1, "")
        chosen, refused = accept([items[i].id for i in places], exposure, segment, moment.seed)
        if not refused:
            return _Experiments(choice, places[: chosen + 1], places[chosen], "")
        if n >= len(items):
            return _Experiments(choice, places, places[chosen], refused)
        n *= 4


def _best(moment: Moment, scored: Sitting, n: int) -> Choice:
    """The ``n`` best places under the section's constraints."""
    rules, pool, index, section = moment.rules, moment.pool, moment.index, moment.section
    candidates = Candidates(rules, pool, scored, index, moment.state.taken)
    allowed = candidates.allowed()
    values = values_of(rules.selection, _view(moment, allowed))
    multiplied = section.assembly != PLAIN or isinstance(rules.exposure, Progressive)
    if multiplied and criterion(rules.selection).signed:
        values = from_zero(values, allowed)
    if isinstance(rules.exposure, Progressive):
        values = _progressive(moment, rules.exposure, values, allowed)
    if section.assembly == PLAIN:
        order = by_values(values, allowed, n if candidates.free else None)
        return Choice(*candidates.best(order, n))
    return choose(rules, pool, scored, index, section.assembly, values, n=n, seed=moment.seed)


def _view(moment: Moment, eligible: NDArray[np.bool_]) -> View:
    section, state = moment.section, moment.state
    return View(
        state.density,
        moment.pool.dimensions[section.dimension],
        eligible,
        state.theta,
        state.answers,
        n_given=len(state.taken),
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
    given, most = len(state.taken), section.max_items
    if section.se_target > 0.0:
        weight = progressive_weight_by_precision(
            given, most, state.se, section.se_target, exposure.acceleration
        )
    else:
        weight = progressive_weight(given, most, exposure.acceleration)
    mixed = np.zeros_like(values)
    mixed[allowed] = progressive_values(values[allowed], weight, moment.seed, moment.position)
    return mixed
