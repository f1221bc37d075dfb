"""Which items a section offers next under its constraints, and whether a pool can meet them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from assessment_engine.constraints import (
    AllOrNone,
    Assembly,
    Budget,
    Constraint,
    Exclude,
    Include,
    ItemCount,
    SetCount,
    SetSize,
    labels_of,
    name_of,
)
from assessment_engine.content import Candidates, available_items, competing_sections
from assessment_engine.irt import FloatArray
from assessment_engine.linear import LinearModel, compile_model, met, remaining
from assessment_engine.pool import ItemPool
from assessment_engine.priority import priority_index, weighted_deviation, weighted_penalty
from assessment_engine.rules import Rules, Section
from assessment_engine.selection import TIE_DECIMALS
from assessment_engine.shadow import assemble, next_items, preferences
from assessment_engine.sitting import Sitting

SHADOW_INFEASIBLE = "shadow_infeasible"


class Choice(NamedTuple):
    """Places within the dimension, the best first; ``note`` says how the choice fell short.

    ``shadow`` holds the places still to be given of the shadow test behind the choice, if one is.
    """

    places: list[int]
    note: str
    shadow: tuple[int, ...] = ()


def given_places(pool: ItemPool, sitting: Sitting, section: Section) -> list[int]:
    """Places of the items that a section has offered, in their order."""
    local = pool.dimensions[section.dimension].local
    return [local[offer.item] for offer in sitting.offers if offer.section == section.code]


def last_shadow(pool: ItemPool, sitting: Sitting, section: Section) -> list[int]:
    """Places still to be given of a section's last shadow test; none before the first."""
    local = pool.dimensions[section.dimension].local
    tests = (offer.shadow for offer in reversed(sitting.offers) if offer.section == section.code)
    return [local[item] for item in next((test for test in tests if test), ())]


def constraints_met(section: Section, assembly: Assembly, pool: ItemPool, sitting: Sitting) -> bool:
    """Whether what a section has offered meets all its constraints, so that it may end."""
    return met(compile_model(section, assembly, pool), given_places(pool, sitting, section))


def choose(
    rules: Rules,
    pool: ItemPool,
    sitting: Sitting,
    index: int,
    assembly: Assembly,
    values: FloatArray,
    *,
    n: int,
    seed: int,
) -> Choice:
    """The ``n`` best items that a section may offer next.

    Parameters
    ----------
    rules, pool, sitting
        As in :func:`assessment_engine.next_step`.
    index : int
        Place of the section in the rules.
    assembly : Assembly
        How the section's test is put together.
    values : array of shape (n_items of the dimension,)
        Criterion at the present ability, larger is better; 0 or more unless ``greedy``.
    n : int
        How many items to return at most.
    seed : int
        Breaks ties of shadow tests.

    Returns
    -------
    Choice
        No place where the section may offer nothing more. ``note`` is ``shadow_infeasible`` or
        ``shadow_out_of_work`` where the priority index chose in the shadow test's stead, and
        ``minima_out_of_reach`` where a quota's minimum is. A shadow test leaves out items that a
        later section cannot do without.
    """
    section = rules.sections[index]
    model = compile_model(section, assembly, pool)
    given = given_places(pool, sitting, section)
    candidates = Candidates(rules, pool, sitting, index)
    free = available_items(pool, sitting)[pool.dimensions[section.dimension].rows]
    note = ""
    if assembly.method == "shadow":
        if len(competing_sections(rules, pool, index)) > 1:
            free &= candidates.keeping()
        shadow = assemble(
            model,
            values,
            given,
            free,
            seed=seed,
            max_nodes=assembly.max_nodes,
            last=last_shadow(pool, sitting, section),
        )
        if shadow.status == "optimal":
            best = next_items(model, shadow, given, preferences(values, seed))
            return Choice(best[:n], "", shadow.test[len(given) :])
        note = f"shadow_{shadow.status}"
    left = remaining(model, given, free)
    allowed = left.free & candidates.allowed()
    if left.in_hand >= 0 and left.of_set < model.set_size[0]:
        same = allowed & (model.stimulus == left.in_hand)
        allowed = same if same.any() else allowed
    index_values = values
    if assembly.method == "deviation":
        index_values = weighted_deviation(model, values, given, allowed)
    elif assembly.method == "penalty":
        index_values = weighted_penalty(model, values, given, allowed)
    elif assembly.method != "greedy":
        index_values = priority_index(model, values, given)
    places = np.flatnonzero(allowed)
    order = places[np.argsort(-np.round(index_values[places], TIE_DECIMALS), kind="stable")]
    best, problem = candidates.best(order, n)
    return Choice(best, note or problem)


