"""The abilities that a sitting's answers speak of, each under the prior that its rules give it."""

from collections.abc import Sequence
from functools import lru_cache

from assessment_engine.density import Posterior, posterior, quadrature
from assessment_engine.estimators import Estimate, estimate
from assessment_engine.irt import FloatArray
from assessment_engine.joint import JointPosterior, Normal, joint_posterior
from assessment_engine.joint_moments import matched
from assessment_engine.joint_prior import JointPrior
from assessment_engine.pool import ItemPool
from assessment_engine.records import Response
from assessment_engine.rules import Estimation, Rules


class Abilities:
    """Posterior and estimate of each dimension, from all scored answers of a sitting."""

    def __init__(self, rules: Rules, pool: ItemPool, answers: tuple[Response, ...]) -> None:
        self._rules = rules
        self._pool = pool
        self._answers = answers

    @property
    def mode(self) -> JointPosterior | None:
        """Laplace's joint posterior; None where the rules estimate each dimension by itself."""
        if self._rules.joint is None:
            return None
        return _mode(self._rules.joint, self._pool, self._answers)

    @property
    def joint(self) -> JointPosterior | None:
        """The joint posterior by its moments; None as :attr:`mode`."""
        if self._rules.joint is None:
            return None
        return _joint(self._rules.joint, self._pool, self._answers, self._rules.estimation)

    def prior(self, dimension: str) -> Normal:
        """The prior of one dimension: with a joint prior, what all other answers say of it."""
        return self._prior(dimension, self.joint)

    def _prior(self, dimension: str, joint: JointPosterior | None) -> Normal:
        if joint is None:
            estimation = self._rules.estimation
            return Normal(estimation.prior_mean, estimation.prior_sd)
        return joint.cavity(dimension)

    def answers(self, dimension: str) -> tuple[Response, ...]:
        """The scored answers to items of one dimension, in the order of their positions."""
        if len(self._pool.dimensions) == 1:
            return self._answers
        type_of = self._pool.type_of
        return tuple(one for one in self._answers if type_of[one.item].dimension == dimension)

    def density(self, dimension: str, answers: tuple[Response, ...] | None = None) -> Posterior:
        """The posterior density of one dimension, by all of its answers or those given."""
        own = self.answers(dimension) if answers is None else answers
        mean, sd = self.prior(dimension)
        return posterior(self._pool, own, quadrature(self._rules.estimation), mean, sd)

    def covariance(self, dimensions: Sequence[str]) -> FloatArray | None:
        """Joint posterior covariance of some dimensions; None where each is by itself."""
        return None if self.joint is None else self.joint.covariance_of(dimensions)

    def estimate(self, dimension: str, answers: tuple[Response, ...] | None = None) -> Estimate:
        """Ability by the rules' method."""
        own = self.answers(dimension) if answers is None else answers
        return self.estimate_by(self.density(dimension, own), dimension, own)

    def estimate_by(
        self, density: Posterior, dimension: str, answers: tuple[Response, ...]
    ) -> Estimate:
        """The same, with the density of these answers at hand."""
        method = self._rules.estimation.method
        if method == "EAP":
            return Estimate(density.mean, density.sd)
        # Under this prior the mode of one dimension is the joint mode.
        mean, sd = self._prior(dimension, self.mode)
        return estimate(method, self._pool, answers, density, mean, sd)


# One decision asks for the same joint posterior several times.


@lru_cache(maxsize=8)
def _mode(prior: JointPrior, pool: ItemPool, answers: tuple[Response, ...]) -> JointPosterior:
    return joint_posterior(prior, pool, answers)


@lru_cache(maxsize=8)
def _joint(
    prior: JointPrior, pool: ItemPool, answers: tuple[Response, ...], estimation: Estimation
) -> JointPosterior:
    return matched(prior, pool, answers, quadrature(estimation))
