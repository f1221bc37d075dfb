"""Which tests are plain enough to run compiled. Imports nothing heavy."""

from dataclasses import replace

from assessment_engine.pool import ItemPool
from assessment_engine.rules import Rules, Section


def can_vectorise(rules: Rules, pool: ItemPool) -> bool:
    """Whether sittings under these rules can run compiled.

    They can where each section measures a dimension of its own by maximum information and EAP,
    draws at most randomly among the best, and ends by length or by ``se_target``: no quotas,
    constraints, further stopping rules, time limits, items on trial or other exposure control, no
    enemies in the pool, and at least ``min_items`` items.
    """
    dimensions = [section.dimension for section in rules.sections]
    return (
        rules == _plain(rules)
        and bool(dimensions)
        and len(set(dimensions)) == len(dimensions)
        and all(_suffices(pool, section) for section in rules.sections)
        and not pool.has_enemies.any()
    )


def _plain(rules: Rules) -> Rules:
    """The rules without all that the compiled run does not know, now or later."""
    sections = tuple(
        Section(one.code, one.dimension, one.min_items, one.max_items, one.se_target)
        for one in rules.sections
    )
    estimation = replace(rules.estimation, method="EAP")
    return Rules(sections, "MFI", rules.randomesque, estimation=estimation)


def _suffices(pool: ItemPool, section: Section) -> bool:
    items = pool.dimensions.get(section.dimension)
    return items is not None and section.min_items <= len(items.rows)
