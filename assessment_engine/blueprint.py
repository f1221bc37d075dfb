"""Whether a pool can fulfil rules, asked once before any sitting opens."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

import numpy as np

from assessment_engine.assembly import check_assembly
from assessment_engine.content import (
    NODE_BUDGET,
    Search,
    competing_sections,
    matches,
    need_of,
    supply_of,
)
from assessment_engine.errors import RulesError
from assessment_engine.estimators import METHODS
from assessment_engine.exposure import (
    Progressive,
    SympsonHetter,
    about_eligibility,
    about_progressive,
    about_sympson_hetter,
)
from assessment_engine.joint import about_joint
from assessment_engine.optimality import OPTIMALITY
from assessment_engine.pool import ItemPool
from assessment_engine.pretest import about_pretest
from assessment_engine.rules import Quota, Rules, Section
from assessment_engine.selection import CRITERIA, about_selection, about_settings
from assessment_engine.stopping_rules import BandRisk, PredictedReduction, about_stopping


def check_rules(rules: Rules, pool: ItemPool) -> None:
    """Raise unless the rules agree with themselves and the pool can fulfil them.

    A sitting with fewer eligible items should be checked against ``pool.subset(eligible)``.

    Raises
    ------
    RulesError
        Naming the section and the quota that cannot be met.
    """
    for holds, problem in _about_rules(rules):
        if not holds:
            raise RulesError(problem)
    for section in rules.sections:
        for holds, problem in (
            *_about_section(section, pool, rules.selection),
            *_about_quotas(section),
        ):
            if not holds:
                raise RulesError(f"section {section.code!r}: {problem}")
        _check_reach(section, pool)
        for holds, problem in check_assembly(section, section.assembly, pool):
            if not holds:
                raise RulesError(f"section {section.code!r}: {problem}")
    for index in range(len(rules.sections)):
        _check_together(rules, pool, index)


def _about_rules(rules: Rules) -> Iterator[tuple[bool, str]]:
    codes = [section.code for section in rules.sections]
    estimation = rules.estimation
    yield bool(codes), "the rules have no section; add one for each dimension to be measured"
    yield len(set(codes)) == len(codes), f"section codes {codes} must differ"
    yield rules.randomesque >= 1, f"randomesque={rules.randomesque}, expected 1 (none) or more"
    yield (
        rules.time_limit is None or rules.time_limit > 0,
        (f"time_limit={rules.time_limit} s, expected more than 0, or None for no limit"),
    )
    yield (
        estimation.low < estimation.prior_mean < estimation.high and estimation.prior_sd > 0,
        (f"{estimation}: expected low < prior_mean < high and prior_sd > 0"),
    )
    yield estimation.n_nodes >= 11, f"n_nodes={estimation.n_nodes}, expected 11 or more"
    yield (
        estimation.method in METHODS,
        (f"no method {estimation.method!r} of estimating ability; expected one of {METHODS}"),
    )
    if rules.selection in CRITERIA:  # another is refused with each section's items
        yield from about_settings(rules.selection, rules.selection_settings)
    match rules.exposure:
        case Progressive():
            yield from about_progressive(rules.exposure)
        case SympsonHetter():
            yield from about_sympson_hetter(rules.exposure)
    if rules.eligibility is not None:
        yield from about_eligibility(rules.eligibility)
    chance = rules.selection in CRITERIA and not CRITERIA[rules.selection].randomesque
    yield (
        not (chance and isinstance(rules.exposure, Progressive)),
        f"{rules.selection} draws by chance already; leave the progressive exposure control out",
    )
    if rules.joint is not None:
        yield from about_joint(rules.joint, [section.dimension for section in rules.sections])
    if rules.across is not None:
        yield rules.joint is not None, f"{rules.across} across sections needs a joint prior"
        yield rules.across in OPTIMALITY, f"no criterion {rules.across!r}; expected {[*OPTIMALITY]}"
        timed = [section.code for section in rules.sections if section.time_limit is not None]
        yield not timed, f"sections {timed} have time limits, but take turns; limit the whole test"
    measured = {section.dimension for section in rules.sections}
    for section in rules.sections:
        for rule in section.stopping:
            axis = rule.axis if isinstance(rule, BandRisk) else None
            unmeasured = (
                sorted({one.dimension for one in axis.contributions} - measured) if axis else []
            )
            yield not unmeasured, f"the axis rests on {unmeasured}, which no section measures"


def _about_section(section: Section, pool: ItemPool, selection: str) -> Iterator[tuple[bool, str]]:
    known = sorted(pool.dimensions)
    yield section.dimension in known, f"no item measures {section.dimension!r}; pool has {known}"
    yield section.max_items >= 1, f"max_items={section.max_items}, expected 1 or more"
    yield (
        0 <= section.min_items <= section.max_items,
        (f"min_items={section.min_items}, expected 0 to max_items={section.max_items}"),
    )
    yield section.se_target >= 0.0, f"se_target={section.se_target}, expected 0 or more"
    outdone = [
        type(rule).__name__
        for rule in section.stopping
        if isinstance(rule, PredictedReduction | BandRisk)
    ]
    yield (
        not outdone or section.se_target == 0.0,
        f"se_target={section.se_target} would stop before {outdone} can; set it to 0",
    )
    yield from about_stopping(section.stopping)
    if section.dimension in pool.dimensions:
        yield from about_selection(selection, pool.dimensions[section.dimension].items)
    if section.pretest is not None:
        yield from about_pretest(section.pretest, section.dimension, section.max_items, pool)
    yield (
        section.time_limit is None or section.time_limit > 0,
        (f"time_limit={section.time_limit} s, expected more than 0, or None for no limit"),
    )


def _about_quotas(section: Section) -> Iterator[tuple[bool, str]]:
    for quota in section.quotas:
        yield quota.attribute in ("content", "kind"), f"{quota}: attribute must be content or kind"
        yield quota.minimum >= 0, f"{_name(quota)}: minimum {quota.minimum} is below 0"
        yield (
            quota.maximum is None or quota.minimum <= quota.maximum,
            (f"{_name(quota)}: minimum {quota.minimum} exceeds maximum {quota.maximum}"),
        )
    names = sorted((quota.attribute, quota.value) for quota in section.quotas)
    repeated = [name for name, same in groupby(names) if len(list(same)) > 1]
    yield not repeated, f"quotas {repeated} are set twice; keep one of each"
    for attribute in ("content", "kind"):
        total = sum(quota.minimum for quota in section.quotas if quota.attribute == attribute)
        yield (
            total <= section.max_items,
            (
                f"minima of {attribute} quotas add up to {total}, more than max_items="
                f"{section.max_items}"
            ),
        )


def _check_reach(section: Section, pool: ItemPool) -> None:
    """Raise where a section by itself asks for more than the pool holds."""
    for quota in section.quotas:
        held = sum(
            matches(quota, pool.types[code])
            for code in pool.type_codes[pool.dimensions[section.dimension].rows]
        )
        if held < quota.minimum:
            raise RulesError(
                f"section {section.code!r}: {_name(quota)} needs {quota.minimum} items, but the "
                f"pool has {held}; add items or lower the minimum"
            )
    bare = replace(section, min_items=0)
    for quota in section.quotas:
        if not _reachable(pool, [replace(bare, quotas=(quota,))]):
            raise RulesError(
                f"section {section.code!r}: {_name(quota)} needs {quota.minimum} items, but too "
                "many of the pool's are enemies of one another"
            )
    if not _reachable(pool, [bare]):
        raise RulesError(
            f"section {section.code!r}: its quotas {_names(section)} cannot be met together within "
            f"max_items={section.max_items} (searched up to {NODE_BUDGET} nodes)"
        )
    if not _reachable(pool, [section]):
        held = len(pool.dimensions[section.dimension].rows)
        raise RulesError(
            f"section {section.code!r}: the pool has {held} "
            f"items of {section.dimension!r}, which under the quotas {_names(section)} and enemies "
            f"do not give min_items={section.min_items}"
        )


def _check_together(rules: Rules, pool: ItemPool, index: int) -> None:
    sections = competing_sections(rules, pool, index)
    if not _reachable(pool, sections):
        raise RulesError(
            f"sections {[section.code for section in sections]} draw on the same items or on "
            f"enemies and cannot all be met (searched up to {NODE_BUDGET} nodes); add items or "
            "lower minima"
        )


def _reachable(pool: ItemPool, sections: list[Section]) -> bool:
    supply = supply_of(pool, np.ones(len(pool), dtype=np.bool_))
    needs = tuple(need_of(section, ()) for section in sections)
    return Search(pool, sections).completes(needs, supply)


def _name(quota: Quota) -> str:
    return f"quota {quota.attribute}={quota.value!r}"


def _names(section: Section) -> list[str]:
    return [f"{quota.attribute}={quota.value}" for quota in section.quotas]
