"""Mantel-Haenszel for right/wrong items, with delta and its ETS classes.

Differences are focal less reference: a negative delta, and a negative difference in proportion,
say that the item is harder for the focal group than for members of the reference group alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2

from calibration.dif.matching import Matching
from calibration.dif.screening import (
    Categories,
    DifError,
    Screening,
    checked,
    groups_of,
    screened,
)
from calibration.dif.strata import Strata, focal_sums, usable

FloatArray = npt.NDArray[np.float64]
EtsClass = Literal["A", "B", "C"]
ONE_SIDED, TWO_SIDED = 1.6448536269514722, 1.959963984540054


@dataclass(frozen=True, slots=True)
class MantelHaenszel:
    """One right/wrong item in one focal group.

    Attributes
    ----------
    item, focal : str
    n_reference, n_focal : float
        Persons in strata where both groups are.
    n_strata : int
        Number of these strata.
    chi_square, chi_square_corrected : float or None
        On 1 degree of freedom, without and with continuity correction.
    p_value : float or None
        Of the one that was asked for.
    p_adjusted : float or None
        Over all comparisons of the screening, Benjamini-Hochberg.
    odds_ratio : float or None
        Common odds ratio; above 1, the item is easier for the reference group.
    delta : float or None
        ``-2.35 ln(odds_ratio)``, the MH D-DIF.
    se_delta : float or None
    ets_class : {"A", "B", "C"} or None
        A: below 1 in size or not significantly different from 0; C: 1.5 or more and significantly
        above 1 in size; else B. Tests at the .05 level by ``se_delta``, one-sided for the second.
    standardized_difference : float or None
        Difference in proportion right, weighted by the focal group (STD P-DIF).
    reason : str or None
        Why something is None.
    """

    item: str
    focal: str
    n_reference: float
    n_focal: float
    n_strata: int
    chi_square: float | None = None
    chi_square_corrected: float | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    odds_ratio: float | None = None
    delta: float | None = None
    se_delta: float | None = None
    ets_class: EtsClass | None = None
    standardized_difference: float | None = None
    reason: str | None = None


def mantel_haenszel(
    items: Sequence[str],
    categories: Categories,
    groups: npt.ArrayLike,
    *,
    reference: object = None,
    matching: Matching | None = None,
    correct: bool = True,
    weights: npt.ArrayLike | None = None,
    anchors: Sequence[str] | None = None,
    purify: bool = False,
    level: float = 0.05,
    adjust: bool = False,
    max_rounds: int = 10,
) -> Screening[MantelHaenszel]:
    """Uniform DIF of right/wrong items, each focal group against the reference group.

    Parameters
    ----------
    items : sequence of str
        Names of the columns.
    categories : array of shape (n_persons, n_items)
        0 and 1; -1 = not presented.
    groups : array of shape (n_persons,)
        Label of each person's group.
    reference : label, optional
        The reference group; by default that of the first person.
    matching : Matching, optional
        By default ``SumScore()``; for adaptive or other incomplete data ``AbilityMatching``.
    correct : bool
        Whether the p-value is that of the corrected chi-square.
    weights : array of shape (n_persons,), optional
        How often each row occurred.
    anchors, purify, level, adjust, max_rounds
        See ``calibration.dif.screening.screened``.

    Returns
    -------
    Screening of MantelHaenszel

    Raises
    ------
    DifError
        If an item has more than two categories, or groups or anchors leave nothing to compare.

    References
    ----------
    Mantel & Haenszel (1959), doi:10.1093/jnci/22.4.719; Holland & Thayer (1988),
    doi:10.1002/j.2330-8516.1986.tb00186.x; Robins, Breslow & Greenland (1986),
    doi:10.2307/2531052; Phillips & Holland (1987), Biometrics 43, 425-431; Dorans & Kulick (1986),
    doi:10.1111/j.1745-3984.1986.tb00255.x; classes: Zwick (2012),
    doi:10.1002/j.2333-8504.2012.tb02290.x
    """
    names, codes = checked(items, categories)
    wide = [name for name, top in zip(names, codes.max(axis=0, initial=0), strict=True) if top > 1]
    if wide:
        raise DifError(f"item {', '.join(wide)} has more than two categories; use mantel")
    strata = Strata(names, codes, groups_of(groups, len(codes), reference), matching, weights)

    def judge(current: tuple[str, ...]) -> tuple[MantelHaenszel, ...]:
        return tuple(
            _dichotomous(item, focal, table, correct)
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


def _dichotomous(item: str, focal: str, table: FloatArray, correct: bool) -> MantelHaenszel:
    table = usable(table)
    n_reference, n_focal = table.sum(axis=(0, 2)).tolist()
    wrong, right = table[:, :, 0], table[:, :, 1]
    base = MantelHaenszel(item, focal, n_reference, n_focal, len(table))
    excess, variance = (float(part.sum()) for part in focal_sums(table))
    if variance <= 0:
        return replace(base, reason="no stratum has both groups, and right and wrong answers")
    plain = excess**2 / variance
    corrected = max(abs(excess) - 0.5, 0.0) ** 2 / variance
    total = table.sum(axis=(1, 2))
    ratio_up = right[:, 0] * wrong[:, 1] / total
    ratio_down = wrong[:, 0] * right[:, 1] / total
    share_focal = right[:, 1] / (right[:, 1] + wrong[:, 1])
    share_reference = right[:, 0] / (right[:, 0] + wrong[:, 0])
    by_focal = (right[:, 1] + wrong[:, 1]) / n_focal
    odds_ratio = delta = se = ets = None
    reason: str | None = "a group answered alike wherever they differ: no finite odds ratio"
    if ratio_up.sum() > 0 and ratio_down.sum() > 0:
        odds_ratio = float(ratio_up.sum() / ratio_down.sum())
        delta = -2.35 * float(np.log(odds_ratio))
        se = 2.35 * float(np.sqrt(_variance_log_odds(right, wrong, total)))
        ets, reason = ets_class(delta, se), None
    return replace(
        base,
        chi_square=plain,
        chi_square_corrected=corrected,
        p_value=float(chi2.sf(corrected if correct else plain, 1)),
        odds_ratio=odds_ratio,
        delta=delta,
        se_delta=se,
        ets_class=ets,
        standardized_difference=float(by_focal @ (share_focal - share_reference)),
        reason=reason,
    )


def _variance_log_odds(right: FloatArray, wrong: FloatArray, total: FloatArray) -> float:
    p = (right[:, 0] + wrong[:, 1]) / total
    q = (wrong[:, 0] + right[:, 1]) / total
    r = right[:, 0] * wrong[:, 1] / total
    s = wrong[:, 0] * right[:, 1] / total
    return float(
        p @ r / (2 * r.sum() ** 2)
        + (p @ s + q @ r) / (2 * r.sum() * s.sum())
        + q @ s / (2 * s.sum() ** 2)
    )


def ets_class(delta: float, se: float) -> EtsClass:
    """A, B or C of an MH D-DIF and its standard error.

    References
    ----------
    Zwick (2012), doi:10.1002/j.2333-8504.2012.tb02290.x
    """
    size = abs(delta)
    if size < 1 or size <= TWO_SIDED * se:
        return "A"
    return "C" if size >= 1.5 and size - 1 > ONE_SIDED * se else "B"
