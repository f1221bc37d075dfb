"""Item response functions of one item at one ability, compiled; the formulas of ``irt``."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assessment_engine.irt import LARGEST_LOGIT, FloatArray
from assessment_engine.records import Item
from assessment_engine.simulation.compiled import compiled

DICHOTOMOUS, GRADED, DIVIDE_BY_TOTAL = 0, 1, 2
_FAMILY = {"GRM": GRADED, "PCM": DIVIDE_BY_TOTAL, "GPCM": DIVIDE_BY_TOTAL, "NRM": DIVIDE_BY_TOTAL}

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Parameters of n items.

    ``family`` and ``width`` (number of categories) are ``(n,)``; ``slope`` and ``place``
    ``(n, K)``: for dichotomous items a, d - c and b, c, 1 - d; for graded ones a and thresholds;
    else slopes and offsets of the categories.
    """

    family: Codes
    width: Codes
    slope: FloatArray
    place: FloatArray

    @classmethod
    def of(cls, items: Sequence[Item]) -> "Curves":
        most = max(3, *(item.n_categories for item in items))
        slope, place = np.zeros((len(items), most)), np.zeros((len(items), most))
        for i, item in enumerate(items):
            n = item.n_categories
            if item.model == "GRM":
                slope[i, 0] = item.a
                place[i, : n - 1] = item.b
            elif item.model == "NRM":
                slope[i, 1:n] = item.slopes
                place[i, :n] = -np.array((0.0, *item.b))
            elif item.model in _FAMILY:
                slope[i, :n] = item.a * np.arange(n)
                place[i, :n] = item.a * np.cumsum((0.0, *item.b))
            else:
                slope[i, :2] = item.a, item.d - item.c
                place[i, :3] = item.b[0], item.c, 1.0 - item.d
        family = np.array([_FAMILY.get(item.model, DICHOTOMOUS) for item in items])
        return cls(family, np.array([item.n_categories for item in items]), slope, place)


@compiled
def _odds_against(z: float) -> float:
    return float(np.exp(-min(max(z, -LARGEST_LOGIT), LARGEST_LOGIT)))


@compiled
def probabilities_at(
    theta: float, family: int, width: int, slope: FloatArray, place: FloatArray, p: FloatArray
) -> None:
    """Write the category probabilities of one item into ``p[:width]``."""
    if family == DICHOTOMOUS:
        against = _odds_against(slope[0] * (theta - place[0]))
        up = 1.0 / (1.0 + against)
        p[0] = place[2] + slope[1] * (against * up)
        p[1] = place[1] + slope[1] * up
    elif family == GRADED:
        above = 1.0
        for k in range(width):
            if k == width - 1:
                p[k] = above
                continue
            x = slope[0] * (theta - place[k])
            down = 1.0 / (1.0 + _odds_against(-x))
            gap = 1.0 if k == 0 else -np.expm1(-slope[0] * (place[k] - place[k - 1]))
            p[k] = above * down * gap
            above = 1.0 / (1.0 + _odds_against(x))
    else:
        highest = -np.inf
        for k in range(width):
            p[k] = slope[k] * theta - place[k]
            highest = max(highest, p[k])
        total = 0.0
        for k in range(width):
            p[k] = np.exp(p[k] - highest)
            total += p[k]
        for k in range(width):
            p[k] /= total


@compiled
def information_at(
    theta: float, family: int, width: int, slope: FloatArray, place: FloatArray, p: FloatArray
) -> float:
    """Fisher information of one item; ``p`` is room to work in."""
    if family == DICHOTOMOUS:
        against = _odds_against(slope[0] * (theta - place[0]))
        up = 1.0 / (1.0 + against)
        down = against * up
        rise = slope[1] * up * down
        wrong, right = place[2] + slope[1] * down, place[1] + slope[1] * up
        return float(slope[0] * slope[0] * rise * (rise / (right * wrong)))
    probabilities_at(theta, family, width, slope, place, p)
    total = 0.0
    if family == GRADED:
        before = 1.0
        for k in range(width):
            after = 0.0
            if k < width - 1:
                after = 1.0 / (1.0 + _odds_against(slope[0] * (theta - place[k])))
            score = slope[0] * (1.0 - before - after)
            total += p[k] * score * score
            before = after
        return total
    mean = 0.0
    for k in range(width):
        mean += p[k] * slope[k]
    for k in range(width):
        total += p[k] * (slope[k] - mean) ** 2
    return total
