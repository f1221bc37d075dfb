"""Joint ability of correlated competencies, each item on one of them.

What a person shows on one competency tells of the others. The joint posterior is taken as normal,
here about its mode (Laplace), in ``joint_moments`` by its moments. For one competency the answers
to the others then act as a normal prior, the *cavity*: with it, everything that reads a posterior
of one ability reads the joint one, and the shape of the competency's own likelihood is kept.

References
----------
Segall (1996), doi:10.1007/BF02294343; Tierney & Kadane (1986), doi:10.1080/01621459.1986.10478240
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from assessment_engine.errors import ConvergenceError
from assessment_engine.irt import FloatArray, IntArray, ItemArrays
from assessment_engine.joint_prior import JointPrior
from assessment_engine.pool import LEAST_LIKELIHOOD, ItemPool
from assessment_engine.records import Response

TOLERANCE = 1e-10  # logits
MOST_STEPS = 100
HALVINGS = 40


class Normal(NamedTuple):
    """Mean and SD of a normal density, logits."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True, eq=False)
class JointPosterior:
    """A normal density of all abilities.

    Parameters
    ----------
    dimensions : tuple of str
        k of them, in the order of the prior.
    mean : array of shape (k,)
        The mode, or the mean where moments are matched
        (:func:`assessment_engine.joint_moments.matched`), logits.
    covariance : array of shape (k, k)
        Inverse of the observed information and the prior's.
    score, precision : arrays of shape (k,)
        First and negative second derivative of each dimension's own log-likelihood at the mode. A
        negative precision (lucky guesses, divided scores) is taken as 0: answers never widen what
        the prior says of another dimension.
    """

    dimensions: tuple[str, ...]
    mean: FloatArray
    covariance: FloatArray
    score: FloatArray
    precision: FloatArray

    def cavity(self, dimension: str) -> Normal:
        """What the prior and the answers to all other dimensions say of one."""
        i = self.dimensions.index(dimension)
        variance = float(self.covariance[i, i])
        left = 1.0 / variance - float(self.precision[i])
        pull = float(self.mean[i]) * left - float(self.score[i])
        return Normal(pull / left, left**-0.5)

    def covariance_of(self, dimensions: Sequence[str]) -> FloatArray:
        """Covariance of some of the abilities, in the order given."""
        places = [self.dimensions.index(name) for name in dimensions]
        return self.covariance[np.ix_(places, places)]

    def prob_sum_above(self, weights: FloatArray, cut: float) -> float:
        """Probability that a weighted sum of the abilities (k,) exceeds ``cut``."""
        mean = float(weights @ self.mean)
        sd = math.sqrt(float(weights @ self.covariance @ weights))
        return 0.5 * math.erfc((cut - mean) / (sd * math.sqrt(2.0)))


def joint_posterior(
    prior: JointPrior, pool: ItemPool, responses: Sequence[Response]
) -> JointPosterior:
    """Laplace posterior of all abilities: Newton's method with exact derivatives.

    Parameters
    ----------
    prior : JointPrior
    pool : ItemPool
    responses : sequence of Response
        Certain or soft, in any order; those to items of other dimensions are passed over.

    Raises
    ------
    ConvergenceError
        If the mode is not found to 1e-10 logits.
    """
    mean, precision = moments_of(prior)
    answers = _gather(prior, pool, responses)
    theta = mean.copy()
    if answers is None:
        nothing = np.zeros(len(mean))
        return JointPosterior(prior.dimensions, theta, np.array(prior.covariance), nothing, nothing)
    here = answers.at(theta)
    for _ in range(MOST_STEPS):
        gradient = here.score - precision @ (theta - mean)
        step = np.asarray(np.linalg.solve(_curvature(precision, here), gradient))
        if np.abs(step).max() < TOLERANCE:
            return _about(prior, theta, here, precision)
        moved = _rise(answers, theta, step, mean, precision, here)
        if moved is None:  # the rise is lost in rounding
            return _about(prior, theta, here, precision)
        theta, here = moved
    raise ConvergenceError(f"the joint mode near {theta} was not found in {MOST_STEPS} steps")


