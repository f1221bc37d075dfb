"""The progressive-restricted method: chance first, information more and more, and a ceiling."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from assessment_engine.errors import RulesError
from assessment_engine.exposure.draw import uniforms
from assessment_engine.irt import FloatArray


@dataclass(frozen=True, slots=True)
class Progressive:
    """``acceleration`` shapes the rise of the weight of information; 1 is linear in the sum.

    ``ceiling`` is the exposure rate from which an item is closed to sittings that open now.
    """

    acceleration: float = 1.0
    ceiling: float | None = None


def about_progressive(config: Progressive) -> Iterator[tuple[bool, str]]:
    """What must hold for the configuration, each with what to say where it does not."""
    a, k = config.acceleration, config.ceiling
    yield a > -np.inf and np.isfinite(a), f"acceleration={a}, expected a finite number"
    yield k is None or 0.0 < k <= 1.0, f"ceiling={k}, expected more than 0 and at most 1, or None"


def progressive_weight(given: int, length: int, acceleration: float = 1.0) -> float:
    """Weight of information after ``given`` items of ``length``, from 0 to 1.

    ``sum over f=1..given of f**acceleration / sum over f=1..length-1 of f**acceleration``; 0 before
    the first item, 1 before the last and after it.

    References
    ----------
    Barrada, Olea, Ponsoda & Abad (2008), doi:10.1348/000711007X230937
    """
    if given <= 0:
        return 0.0
    if given >= length - 1:
        return 1.0
    steps = np.arange(1.0, length) ** acceleration
    return float(steps[:given].sum() / steps.sum())


def progressive_weight_by_precision(
    given: int, most: int, se: float, se_target: float, acceleration: float = 1.0
) -> float:
    """The same for a test that stops at a standard error, from 0 to 1.

    ``max(se_target**2 / se**2, given / (most - 1))**acceleration``, so that the share of the
    information wanted that is there, or of the longest test, counts, whichever is more.

    References
    ----------
    McClarty, Sperling & Dodd (2006), paper at the AERA meeting; as catR has it, Magis & Barrada
    (2017), doi:10.18637/jss.v076.c01
    """
    if given <= 0:
        return 0.0
    if given >= most - 1:
        return 1.0
    share = max((se_target / se) ** 2, given / (most - 1))
    return float(min(share**acceleration, 1.0))


def progressive_values(
    information: FloatArray, weight: float, seed: int, position: int
) -> FloatArray:
    """What candidates are ranked by: ``(1 - weight) R + weight information``.

    Parameters
    ----------
    information : array of shape (n_items,)
        Fisher information of the items that may be offered, at the present ability.
    weight : float
        Of :func:`progressive_weight`.
    seed, position : int
        They decide the random part R, uniform from 0 to the largest information.

    Returns
    -------
    array of shape (n_items,)

    References
    ----------
    Revuelta & Ponsoda (1998), doi:10.1111/j.1745-3984.1998.tb00541.x
    """
    if not information.size:
        return information
    chance = uniforms(seed, position, "progressive", information.size) * information.max()
    values: FloatArray = (1.0 - weight) * chance + weight * information
    return values


def restricted(rates: Mapping[str, float], ceiling: float) -> frozenset[str]:
    """Ids of the items that have reached the ceiling, to be withheld from sittings that open now.

    Parameters
    ----------
    rates : mapping of item to exposure rate
        Of the finished sittings.
    ceiling : float
        From 0 to 1.

    Raises
    ------
    RulesError
        If the ceiling is not between 0 and 1.

    References
    ----------
    Revuelta & Ponsoda (1998), doi:10.1111/j.1745-3984.1998.tb00541.x
    """
    for holds, problem in about_progressive(Progressive(ceiling=ceiling)):
        if not holds:
            raise RulesError(problem)
    return frozenset(item for item, rate in rates.items() if rate >= ceiling)
