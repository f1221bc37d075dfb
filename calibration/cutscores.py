"""Cut scores between levels from where items map onto the ability scale.

The ordered-item idea of the Bookmark method: an item belongs at the ability where a person answers
it with a stated probability. Experts say at which level an item is mastered; the level begins where
the items of that level lie.

References
----------
Lewis, Mitzel, Mercado & Schulz (2012), The Bookmark standard setting procedure, in Cizek (ed.),
Setting Performance Standards, 2nd ed., Routledge; Huynh (2006), Educational
Measurement: Issues and Practice 25(2), 19-20
"""

from collections.abc import Callable, Iterable
from itertools import pairwise
from statistics import median

import numpy as np
from scipy.optimize import brentq

from assessment_engine.records import Item
from calibration.errors import StandardSettingError
from calibration.parameters import ItemParameters, expected_scores

LEVELS_WITH_A_CUT = (2, 3, 4, 5)
WIDEST = 2.0**20  # logits of a * theta; a bracket this wide means that the search went wrong


def item_mapping_location(
    item: Item | ItemParameters,
    response_probability: float = 0.67,
    *,
    guessing_adjusted: bool = False,
) -> float:
    """Ability at which the item's expected score is a given share of its highest score.

    For a dichotomous item that share is the probability of the right answer.

    Parameters
    ----------
    item : Item or ItemParameters
        Parameters on the logit scale, D = 1; any model. NRM needs slopes that ascend from 0.
    response_probability : float
        Between 0 and 1; .67 is customary.
    guessing_adjusted : bool
        Take it of those who do not guess, (P - c) / (1 - c), not of all.

    Returns
    -------
    float
        Ability, logits.

    Raises
    ------
    StandardSettingError
        If the probability lies outside (0, 1), or is never reached because it is at or below the
        item's lower asymptote or at or above its upper one; or if the slope is not positive.
    """
    item = check_ascending(item)
    check_response_probability(response_probability)
    if item.n_categories > 2:
        highest = len(item.b)
        return solve_ascending(
            lambda ability: float(expected_scores([item], ability)[0, 0]) / highest,
            response_probability,
            [item],
            f"item {item.name!r} never reaches response probability {response_probability:g}",
        )
    wanted = response_probability
    if guessing_adjusted:
        wanted = item.c + (1 - item.c) * response_probability
    if not item.c < wanted < item.d:
        raise StandardSettingError(
            f"item {item.name!r} is answered with probability {item.c:g} to {item.d:g}, never "
            f"{wanted:g}; choose a response probability between, or leave it out"
        )
    known = (wanted - item.c) / (item.d - item.c)
    return float((np.log(known / (1 - known)) - item.intercepts[0]) / item.a[0])


def check_response_probability(response_probability: float) -> None:
    if not 0 < response_probability < 1:
        raise StandardSettingError(
            f"the response probability must lie between 0 and 1; came {response_probability}"
        )


def check_ascending(item: Item | ItemParameters) -> ItemParameters:
    """The item in one notation, if its expected score ascends with ability.

    Raises
    ------
    StandardSettingError
        If a slope is not positive; for NRM, if the slopes of categories do not ascend from 0.
    """
    if isinstance(item, Item):
        # the engine's curves take c and d whatever the model is called
        has_asymptotes = (item.c, item.d) != (0.0, 1.0)
        model = "4PL" if has_asymptotes and item.n_categories == 2 else item.model
        a = item.slopes if item.model == "NRM" else (item.a,)
        item = ItemParameters(item.id, model, a, item.b, item.c, item.d)
    if not (np.diff([0.0, *item.a]) > 0).all():
        slope = f"slope {item.a[0]}" if len(item.a) == 1 else f"slopes {item.a}"
        raise StandardSettingError(
            f"item {item.name!r} has {slope}; only where slopes are positive, and ascend over the "
            "categories of an NRM item, has it a location"
        )
    return item


def solve_ascending(
    curve: Callable[[float], float], target: float, items: list[ItemParameters], never: str
) -> float:
    """Ability at which an ascending curve of these items meets the target.

    Raises
    ------
    StandardSettingError
        With the message ``never``, if no bracket is wide enough.
    """
    slope = min(float(np.diff([0.0, *item.a]).min()) for item in items)
    reach = 8.0 / slope
    lower = min(min(item.b) for item in items) - reach
    upper = max(max(item.b) for item in items) + reach
    while curve(lower) > target or curve(upper) < target:
        if reach * slope > WIDEST:
            raise StandardSettingError(never)
        reach *= 2
        lower, upper = lower - reach, upper + reach
    return float(
        brentq(lambda ability: curve(ability) - target, lower, upper, xtol=1e-12, rtol=1e-14)
    )


def cut_scores_by_item_mapping(
    targets: Iterable[tuple[Item | ItemParameters, int]], response_probability: float = 0.67
) -> tuple[float, float, float, float]:
    """Abilities at which levels 2, 3, 4 and 5 begin.

    Each level begins at the median location of the items whose target it is.

    Parameters
    ----------
    targets : iterable of (Item or ItemParameters, int)
        Items of one dimension, each with the level at which a person is expected to master it.
        ``ItemParameters`` name no dimension; they are taken to be of one.
        Items of level 1 are allowed; no cut depends on them, for level 1 has no lower end.
    response_probability : float
        What "master" means; see ``item_mapping_location``.

    Returns
    -------
    tuple of four floats
        Strictly ascending, logits, D = 1.

    Raises
    ------
    StandardSettingError
        If a target is no level from 1 to 5, a level from 2 to 5 has no item, items of two
        dimensions came, an item has no location, or a level would begin no higher than the level
        below it; the message names the items or levels.
    """
    locations: dict[int, list[float]] = {level: [] for level in LEVELS_WITH_A_CUT}
    dimensions: set[str] = set()
    for item, level in targets:
        if level not in (1, *LEVELS_WITH_A_CUT):
            raise StandardSettingError(
                f"item {_name(item)!r} has target level {level!r}; give a level from 1 to 5"
            )
        if isinstance(item, Item):
            dimensions.add(item.dimension)
        if level in locations:
            locations[level].append(item_mapping_location(item, response_probability))
    if len(dimensions) > 1:
        raise StandardSettingError(
            f"items of several dimensions came ({', '.join(sorted(dimensions))}); set the cut "
            "scores of each by itself"
        )
    missing = [str(level) for level, found in locations.items() if not found]
    if missing:
        raise StandardSettingError(
            f"no item has target level {', '.join(missing)}; each level from 2 to 5 needs one"
        )
    cuts = [float(median(locations[level])) for level in LEVELS_WITH_A_CUT]
    for (level, cut), (above, next_cut) in pairwise(zip(LEVELS_WITH_A_CUT, cuts, strict=True)):
        if not cut < next_cut:
            raise StandardSettingError(
                f"level {above} would begin at {next_cut:.3f}, not above level {level} at "
                f"{cut:.3f}; review the target levels of their items"
            )
    return cuts[0], cuts[1], cuts[2], cuts[3]


def _name(item: Item | ItemParameters) -> str:
    return item.id if isinstance(item, Item) else item.name
