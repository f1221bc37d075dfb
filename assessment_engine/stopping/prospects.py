"""What the other sections of a test may still tell: the outlook beyond the section in hand."""

from collections.abc import Callable

from assessment_engine.content import Candidates, taken_types
from assessment_engine.density import Posterior
from assessment_engine.pool import ItemPool
from assessment_engine.rules import Rules
from assessment_engine.sitting import Sitting
from assessment_engine.stopping.band_risk import Prospect, remaining_information


def prospects_elsewhere(
    rules: Rules,
    pool: ItemPool,
    sitting: Sitting,
    index: int,
    density_of: Callable[[str], Posterior],
) -> dict[str, Prospect]:
    """Posterior of every dimension, and the information of the sections after the one in hand.

    A dimension whose sections are over gets no more information. Where a later section measures the
    dimension of the section in hand, its information is under that dimension.

    Parameters
    ----------
    rules : Rules
    pool : ItemPool
    sitting : Sitting
    index : int
        Place of the section in hand.
    density_of : callable from dimension to Posterior
        The posterior by the scored answers so far; the prior where there are none.
    """
    found: dict[str, Prospect] = {}
    for place, section in enumerate(rules.sections):
        density = density_of(section.dimension)
        before = found.get(section.dimension, Prospect(density, 0.0)).information
        if place > index:
            left = section.max_items - len(taken_types(pool, sitting, section.code))
            items = pool.dimensions[section.dimension]
            free = Candidates(rules, pool, sitting, place).allowed()
            before += remaining_information(items, free, left, density)
        found[section.dimension] = Prospect(density, before)
    return found
