"""The many-facet Rasch model: severity of raters, and persons' abilities freed from it."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.linalg import block_diag, cho_factor, cho_solve
from scipy.special import softmax
from scipy.stats import chi2

from calibration.errors import DataError
from calibration.raters.design import (
    Ratings,
    read_ratings,
    refuse_disconnected,
    refuse_extremes,
)
from calibration.raters.fit import FacetFit, facet_fit
from calibration.raters.likelihood import Maximum, Problem, maximise
from calibration.threads import one_blas_thread

FloatArray = npt.NDArray[np.float64]
Thresholds = Literal["rating scale", "partial credit"]
NO_SD = 1e-3  # logits; an SD of ability below is none


@dataclass(frozen=True, slots=True)
class RaterEstimate:
    """One rater, logits.

    Attributes
    ----------
    severity, se : float
        Severities sum to 0; a severe rater is positive.
    observed_average : float
        Mean category of the ratings given.
    fair_average : float
        Expected category for a person of ability 0, the mean of the population, averaged over all
        items: what the observed average would be had all raters rated the same.
    """

    name: str
    severity: float
    se: float
    n_ratings: int
    observed_average: float
    fair_average: float
    fit: FacetFit


@dataclass(frozen=True, slots=True)
class FacetItem:
    """One item, logits: difficulty, and thresholds that sum to 0, with standard errors."""

    name: str
    difficulty: float
    se: float
    thresholds: tuple[float, ...]
    se_thresholds: tuple[float, ...]
    n_ratings: int
    fit: FacetFit


@dataclass(frozen=True, slots=True)
class FacetPerson:
    """One person: posterior mean and SD of ability, logits, and the fair average.

    ``fair_average`` is the expected category, averaged over all items, from a rater of severity 0.
    """

    name: str
    theta: float
    se: float
    n_ratings: int
    observed_average: float
    fair_average: float


@dataclass(frozen=True, slots=True)
class RaterSeparation:
    """How different raters are, against how exactly severity is known.

    Attributes
    ----------
    reliability : float
        Share of the variance of estimated severities that is not error; 0 where raters could all
        be equally severe. High means that raters are *not* interchangeable.
    separation : float
        SD of severities free of error, over the root mean square standard error.
    chi_square, df, p : float, int, float
        Wald test that all raters are equally severe.
    """

    reliability: float
    separation: float
    chi_square: float
    df: int
    p: float


@dataclass(frozen=True, slots=True)
class ManyFacetResult:
    """Estimates of the many-facet Rasch model, logits, D = 1.

    Attributes
    ----------
    raters, items, persons
        In order of first appearance.
    sd, se_sd : float
        SD of ability; the mean is 0.
    separation : RaterSeparation, or None
        None where there is one rater.
    """

    raters: tuple[RaterEstimate, ...]
    items: tuple[FacetItem, ...]
    persons: tuple[FacetPerson, ...]
    sd: float
    se_sd: float
    separation: RaterSeparation | None
    log_likelihood: float
    aic: float
    bic: float
    n_parameters: int
    iterations: int


def many_facet_rasch(
    persons: Sequence[Hashable],
    items: Sequence[Hashable],
    raters: Sequence[Hashable],
    categories: npt.ArrayLike,
    *,
    thresholds: Thresholds = "rating scale",
    lowest_category: int = 0,
    max_iterations: int = 200,
) -> ManyFacetResult:
    """Estimate rater severities, item difficulties and thresholds from a long table of ratings.

    log P(X = k) / P(X = k - 1) = theta - difficulty - severity - threshold_k, with theta ~ N(0,
    sd), severities and thresholds summing to 0. Marginal maximum likelihood: persons are
    integrated out, because joint maximum likelihood is inconsistent where each person has few
    ratings, which is how raters work. Standard errors come from the observed information.

    Parameters
    ----------
    persons, items, raters : sequences of length n_ratings
        Labels; any sparse design that is connected.
    categories : array of shape (n_ratings,)
        Whole numbers from ``lowest_category``; a rating not given has no row.
    thresholds : {"rating scale", "partial credit"}
        Common to all items, or of each item's own, which may then differ in categories.
    lowest_category : int
        The code of the lowest category.
    max_iterations : int

    Raises
    ------
    DataError
        If columns differ in length, a category is no whole number, a rating occurs twice, a rater
        or item has an infinite estimate, a category in between was never used, or the ratings do
        not tell persons apart.
    DisconnectedDesignError
        If raters (or items) fall into subsets that no common persons connect; names them.
    ConvergenceError
        If ``max_iterations`` were not enough.
    QuadratureError
        If single persons have far too many ratings to integrate ability out.

    References
    ----------
    Linacre (1989), Many-facet Rasch measurement, MESA Press; Bock & Aitkin (1981),
    doi:10.1007/BF02293801; Louis (1982), doi:10.1111/j.2517-6161.1982.tb01203.x
    """
    ratings = read_ratings(persons, items, raters, categories, lowest_category)
    partial_credit = thresholds == "partial credit"
    refuse_extremes(ratings, partial_credit)
    refuse_disconnected(ratings)
    coding = _Coding.of(ratings, partial_credit)
    problem = coding.problem(ratings)
    start = np.append(np.zeros(coding.free.shape[1]), 1.0)
    with one_blas_thread():  # the matrices are small
        maximum = maximise(problem, start, max_iterations)
    if maximum.sd < NO_SD:
        raise DataError(
            f"the SD of ability is estimated as {maximum.sd:.2g} logits: the ratings do not tell "
            "persons apart, so severities have no scale to stand on"
        )
    return _result(ratings, coding, problem, maximum, lowest_category)


@dataclass(frozen=True, eq=False)
class _Coding:
    """``free`` takes free parameters to difficulties, severities and thresholds, in that order.

    ``steps`` is the number of thresholds of each scale: one scale, or one an item.
    """

    free: FloatArray
    n_items: int
    n_raters: int
    steps: npt.NDArray[np.intp]
    partial_credit: bool

    @classmethod
    def of(cls, ratings: Ratings, partial_credit: bool) -> "_Coding":
        top = ratings.highest
        steps = top if partial_credit else top.max(keepdims=True)
        n_items, n_raters = len(ratings.items), len(ratings.raters)
        blocks = [np.eye(n_items), _summing_to_0(n_raters), *map(_summing_to_0, steps)]
        return cls(block_diag(*blocks), n_items, n_raters, steps, partial_credit)

    def scale_of(self, item: int) -> int:
        return item if self.partial_credit else 0

    def thresholds_of(self, item: int) -> slice:
        """Where the item's thresholds lie among the parameters."""
        scale = self.scale_of(item)
        start = self.n_items + self.n_raters + int(self.steps[:scale].sum())
        return slice(start, start + int(self.steps[scale]))

    def problem(self, ratings: Ratings) -> Problem:
        cells, cell = np.unique(
            np.column_stack([ratings.item, ratings.rater]), axis=0, return_inverse=True
        )
        n_categories = int(self.steps.max()) + 1
        scores = np.arange(n_categories)
        design = np.zeros((len(cells), n_categories, self.free.shape[0]))
        for place, (item, rater) in enumerate(cells):
            own = self.thresholds_of(item)
            n_steps = own.stop - own.start
            design[place, :, item] = -scores
            design[place, :, self.n_items + rater] = -scores
            design[place, : n_steps + 1, own] = -np.tri(n_steps + 1, n_steps, -1)
        n_steps_of_cell = np.array([self.steps[self.scale_of(item)] for item in cells[:, 0]])
        possible = scores <= n_steps_of_cell[:, None]
        return Problem(
            len(ratings.persons),
            ratings.person,
            np.asarray(cell.ravel(), dtype=np.intp),
            ratings.category,
            np.where(possible[:, :, None], design, 0.0) @ self.free,
            possible,
        )


