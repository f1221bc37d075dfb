"""IRT likelihood ratio test: does an item fit better with parameters for each group?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
from scipy.stats import chi2

from calibration.data import Responses
from calibration.dif.screening import Screening, screened
from calibration.dif.splitting import (
    Comparison,
    comparison_of,
    failure,
    free_by_group,
    split_name,
)
from calibration.errors import CalibrationError
from calibration.parameters import ItemParameters
from calibration.result import CalibrationResult


@dataclass(frozen=True, slots=True)
class LikelihoodRatio:
    """One item in all groups.

    Attributes
    ----------
    item : str
    chi_square : float or None
        Twice the log-likelihood that the item gains with parameters for each group (G squared).
    df : int or None
        Parameters that it gains.
    p_value : float or None
    p_adjusted : float or None
        Over all items, Benjamini-Hochberg.
    by_group : mapping of group to ItemParameters, or None
        The item's parameters in each group that answered it, on one scale; for effect sizes see
        ``calibration.dif.effect``.
    reason : str or None
        Why something is None.
    """

    item: str
    chi_square: float | None = None
    df: int | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    by_group: dict[str, ItemParameters] | None = None
    reason: str | None = None


def likelihood_ratio(
    responses: Responses | npt.ArrayLike,
    model: str | Sequence[str],
    groups: npt.ArrayLike,
    *,
    reference: object = None,
    anchors: Sequence[str] | None = None,
    purify: bool = False,
    level: float = 0.05,
    adjust: bool = False,
    max_rounds: int = 10,
    **options: Any,
) -> Screening[LikelihoodRatio]:
    """DIF of any kind in two groups or more, from calibrations with and without it.

    The studied item is common to all groups in one calibration and apart in the other; anchors are
    common in both; items that are neither (not named, or flagged by purification) are apart in
    both. Ability is free in every focal group, so that groups may differ. Incomplete and adaptive
    data need nothing special, as long as the answers that chose the items are among the data.

    Parameters
    ----------
    responses : Responses or array of shape (n_persons, n_items)
        Category codes; NaN = not presented.
    model : str or sequence of str
        As in ``calibrate``. With priors (3PL, 4PL by default) the estimate is a posterior mode, and
        the test is approximate.
    groups : array of shape (n_persons,)
        Label of each person's group.
    reference : label, optional
        The group whose ability is N(0, 1); by default that of the first person.
    anchors : sequence of str, optional
        By default all items but the studied one.
    purify, level, adjust, max_rounds
        See ``calibration.dif.screening.screened``.
    **options
        Handed on to ``calibrate``.

    Returns
    -------
    Screening of LikelihoodRatio

    Raises
    ------
    DifError
        If data, groups or anchors leave nothing to compare.
    CalibrationError
        If the calibration with all anchors common fails; where one with a split item fails, that
        item's ``reason`` says so.

    References
    ----------
    Thissen, Steinberg & Wainer (1993), in Holland & Wainer (eds.), Differential item functioning,
    67-113
    """
    comparison = comparison_of(responses, model, groups, reference, options)
    obstacles = {item: comparison.obstacle(item) for item in comparison.items}

    def judge(current: tuple[str, ...]) -> tuple[LikelihoodRatio, ...]:
        apart = free_by_group(comparison, current, obstacles)
        base = comparison.calibrated(apart)
        return tuple(
            _judged(comparison, item, apart, base, obstacles[item]) for item in comparison.items
        )

    return screened(
        judge,
        comparison.items,
        anchors=anchors,
        purify=purify,
        level=level,
        adjust=adjust,
        max_rounds=max_rounds,
    )


def _judged(
    comparison: Comparison,
    item: str,
    apart: tuple[str, ...],
    base: CalibrationResult,
    obstacle: str | None,
) -> LikelihoodRatio:
    if obstacle is not None:
        return LikelihoodRatio(item, reason=obstacle)
    try:
        if item in apart:
            common = comparison.calibrated([name for name in apart if name != item])
            split = base
        else:
            common = base
            split = comparison.calibrated([*apart, item])
    except CalibrationError as error:
        return LikelihoodRatio(item, reason=failure(error))
    if not (common.converged and split.converged):
        return LikelihoodRatio(item, reason="a calibration did not converge; raise max_iterations")
    # Two ascents that stop within tolerance may differ by a hair in the wrong direction.
    statistic = max(2 * (split.log_likelihood - common.log_likelihood), 0.0)
    df = split.n_parameters - common.n_parameters
    return LikelihoodRatio(
        item=item,
        chi_square=statistic,
        df=df,
        p_value=float(chi2.sf(statistic, df)),
        by_group=parameters_by_group(comparison, item, split),
    )


def parameters_by_group(
    comparison: Comparison, item: str, result: CalibrationResult
) -> dict[str, ItemParameters]:
    found = dict(zip(result.item_names, result.items, strict=True))
    return {group: found[split_name(item, group)] for group in comparison.groups_with(item)}
