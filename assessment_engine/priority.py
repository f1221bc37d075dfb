"""Cheap ways to heed constraints: item values weighed by the state of the constraints.

They look one item ahead only. Maxima can be kept by leaving items out; minima are met mostly, not
surely, where the shadow test meets them all.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assessment_engine.irt import FloatArray
from assessment_engine.linear import LinearModel


def priority_index(model: LinearModel, values: FloatArray, given: Sequence[int]) -> FloatArray:
    """Maximum priority index in two phases: minima first, then maxima.

    An item's value is multiplied, for each constraint that it counts to, by the constraint's weight
    times the share of its bound that is still open: of the minimum until every minimum is met, then
    of the maximum. While minima are open, an item that fills none has index 0.

    Parameters
    ----------
    model : LinearModel
    values : array of shape (n_items,)
        Criterion at the present ability, 0 or more.
    given : sequence of int
        Places of the items given.

    Returns
    -------
    array of shape (n_items,)

    References
    ----------
    Cheng & Chang (2009), doi:10.1348/000711008X304376
    """
    used = _used(model, given)[1:]
    counts = model.coefficients[1:] > 0.0
    low, high = model.lower[1:], model.upper[1:]
    open_minimum = _open_share(low, used)
    lacking = open_minimum > 0.0
    if lacking.any():
        fills = counts[lacking].any(axis=0)
        return np.where(fills, values * _product(model, counts, lacking, open_minimum), 0.0)
    open_maximum = _open_share(high, used)
    return values * _product(model, counts, np.isfinite(high), open_maximum)


def weighted_deviation(
    model: LinearModel, values: FloatArray, given: Sequence[int], free: NDArray[np.bool_]
) -> FloatArray:
    """Minus the weighted deviations from all bounds that a test with each item would end with.

    The rest of the test is taken to be of the free items' average. The criterion counts as one more
    constraint of weight 1: its deviation is the distance from the best free item's value, as a
    share of it. Deviations from a bound are taken as shares of it, so that words and items compare.

    Parameters
    ----------
    model : LinearModel
    values : array of shape (n_items,)
        Criterion at the present ability, 0 or more.
    given : sequence of int
        Places of the items given.
    free : array of shape (n_items,)
        Whether an item may still be given.

    Returns
    -------
    array of shape (n_items,)
        0 where nothing deviates, larger is better.

    References
    ----------
    Stocking & Swanson (1993), doi:10.1177/014662169301700308
    """
    if not free.any():
        return np.zeros(model.n_items)
    rest = max(model.upper[0] - len(given) - 1, 0.0)
    expected = _filled(model, given, free, rest)[:, np.newaxis] + model.coefficients
    below = np.maximum(model.lower[:, np.newaxis] - expected, 0.0)
    above = np.maximum(expected - model.upper[:, np.newaxis], 0.0)
    size = np.where(np.isfinite(model.upper), model.upper, model.lower)[:, np.newaxis]
    deviation = (below + above) / np.maximum(size, 1.0)
    return np.asarray(-(_weights(model) @ deviation) - (1.0 - _of_the_best(values, free)))


def weighted_penalty(
    model: LinearModel, values: FloatArray, given: Sequence[int], free: NDArray[np.bool_]
) -> FloatArray:
    """Minus the weighted penalty: content that is short attracts, content that is over repels.

    The expected end of each row, with the rest of the test as the free items are on average, is
    compared with the middle of its bounds: linearly within them, quadratically beyond. An item
    bears the weighted penalties of its rows, standardised over the free items; less the square of
    its value as a share of the best. The colour groups of the paper are not formed.

    Parameters
    ----------
    model : LinearModel
    values : array of shape (n_items,)
        Criterion at the present ability, 0 or more.
    given : sequence of int
        Places of the items given.
    free : array of shape (n_items,)
        Whether an item may still be given.

    Returns
    -------
    array of shape (n_items,)
        Between -1 and 1 for free items, larger is better.

    References
    ----------
    Shin, Chien, Way & Swanson (2009), Weighted penalty model for content balancing in CATs, Pearson
    """
    if not free.any():
        return np.zeros(model.n_items)
    length = model.upper[0]
    expected = _filled(model, given, free, length - len(given))[1:]
    most = model.coefficients.max(axis=1)[1:] * length
    low, high = model.lower[1:], np.minimum(model.upper[1:], most)
    middle = (low + high) / 2.0
    half = np.maximum((high - low) / 2.0, 0.5)  # bounds that meet leave half an item
    distance = (expected - middle) / half
    curved = np.sign(distance) * (distance**2 + 1.0) / 2.0
    penalty = np.where(np.abs(distance) > 1.0, curved, distance) * half / np.maximum(most, 1.0)
    largest = np.abs(model.coefficients[1:]).max(axis=1, initial=0.0)
    borne = _weights(model)[1:] * penalty / np.maximum(largest, 1.0)
    content = borne @ model.coefficients[1:]
    lowest, highest = content[free].min(), content[free].max()
    content = (content - lowest) / (highest - lowest) if highest > lowest else 0.0 * content
    return np.asarray(_of_the_best(values, free) ** 2 - content)


def _used(model: LinearModel, given: Sequence[int]) -> FloatArray:
    total: FloatArray = model.coefficients[:, np.array(given, dtype=np.int64)].sum(axis=1)
    return total


def _filled(
    model: LinearModel, given: Sequence[int], free: NDArray[np.bool_], rest: float
) -> FloatArray:
    """What the rows come to if ``rest`` more items are as the free ones are on average."""
    average = model.coefficients[:, free].mean(axis=1)
    total: FloatArray = _used(model, given) + rest * average
    return total


def _weights(model: LinearModel) -> FloatArray:
    return np.array([row.weight for row in model.rows])


def _of_the_best(values: FloatArray, free: NDArray[np.bool_]) -> FloatArray:
    """Values as shares of the best free item's."""
    return values / (float(values[free].max()) or 1.0)


def _open_share(bound: FloatArray, used: FloatArray) -> FloatArray:
    """The share of each bound that is still open, 0 to 1; 0 where there is none."""
    share = np.zeros_like(bound)
    np.divide(bound - used, bound, out=share, where=(bound > 0.0) & np.isfinite(bound))
    return np.clip(share, 0.0, 1.0)


def _product(
    model: LinearModel, counts: NDArray[np.bool_], rows: NDArray[np.bool_], share: FloatArray
) -> FloatArray:
    """For each item, the product of weight times open share of those rows that it counts to."""
    factor = np.where(rows, _weights(model)[1:] * share, 1.0)
    product: FloatArray = np.where(counts, factor[:, np.newaxis], 1.0).prod(axis=0)
    return product
