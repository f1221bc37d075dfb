"""Single ratings with the severity of their raters taken off."""

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from calibration.errors import DataError
from calibration.raters.facets import FacetItem, ManyFacetResult

FloatArray = npt.NDArray[np.float64]


def fair_ratings(
    result: ManyFacetResult,
    persons: Sequence[Hashable],
    items: Sequence[Hashable],
    raters: Sequence[Hashable],
    categories: npt.ArrayLike,
    *,
    lowest_category: int = 0,
) -> FloatArray:
    """Each rating as a rater of severity 0 would have given it, on average.

    From the category comes off what the rater's severity adds to its expectation at the person's
    ability on this item; the result is held within the scale.

    Parameters
    ----------
    result : ManyFacetResult
        Of ``many_facet_rasch`` on these raters, items and persons.
    persons, items, raters : sequences of length n_ratings
    categories : array of shape (n_ratings,)
        From ``lowest_category``.
    lowest_category : int

    Returns
    -------
    array of shape (n_ratings,)
        In categories, not rounded.

    Raises
    ------
    DataError
        If a person, item or rater is not in ``result``.

    References
    ----------
    Linacre (1989), Many-facet Rasch measurement, MESA Press, on fair averages
    """
    item_of = {one.name: one for one in result.items}
    theta_of = {one.name: one.theta for one in result.persons}
    severity_of = {one.name: one.severity for one in result.raters}
    given = np.asarray(categories, dtype=np.float64)
    fair = np.empty(len(given))
    for row, labels in enumerate(zip(persons, items, raters, strict=True)):
        person, name, rater = map(str, labels)
        if person not in theta_of or name not in item_of or rater not in severity_of:
            raise DataError(
                f"row {row + 1} (person {person!r}, item {name!r}, rater {rater!r}) has no estimate"
            )
        item, theta = item_of[name], theta_of[person]
        shift = _expected(item, theta - severity_of[rater]) - _expected(item, theta)
        top = lowest_category + len(item.thresholds)
        fair[row] = np.clip(given[row] - shift, lowest_category, top)
    return fair


def _expected(item: FacetItem, ability: float) -> float:
    """Expected category, from 0."""
    steps = item.difficulty + np.asarray(item.thresholds)
    scores = np.arange(len(steps) + 1)
    passed = np.append(0.0, np.cumsum(steps))
    return float(softmax(ability * scores - passed) @ scores)
