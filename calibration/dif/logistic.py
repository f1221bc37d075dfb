"""Logistic regression of an item on ability and group: uniform and non-uniform DIF."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2

from calibration.dif.matching import Matching, SumScore, anchor_mask
from calibration.dif.proportional_odds import Fit, fit_proportional_odds
from calibration.dif.screening import (
    Categories,
    DifError,
    Groups,
    Screening,
    checked,
    groups_of,
    screened,
    weights_of,
)

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Kind = Literal["both", "uniform", "nonuniform"]
EffectClass = Literal["A", "B", "C"]
ZUMBO_THOMAS, JODOIN_GIERL = (0.13, 0.26), (0.035, 0.07)


@dataclass(frozen=True, slots=True)
class RatioTest:
    """A likelihood ratio test."""

    chi_square: float
    df: int
    p_value: float


@dataclass(frozen=True, slots=True)
class LogisticDif:
    """One item in all groups.

    Attributes
    ----------
    item : str
    n_persons : float
        Persons who have an answer and a match.
    both, uniform, nonuniform : RatioTest or None
        Group and interaction against neither; group alone against neither; interaction beside
        group against group alone.
    p_value : float or None
        Of the one that was asked for.
    p_adjusted : float or None
        Over all items, Benjamini-Hochberg.
    log_odds : mapping of focal group to float, or None
        What a focal group adds to the log-odds of each higher category, without interaction;
        negative: harder for the focal group.
    r_squared_change : float or None
        Change of Nagelkerke's R squared by what was asked for.
    zumbo_thomas, jodoin_gierl : {"A", "B", "C"} or None
        A: test not significant at .05, or change below .13 (.035); C: from .26 (.07); else B.
    reason : str or None
        Why something is None.
    """

    item: str
    n_persons: float
    both: RatioTest | None = None
    uniform: RatioTest | None = None
    nonuniform: RatioTest | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    log_odds: dict[str, float] | None = None
    r_squared_change: float | None = None
    zumbo_thomas: EffectClass | None = None
    jodoin_gierl: EffectClass | None = None
    reason: str | None = None


def logistic(
    items: Sequence[str],
    categories: Categories,
    groups: npt.ArrayLike,
    *,
    kind: Kind = "both",
    reference: object = None,
    matching: Matching | None = None,
    weights: npt.ArrayLike | None = None,
    anchors: Sequence[str] | None = None,
    purify: bool = False,
    level: float = 0.05,
    adjust: bool = False,
    max_rounds: int = 10,
) -> Screening[LogisticDif]:
    """Uniform and non-uniform DIF in two groups or more, by (ordinal) logistic regression.

    Items with more than two categories have a cumulative logit with slopes common to all
    categories (proportional odds). With G groups, ``uniform`` and ``nonuniform`` have G - 1
    degrees of freedom and ``both`` twice as many.

    Parameters
    ----------
    items : sequence of str
        Names of the columns.
    categories : array of shape (n_persons, n_items)
        0, 1, 2, ...; -1 = not presented.
    groups : array of shape (n_persons,)
        Label of each person's group.
    kind : {"both", "uniform", "nonuniform"}
        The test that flags, and whose effect size is told; all three are reported.
    reference : label, optional
        The reference group; by default that of the first person.
    matching : Matching, optional
        By default ``SumScore()``; for adaptive or other incomplete data ``AbilityMatching``. The
        values enter the regression, strata do not.
    weights : array of shape (n_persons,), optional
        How often each row occurred.
    anchors, purify, level, adjust, max_rounds
        See ``calibration.dif.screening.screened``.

    Returns
    -------
    Screening of LogisticDif

    Raises
    ------
    DifError
        If ``kind`` is unknown, or groups or anchors leave nothing to compare.

    References
    ----------
    Swaminathan & Rogers (1990), doi:10.1111/j.1745-3984.1990.tb00754.x; Zumbo (1999), A handbook
    on the theory and methods of differential item functioning; Magis, Raiche, Beland & Gerard
    (2011), doi:10.1080/15305058.2011.602810; Nagelkerke (1991), doi:10.1093/biomet/78.3.691;
    classes: Zumbo & Thomas (1997), University of Northern British Columbia; Jodoin & Gierl (2001),
    doi:10.1207/S15324818AME1404_2
    """
    if kind not in ("both", "uniform", "nonuniform"):
        raise DifError(f"kind is both, uniform or nonuniform; came {kind!r}")
    names, codes = checked(items, categories)
    by_group = groups_of(groups, len(codes), reference)
    frequency = weights_of(weights, len(codes))
    rule: Matching = SumScore() if matching is None else matching

    def judge(current: tuple[str, ...]) -> tuple[LogisticDif, ...]:
        values = rule.values(names, codes, anchor_mask(names, current))
        return tuple(
            _judged(name, codes[:, item], values[:, item], by_group, frequency, kind)
            for item, name in enumerate(names)
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


def _judged(
    item: str,
    column: npt.NDArray[np.int16],
    values: FloatArray,
    groups: Groups,
    weights: FloatArray,
    kind: Kind,
) -> LogisticDif:
    used = (column >= 0) & np.isfinite(values) & (weights > 0)
    answers, match, frequency = column[used], values[used], weights[used]
    n_persons = float(frequency.sum())
    member = groups.number[used]
    reason = _obstacle(answers, match, member, groups)
    if reason is not None:
        return LogisticDif(item, n_persons, reason=reason)
    # Categories that nobody chose have no threshold: the ones that occur are numbered anew.
    codes = np.unique(answers, return_inverse=True)[1].ravel()
    # Centred and scaled, the steps are well conditioned; the tests do not change.
    ability = ((match - match.mean()) / match.std())[:, None]
    is_focal = (member[:, None] == np.arange(1, len(groups.names))).astype(np.float64)
    designs = (ability, is_focal, is_focal * ability)
    fits = [
        fit_proportional_odds(codes, np.column_stack(designs[:n]), frequency) for n in (1, 2, 3)
    ]
    failed = [fit.reason for fit in fits if fit.reason is not None]
    if failed:
        return LogisticDif(item, n_persons, reason=failed[0])
    return _compared(item, n_persons, fits, codes, frequency, groups.focal, kind)


def _obstacle(
    answers: npt.NDArray[np.int16], match: FloatArray, member: IntArray, groups: Groups
) -> str | None:
    if len(answers) == 0:
        return "nobody has an answer and a match"
    if (answers == answers[0]).all():
        return "everybody answers alike"
    if match.min() == match.max():
        return "everybody has the same matching value"
    absent = [name for place, name in enumerate(groups.names) if not (member == place).any()]
    return f"nobody of group {', '.join(absent)} has an answer and a match" if absent else None


def _compared(
    item: str,
    n_persons: float,
    fits: list[Fit],
    codes: IntArray,
    weights: FloatArray,
    focal: tuple[str, ...],
    kind: Kind,
) -> LogisticDif:
    pairs: dict[Kind, tuple[Fit, Fit]] = {
        "both": (fits[0], fits[2]),
        "uniform": (fits[0], fits[1]),
        "nonuniform": (fits[1], fits[2]),
    }
    tests = {name: _ratio_test(*pair) for name, pair in pairs.items()}
    counts = np.bincount(codes, weights)
    alone = float(counts @ np.log(counts / n_persons))
    before, after = (nagelkerke(fit.log_likelihood, alone, n_persons) for fit in pairs[kind])
    change, p_value = after - before, tests[kind].p_value
    return LogisticDif(
        item=item,
        n_persons=n_persons,
        both=tests["both"],
        uniform=tests["uniform"],
        nonuniform=tests["nonuniform"],
        p_value=p_value,
        log_odds=dict(zip(focal, fits[1].slopes[1:].tolist(), strict=True)),
        r_squared_change=change,
        zumbo_thomas=_classed(change, p_value, ZUMBO_THOMAS),
        jodoin_gierl=_classed(change, p_value, JODOIN_GIERL),
    )


def _ratio_test(smaller: Fit, larger: Fit) -> RatioTest:
    # Newton stops a hair below the maximum: a difference below 0 is 0.
    statistic = max(2 * (larger.log_likelihood - smaller.log_likelihood), 0.0)
    df = len(larger.slopes) - len(smaller.slopes)
    return RatioTest(statistic, df, float(chi2.sf(statistic, df)))


def nagelkerke(log_likelihood: float, without_predictors: float, n_persons: float) -> float:
    """Nagelkerke's R squared of a fit, from 0 to 1.

    References
    ----------
    Nagelkerke (1991), doi:10.1093/biomet/78.3.691
    """
    explained = -np.expm1(2 * (without_predictors - log_likelihood) / n_persons)
    return float(explained / -np.expm1(2 * without_predictors / n_persons))


def _classed(change: float, p_value: float, limits: tuple[float, float]) -> EffectClass:
    if p_value >= 0.05 or change < limits[0]:
        return "A"
    return "B" if change < limits[1] else "C"
