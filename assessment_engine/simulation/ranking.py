"""Items in the order of the most information that they can give in a short interval of ability.

The exact best items at an ability are found by going down the order of its interval until the
bound of the next item is below the last one kept: few of many items are evaluated, and none is
missed.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assessment_engine.irt import FloatArray, logistic
from assessment_engine.simulation.curves import DICHOTOMOUS, Curves

WIDTH = 0.1  # of an interval, logits
SLACK = 1e-9  # above what rounding does to a bound
HALVINGS = 60


class Ranking(NamedTuple):
    """``order`` and ``bound``, (n_intervals, n_items): item places by falling bound, and bounds."""

    low: float
    width: float
    order: npt.NDArray[np.int32]
    bound: FloatArray


def rank(curves: Curves, low: float, high: float) -> Ranking:
    """Rank items for abilities on ``[low, high]``, logits.

    The information of a dichotomous item rises to one peak and falls (its logarithm is strictly
    concave in the probability of a right answer), so its most in an interval is at an end or at
    the peak. Polytomous items may have several peaks: their bound is infinite, which puts them in
    front, where they are always evaluated.
    """
    n = max(1, round((high - low) / WIDTH))
    edges = np.linspace(low, high, n + 1)
    bound = np.full((n, curves.family.size), np.inf)
    own = np.flatnonzero(curves.family == DICHOTOMOUS)
    a, span = curves.slope[own, 0], curves.slope[own, 1]
    b, c, short = curves.place[own, :3].T
    peak = b + _peak(span, c, short) / a
    at_edges = _information(edges[:, np.newaxis], a, span, b, c, short)
    inside = (edges[:-1, np.newaxis] <= peak) & (peak <= edges[1:, np.newaxis])
    at_peak = np.where(inside, _information(peak, a, span, b, c, short), 0.0)
    bound[:, own] = np.maximum(np.maximum(at_edges[:-1], at_edges[1:]), at_peak) + SLACK
    order = np.argsort(-bound, axis=1, kind="stable").astype(np.int32)
    return Ranking(low, (high - low) / n, order, np.take_along_axis(bound, order, axis=1))


def _information(
    theta: FloatArray, a: FloatArray, span: FloatArray, b: FloatArray, c: FloatArray, e: FloatArray
) -> FloatArray:
    up, down = logistic(a * (theta - b)), logistic(-a * (theta - b))
    found: FloatArray = (a * span * up * down) ** 2 / ((c + span * up) * (e + span * down))
    return found


def _peak(span: FloatArray, c: FloatArray, short: FloatArray) -> FloatArray:
    """The logit of the most informative ability, by halving on the sign of the slope."""
    low, high = np.full(c.size, -40.0), np.full(c.size, 40.0)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        up, down = logistic(middle), logistic(-middle)
        rising = 2.0 / up - 2.0 / down > span / (c + span * up) - span / (short + span * down)
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    found: FloatArray = 0.5 * (low + high)
    return found
