"""Cut scores from a panel: the Bookmark and the Angoff method.

Both end in one cut score a level, ascending, in logits with a standard error between panelists.
``calibration.cutscores`` has the variant without a panel, by target level of items.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from calibration.cutscores import (
    check_ascending,
    check_response_probability,
    item_mapping_location,
    solve_ascending,
)
from calibration.errors import StandardSettingError
from calibration.parameters import ItemParameters, ability_scores, expected_scores, probabilities

FloatArray = npt.NDArray[np.float64]
Center = Literal["median", "mean"]
Placement = Literal["bookmarked", "preceding", "between"]

MEDIAN_OVER_MEAN = float(np.sqrt(np.pi / 2))  # standard errors, for normal judgements


@dataclass(frozen=True, slots=True)
class Page:
    """A score point in the ordered item booklet: page number from 1, and location in logits."""

    number: int
    item: str
    score: int
    location: float


@dataclass(frozen=True, slots=True)
class LevelCut:
    """Where a level begins.

    Attributes
    ----------
    level : str
    cut, se : float
        Logits. ``se`` is None where ``reason`` says why.
    judgements : tuple of float
        What each panelist alone says: a location (Bookmark), or a summed score (Angoff).
    score, score_se : float, optional
        Angoff: the cut on the summed score.
    """

    level: str
    cut: float
    se: float | None
    judgements: tuple[float, ...]
    score: float | None = None
    score_se: float | None = None
    reason: str | None = None


def ordered_item_booklet(
    items: Sequence[ItemParameters],
    response_probability: float = 2 / 3,
    *,
    guessing_adjusted: bool = False,
) -> tuple[Page, ...]:
    """Score points from the easiest to the hardest.

    A dichotomous item has one page, a polytomous item one for each score k from 1, at the ability
    where a score of k or higher has the response probability.

    Parameters
    ----------
    items : sequence of ItemParameters
        Logits, D = 1; any model. NRM needs slopes that ascend from 0.
    response_probability : float
        Between 0 and 1.
    guessing_adjusted : bool
        Take it of those who do not guess, (P - c) / (1 - c).

    Raises
    ------
    StandardSettingError
        If there is no item, a name occurs twice, or an item has no such location.

    References
    ----------
    Lewis, Mitzel & Green (1996), Standard setting: a Bookmark approach, CCSSO Conference on
    Large-Scale Assessment; Beretvas (2004), doi:10.1177/0146621603259903
    """
    names = [item.name for item in items]
    if not names or len(set(names)) < len(names):
        raise StandardSettingError("a booklet needs items, each with a name of its own")
    check_response_probability(response_probability)
    points = []
    for item in items:
        for score in range(1, item.n_categories):
            location = _location(item, score, response_probability, guessing_adjusted)
            points.append((location, item.name, score))
    return tuple(
        Page(number, name, score, location)
        for number, (location, name, score) in enumerate(sorted(points), start=1)
    )


def _location(
    item: ItemParameters, score: int, response_probability: float, guessing_adjusted: bool
) -> float:
    if item.n_categories == 2:
        return item_mapping_location(
            item, response_probability, guessing_adjusted=guessing_adjusted
        )
    check_ascending(item)
    return solve_ascending(
        lambda ability: float(probabilities([item], ability)[0, score:, 0].sum()),
        response_probability,
        [item],
        f"item {item.name!r} never reaches score {score} with probability {response_probability:g}",
    )


def bookmark_cut_scores(
    booklet: Sequence[Page],
    bookmarks: npt.ArrayLike,
    levels: Sequence[str],
    *,
    center: Center = "median",
    placement: Placement = "bookmarked",
    tables: Sequence[Hashable] | None = None,
) -> tuple[LevelCut, ...]:
    """Cut scores from the pages at which panelists put their bookmarks.

    Parameters
    ----------
    booklet : sequence of Page
        From ``ordered_item_booklet``.
    bookmarks : array of shape (n_panelists, n_levels)
        Page numbers: the first page that a person who has only just reached the level does not
        master. Ascending, or equal, from level to level.
    levels : sequence of str
        Names of the levels that have a cut, lowest first.
    center : {"median", "mean"}
        Over panelists, of locations.
    placement : {"bookmarked", "preceding", "between"}
        The cut is the location of that page, of the last page mastered, or halfway. With
        "preceding" a bookmark may lie one behind the last page.
    tables : sequence of length n_panelists, optional
        Where panelists discussed in groups: the group of each. Standard errors are then between
        tables.

    Returns
    -------
    tuple of LevelCut
        Strictly ascending. The standard error is that of the mean, times sqrt(pi / 2) for the
        median, which supposes judgements that are about normal. It holds the panel's
        disagreement only, not the error of item parameters.

    Raises
    ------
    StandardSettingError
        If a page does not exist, a panelist's bookmarks go backwards, or cut scores do not
        ascend; the message names panelist or levels.
    """
    pages = np.asarray(bookmarks, dtype=np.float64)
    _check_shape(pages, (None, len(levels)), "bookmarks", "panelists, levels")
    _check_pages(pages, len(booklet), levels, placement)
    location = np.array([page.location for page in booklet])
    place = pages.astype(np.intp) - 1
    match placement:
        case "bookmarked":
            judged = location[place]
        case "preceding":
            judged = location[place - 1]
        case _:
            judged = (location[place] + location[place - 1]) / 2
    cuts = []
    for level, column in zip(levels, judged.T, strict=True):
        cut, se, reason = _centre(column, center, tables)
        cuts.append(LevelCut(level, cut, se, tuple(map(float, column)), reason=reason))
    return _ascending(cuts)


def angoff_cut_scores(
    items: Sequence[ItemParameters],
    ratings: npt.ArrayLike,
    levels: Sequence[str],
    *,
    center: Center = "mean",
    tables: Sequence[Hashable] | None = None,
) -> tuple[LevelCut, ...]:
    """Cut scores from expected item scores, through the inverted test characteristic curve.

    Parameters
    ----------
    items : sequence of ItemParameters
        Logits, D = 1; any model. NRM needs slopes that ascend from 0.
    ratings : array of shape (n_levels, n_panelists, n_items)
        What a person who has only just reached the level would score on the item, on average: a
        probability for a dichotomous item (modified Angoff), 0 to the highest score for a
        polytomous one. No rating may be missing.
    levels : sequence of str
        Names of the levels that have a cut, lowest first.
    center : {"mean", "median"}
        Over panelists, of summed scores.
    tables : sequence of length n_panelists, optional
        As in ``bookmark_cut_scores``.

    Returns
    -------
    tuple of LevelCut
        Strictly ascending; the standard error by the delta method, that of the summed score over
        the slope of the test characteristic curve.

    Raises
    ------
    StandardSettingError
        If a rating is outside its item's scores, a summed score is one that no ability expects
        (guessing alone gives more), or cut scores do not ascend.

    References
    ----------
    Angoff (1971), Scales, norms, and equivalent scores, in Thorndike (ed.), Educational
    Measurement, 2nd ed.; Hambleton & Plake (1995), doi:10.1207/s15324818ame0801_4 (polytomous)
    """
    for item in items:
        check_ascending(item)
    given = np.asarray(ratings, dtype=np.float64)
    _check_shape(given, (len(levels), None, len(items)), "ratings", "levels, panelists, items")
    _check_ratings(given, items, levels)
    cuts = []
    for level, judged in zip(levels, given.sum(axis=2), strict=True):
        score, score_se, reason = _centre(judged, center, tables)
        cut = _ability_expecting(score, items, level)
        slope = _slope_of_curve(items, cut)
        se = None if score_se is None else score_se / slope
        judgements = tuple(map(float, judged))
        cuts.append(LevelCut(level, cut, se, judgements, score, score_se, reason))
    return _ascending(cuts)


def _ability_expecting(score: float, items: Sequence[ItemParameters], level: str) -> float:
    lowest = sum(item.c for item in items)
    highest = sum(item.d * len(item.b) for item in items)
    if not lowest < score < highest:
        raise StandardSettingError(
            f"level {level!r}: the panel expects a summed score of {score:.3f}; abilities expect "
            f"between {lowest:g} and {highest:g}, ends excluded; review the ratings"
        )
    return solve_ascending(
        lambda ability: float(expected_scores(items, ability).sum()),
        score,
        list(items),
        f"level {level!r}: no ability expects a summed score of {score:.6f}",
    )


def _slope_of_curve(items: Sequence[ItemParameters], ability: float) -> float:
    """d(expected summed score) / d theta, by the score function of the categories."""
    moved = probabilities(items, ability) * ability_scores(items, ability)
    return float(np.einsum("ikq,k->", moved, np.arange(moved.shape[1])))


def _centre(
    judged: FloatArray, center: Center, tables: Sequence[Hashable] | None
) -> tuple[float, float | None, str | None]:
    """Centre, standard error, and the reason where there is none.

    Between tables it is the cluster-robust error of the mean, which with tables of one size is the
    SD of table means over the root of their number.
    """
    middle = float(np.median(judged) if center == "median" else judged.mean())
    clusters = range(len(judged)) if tables is None else tables
    if len(clusters) != len(judged):
        raise StandardSettingError(
            f"each panelist sits at one table; came {len(clusters)} tables for {len(judged)} "
            "panelists"
        )
    places = {name: place for place, name in enumerate(dict.fromkeys(clusters))}
    if len(places) == 1:
        what = "panelist" if tables is None else "table"
        return middle, None, f"one {what} alone shows no disagreement"
    sums = np.zeros(len(places))
    np.add.at(sums, [places[name] for name in clusters], judged - judged.mean())
    variance = len(places) / (len(places) - 1) * float(np.sum(sums**2)) / len(judged) ** 2
    factor = MEDIAN_OVER_MEAN if center == "median" else 1.0
    return middle, factor * float(np.sqrt(variance)), None


def _ascending(cuts: list[LevelCut]) -> tuple[LevelCut, ...]:
    for below, above in pairwise(cuts):
        if not below.cut < above.cut:
            raise StandardSettingError(
                f"level {above.level!r} would begin at {above.cut:.3f}, not above level "
                f"{below.level!r} at {below.cut:.3f}; let the panel review both"
            )
    return tuple(cuts)


def _check_shape(given: FloatArray, wanted: tuple[int | None, ...], what: str, axes: str) -> None:
    fits = given.ndim == len(wanted) and all(
        length in (size, None) for size, length in zip(given.shape, wanted, strict=True)
    )
    if not fits or 0 in given.shape:
        numbers = ", ".join("any" if length is None else str(length) for length in wanted)
        raise StandardSettingError(
            f"{what} need shape ({axes}) = ({numbers}), none of them 0; came {given.shape}"
        )


def _check_pages(
    pages: FloatArray, n_pages: int, levels: Sequence[str], placement: Placement
) -> None:
    first = 1 if placement == "bookmarked" else 2
    last = n_pages + 1 if placement == "preceding" else n_pages
    bad = np.argwhere((pages != np.floor(pages)) | ~((pages >= first) & (pages <= last)))
    if bad.size:
        panelist, level = bad[0]
        raise StandardSettingError(
            f"panelist {panelist + 1}, level {levels[level]!r}: bookmark "
            f"{pages[panelist, level]:g}; with placement {placement!r} bookmarks are pages "
            f"{first} to {last}"
        )
    back = np.argwhere(np.diff(pages, axis=1) < 0)
    if back.size:
        panelist, level = back[0]
        raise StandardSettingError(
            f"panelist {panelist + 1} has level {levels[level + 1]!r} on page "
            f"{pages[panelist, level + 1]:g}, before level {levels[level]!r} on page "
            f"{pages[panelist, level]:g}; ask again"
        )


def _check_ratings(
    given: FloatArray, items: Sequence[ItemParameters], levels: Sequence[str]
) -> None:
    highest = np.array([len(item.b) for item in items])
    bad = np.argwhere(~((given >= 0) & (given <= highest)))
    if bad.size:
        level, panelist, item = bad[0]
        raise StandardSettingError(
            f"panelist {panelist + 1}, level {levels[level]!r}, item {items[item].name!r}: rating "
            f"{given[level, panelist, item]:g}; an expected score lies between 0 and "
            f"{highest[item]}"
        )
