"""Infit and outfit of items and persons, from residuals at estimated abilities."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.estimate.quadrature import Quadrature, normal_grid
from calibration.fit.ability import Reasons, abilities
from calibration.fit.common import (
    Categories,
    FloatArray,
    IntArray,
    Method,
    checked,
    of_answers,
    person_blocks,
)
from calibration.parameters import ItemParameters, probabilities

LARGEST_SPREAD = np.sqrt(2.0)  # of a mean square; the cube root is no normal variate beyond


@dataclass(frozen=True, slots=True)
class ItemMeanSquares:
    """Mean squares of one item; all None where ``reason`` says why.

    ``outfit`` is the mean squared standardised residual, ``infit`` the same weighted by
    information; both are 1 on average where the model holds and abilities are known. ``z_outfit``
    and ``z_infit`` are about standard normal by the Wilson-Hilferty cube root.
    """

    item: str
    n_answers: float
    outfit: float | None
    infit: float | None
    z_outfit: float | None
    z_infit: float | None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class PersonMeanSquares:
    """Mean squares of persons, each array of shape (n_kept,).

    ``persons`` are the rows that they belong to, ``theta`` the abilities used; ``left_out`` names
    the other rows, each with the reason.
    """

    persons: IntArray
    theta: FloatArray
    outfit: FloatArray
    infit: FloatArray
    z_outfit: FloatArray
    z_infit: FloatArray
    left_out: tuple[tuple[int, str], ...]


@dataclass(frozen=True, eq=False)
class MeanSquares:
    """Mean squares of items and persons, from the same residuals."""

    items: tuple[ItemMeanSquares, ...]
    persons: PersonMeanSquares


@dataclass(eq=False)
class _Sums:
    """Over persons or items: answers n, z^2, y^2, W, C / W^2 and C - W^2."""

    n: FloatArray
    squares: FloatArray
    raw: FloatArray
    variance: FloatArray
    kurtosis: FloatArray
    excess: FloatArray

    @classmethod
    def zeros(cls, size: int) -> "_Sums":
        return cls(*(np.zeros(size) for _ in range(6)))

    def add(self, terms: "_Terms", where: slice, weights: FloatArray, axis: int) -> None:
        for name in ("n", "squares", "raw", "variance", "kurtosis", "excess"):
            own = getattr(terms, name)
            getattr(self, name)[where] += (own * weights).sum(axis=axis)


@dataclass(frozen=True, eq=False)
class _Terms:
    """The summands of ``_Sums``, each (n_persons, n_items), 0 where not answered."""

    n: FloatArray
    squares: FloatArray
    raw: FloatArray
    variance: FloatArray
    kurtosis: FloatArray
    excess: FloatArray


def mean_squares(
    items: Sequence[ItemParameters],
    categories: Categories,
    *,
    ability: Method | npt.ArrayLike = "WLE",
    quadrature: Quadrature | None = None,
    weights: npt.ArrayLike | None = None,
) -> MeanSquares:
    """Infit and outfit mean squares of all items and persons, with z.

    Parameters
    ----------
    items : sequence of ItemParameters
    categories : array of shape (n_persons, n_items)
        From 0; -1 = not presented.
    ability : {"WLE", "ML", "MAP", "EAP"} or array of shape (n_persons,)
        What the residuals are taken at. Estimates follow the answers, so that mean squares lie
        below 1 where a test is short.
    quadrature : Quadrature, optional
        Ability distribution for MAP and EAP; standard normal by default.
    weights : array of shape (n_persons,), optional
        How often each row occurred.

    Returns
    -------
    MeanSquares

    Raises
    ------
    FitError
        If the input does not belong together.

    Notes
    -----
    Variances and fourth moments are those of the category number under the item's own model, so
    that every ordered model is served. NRM items have no residual and are left out. In adaptive
    tests mean squares of persons vary little, for everybody answers items of his own level.

    References
    ----------
    Wright & Masters (1982), Rating Scale Analysis, MESA Press; Wright & Panchapakesan (1969),
    doi:10.1177/001316446902900102
    """
    counts = checked(items, categories, weights)
    grid = normal_grid() if quadrature is None else quadrature
    theta, reasons = abilities(items, categories, ability, grid)
    nominal = np.array([item.model == "NRM" for item in items])
    answers = np.where(nominal, np.int16(-1), categories).astype(np.int16)
    answers[list(reasons)] = -1
    by_item, by_person = _Sums.zeros(len(items)), _Sums.zeros(len(categories))
    for rows in person_blocks(items, len(categories)):
        terms = _terms(items, answers[rows], theta[rows])
        by_item.add(terms, slice(None), counts[rows, None], axis=0)
        by_person.add(terms, rows, np.ones(1), axis=1)
    return MeanSquares(_of_items(items, by_item, nominal), _of_persons(by_person, theta, reasons))


def _terms(items: Sequence[ItemParameters], categories: Categories, theta: FloatArray) -> _Terms:
    chance = probabilities(items, theta)
    number = np.arange(chance.shape[1])
    mean = np.einsum("ikn,k->in", chance, number)
    distance = number[None, :, None] - mean[:, None, :]
    variance = np.maximum((chance * distance**2).sum(axis=1).T, np.finfo(np.float64).tiny)
    fourth = (chance * distance**4).sum(axis=1).T
    seen = categories >= 0
    residual = of_answers(distance, categories)
    return _Terms(
        n=seen.astype(np.float64),
        squares=residual**2 / variance,
        raw=residual**2,
        variance=variance * seen,
        kurtosis=fourth / variance**2 * seen,
        excess=(fourth - variance**2) * seen,
    )


def _moments(sums: _Sums) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Outfit, infit and their SDs; rows without an answer must have been left out."""
    outfit, infit = sums.squares / sums.n, sums.raw / sums.variance
    spread_outfit = np.sqrt(np.maximum(sums.kurtosis / sums.n**2 - 1 / sums.n, 0.0))
    spread_infit = np.sqrt(np.maximum(sums.excess, 0.0)) / sums.variance
    return outfit, infit, spread_outfit, spread_infit