def check_assembly(
    section: Section, assembly: Assembly, pool: ItemPool
) -> Iterator[tuple[bool, str]]:
    """Whether an assembly is sound and the pool can meet it, each with what to say if not.

    Constraints that cannot be met together are named by a deletion filter: without any one of those
    named, the others can be met.
    """
    methods = get_args(Assembly.__annotations__["method"])
    yield assembly.method in methods, f"assembly {assembly.method!r}, expected one of {methods}"
    yield assembly.max_nodes >= 1, f"max_nodes={assembly.max_nodes}, expected 1 or more"
    labels = frozenset[str]().union(*map(labels_of, pool))
    for constraint in assembly.constraints:
        for holds, problem in _about(constraint, pool, labels):
            yield holds, f"{name_of(constraint)}: {problem}"
    if assembly.method == "greedy":
        yield (
            not assembly.constraints,
            "greedy assembly keeps quotas and enemies only; use 'shadow' for further constraints",
        )
    if assembly.method == "shadow":
        clash = clashing(section, assembly, pool)
        yield (
            not clash,
            f"no test of {section.min_items} to {section.max_items} items meets "
            f"{' and '.join(clash)}; add items or widen one of them",
        )


def _about(
    constraint: Constraint, pool: ItemPool, labels: frozenset[str]
) -> Iterator[tuple[bool, str]]:
    match constraint:
        case ItemCount() | Budget() | SetSize() | SetCount():
            low, high = constraint.minimum, constraint.maximum
            least = 1 if isinstance(constraint, SetSize) else 0
            yield low >= least, f"minimum {low} is below {least}"
            yield high is None or low <= high, f"minimum {low} exceeds maximum {high}"
        case AllOrNone() | Include() | Exclude():
            unknown = [name for name in constraint.items if name not in pool]
            yield not unknown, f"the pool has no item {', '.join(unknown)}"
    if isinstance(constraint, ItemCount):
        named = {label for group in constraint.where for label in group}
        yield named <= labels, f"no item of the pool has the label {sorted(named - labels)}"
        yield constraint.weight > 0.0, f"weight {constraint.weight}, expected more than 0"
    if isinstance(constraint, Budget):
        known = constraint.attribute in ("words", "seconds")
        yield known, "a budget is of words or seconds"
        yield constraint.weight > 0.0, f"weight {constraint.weight}, expected more than 0"


def clashing(section: Section, assembly: Assembly, pool: ItemPool) -> list[str]:
    """Names of constraints that cannot be met together, as few as there need be; none if all can.

    Chinneck & Dravnieks (1991), doi:10.1287/ijoc.3.2.157 (deletion filter).
    """
    quotas = [
        ItemCount(((f"{quota.attribute}={quota.value}",),), quota.minimum, quota.maximum)
        for quota in section.quotas
    ]
    bare = replace(section, quotas=())
    kept: list[Constraint] = [*quotas, *assembly.constraints]
    if feasible(bare, replace(assembly, constraints=tuple(kept)), pool):
        return []
    for constraint in list(kept):
        fewer = [one for one in kept if one is not constraint]
        if not feasible(bare, replace(assembly, constraints=tuple(fewer)), pool):
            kept = fewer
    return [_bounds(one) for one in kept] or ["its length and the pool's enemies"]


def _bounds(constraint: Constraint) -> str:
    name = name_of(constraint)
    if isinstance(constraint, AllOrNone | Include | Exclude):
        return name
    high = "any number" if constraint.maximum is None else f"{constraint.maximum:g}"
    return f"{constraint.minimum:g} to {high} {name}"


def feasible(
    section: Section,
    assembly: Assembly,
    pool: ItemPool,
    available: NDArray[np.bool_] | None = None,
) -> bool:
    """Whether some test of the available rows of the pool (None: of all) meets all constraints."""
    model: LinearModel = compile_model(section, assembly, pool)
    nothing = np.zeros(model.n_items)
    free = np.ones(model.n_items, dtype=np.bool_)
    if available is not None:
        free = available[pool.dimensions[section.dimension].rows]
    test = assemble(model, nothing, (), free, seed=0, max_nodes=assembly.max_nodes)
    return test.status == "optimal"
