"""Sections that take turns: which one has the item that tells most of all abilities together."""

import numpy as np

from assessment_engine.abilities import Abilities
from assessment_engine.content import Candidates
from assessment_engine.optimality import OPTIMALITY
from assessment_engine.pool import ItemPool
from assessment_engine.rules import Rules
from assessment_engine.selection import TIE_DECIMALS, information_at
from assessment_engine.sitting import Sitting, responses_of
from assessment_engine.state import scored_part


def in_turn(rules: Rules, pool: ItemPool, sitting: Sitting) -> list[int]:
    """Places of the sections that have items left, that of the best item first.

    An item's value is the rules' criterion ``across`` at the joint mode; ties go to the earlier
    section.
    """
    scored = scored_part(rules, pool, sitting)
    joint = Abilities(rules, pool, responses_of(scored, pool)).joint
    if joint is None or rules.across is None:
        return list(range(len(rules.sections)))
    best: list[tuple[float, int]] = []
    for index, section in enumerate(rules.sections):
        place = joint.dimensions.index(section.dimension)
        items = pool.dimensions[section.dimension]
        information = information_at(items, float(joint.mean[place]))
        allowed = Candidates(rules, pool, scored, index).allowed()
        if allowed.any():
            most = information[allowed].max(keepdims=True)
            value = OPTIMALITY[rules.across](joint, most, np.array([place]))[0]
            best.append((-round(float(value), TIE_DECIMALS), index))
    return [index for _, index in sorted(best)]
