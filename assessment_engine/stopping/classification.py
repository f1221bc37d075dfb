"""Stopping once a person is classified at one or several cuts.

A sitting that no rule classifies ends at its maximum length, and the estimate classifies. With
several cuts each is tested by itself, and category ``k`` is decided when the tests put the person
above cut ``k`` and below cut ``k + 1`` (Eggen 1999).
"""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from assessment_engine.irt import FloatArray
from assessment_engine.stopping.likelihood import Answers
from assessment_engine.stopping_rules import ConfidenceInterval, Glr, Sprt

REFINEMENTS = 3
POINTS = 121


class Decision(NamedTuple):
    """``category`` counts the cuts below the person, None while undecided.

    ``ratios`` holds the log-likelihood ratio at each cut, above over below.
    """

    category: int | None
    ratios: tuple[float, ...]


def sprt(answers: Answers, rule: Sprt) -> Decision:
    """Test at every cut by the likelihood ratio of two fixed abilities."""
    cuts = np.array(rule.cuts)
    points = np.concatenate((cuts + rule.delta, cuts - rule.delta))
    above, below = np.split(answers.log_likelihood(points), 2)
    return _decide(tuple((above - below).tolist()), rule.alpha, rule.beta)


def glr(answers: Answers, rule: Glr) -> Decision:
    """Test at every cut by the ratio of the greatest likelihoods above and below."""
    ratios = tuple(
        _greatest(answers, cut + rule.delta, max(rule.high, cut + rule.delta))
        - _greatest(answers, min(rule.low, cut - rule.delta), cut - rule.delta)
        for cut in rule.cuts
    )
    return _decide(ratios, rule.alpha, rule.beta)


def confidence_interval(theta: float, se: float, rule: ConfidenceInterval) -> int | None:
    """Category of an estimate whose interval holds no cut, else None."""
    reach = NormalDist().inv_cdf(0.5 * (1.0 + rule.level)) * se
    if any(theta - reach < cut < theta + reach for cut in rule.cuts):
        return None
    return category_of_ability(theta, rule.cuts)


def category_of_ability(theta: float, cuts: Sequence[float]) -> int:
    """How many ascending cuts an ability has reached."""
    return sum(theta >= cut for cut in cuts)


def _greatest(answers: Answers, low: float, high: float) -> float:
    """Greatest log-likelihood on an interval: a net of points, drawn closer around the best."""
    best = -math.inf
    left, right = low, high
    for _ in range(REFINEMENTS):
        points: FloatArray = np.linspace(left, right, POINTS)
        value = answers.log_likelihood(points)
        place = int(value.argmax())
        best = max(best, float(value[place]))
        left, right = points[max(place - 1, 0)], points[min(place + 1, POINTS - 1)]
    return best


def _decide(ratios: tuple[float, ...], alpha: float, beta: float) -> Decision:
    upper, lower = math.log((1.0 - beta) / alpha), math.log(beta / (1.0 - alpha))
    for category in range(len(ratios) + 1):
        above = category == 0 or ratios[category - 1] >= upper
        below = category == len(ratios) or ratios[category] <= lower
        if above and below:
            return Decision(category, ratios)
    return Decision(None, ratios)
