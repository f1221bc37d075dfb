"""Person fit: is a person's answer pattern as likely as those of such persons should be?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from assessment_engine.abilities import Abilities
from assessment_engine.density import collect
from assessment_engine.estimators import Estimate
from assessment_engine.irt import FloatArray
from assessment_engine.pool import ItemPool
from assessment_engine.records import Log, Response
from assessment_engine.rules import Rules
from assessment_engine.sitting import read, responses_of
from assessment_engine.state import scored_part

# Share of the log-likelihood's variance that must be left beside what ability takes up.
LEAST_VARIANCE = 1e-9

NO_SCORE = "no_certain_score"
AT_FENCE = "ability_at_fence"
TOO_FEW = "too_few_answers"


@dataclass(frozen=True, slots=True)
class PersonFit:
    """Fit of one person's answers.

    Attributes
    ----------
    theta : float or None
        Ability used, logits; None over several dimensions.
    n_scored : int
        Certain scores, those that count.
    lz : float or None
        Standardised log-likelihood as if ``theta`` were known; its variance is below 1, so that
        misfit is found too rarely.
    lz_star : float or None
        The same, standardised for an estimated ability: about standard normal where the model
        holds; low where improbable answers are many.
    p : float or None
        Probability of an ``lz_star`` as low or lower if the model holds.
    reason : str
        Why there is no value: ``no_certain_score``, ``ability_at_fence`` or ``too_few_answers``
        (the log-likelihood cannot vary apart from ability); empty where there is one.
    """

    theta: float | None
    n_scored: int
    lz: float | None
    lz_star: float | None
    p: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FitOfSitting:
    """By dimension answered, and over all of them that have a value."""

    dimensions: dict[str, PersonFit]
    overall: PersonFit


class _Surplus(NamedTuple):
    """Log-likelihood less its expectation with its variance; the same freed from ability."""

    plain: float
    variance: float
    star: float
    left: float
    n: int


def person_fit(pool: ItemPool, responses: Sequence[Response], theta: float) -> PersonFit:
    """lz and lz* of one person's answers to items of one dimension.

    With l the log-likelihood at the estimate and s its derivative by ability there,
    lz* = (l - E l - c s) / SD, where c is the regression of l on s and SD belongs to l - c s. For
    maximum likelihood s is 0; for weighted likelihood and posterior modes -s is the bias correction
    or the pull of the prior, so that this is Snijders' statistic for each of them. l - c s does not
    change, in first order, with ability, so that posterior means may be used as well.

    Parameters
    ----------
    pool : ItemPool
    responses : sequence of Response
        Only certain scores count: how a soft score varies depends on the scorer, whom it does not
        describe.
    theta : float
        The estimate of ability, logits.

    Returns
    -------
    PersonFit

    Raises
    ------
    UnknownItemError, ResponseError
        As :func:`assessment_engine.posterior`.

    Notes
    -----
    Item parameters are taken as known. In an adaptive test, where items suit the person, the
    log-likelihood varies little and lz* has little power.

    References
    ----------
    Drasgow, Levine & Williams (1985), doi:10.1111/j.2044-8317.1985.tb00817.x; Snijders (2001),
    doi:10.1007/BF02294437; Sinharay (2016), doi:10.1007/s11336-015-9465-x
    """
    certain = _certain(responses)
    return _standardised([_surplus(pool, certain, theta)] if certain else [], theta)


def fit_at(pool: ItemPool, responses: Sequence[Response], ability: Estimate) -> PersonFit:
    """:func:`person_fit` at an estimate, which has none at a fence."""
    if ability.at_fence:
        return _without(ability.theta, len(_certain(responses)), AT_FENCE)
    return person_fit(pool, responses, ability.theta)


def fit_of(log: Log, rules: Rules, pool: ItemPool) -> FitOfSitting:
    """Person fit of the answers scored so far, at abilities by the rules' method.

    Items on trial, whose parameters are not known yet, are left out.

    Parameters
    ----------
    log : Log
    rules : Rules
    pool : ItemPool
        The parameter set that the sitting was opened with.

    Returns
    -------
    FitOfSitting
        ``overall`` adds the log-likelihoods of the dimensions up, each freed from its own ability.

    Raises
    ------
    LogError
        If the log is contradictory.
    UnknownItemError
        If an item offered is not in ``pool``.

    References
    ----------
    Drasgow, Levine & McLaughlin (1991), Applied Psychological Measurement 15, for several tests
    """
    answers = responses_of(scored_part(rules, pool, read(log)), pool)
    abilities = Abilities(rules, pool, answers)
    found, surpluses = {}, []
    for dimension in sorted({pool[response.item].dimension for response in answers}):
        own = abilities.answers(dimension)
        ability = abilities.estimate(dimension, own)
        found[dimension] = fit_at(pool, own, ability)
        if not found[dimension].reason:
            surpluses.append(_surplus(pool, _certain(own), ability.theta))
    reasons = {fit.reason for fit in found.values()}
    if surpluses or len(reasons) != 1:
        return FitOfSitting(found, _standardised(surpluses, None))
    n_scored = sum(fit.n_scored for fit in found.values())
    return FitOfSitting(found, _without(None, n_scored, reasons.pop()))


def _surplus(pool: ItemPool, responses: Sequence[Response], theta: float) -> _Surplus:
    answers = collect(pool, responses)
    p, score = answers.arrays.evaluate(np.array([theta]))
    p, score = p[:, :, 0], score[:, :, 0]
    log_p = np.log(np.where(p > 0.0, p, 1.0))
    given = np.argmax(answers.soft, axis=1)[:, np.newaxis]

    def mean(values: FloatArray) -> FloatArray:
        result: FloatArray = (p * values).sum(axis=1)
        return result

    def observed(values: FloatArray) -> float:
        return float(np.take_along_axis(values, given, axis=1).sum())

    plain = observed(log_p) - float(mean(log_p).sum())
    variance = float((mean(log_p**2) - mean(log_p) ** 2).sum())
    information, common = float(mean(score**2).sum()), float(mean(score * log_p).sum())
    if not (variance > 0.0 and information > 0.0):
        return _Surplus(plain, 0.0, 0.0, 0.0, len(responses))
    regression = common / information
    star = plain - regression * observed(score)
    return _Surplus(plain, variance, star, variance - regression * common, len(responses))


def _certain(responses: Sequence[Response]) -> list[Response]:
    return [one for one in responses if sum(share > 0.0 for share in one.likelihood) == 1]


def _standardised(surpluses: Sequence[_Surplus], theta: float | None) -> PersonFit:
    if not surpluses:
        return _without(theta, 0, NO_SCORE)
    n = sum(one.n for one in surpluses)
    variance = math.fsum(one.variance for one in surpluses)
    left = math.fsum(one.left for one in surpluses)
    if not left > LEAST_VARIANCE * variance:
        return _without(theta, n, TOO_FEW)
    lz = math.fsum(one.plain for one in surpluses) / math.sqrt(variance)
    lz_star = math.fsum(one.star for one in surpluses) / math.sqrt(left)
    p = 0.5 * math.erfc(-lz_star / math.sqrt(2.0))
    return PersonFit(theta, n, lz, lz_star, p)


def _without(theta: float | None, n_scored: int, reason: str) -> PersonFit:
    return PersonFit(theta, n_scored, None, None, None, reason)