def _cube_root_z(mean_square: FloatArray, spread: FloatArray) -> FloatArray:
    q = np.minimum(spread, LARGEST_SPREAD)
    result: FloatArray = (np.cbrt(mean_square) - 1) * 3 / q + q / 3
    return result


def _kept(sums: _Sums, kept: npt.NDArray[np.bool_]) -> _Sums:
    return _Sums(
        *(
            getattr(sums, name)[kept]
            for name in ("n", "squares", "raw", "variance", "kurtosis", "excess")
        )
    )


def _has_spread(sums: _Sums) -> npt.NDArray[np.bool_]:
    """Where mean squares can vary at all: they cannot where every chance was one half."""
    answered = sums.n > 0
    n, variance = np.where(answered, sums.n, 1.0), np.where(answered, sums.variance, 1.0)
    some_outfit = sums.kurtosis / n - 1 > 1e-9
    some_infit = sums.excess > 1e-9 * variance**2
    return np.asarray(answered & some_outfit & some_infit)


def _of_items(
    items: Sequence[ItemParameters], sums: _Sums, nominal: npt.NDArray[np.bool_]
) -> tuple[ItemMeanSquares, ...]:
    usable = _has_spread(sums)
    places = np.flatnonzero(usable)
    outfit, infit, spread_outfit, spread_infit = _moments(_kept(sums, usable))
    z_outfit, z_infit = _cube_root_z(outfit, spread_outfit), _cube_root_z(infit, spread_infit)
    rank = {int(place): at for at, place in enumerate(places)}
    found: list[ItemMeanSquares] = []
    for place, item in enumerate(items):
        n = float(sums.n[place])
        if place in rank:
            at = rank[place]
            found.append(
                ItemMeanSquares(
                    item.name,
                    n,
                    outfit=float(outfit[at]),
                    infit=float(infit[at]),
                    z_outfit=float(z_outfit[at]),
                    z_infit=float(z_infit[at]),
                )
            )
            continue
        reason = "squared residuals cannot vary: every chance is one half"
        if nominal[place]:
            reason = "categories without an order (NRM) have no residual"
        elif n == 0:
            reason = "no answer by a person with an ability"
        found.append(ItemMeanSquares(item.name, n, None, None, None, None, reason))
    return tuple(found)


def _of_persons(sums: _Sums, theta: FloatArray, reasons: Reasons) -> PersonMeanSquares:
    usable = _has_spread(sums)
    outfit, infit, spread_outfit, spread_infit = _moments(_kept(sums, usable))
    left_out = dict(reasons)
    for person in np.flatnonzero(~usable).tolist():
        why = "squared residuals cannot vary" if sums.n[person] else "no answer to ordered items"
        left_out.setdefault(person, why)
    return PersonMeanSquares(
        persons=np.flatnonzero(usable),
        theta=theta[usable],
        outfit=outfit,
        infit=infit,
        z_outfit=_cube_root_z(outfit, spread_outfit),
        z_infit=_cube_root_z(infit, spread_infit),
        left_out=tuple(sorted(left_out.items())),
    )
