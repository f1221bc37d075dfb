"""Mantel's test and its generalisation, for items with ordered categories.

Differences are focal less reference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2

from calibration.dif.matching import Matching
from calibration.dif.screening import Categories, Screening, checked, groups_of, screened
from calibration.dif.strata import Strata, focal_sums, mean_score_sums, usable

FloatArray = npt.NDArray[np.float64]
PolytomousClass = Literal["AA", "BB", "CC"]


@dataclass(frozen=True, slots=True)
class Mantel:
    """One item of two or more categories in one focal group.

    Attributes
    ----------
    item, focal, n_reference, n_focal, n_strata, p_value, p_adjusted, reason
        As in ``MantelHaenszel``.
    chi_square : float or None
        Mantel's, on 1 degree of freedom.
    mean_difference : float or None
        Standardised mean difference (SMD), categories: focal less reference, weighted by the focal
        group. For two categories, STD P-DIF.
    se_mean_difference : float or None
        Hypergeometric, i.e. under no DIF (Zwick & Thayer 1996).
    effect_size : float or None
        SMD divided by the SD of the item in both groups together.
    ets_class : {"AA", "BB", "CC"} or None
        AA: not significant at .05, or effect size at most .17; CC: above .25; else BB.
    """

    item: str
    focal: str
    n_reference: float
    n_focal: float
    n_strata: int
    chi_square: float | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    mean_difference: float | None = None
    se_mean_difference: float | None = None
    effect_size: float | None = None
    ets_class: PolytomousClass | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class GeneralizedMantel:
    """One item in all groups at once: do mean categories differ at equal ability?

    ``chi_square`` has ``df`` = number of groups less 1; the rest as in ``MantelHaenszel``.
    """

    item: str
    n_persons: float
    n_strata: int
    chi_square: float | None = None
    df: int | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    reason: str | None = None


def mantel(
    items: Sequence[str],
    categories: Categories,
    groups: npt.ArrayLike,
    *,
    reference: object = None,
    matching: Matching | None = None,
    weights: npt.ArrayLike | None = None,
    anchors: Sequence[str] | None = None,
    purify: bool = False,
    level: float = 0.05,
    adjust: bool = False,
    max_rounds: int = 10,
) -> Screening[Mantel]:
    """Uniform DIF of items with ordered categories, each focal group against the reference group.

    Parameters as in ``mantel_haenszel``, with categories 0, 1, 2, ...

    Returns
    -------
    Screening of Mantel

    Raises
    ------
    DifError
        If groups or anchors leave nothing to compare.

    References
    ----------
    Mantel (1963), doi:10.1080/01621459.1963.10500879; Zwick, Donoghue & Grima (1993),
    doi:10.1111/j.1745-3984.1993.tb00425.x; Zwick & Thayer (1996), doi:10.3102/10769986021003187;
    classes: Zwick, Thayer & Mazzeo (1997), doi:10.1207/s15324818ame1004_2
    """
    names, codes = checked(items, categories)
    strata = Strata(names, codes, groups_of(groups, len(codes), reference), matching, weights)

    def judge(current: tuple[str, ...]) -> tuple[Mantel, ...]:
        return tuple(
            _polytomous(item, focal, table)
            for item, tables in zip(names, strata(current), strict=True)
            for focal, table in strata.pairs(tables)
        )

    return screened(
        judge,
        names,
        anchors=anchors,
        purify=purify,
        level=level,
        adjust=adjust,
        max_rounds=max_rounds,
    )


def generalized_mantel(
    items: Sequence[str],
    categories: Categories,
    groups: npt.ArrayLike,
    *,
    matching: Matching | None = None,
    weights: npt.ArrayLike | None = None,
    anchors: Sequence[str] | None = None,
    purify: bool = False,
    level: float = 0.05,
    adjust: bool = False,
    max_rounds: int = 10,
) -> Screening[GeneralizedMantel]:
    """Uniform DIF between any number of groups at once; no group is the reference.

    Parameters as in ``mantel``.

    Returns
    -------
    Screening of GeneralizedMantel

    Raises
    ------
    DifError
        If groups or anchors leave nothing to compare.

    References
    ----------
    Landis, Heyman & Koch (1978), doi:10.2307/1402373; Somes (1986), The American
    Statistician 40, 106-108; Penfield (2001), doi:10.1207/S15324818AME1403_3
    """
    names, codes = checked(items, categories)
    strata = Strata(names, codes, groups_of(groups, len(codes)), matching, weights)

    def judge(current: tuple[str, ...]) -> tuple[GeneralizedMantel, ...]:
        return tuple(
            _several(item, table) for item, table in zip(names, strata(current), strict=True)
        )

    return screened(
        judge,
        names,
        anchors=anchors,
        purify=purify,
        level=level,
        adjust=adjust,
        max_rounds=max_rounds,
    )


def _polytomous(item: str, focal: str, table: FloatArray) -> Mantel:
    table = usable(table)
    n_reference, n_focal = table.sum(axis=(0, 2)).tolist()
    excess, variance = focal_sums(table)
    if variance.sum() <= 0:
        reason = "no stratum has both groups, and answers in two categories"
        return Mantel(item, focal, n_reference, n_focal, len(table), reason=reason)
    score = np.arange(table.shape[2], dtype=np.float64)
    n = table.sum(axis=2)
    means = table @ score / n
    difference = float(n[:, 1] @ (means[:, 1] - means[:, 0]) / n_focal)
    # Given the margins of a stratum, its two means are tied: they differ by the excess of the
    # focal sum times (1 / n_F + 1 / n_R).
    share = n[:, 1] / n_focal * (1 / n[:, 0] + 1 / n[:, 1])
    either = table.sum(axis=(0, 1))
    mean = either @ score / either.sum()
    sd = float(np.sqrt(either @ (score - mean) ** 2 / (either.sum() - 1)))
    statistic = float(excess.sum() ** 2 / variance.sum())
    p_value = float(chi2.sf(statistic, 1))
    return Mantel(
        item=item,
        focal=focal,
        n_reference=n_reference,
        n_focal=n_focal,
        n_strata=len(table),
        chi_square=statistic,
        p_value=p_value,
        mean_difference=difference,
        se_mean_difference=float(np.sqrt(share**2 @ variance)),
        effect_size=difference / sd,
        ets_class=polytomous_class(difference / sd, p_value),
    )


def _several(item: str, table: FloatArray) -> GeneralizedMantel:
    table = usable(table)
    excess, spread = mean_score_sums(table)
    present = np.diagonal(spread) > 0
    base = float(table.sum())
    if present.sum() < 2:
        nothing = "no stratum has two groups, and answers in two categories"
        return GeneralizedMantel(item, base, len(table), reason=nothing)
    # The excesses of the groups sum to 0, so that one of them says nothing.
    kept = np.flatnonzero(present)[1:]
    statistic = float(excess[kept] @ np.linalg.pinv(spread[np.ix_(kept, kept)]) @ excess[kept])
    df = int(np.linalg.matrix_rank(spread[np.ix_(kept, kept)]))
    left_out = [place for place in range(len(present)) if not present[place]]
    reason = f"{len(left_out)} groups have no comparable answers" if left_out else None
    return GeneralizedMantel(
        item, base, len(table), statistic, df, float(chi2.sf(statistic, df)), reason=reason
    )


def polytomous_class(effect_size: float, p_value: float) -> PolytomousClass:
    """AA, BB or CC of SMD / SD and the p-value of Mantel's test.

    References
    ----------
    Zwick, Thayer & Mazzeo (1997), doi:10.1207/s15324818ame1004_2
    """
    if p_value >= 0.05 or abs(effect_size) <= 0.17:
        return "AA"
    return "CC" if abs(effect_size) > 0.25 else "BB"
