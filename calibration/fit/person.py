"""Person fit: is a person's answer pattern as likely as patterns of such persons should be?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from calibration.estimate.quadrature import Quadrature, normal_grid
from calibration.fit.ability import abilities
from calibration.fit.common import (
    Categories,
    FloatArray,
    IntArray,
    Method,
    checked,
    of_answers,
    person_blocks,
)
from calibration.parameters import ItemParameters, ability_scores, log_probabilities

# Share of the log-likelihood's variance that must be left beside what ability takes up.
LEAST_VARIANCE = 1e-9


@dataclass(frozen=True, eq=False)
class PersonFit:
    """Each array of shape (n_kept,).

    Attributes
    ----------
    persons : array of int
        Rows that have a value.
    theta : array
        Ability used, logits.
    lz : array
        Standardised log-likelihood as if ``theta`` were known; its variance is below 1, so that
        misfit is found too rarely.
    lz_star : array
        The same, standardised for an estimated ability.
    p : array
        Probability of an ``lz_star`` as low or lower if the model holds.
    left_out : tuple of (int, str)
        The other rows, each with the reason.
    """

    persons: IntArray
    theta: FloatArray
    lz: FloatArray
    lz_star: FloatArray
    p: FloatArray
    left_out: tuple[tuple[int, str], ...]


def person_fit(
    items: Sequence[ItemParameters],
    categories: Categories,
    *,
    ability: Method | npt.ArrayLike = "WLE",
    quadrature: Quadrature | None = None,
) -> PersonFit:
    """lz and lz* of each person, over the items that he answered.

    With l the log-likelihood at the estimate and s its derivative by ability there,
    lz* = (l - E l - c s) / SD, where c is the regression of l on s and SD belongs to l - c s. For
    maximum likelihood s is 0; for weighted likelihood and posterior modes -s is the bias
    correction or the pull of the prior, so that this is Snijders' statistic for each of them.
    l - c s does not change, in first order, with ability, so that posterior means and any other
    consistent estimate may be used as well.

    Parameters
    ----------
    items : sequence of ItemParameters
    categories : array of shape (n_persons, n_items)
        From 0; -1 = not presented.
    ability : {"WLE", "ML", "MAP", "EAP"} or array of shape (n_persons,)
    quadrature : Quadrature, optional
        Ability distribution for MAP and EAP; standard normal by default.

    Returns
    -------
    PersonFit

    Raises
    ------
    FitError
        If the input does not belong together.

    Notes
    -----
    Item parameters are taken as known. The mean of lz* is above 0 by a term of order
    1 / sqrt(n_items), about .09 at 40 items, and its lower tail longer than the normal one; by
    simulation the two nearly cancel at p = .05 and leave .014 at p = .01. In an adaptive test,
    where items suit the person, the log-likelihood varies little and lz* has little power.

    References
    ----------
    Drasgow, Levine & Williams (1985), doi:10.1111/j.2044-8317.1985.tb00817.x; Snijders (2001),
    doi:10.1007/BF02294437; Magis, Raîche & Béland (2012), doi:10.3102/1076998610396894; Sinharay
    (2016), doi:10.1007/s11336-015-9465-x
    """
    checked(items, categories)
    grid = normal_grid() if quadrature is None else quadrature
    theta, reasons = abilities(items, categories, ability, grid)
    plain, star = np.zeros(len(theta)), np.zeros(len(theta))
    for rows in person_blocks(items, len(theta)):
        plain[rows], star[rows], varies = _standardised(items, categories[rows], theta[rows])
        for person in (np.flatnonzero(~varies) + rows.start).tolist():
            reasons.setdefault(
                person, "the log-likelihood cannot vary apart from ability; more items are needed"
            )
    kept = np.setdiff1d(np.arange(len(theta)), np.array(list(reasons), dtype=np.intp))
    return PersonFit(
        persons=kept,
        theta=theta[kept],
        lz=plain[kept],
        lz_star=star[kept],
        p=np.asarray(norm.cdf(star[kept])),
        left_out=tuple(sorted(reasons.items())),
    )


def _standardised(
    items: Sequence[ItemParameters], categories: Categories, theta: FloatArray
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """lz, lz*, and whether there is anything to standardise."""
    log_chance = log_probabilities(items, theta)
    chance = np.exp(log_chance)
    log_chance[chance == 0] = 0.0  # padding, and what adds nothing to any moment
    slope = ability_scores(items, theta)
    seen = (categories >= 0).T

    def moment(values: FloatArray) -> FloatArray:
        return np.asarray((chance * values).sum(axis=1))

    def total(by_item: FloatArray) -> FloatArray:
        return np.asarray((by_item * seen).sum(axis=0))

    mean = moment(log_chance)
    variance = total(moment(log_chance**2) - mean**2)
    information = total(moment(slope**2))
    common = total(moment(slope * log_chance))
    left = variance - common**2 / np.where(information > 0, information, 1.0)
    surplus = of_answers(log_chance, categories).sum(axis=1) - total(mean)
    ability_score = of_answers(slope, categories).sum(axis=1)
    varies = (left > LEAST_VARIANCE * variance) & (variance > 0) & (information > 0)
    divisor = np.where(varies, information, 1.0)
    star = (surplus - common / divisor * ability_score) / np.sqrt(np.where(varies, left, 1.0))
    return surplus / np.sqrt(np.where(variance > 0, variance, 1.0)), star, varies