def _summing_to_0(n: int) -> FloatArray:
    return np.vstack([np.eye(n - 1), -np.ones((1, n - 1))])


def _result(
    ratings: Ratings, coding: _Coding, problem: Problem, maximum: Maximum, lowest: int
) -> ManyFacetResult:
    covariance = cho_solve(cho_factor(maximum.information), np.eye(len(maximum.information)))
    located = coding.free @ covariance[:-1, :-1] @ coding.free.T
    values, errors = coding.free @ maximum.parameters[:-1], np.sqrt(np.diag(located))
    n_parameters = len(maximum.parameters)
    deviance = -2 * maximum.log_likelihood
    return ManyFacetResult(
        raters=_raters(
            ratings, coding, values, errors, facet_fit(problem, maximum, ratings.rater), lowest
        ),
        items=_items(ratings, coding, values, errors, facet_fit(problem, maximum, ratings.item)),
        persons=_persons(ratings, coding, values, maximum, lowest),
        sd=maximum.sd,
        se_sd=float(np.sqrt(covariance[-1, -1])),
        separation=_separation(coding, values, located),
        log_likelihood=maximum.log_likelihood,
        aic=deviance + 2 * n_parameters,
        bic=deviance + float(np.log(len(ratings.persons))) * n_parameters,
        n_parameters=n_parameters,
        iterations=maximum.iterations,
    )


