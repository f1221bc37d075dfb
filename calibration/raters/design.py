"""A long table of ratings, checked: who rated whom on what, and whether it can be compared."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from calibration.errors import DataError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


class DisconnectedDesignError(DataError):
    """Raters or items share too little to stand on one scale.

    Attributes
    ----------
    facet : str
        "rater" or "item".
    subsets : tuple of tuple of str
        Names that can be compared with each other, but not across subsets.
    """

    def __init__(self, facet: str, subsets: tuple[tuple[str, ...], ...]) -> None:
        listed = "; ".join("{" + ", ".join(names) + "}" for names in subsets)
        super().__init__(
            f"the ratings fall into {len(subsets)} subsets of {facet}s that no common persons, "
            f"items and raters connect: {listed}; a difference between subsets cannot be told from "
            "one between their persons, so let some persons be rated on both sides, or analyse "
            "each subset by itself"
        )
        self.facet = facet
        self.subsets = subsets


@dataclass(frozen=True, eq=False)
class Ratings:
    """Names in order of first appearance, and their places, each (n_ratings,)."""

    persons: tuple[str, ...]
    items: tuple[str, ...]
    raters: tuple[str, ...]
    person: IntArray
    item: IntArray
    rater: IntArray
    category: IntArray

    @property
    def highest(self) -> IntArray:
        """Highest category of each item, (n_items,)."""
        top = np.zeros(len(self.items), dtype=np.intp)
        np.maximum.at(top, self.item, self.category)
        return top


def read_ratings(
    persons: Sequence[Hashable],
    items: Sequence[Hashable],
    raters: Sequence[Hashable],
    categories: npt.ArrayLike,
    lowest_category: int,
) -> Ratings:
    """Check a long table and give its labels places; see ``many_facet_rasch``."""
    given = np.asarray(categories, dtype=np.float64)
    lengths = [len(persons), len(items), len(raters), given.size]
    if given.ndim != 1 or len(set(lengths)) > 1 or not given.size:
        raise DataError(
            "a table of ratings needs person, item, rater and category in each row; came "
            f"{lengths[0]} persons, {lengths[1]} items, {lengths[2]} raters and {lengths[3]} "
            "categories"
        )
    category = given - lowest_category
    bad = np.flatnonzero(~np.isfinite(category) | (category != np.floor(category)) | (category < 0))
    if bad.size:
        row = int(bad[0])
        raise DataError(
            f"row {row + 1} (person {str(persons[row])!r}, rater {str(raters[row])!r}) has "
            f"category {given[row]:g}; categories are whole numbers from {lowest_category} (a "
            "rating that was not given has no row)"
        )
    person_names, person = _places(persons)
    item_names, item = _places(items)
    rater_names, rater = _places(raters)
    found = Ratings(
        person_names, item_names, rater_names, person, item, rater, category.astype(np.intp)
    )
    _refuse_repeats(found)
    return found


def _places(labels: Sequence[Hashable]) -> tuple[tuple[str, ...], IntArray]:
    written = [str(label) for label in labels]
    names = tuple(dict.fromkeys(written))
    place = {name: number for number, name in enumerate(names)}
    return names, np.array([place[name] for name in written], dtype=np.intp)


def _refuse_repeats(ratings: Ratings) -> None:
    key = (ratings.person * len(ratings.items) + ratings.item) * len(ratings.raters) + ratings.rater
    _, first, counts = np.unique(key, return_index=True, return_counts=True)
    if (counts > 1).any():
        row = first[counts > 1].min()
        raise DataError(
            f"rater {ratings.raters[ratings.rater[row]]!r} rated person "
            f"{ratings.persons[ratings.person[row]]!r} on item "
            f"{ratings.items[ratings.item[row]]!r} more than once; keep one rating"
        )


def refuse_extremes(ratings: Ratings, partial_credit: bool) -> None:
    """Refuse what would have an infinite estimate.

    Raises
    ------
    DataError
        If a category between 0 and the highest was never used, or a rater (or, with a common
        rating scale, an item) has lowest or highest categories only.
    """
    top = ratings.highest
    if not partial_credit:
        top = np.full_like(top, top.max())
    scale = ratings.item if partial_credit else np.zeros_like(ratings.item)
    used = np.zeros((scale.max() + 1, top.max() + 1), dtype=bool)
    used[scale, ratings.category] = True
    for number, seen in enumerate(used):
        of_item = f"item {ratings.items[number]!r}: " if partial_credit else ""
        if not seen[1:].any():
            raise DataError(f"{of_item}only the lowest category was used; leave it out")
        empty = np.flatnonzero(~seen[: np.flatnonzero(seen).max() + 1])
        if empty.size:
            raise DataError(
                f"{of_item}nobody was rated in category {empty[0]} (counted from 0), so its "
                "thresholds have no estimate; merge categories, or leave the item out"
            )
    facets = [("rater", ratings.raters, ratings.rater)]
    if not partial_credit:
        facets.append(("item", ratings.items, ratings.item))
    for facet, names, place in facets:
        for word, extreme in (("lowest", 0), ("highest", top[ratings.item])):
            others = np.bincount(place[ratings.category != extreme], minlength=len(names))
            stuck = [name for name, other in zip(names, others, strict=True) if other == 0]
            if stuck:
                raise DataError(
                    f"{facet} {', '.join(map(repr, stuck))} has {word} categories only, so the "
                    "estimate would be infinite; leave out, or collect more ratings"
                )


def refuse_disconnected(ratings: Ratings) -> None:
    """Refuse a design in which differences between raters or items cannot be estimated.

    Exact: the contrasts that persons, items and raters as fixed effects leave open are the null
    space of the design, persons swept out.

    Raises
    ------
    DisconnectedDesignError

    References
    ----------
    Weeks & Williams (1964), Technometrics 6(3), 319-324
    """
    n_items, n_raters = len(ratings.items), len(ratings.raters)
    rows = np.arange(len(ratings.person))
    shape = len(rows), n_items + n_raters
    design = csr_array((np.ones(len(rows)), (rows, ratings.item)), shape=shape) + csr_array(
        (np.ones(len(rows)), (rows, n_items + ratings.rater)), shape=shape
    )
    membership = csr_array(
        (np.ones(len(rows)), (rows, ratings.person)), shape=(len(rows), len(ratings.persons))
    )
    sums = (membership.T @ design).toarray()
    within = (design.T @ design).toarray() - sums.T @ (sums / np.bincount(ratings.person)[:, None])
    values, vectors = np.linalg.eigh(within)
    open_contrasts = vectors[:, values < 1e-9 * max(values.max(), 1.0)]
    for facet, names, part in (
        ("rater", ratings.raters, open_contrasts[n_items:]),
        ("item", ratings.items, open_contrasts[:n_items]),
    ):
        subsets = _alike(names, part)
        if len(subsets) > 1:
            raise DisconnectedDesignError(facet, subsets)


def _alike(names: tuple[str, ...], rows: FloatArray) -> tuple[tuple[str, ...], ...]:
    """Names grouped by equal rows: their difference does not meet the null space."""
    left = np.arange(len(names))
    subsets = []
    while left.size:
        same = np.abs(rows[left] - rows[left[0]]).max(axis=1, initial=0.0) < 1e-6
        subsets.append(tuple(names[place] for place in left[same]))
        left = left[~same]
    return tuple(subsets)
