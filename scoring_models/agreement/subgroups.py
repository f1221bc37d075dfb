"""Whether a machine treats groups of people alike: standardised means, and three regressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import f as f_distribution
from scipy.stats import t as t_distribution

from scoring_models.agreement.ratings import Ratings, pair
from scoring_models.errors import AgreementError

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Contrast:
    """A group against the base group: difference in levels (squared for accuracy), its error, p."""

    estimate: float
    standard_error: float
    p: float


@dataclass(frozen=True)
class Regression:
    """What membership in a group explains.

    Attributes
    ----------
    r_squared : float
        Share of variance that groups explain, adjusted for their number; for conditional
        differences, beyond human levels. Below 0 where they explain less than chance would.
    p : float
        Of the F test that they explain nothing.
    base : str
        The group that the others are compared with.
    contrasts : mapping of str to Contrast
        Of every other group.
    """

    r_squared: float
    p: float
    base: str
    contrasts: Mapping[str, Contrast]


def difference_of_standardised_means(
    machine: Ratings, human: Ratings, groups: Sequence[str]
) -> dict[str, float]:
    """Mean standardised machine score minus mean standardised human score, by group.

    Both are standardised over all answers, so that a group that people rate high is not held
    against the machine. At most .10 either way is asked of a machine.

    Raises
    ------
    AgreementError
        If lengths differ, or machine or human scores do not vary.

    References
    ----------
    RSMTool's documentation, "Difference of standardised means"; it replaces the subgroup SMD of
    Williamson, Xi & Breyer (2012), doi:10.1111/j.1745-3992.2011.00223.x
    """
    x, y = pair(machine, human)
    names = _names(groups, len(x))
    spread = x.std(ddof=1), y.std(ddof=1)
    if not min(spread) > 0:
        raise AgreementError("standardised means are undefined: one of the two does not vary")
    rest = (x - x.mean()) / spread[0] - (y - y.mean()) / spread[1]
    return {str(name): float(rest[names == name].mean()) for name in np.unique(names)}


def overall_score_accuracy(
    machine: Ratings, human: Ratings, groups: Sequence[str], *, base: str | None = None
) -> Regression:
    """Do squared errors differ between groups?

    Parameters
    ----------
    machine, human : array of shape (n_answers,)
    groups : sequence of str
    base : str, optional
        The group to compare with; the largest if left out, the first by name of equals.

    Raises
    ------
    AgreementError
        If lengths differ, there are not two groups, ``base`` is none of them, or too few answers.

    References
    ----------
    Loukina, Madnani & Zechner (2019), The many dimensions of algorithmic fairness in educational
    applications, doi:10.18653/v1/W19-4401
    """
    x, y = pair(machine, human)
    return _explained((x - y) ** 2, groups, base)


def overall_score_difference(
    machine: Ratings, human: Ratings, groups: Sequence[str], *, base: str | None = None
) -> Regression:
    """Do signed errors, machine minus human, differ by group? As ``overall_score_accuracy``."""
    x, y = pair(machine, human)
    return _explained(x - y, groups, base)


def conditional_score_difference(
    machine: Ratings, human: Ratings, groups: Sequence[str], *, base: str | None = None
) -> Regression:
    """Do signed errors differ between people of one human level but of different groups?

    Human levels, rounded where raters were averaged, enter as categories. As
    ``overall_score_accuracy``.
    """
    x, y = pair(machine, human)
    return _explained(x - y, groups, base, np.floor(y + 0.5))


def _explained(
    errors: FloatArray, groups: Sequence[str], base: str | None, levels: FloatArray | None = None
) -> Regression:
    names = _names(groups, len(errors))
    present, sizes = np.unique(names, return_counts=True)
    if len(present) < 2:
        raise AgreementError(f"{len(present)} group came, expected two or more")
    first = str(present[sizes.argmax()]) if base is None else base
    if first not in present:
        raise AgreementError(f"base group {first!r} is none of {', '.join(present)}")
    others = [str(name) for name in present if name != first]
    categories = [] if levels is None else [levels == one for one in np.unique(levels)[1:]]
    null = np.column_stack([np.ones_like(errors), *categories])
    full = np.column_stack([null, *(names == name for name in others)])
    free = len(errors) - full.shape[1]
    if free < 1:
        raise AgreementError(f"{len(errors)} answers for {full.shape[1]} coefficients; add answers")
    if np.linalg.matrix_rank(full) < full.shape[1]:
        raise AgreementError("groups and human levels cannot be told apart; join small groups")
    without, _ = _least_squares(null, errors)
    within, coefficients = _least_squares(full, errors)
    total = float(((errors - errors.mean()) ** 2).sum())
    if not within > 1e-12 * max(total, 1e-12):
        raise AgreementError("errors do not vary within groups; nothing can be tested")
    error_variance = within / free
    ratio = (without - within) / len(others) / error_variance
    deviations = np.sqrt(error_variance * np.diag(np.linalg.inv(full.T @ full)))
    contrasts = {
        name: _contrast(coefficients[place], deviations[place], free)
        for place, name in enumerate(others, start=null.shape[1])
    }
    p = float(f_distribution.sf(ratio, len(others), free))
    explained = without / (len(errors) - null.shape[1]) - error_variance
    return Regression(float(explained / errors.var(ddof=1)), p, first, contrasts)


def _contrast(estimate: float, deviation: float, free: int) -> Contrast:
    p = 2 * t_distribution.sf(abs(estimate) / deviation, free)
    return Contrast(float(estimate), float(deviation), float(p))


def _least_squares(design: FloatArray, values: FloatArray) -> tuple[float, FloatArray]:
    coefficients = np.asarray(np.linalg.lstsq(design, values, rcond=None)[0], dtype=np.float64)
    return float(((values - design @ coefficients) ** 2).sum()), coefficients


def _names(groups: Sequence[str], n: int) -> npt.NDArray[np.str_]:
    names = np.asarray(groups, dtype=np.str_)
    if names.shape != (n,):
        raise AgreementError(f"{len(names)} groups for {n} answers; give one each")
    return names
