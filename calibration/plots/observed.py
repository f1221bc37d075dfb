"""Observed proportions of categories along ability, to be held against an item's curves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.errors import DataError
from calibration.estimate.quadrature import Quadrature
from calibration.parameters import ItemParameters
from calibration.posterior import Categories, posteriors

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

PERSONS_AT_ONCE = 20_000
"""Posteriors of so many persons are in memory together."""


@dataclass(frozen=True, eq=False)
class Observed:
    """What the persons who answered one item did, by bins of ability.

    Attributes
    ----------
    theta : array of shape (n_bins,)
        Mean ability in each bin, logits.
    persons : array of shape (n_bins,)
        Expected number of persons in it, weights counted; no whole numbers.
    proportions : array of shape (n_categories, n_bins)
        Share of these persons in each category.
    """

    theta: FloatArray
    persons: FloatArray
    proportions: FloatArray


def observed_proportions(
    items: Sequence[ItemParameters],
    categories: Categories,
    quadrature: Quadrature,
    *,
    weights: npt.ArrayLike | None = None,
    width: float = 0.5,
    fewest: float = 10.0,
) -> tuple[Observed, ...]:
    """Observed proportions of each item's categories in bins of ability.

    A person counts in every bin by the posterior probability of being there, given all of the
    person's answers. Where the model holds, the expected proportion is then the curve's mean over
    the bin. Persons put whole where their EAP is would not give that: with few items EAPs are
    shrunken, and the points leave the curve though nothing is amiss. The item itself is among
    the answers, so that points of a short test lie nearer to the curve than chance alone would
    have them: a picture to look at, not a test of fit.

    Parameters
    ----------
    items : sequence of ItemParameters
    categories : array of shape (n_persons, n_items)
        From 0; -1 = not presented.
    quadrature : Quadrature
        The persons' ability distribution, logits, D = 1.
    weights : array of shape (n_persons,), optional
        How often each row occurred.
    width : float
        Of the bins, logits; narrow, so that a curve is nearly straight in one.
    fewest : float
        A bin with fewer expected persons is joined to its neighbour.

    Returns
    -------
    tuple of Observed
        One an item; without bins where nobody answered it.

    Raises
    ------
    DataError
        If the shapes do not fit together, a category is none of its item's, or ``width`` is not
        above 0.

    References
    ----------
    Stone & Hansen (2000), doi:10.1177/00131640021970907
    """
    if not width > 0:
        raise DataError(f"the width of bins must be above 0 logits; came {width}")
    counts = _expected_counts(items, categories, quadrature, weights)
    cells = np.round(quadrature.nodes / width)
    return tuple(
        _binned(count[: item.n_categories], quadrature.nodes, cells, fewest)
        for item, count in zip(items, counts, strict=True)
    )


def _expected_counts(
    items: Sequence[ItemParameters],
    categories: Categories,
    quadrature: Quadrature,
    weights: npt.ArrayLike | None,
) -> FloatArray:
    """Persons by item, category and node, (n_items, most categories, n_nodes)."""
    table = np.asarray(categories)
    if table.ndim != 2 or table.shape[1] != len(items):
        raise DataError(
            f"categories of shape {table.shape} for {len(items)} items; give (n_persons, n_items)"
        )
    counted = np.ones(len(table)) if weights is None else np.asarray(weights, dtype=np.float64)
    if counted.shape != (len(table),):
        raise DataError(
            f"weights of shape {counted.shape} for {len(table)} persons; give one a person"
        )
    widths = np.array([item.n_categories for item in items])
    if len(table) and (table.max(axis=0) >= widths).any():
        item = items[int(np.argmax(table.max(axis=0) >= widths))]
        raise DataError(
            f"item {item.name!r}: a category above {item.n_categories - 1}, its highest; code from "
            "0, as categories_for does"
        )
    out = np.zeros((len(items), int(widths.max(initial=0)), len(quadrature.nodes)))
    for first in range(0, len(table), PERSONS_AT_ONCE):
        part = slice(first, first + PERSONS_AT_ONCE)
        posterior = posteriors(items, table[part], quadrature) * counted[part, None]
        for category in range(out.shape[1]):
            out[:, category] += (table[part] == category).T.astype(np.float64) @ posterior
    return out


def _binned(count: FloatArray, nodes: FloatArray, cells: FloatArray, fewest: float) -> Observed:
    mass = count.sum(axis=0)
    if not mass.sum() > 0:
        return Observed(np.empty(0), np.empty(0), np.empty((len(count), 0)))
    member = _joined(cells[None] == np.unique(cells)[:, None], mass, fewest)
    persons = member @ mass
    return Observed(
        theta=member @ (mass * nodes) / persons,
        persons=persons,
        proportions=count @ member.T / persons,
    )


def _joined(member: BoolArray, mass: FloatArray, fewest: float) -> BoolArray:
    """Bins from the lowest on, each with the next until it has enough persons."""
    found: list[BoolArray] = []
    held = np.zeros_like(member[0])
    for one in member:
        held = held | one
        persons = mass[held].sum()
        if persons > 0 and persons >= fewest:
            found.append(held)
            held = np.zeros_like(held)
    if found:
        found[-1] = found[-1] | held
    return np.stack(found or [held])