class Curvature(NamedTuple):
    """Log-likelihood; by dimension its derivative, its negative second one, and Fisher's."""

    value: float
    score: FloatArray
    observed: FloatArray
    expected: FloatArray

    def steepness(self) -> FloatArray:
        """Observed information, or Fisher's where that is not positive: steps always rise."""
        return np.where(self.observed > 0.0, self.observed, self.expected)


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    arrays: ItemArrays
    soft: FloatArray
    dimension: IntArray
    k: int

    def at(self, theta: FloatArray) -> Curvature:
        found = self.arrays.derivatives(theta)
        own = np.arange(len(self.dimension)), slice(None), self.dimension
        p, first, second = found.p[own], found.first[own], found.second[own]
        weight = self.soft * p
        likelihood = np.maximum(weight.sum(axis=1), LEAST_LIKELIHOOD)
        weight /= likelihood[:, np.newaxis]
        score = (weight * first).sum(axis=1)
        bend = (weight * second).sum(axis=1) - score**2
        expected = (p * first * first).sum(axis=1)
        return Curvature(
            float(np.log(likelihood).sum()),
            self._by_dimension(score),
            self._by_dimension(-bend),
            self._by_dimension(expected),
        )

    def _by_dimension(self, of_answers: FloatArray) -> FloatArray:
        return np.bincount(self.dimension, of_answers, self.k).astype(np.float64)


def _gather(prior: JointPrior, pool: ItemPool, responses: Sequence[Response]) -> _Answers | None:
    """The answers in a canonical order, so that theirs does not reach the last bit."""
    place = {name: i for i, name in enumerate(prior.dimensions)}
    ordered = sorted(
        (one for one in responses if pool[one.item].dimension in place),
        key=lambda one: (one.item, one.likelihood),
    )
    if not ordered:
        return None
    arrays = pool.arrays.take(np.array([pool.row[one.item] for one in ordered]))
    soft = np.zeros((len(ordered), arrays.n_categories))
    for row, one in enumerate(ordered):
        soft[row, : len(one.likelihood)] = one.likelihood
    dimension = np.array([place[pool[one.item].dimension] for one in ordered])
    return _Answers(arrays, soft, dimension, len(place))


def _rise(
    answers: _Answers,
    theta: FloatArray,
    step: FloatArray,
    mean: FloatArray,
    precision: FloatArray,
    here: Curvature,
) -> tuple[FloatArray, Curvature] | None:
    before = here.value - _penalty(theta, mean, precision)
    for _ in range(HALVINGS):
        tried = theta + step
        there = answers.at(tried)
        if there.value - _penalty(tried, mean, precision) > before:
            return tried, there
        step = 0.5 * step
    return None


def _penalty(theta: FloatArray, mean: FloatArray, precision: FloatArray) -> float:
    away = theta - mean
    return 0.5 * float(away @ precision @ away)


def _curvature(precision: FloatArray, here: Curvature) -> FloatArray:
    """The negative Hessian where it is positive definite, so that steps are Newton's and rise."""
    hessian = precision + np.diag(here.observed)
    if (here.observed < 0.0).any() and np.linalg.eigvalsh(hessian)[0] <= 0.0:
        return precision + np.diag(here.steepness())
    return hessian


def _about(
    prior: JointPrior, theta: FloatArray, here: Curvature, precision: FloatArray
) -> JointPosterior:
    observed = np.maximum(here.observed, 0.0)
    covariance = np.linalg.inv(precision + np.diag(observed))
    covariance = 0.5 * (covariance + covariance.T)
    return JointPosterior(prior.dimensions, theta, covariance, here.score, observed)


@lru_cache(maxsize=64)
def moments_of(prior: JointPrior) -> tuple[FloatArray, FloatArray]:
    """Mean and precision of the prior."""
    covariance = np.array(prior.covariance, dtype=np.float64)
    precision = np.linalg.inv(covariance)
    return np.array(prior.mean, dtype=np.float64), 0.5 * (precision + precision.T)


def about_joint(prior: JointPrior, dimensions: Sequence[str]) -> Iterator[tuple[bool, str]]:
    """What must hold of a joint prior for the dimensions that sections measure."""
    k = len(prior.dimensions)
    yield k > 0, "the joint prior has no dimension"
    yield (
        len(set(prior.dimensions)) == k,
        f"the joint prior names a dimension twice: {prior.dimensions}",
    )
    lacking = sorted(set(dimensions) - set(prior.dimensions))
    yield not lacking, f"the joint prior lacks {lacking}, which sections measure"
    square = len(prior.covariance) == k and all(len(row) == k for row in prior.covariance)
    yield (
        square and len(prior.mean) == k,
        f"the joint prior needs {k} means and a {k} x {k} covariance",
    )
    if not square:
        return
    covariance = np.array(prior.covariance, dtype=np.float64)
    finite = bool(np.isfinite(covariance).all() and np.isfinite(prior.mean).all())
    yield finite, "means and covariance of the joint prior must be finite numbers"
    if finite:
        symmetric = bool(np.allclose(covariance, covariance.T, rtol=0.0, atol=1e-12))
        yield symmetric, "the covariance of the joint prior must be symmetric"
        definite = bool(np.linalg.eigvalsh(covariance)[0] > 1e-9)
        yield definite, "the covariance of the joint prior must be positive definite"
