"""How often persons are put into their level, seen in a simulation and expected from errors.

A person's level is 1 below the first cut, 2 from the first cut on, and so on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import ndtr

from assessment_engine.errors import CutScoreError, EngineError
from assessment_engine.irt import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class LevelRates:
    """One level: how many truly have it and how many were given it, and shares that agree.

    ``accuracy`` is the share of those who have the level to whom it was given, ``right`` that of
    those given it who have it; ``expected`` is ``right`` as standard errors foretell it. None where
    there are no such persons.
    """

    level: int
    n_true: int
    n_given: int
    accuracy: float | None
    right: float | None
    expected: float | None


@dataclass(frozen=True, slots=True, eq=False)
class LevelAccuracy:
    """Levels of one dimension.

    Parameters
    ----------
    cuts : tuple of float
        Abilities at which levels 2, 3, ... begin, logits.
    confusion : array of shape (n_levels, n_levels)
        Persons by true level (row) and level given (column).
    accuracy : float
        Share of persons on the diagonal.
    kappa : float or None
        Cohen's, agreement beyond chance; None where all are in one level.
    expected : array of shape (n_levels, n_levels)
        The same table as the standard errors foretell it.
    expected_accuracy, expected_consistency : float
        Rudner's: probability that the level given is the true one, and that a second test of the
        same precision gives it again.
    levels : tuple of LevelRates
    """

    cuts: tuple[float, ...]
    confusion: IntArray
    accuracy: float
    kappa: float | None
    expected: FloatArray
    expected_accuracy: float
    expected_consistency: float
    levels: tuple[LevelRates, ...]


def level_accuracy(
    theta: FloatArray, estimate: FloatArray, se: FloatArray, cuts: Sequence[float]
) -> LevelAccuracy:
    """Compare true and estimated levels, and what standard errors say of the estimated ones.

    Parameters
    ----------
    theta, estimate, se : arrays of shape (n,)
        True abilities, estimates and their standard errors (above 0), logits. The errors are taken
        as normal.
    cuts : sequence of float
        Finite and ascending, one at least, logits.

    Raises
    ------
    CutScoreError
        If the cuts are not such.
    EngineError
        If there is no person.

    References
    ----------
    Rudner (2001), Practical Assessment, Research & Evaluation 7(14), doi:10.7275/an9m-2035; Rudner
    (2005), same journal 10(13), doi:10.7275/56a5-6b14
    """
    ends = np.asarray(cuts, dtype=np.float64)
    if not ends.size or not np.isfinite(ends).all() or any(a >= b for a, b in pairwise(cuts)):
        raise CutScoreError(f"cuts {tuple(cuts)}, expected finite ascending abilities")
    if not theta.size:
        raise EngineError("the accuracy of levels needs a person with an estimate; there is none")
    true = np.searchsorted(ends, theta, side="right")
    given = np.searchsorted(ends, estimate, side="right")
    probability = _level_probabilities(estimate, se, ends)
    n_levels = ends.size + 1
    confusion = np.zeros((n_levels, n_levels), dtype=np.int64)
    np.add.at(confusion, (true, given), 1)
    expected = np.zeros((n_levels, n_levels))
    np.add.at(expected.T, given, probability)
    return LevelAccuracy(
        cuts=tuple(ends.tolist()),
        confusion=confusion,
        accuracy=float(np.trace(confusion) / theta.size),
        kappa=_kappa(confusion / theta.size),
        expected=expected,
        expected_accuracy=float(np.trace(expected) / theta.size),
        expected_consistency=float((probability**2).sum() / theta.size),
        levels=tuple(_rates(level, confusion, expected) for level in range(n_levels)),
    )


def _level_probabilities(estimate: FloatArray, se: FloatArray, ends: FloatArray) -> FloatArray:
    """Of each person and level, ``(n, n_levels)``."""
    inner = ndtr((ends - estimate[:, None]) / se[:, None])
    below = np.hstack([np.zeros((estimate.size, 1)), inner, np.ones((estimate.size, 1))])
    shares: FloatArray = np.diff(below, axis=1)
    return shares


def _kappa(shares: FloatArray) -> float | None:
    chance = float(shares.sum(axis=0) @ shares.sum(axis=1))
    return None if chance >= 1.0 else (float(np.trace(shares)) - chance) / (1.0 - chance)


def _rates(level: int, confusion: IntArray, expected: FloatArray) -> LevelRates:
    n_true, n_given = int(confusion[level].sum()), int(confusion[:, level].sum())
    hits = int(confusion[level, level])
    return LevelRates(
        level=level + 1,
        n_true=n_true,
        n_given=n_given,
        accuracy=hits / n_true if n_true else None,
        right=hits / n_given if n_given else None,
        expected=float(expected[level, level] / n_given) if n_given else None,
    )
