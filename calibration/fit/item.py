"""S-X2: do an item's answers follow its curve among persons of one summed score?

For complete data. ``calibration.fit.sparse`` does the same for incomplete and adaptive data.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2

from calibration.estimate.quadrature import Quadrature
from calibration.fit.common import (
    Categories,
    FitError,
    FloatArray,
    checked,
    free_places,
    per_item,
)
from calibration.parameters import ItemParameters, probabilities


@dataclass(frozen=True, eq=False)
class ItemFit:
    """S-X2 of one item.

    Attributes
    ----------
    item : str
    statistic, df, p : float, int, float, or None
        S-X2, its degrees of freedom, and the probability of one as large if the model holds; None
        where ``reason`` says why.
    rmsea : float or None
        sqrt(max(statistic - df, 0) / (n_persons df)), all persons counted.
    scores : tuple of (int, int)
        First and last summed score of each row, after collapsing.
    observed, expected : array of shape (n_rows, n_categories)
        Persons in each row and category, before categories are merged within a row.
    reason : str
        Empty where there is a statistic.
    """

    item: str
    statistic: float | None
    df: int | None
    p: float | None
    rmsea: float | None
    scores: tuple[tuple[int, int], ...]
    observed: FloatArray
    expected: FloatArray
    reason: str = ""


def summed_score_distribution(items: Sequence[ItemParameters], theta: npt.ArrayLike) -> FloatArray:
    """Probability of each summed score at each ability, (highest score + 1, n_theta).

    Parameters
    ----------
    items : sequence of ItemParameters
    theta : array of shape (n_theta,)
        Abilities, logits, D = 1.

    References
    ----------
    Lord & Wingersky (1984), doi:10.1177/014662168400800409; Thissen, Pommerich, Billeaud &
    Williams (1995), doi:10.1177/014662169501900105
    """
    table = probabilities(items, theta)
    return _joined(np.ones((1, table.shape[2])), _parts(items, table))


def item_fit(
    items: Sequence[ItemParameters],
    categories: Categories,
    quadrature: Quadrature,
    *,
    weights: npt.ArrayLike | None = None,
    estimated: bool | Sequence[bool] = True,
    minimum_expected: float = 1.0,
) -> tuple[ItemFit, ...]:
    """S-X2 of each item, for persons who answered all items.

    Rows are summed scores from the item's highest category to the test's highest score less that,
    where no category is impossible. A row whose categories cannot be merged into two cells with
    the least expected count is joined with its neighbour towards the middle of the scores; then
    neighbouring categories are merged within each row.

    Parameters
    ----------
    items : sequence of ItemParameters
        All items of the test; the score is the sum of their category numbers.
    categories : array of shape (n_persons, n_items)
        From 0.
    quadrature : Quadrature
        The ability distribution of these persons.
    weights : array of shape (n_persons,), optional
        How often each row occurred.
    estimated : bool or sequence of bool
        Whether the items' parameters were estimated from these answers; only then are they
        subtracted from the degrees of freedom. A slope that is 1 or common to all does not count.
    minimum_expected : float
        Least expected count of a cell.

    Returns
    -------
    tuple of ItemFit

    Raises
    ------
    FitError
        If an answer is missing, the input does not belong together, or an item is nominal.

    References
    ----------
    Orlando & Thissen (2000), doi:10.1177/01466216000241003; Orlando & Thissen (2003),
    doi:10.1177/0146621603027004004; Kang & Chen (2008), doi:10.1111/j.1745-3984.2008.00071.x
    """
    counts = checked(items, categories, weights)
    _check_summable(items, categories)
    if not minimum_expected > 0:
        raise FitError(f"minimum_expected must be above 0; came {minimum_expected}")
    is_estimated = per_item(estimated, items)
    table = probabilities(items, quadrature.nodes)
    score = categories.sum(axis=1, dtype=np.intp)
    highest = sum(item.n_categories - 1 for item in items)
    persons = np.bincount(score, counts, minlength=highest + 1)
    found: list[ItemFit] = []
    for place, rest in _leaving_one_out(items, table):
        item, width = items[place], items[place].n_categories
        expected = np.zeros((highest + 1, width))
        weighted = rest * quadrature.weights
        for category in range(width):
            expected[category : category + len(rest), category] = weighted @ table[place, category]
        chance = expected.sum(axis=1)
        expected *= np.divide(persons, chance, out=np.zeros_like(chance), where=chance > 0)[:, None]
        cell = score * width + categories[:, place]
        tally = np.bincount(cell, counts, minlength=expected.size)
        observed = tally.reshape(expected.shape).astype(np.float64)
        n_free = len(free_places(item, is_estimated[place]))
        found.append(_fit(item, observed, expected, n_free, minimum_expected))
    return tuple(found)


def _check_summable(items: Sequence[ItemParameters], categories: Categories) -> None:
    nominal = [item.name for item in items if item.model == "NRM"]
    if nominal:
        raise FitError(
            f"categories of item {nominal[0]!r} have no order (NRM), so that they have no sum; use "
            "sparse_item_fit"
        )
    missing = categories < 0
    if missing.any():
        person, place = np.unravel_index(int(np.argmax(missing)), missing.shape)
        raise FitError(
            f"person {int(person) + 1} did not answer item {items[int(place)].name!r}: S-X2 groups "
            "persons by their summed score, so it needs complete data; use sparse_item_fit"
        )


def _parts(items: Sequence[ItemParameters], table: FloatArray) -> list[FloatArray]:
    return [table[place, : item.n_categories] for place, item in enumerate(items)]


def _joined(scores: FloatArray, parts: Sequence[FloatArray]) -> FloatArray:
    """Distribution of a score (n_scores, n_theta) after some items more."""
    for part in parts:
        longer = np.zeros((len(scores) + len(part) - 1, scores.shape[1]))
        for category, chance in enumerate(part):
            longer[category : category + len(scores)] += scores * chance
        scores = longer
    return scores


def _leaving_one_out(
    items: Sequence[ItemParameters], table: FloatArray
) -> Iterator[tuple[int, FloatArray]]:
    """Each item's place, and the distribution of the score on all others, in order.

    Halving: to leave out one item of the first half, the second half is joined once for all.
    """
    parts = _parts(items, table)

    def split(first: int, end: int, others: FloatArray) -> Iterator[tuple[int, FloatArray]]:
        if end - first == 1:
            yield first, others
            return
        middle = (first + end) // 2
        yield from split(first, middle, _joined(others, parts[middle:end]))
        yield from split(middle, end, _joined(others, parts[first:middle]))

    yield from split(0, len(parts), np.ones((1, table.shape[2])))


def _fit(
    item: ItemParameters,
    observed: FloatArray,
    expected: FloatArray,
    n_free: int,
    minimum: float,
) -> ItemFit:
    top, width = len(observed) - 1, observed.shape[1]
    inner = range(width - 1, top - width + 2)
    rows = _collapsed([(score, score) for score in inner], expected, minimum)
    seen, model = _sums(rows, observed), _sums(rows, expected)
    statistic, n_cells = 0.0, 0
    for ours, theirs in zip(seen, model, strict=True):
        cells = _cells(theirs, minimum)
        o, e = np.add.reduceat(ours, cells), np.add.reduceat(theirs, cells)
        statistic += float(((o - e) ** 2 / e).sum())
        n_cells += len(cells)
    df = n_cells - len(rows) - n_free
    if df < 1:
        reason = (
            f"{n_cells} cells in {len(rows)} rows leave no degree of freedom beside {n_free} "
            "parameters"
        )
        return ItemFit(item.name, None, None, None, None, rows, seen, model, reason)
    rmsea = float(np.sqrt(max(statistic - df, 0.0) / (df * observed.sum())))
    p = float(chi2.sf(statistic, df))
    return ItemFit(item.name, statistic, df, p, rmsea, rows, seen, model)


def _sums(rows: Sequence[tuple[int, int]], table: FloatArray) -> FloatArray:
    parts = [table[first : last + 1].sum(axis=0) for first, last in rows]
    return np.array(parts).reshape(len(parts), table.shape[1])


def _collapsed(
    rows: list[tuple[int, int]], expected: FloatArray, minimum: float
) -> tuple[tuple[int, int], ...]:
    """Join score groups, from both ends inwards, until each has two cells."""
    while len(rows) > 1:
        sums = _sums(rows, expected)
        thin = [place for place, row in enumerate(sums) if len(_cells(row, minimum)) < 2]
        if not thin:
            break
        first = thin[0] if thin[0] < len(rows) // 2 else thin[-1] - 1
        rows[first : first + 2] = [(rows[first][0], rows[first + 1][1])]
    return tuple(rows)


def _cells(expected: FloatArray, minimum: float) -> list[int]:
    """First category of each cell, after merging neighbours up to the least expected count."""
    starts, total = [0], 0.0
    for category, count in enumerate(expected):
        if total >= minimum:
            starts.append(category)
            total = 0.0
        total += count
    if total < minimum and len(starts) > 1:
        starts.pop()
    return starts
