"""How often a test puts persons into the right category, and twice into the same one.

Categories are what cut scores on ability make: 0 below the first, 1 from the first on, and so on;
who stands exactly on a cut belongs above it. A method says with which probability a person of
known ability is put into each category; accuracy compares that with the category of the ability
itself, consistency with a second, independent testing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from calibration.errors import CalibrationError
from calibration.fit import summed_score_distribution
from calibration.parameters import ItemParameters, expected_scores

FloatArray = npt.NDArray[np.float64]

ABILITIES_AT_ONCE = 4096
ROUNDING = 1e-9  # score points by which a true score may miss the whole number that it is


class ClassificationError(CalibrationError):
    """Cuts, abilities or errors do not make a classification."""


@dataclass(frozen=True, slots=True)
class CategoryRates:
    """One category: share of persons in it, and what becomes of them.

    ``accuracy`` is the probability to be put into it for those who belong there; ``consistency``
    that of being put into it again for those who were put into it once. None where there are none.
    """

    share: float
    accuracy: float | None
    consistency: float | None


@dataclass(frozen=True, slots=True)
class CutRates:
    """One cut by itself, two categories: accuracy, consistency and the two kinds of error.

    ``false_positive`` and ``false_negative`` are shares of all persons, who with ``accuracy`` make
    1. ``score_cut`` is the lowest summed score above the cut, None where scores are not summed.
    """

    cut: float
    score_cut: int | None
    accuracy: float
    consistency: float
    false_positive: float
    false_negative: float


@dataclass(frozen=True, eq=False)
class Classification:
    """Accuracy and consistency of a classification by all cuts at once.

    Attributes
    ----------
    accuracy, consistency : float
        Probabilities to be put into the right category, and into the same one twice.
    kappa : float or None
        Consistency beyond chance; None where all are put into one category.
    cells : array of shape (n_categories, n_categories)
        Joint probability of the category of ability (row) and the one assigned (column).
    twice : array of shape (n_categories, n_categories)
        Joint probability of the categories assigned by two testings.
    by_category : tuple of CategoryRates
    by_cut : tuple of CutRates
    notes : tuple of str
        Categories that nobody belongs to, or can be put into.
    """

    accuracy: float
    consistency: float
    kappa: float | None
    cells: FloatArray
    twice: FloatArray
    by_category: tuple[CategoryRates, ...]
    by_cut: tuple[CutRates, ...]
    notes: tuple[str, ...]


def rudner(
    theta: npt.ArrayLike,
    se: npt.ArrayLike,
    cuts: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
) -> Classification:
    """Classification by an ability estimate whose error is normal.

    Use it for tests scored by ability, adaptive ones included. ``theta`` and ``se`` are either the
    estimates of persons, taken for their abilities, or abilities of a distribution with the
    standard errors that the test has there (``conditional_standard_errors``). Estimates vary more
    than abilities (EAP less), and so accuracy comes out a little different from either.

    Parameters
    ----------
    theta : array of shape (n_abilities,)
        Logits.
    se : array of shape (n_abilities,)
        Standard errors, logits.
    cuts : array of shape (n_cuts,)
        Ascending cut scores, logits.
    weights : array of shape (n_abilities,), optional
        Frequencies or probabilities of the abilities; equal ones by default. A quadrature needs
        nodes close to each other, as one that straddles a cut counts on one side as a whole.

    Raises
    ------
    ClassificationError
        If cuts do not ascend, a standard error is not positive and finite, or shapes differ.

    References
    ----------
    Rudner (2001), doi:10.7275/an9m-2035; (2005), doi:10.7275/56a5-6b14
    """
    abilities, shares = _abilities(theta, weights)
    limits = _cuts(cuts)
    errors = np.array(se, dtype=np.float64)
    if errors.shape != abilities.shape:
        raise ClassificationError(
            f"every ability needs a standard error; came {errors.shape} for {abilities.shape}"
        )
    if not (np.isfinite(errors) & (errors > 0)).all():
        at = int(np.argmin(np.isfinite(errors) & (errors > 0)))
        raise ClassificationError(
            f"standard error {at + 1} is {errors[at]}, not a positive number; leave out abilities "
            "that the test does not measure"
        )
    distance = (limits - abilities[:, None]) / errors[:, None]
    # Differences of tail areas lose everything far out; the smaller tail keeps its digits.
    below, above = ndtr(distance), ndtr(-distance)
    low = np.column_stack([np.zeros(len(abilities)), below])
    high = np.column_stack([below, np.ones(len(abilities))])
    from_above = -np.diff(
        np.column_stack([np.ones(len(abilities)), above, np.zeros(len(abilities))])
    )
    assigned = np.where(low > 0.5, from_above, high - low)
    return _classification(abilities, shares, limits, assigned, None)


def lee(
    items: Sequence[ItemParameters],
    theta: npt.ArrayLike,
    cuts: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    score_cuts: Sequence[int] | None = None,
) -> Classification:
    """Classification by the summed score, whose distribution given ability is compound multinomial.

    Use it where everybody takes the same items and is judged by the sum of category numbers. A
    cut on ability becomes the expected summed score there, and a person is put above it from the
    next whole score on, unless ``score_cuts`` says otherwise.

    Parameters
    ----------
    items : sequence of ItemParameters
        All items of the test, D = 1.
    theta : array of shape (n_abilities,)
        Estimates of persons (Lee's P method) or nodes of a distribution (D method), logits.
    cuts : array of shape (n_cuts,)
        Ascending cut scores on ability, logits.
    weights : array of shape (n_abilities,), optional
        Frequencies or probabilities of the abilities; equal ones by default. A quadrature needs
        nodes close to each other, as one that straddles a cut counts on one side as a whole.
    score_cuts : sequence of int, optional
        Lowest summed score above each cut.

    Raises
    ------
    ClassificationError
        If cuts do not ascend, score cuts are not as many or descend, expected scores do not rise
        from cut to cut, or there is no item.

    References
    ----------
    Lee (2010), doi:10.1111/j.1745-3984.2009.00096.x; Lord & Wingersky (1984),
    doi:10.1177/014662168400800409
    """
    abilities, shares = _abilities(theta, weights)
    limits = _cuts(cuts)
    whole = _score_cuts(items, limits, score_cuts)
    n_scores = sum(item.n_categories - 1 for item in items) + 1
    edges = np.clip([0, *whole, n_scores], 0, n_scores)
    assigned = np.empty((len(abilities), len(limits) + 1))
    for begin in range(0, len(abilities), ABILITIES_AT_ONCE):
        here = slice(begin, begin + ABILITIES_AT_ONCE)
        by_score = summed_score_distribution(items, abilities[here])
        for category, (low, high) in enumerate(pairwise(edges)):
            assigned[here, category] = by_score[low:high].sum(axis=0)
    return _classification(abilities, shares, limits, assigned, whole)


def _abilities(
    theta: npt.ArrayLike, weights: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray]:
    abilities = np.array(theta, dtype=np.float64)
    shares = np.ones(abilities.shape) if weights is None else np.array(weights, dtype=np.float64)
    if abilities.ndim != 1 or abilities.shape != shares.shape or not len(abilities):
        raise ClassificationError(
            f"abilities and weights need one number each; came {abilities.shape} and {shares.shape}"
        )
    if not (np.isfinite(abilities) & np.isfinite(shares) & (shares >= 0)).all():
        raise ClassificationError(
            "abilities and weights must be finite numbers, weights 0 or more; leave out persons "
            "without an estimate"
        )
    if not shares.sum() > 0:
        raise ClassificationError("every weight is 0; there is nobody to classify")
    return abilities, shares / shares.sum()


def _cuts(cuts: npt.ArrayLike) -> FloatArray:
    limits = np.atleast_1d(np.array(cuts, dtype=np.float64))
    if limits.ndim != 1 or not len(limits) or not np.isfinite(limits).all():
        raise ClassificationError(f"cuts must be one or more finite abilities; came {cuts!r}")
    if not (np.diff(limits) > 0).all():
        raise ClassificationError(f"cuts must ascend strictly; came {limits.tolist()}")
    return limits


def _score_cuts(
    items: Sequence[ItemParameters], limits: FloatArray, given: Sequence[int] | None
) -> tuple[int, ...]:
    if not items:
        raise ClassificationError("there is no item to sum a score over")
    if given is not None:
        if len(given) != len(limits) or any(a > b for a, b in pairwise(given)):
            raise ClassificationError(
                f"score_cuts must be one a cut, not descending; came {list(given)} for "
                f"{len(limits)} cuts"
            )
        return tuple(int(one) for one in given)
    true = expected_scores(items, limits).sum(axis=0)
    if not (np.diff(true) > 0).all():
        raise ClassificationError(
            f"expected summed scores at the cuts do not rise ({true.round(3).tolist()}); check "
            "items with negative slopes, or give score_cuts"
        )
    return tuple(int(one) for one in np.ceil(true - ROUNDING))


def _classification(
    abilities: FloatArray,
    shares: FloatArray,
    limits: FloatArray,
    assigned: FloatArray,
    score_cuts: tuple[int, ...] | None,
) -> Classification:
    n_categories = len(limits) + 1
    belongs = np.searchsorted(limits, abilities, side="right")
    cells = np.zeros((n_categories, n_categories))
    np.add.at(cells, belongs, assigned * shares[:, None])
    twice = (assigned * shares[:, None]).T @ assigned
    accuracy, consistency = float(np.trace(cells)), float(np.trace(twice))
    chance = float(np.sum(twice.sum(axis=0) ** 2))
    notes = [f"nobody belongs to category {k}" for k in range(n_categories) if not cells[k].any()]
    notes += [
        f"nobody can be put into category {k}" for k in range(n_categories) if not twice[k].any()
    ]
    return Classification(
        accuracy=accuracy,
        consistency=consistency,
        kappa=(consistency - chance) / (1 - chance) if chance < 1 else None,
        cells=cells,
        twice=twice,
        by_category=tuple(_category(cells, twice, k) for k in range(n_categories)),
        by_cut=tuple(
            _cut(cells, twice, at, float(limit), None if score_cuts is None else score_cuts[at])
            for at, limit in enumerate(limits)
        ),
        notes=tuple(notes),
    )


def _category(cells: FloatArray, twice: FloatArray, k: int) -> CategoryRates:
    belong, put = float(cells[k].sum()), float(twice[k].sum())
    return CategoryRates(
        share=belong,
        accuracy=float(cells[k, k]) / belong if belong > 0 else None,
        consistency=float(twice[k, k]) / put if put > 0 else None,
    )


def _cut(
    cells: FloatArray, twice: FloatArray, at: int, cut: float, score_cut: int | None
) -> CutRates:
    below, above = slice(None, at + 1), slice(at + 1, None)
    return CutRates(
        cut=cut,
        score_cut=score_cut,
        accuracy=float(cells[below, below].sum() + cells[above, above].sum()),
        consistency=float(twice[below, below].sum() + twice[above, above].sum()),
        false_positive=float(cells[below, above].sum()),
        false_negative=float(cells[above, below].sum()),
    )
