"""Fisher information of all items of a dimension at one ability, by a path made for speed."""

from typing import NamedTuple

import numpy as np

from assessment_engine.errors import RulesError
from assessment_engine.irt import FloatArray
from assessment_engine.pool import POLYTOMOUS, DimensionItems
from assessment_engine.selection.kept import kept

SAFE_LOGIT = 170.0  # the fourth power of its exponential is still a finite number


class Dichotomous(NamedTuple):
    """The parameters of dichotomous items, each ``(n_items,)``, and the largest of two."""

    a: FloatArray
    b: FloatArray
    c: FloatArray
    d: FloatArray
    max_a: float
    max_ab: float

    @property
    def has_asymptotes(self) -> bool:
        return bool(self.c.any() or (self.d < 1.0).any())


class _Constants(NamedTuple):
    slope: FloatArray
    offset: FloatArray
    square: FloatArray  # a**2, times (d - c)**2
    asymptotes: tuple[FloatArray, FloatArray, FloatArray, FloatArray] | None  # c, d, 1 - c, 1 - d
    max_a: float
    max_ab: float


@kept
def dichotomous(items: DimensionItems) -> Dichotomous | None:
    """Parameters of a dimension's items, or None if some are polytomous."""
    if any(item.model in POLYTOMOUS for item in items.items):
        return None
    a, b, c, d = np.array([(i.a, i.b[0], i.c, i.d) for i in items.items]).T.copy()
    return Dichotomous(a, b, c, d, float(a.max()), float(np.abs(a * b).max()))


@kept
def _constants(items: DimensionItems) -> _Constants | None:
    found = dichotomous(items)
    if found is None:
        return None
    a, b, c, d, max_a, max_ab = found
    asymptotes = (c, d, 1.0 - c, 1.0 - d) if found.has_asymptotes else None
    return _Constants(a, a * b, (a * (d - c)) ** 2, asymptotes, max_a, max_ab)


def parameters_of(items: DimensionItems) -> Dichotomous:
    """Parameters of a dimension's items; RulesError if some are polytomous."""
    found = dichotomous(items)
    if found is None:
        raise RulesError(
            "bOpt, thOpt, a-stratified, GDI and GDIP are for dichotomous items, but the dimension "
            "has polytomous ones; use MFI, KL or another rule"
        )
    return found


def information_at(items: DimensionItems, theta: float) -> FloatArray:
    """Fisher information of all items of a dimension at ``theta`` (logits), ``(n_items,)``."""
    known = _constants(items)
    if known is None or known.max_a * abs(theta) + known.max_ab > SAFE_LOGIT:
        return items.arrays.information(np.array([theta]))[:, 0]
    # With e = exp(-a (theta - b)), P = (d + c e) / (1 + e), Q = (1 - d + (1 - c) e) / (1 + e).
    odds_against = known.slope * -theta
    odds_against += known.offset
    np.exp(odds_against, out=odds_against)
    below = odds_against + 1.0
    below *= below
    above = odds_against
    if known.asymptotes is not None:
        c, d, not_c, not_d = known.asymptotes
        right = c * odds_against
        right += d
        wrong = not_c * odds_against
        wrong += not_d
        below *= right
        below *= wrong
        above = odds_against * odds_against
    above *= known.square
    above /= below
    return above
