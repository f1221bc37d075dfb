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

from collections.abc import Iterable
from itertools import pairwise
from statistics import median

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit

from assessment_engine.records import Item
from calibration.errors import StandardSettingError
from calibration.estimate.models import ADJACENT

FloatArray = npt.NDArray[np.float64]

LEVELS_WITH_A_CUT = (2, 3, 4, 5)
WIDEST = 2.0**20  # logits of a * theta; a bracket this wide means that the search went wrong


def item_mapping_location(item: Item, response_probability: float = 0.67) -> float:
    """Ability at which the item's expected score is a given share of its highest score.

    For a dichotomous item that share is the probability of the right answer, guessing included.

    Parameters
    ----------
    item : Item
        Parameters on the logit scale, D = 1.
    response_probability : float
        Between 0 and 1; .67 is customary.

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
    if not 0 < response_probability < 1:
        raise StandardSettingError(
            f"the response probability must lie between 0 and 1; came {response_probability}"
        )
    if not item.a > 0:
        raise StandardSettingError(
            f"item {item.id!r} has slope {item.a}; only a positive one has a location"
        )
    if len(item.b) > 1:
        return _polytomous_location(item, response_probability)
    if not item.c < response_probability < item.d:
        raise StandardSettingError(
            f"item {item.id!r} is answered with probability {item.c:g} to {item.d:g}, never "
            f"{response_probability:g}; choose a response probability between, or leave it out"
        )
    known = (response_probability - item.c) / (item.d - item.c)
    return float(item.b[0] + np.log(known / (1 - known)) / item.a)


def _polytomous_location(item: Item, response_probability: float) -> float:
    def surplus(ability: float) -> float:
        return _expected_share(item, ability) - response_probability

    reach = 8.0 / item.a
    lower, upper = min(item.b) - reach, max(item.b) + reach
    while surplus(lower) > 0 or surplus(upper) < 0:
        if reach * item.a > WIDEST:
            raise StandardSettingError(
                f"item {item.id!r} never reaches response probability {response_probability:g}"
            )
        reach *= 2
        lower, upper = lower - reach, upper + reach
    return float(brentq(surplus, lower, upper, xtol=1e-12, rtol=1e-14))


def _expected_share(item: Item, ability: float) -> float:
    b = np.array(item.b)
    if item.model == "GRM":
        return float(expit(item.a * (ability - b)).mean())
    parameters = np.concatenate([[item.a], -item.a * b])[None]
    log_probability = ADJACENT.log_probability(parameters, np.array([ability]))[0, :, 0]
    return float(np.arange(len(b) + 1) @ np.exp(log_probability) / len(b))


def cut_scores_by_item_mapping(
    targets: Iterable[tuple[Item, int]], response_probability: float = 0.67
) -> tuple[float, float, float, float]:
    """Abilities at which levels 2, 3, 4 and 5 begin.

    Each level begins at the median location of the items whose target it is.

    Parameters
    ----------
    targets : iterable of (Item, int)
        Items of one dimension, each with the level at which a person is expected to master it.
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
                f"item {item.id!r} has target level {level!r}; give a level from 1 to 5"
            )
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