def _raters(
    ratings: Ratings,
    coding: _Coding,
    values: FloatArray,
    errors: FloatArray,
    fits: tuple[FacetFit, ...],
    lowest: int,
) -> tuple[RaterEstimate, ...]:
    own = slice(coding.n_items, coding.n_items + coding.n_raters)
    fair = _expected_average(coding, values, -values[own])
    counts = np.bincount(ratings.rater)
    averages = np.bincount(ratings.rater, ratings.category) / counts
    return tuple(
        RaterEstimate(
            name,
            float(values[own][place]),
            float(errors[own][place]),
            int(counts[place]),
            float(averages[place]) + lowest,
            float(fair[place]) + lowest,
            fits[place],
        )
        for place, name in enumerate(ratings.raters)
    )


def _items(
    ratings: Ratings,
    coding: _Coding,
    values: FloatArray,
    errors: FloatArray,
    fits: tuple[FacetFit, ...],
) -> tuple[FacetItem, ...]:
    counts = np.bincount(ratings.item)
    return tuple(
        FacetItem(
            name,
            float(values[place]),
            float(errors[place]),
            tuple(map(float, values[coding.thresholds_of(place)])),
            tuple(map(float, errors[coding.thresholds_of(place)])),
            int(counts[place]),
            fits[place],
        )
        for place, name in enumerate(ratings.items)
    )


def _persons(
    ratings: Ratings, coding: _Coding, values: FloatArray, maximum: Maximum, lowest: int
) -> tuple[FacetPerson, ...]:
    abilities = maximum.sd * maximum.nodes
    theta = maximum.posterior @ abilities
    spread = (abilities - theta[:, None]) ** 2
    se = np.sqrt(np.sum(maximum.posterior * spread, axis=1))
    fair = _expected_average(coding, values, theta)
    counts = np.bincount(ratings.person)
    averages = np.bincount(ratings.person, ratings.category) / counts
    return tuple(
        FacetPerson(
            name,
            float(theta[place]),
            float(se[place]),
            int(counts[place]),
            float(averages[place]) + lowest,
            float(fair[place]) + lowest,
        )
        for place, name in enumerate(ratings.persons)
    )


def _expected_average(coding: _Coding, values: FloatArray, ability: FloatArray) -> FloatArray:
    """Expected category, averaged over items, of each ability less severity."""
    total = np.zeros(len(ability))
    for item in range(coding.n_items):
        steps = values[item] + values[coding.thresholds_of(item)]
        scores = np.arange(len(steps) + 1)
        passed = np.append(0.0, np.cumsum(steps))
        total += softmax(ability[:, None] * scores - passed, axis=1) @ scores
    return total / coding.n_items


def _separation(
    coding: _Coding, values: FloatArray, covariance: FloatArray
) -> RaterSeparation | None:
    if coding.n_raters == 1:
        return None
    own = slice(coding.n_items, coding.n_items + coding.n_raters)
    severities = values[own]
    error = float(np.diag(covariance)[own].mean())
    observed = float(severities.var(ddof=1))
    true = max(observed - error, 0.0)
    free = slice(coding.n_items, coding.n_items + coding.n_raters - 1)
    chi_square = float(severities[:-1] @ np.linalg.solve(covariance[free, free], severities[:-1]))
    df = coding.n_raters - 1
    return RaterSeparation(
        true / observed,
        float(np.sqrt(true / error)),
        chi_square,
        df,
        float(chi2.sf(chi_square, df)),
    )
