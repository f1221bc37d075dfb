"""Wald test of an item's parameters across groups, from one calibration of all groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2

from calibration.data import Responses
from calibration.dif.likelihood_ratio import parameters_by_group
from calibration.dif.screening import DifError, Screening, screened
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

FloatArray = npt.NDArray[np.float64]
Kind = Literal["all", "slopes", "difficulties"]


@dataclass(frozen=True, slots=True)
class WaldTest:
    """A quadratic form in differences of parameters."""

    chi_square: float
    df: int
    p_value: float


@dataclass(frozen=True, slots=True)
class WaldDif:
    """One item in all groups.

    Attributes
    ----------
    item : str
    all : WaldTest or None
        All parameters that are free (for two groups, Lord's chi-square).
    slopes : WaldTest or None
        Slopes alone: non-uniform DIF. None, without a reason, where the model has none free.
    difficulties : WaldTest or None
        The other parameters given equal slopes, so that with ``slopes`` it adds up to ``all``.
    p_value : float or None
        Of the one that was asked for.
    p_adjusted : float or None
        Over all items, Benjamini-Hochberg.
    by_group : mapping of group to ItemParameters, or None
        The item's parameters in each group that answered it, on one scale.
    reason : str or None
        Why something is None.
    """

    item: str
    all: WaldTest | None = None
    slopes: WaldTest | None = None
    difficulties: WaldTest | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    by_group: dict[str, ItemParameters] | None = None
    reason: str | None = None


def wald(
    responses: Responses | npt.ArrayLike,
    model: str | Sequence[str],
    groups: npt.ArrayLike,
    *,
    kind: Kind = "all",
    reference: object = None,
    anchors: Sequence[str] | None = None,
    purify: bool = False,
    level: float = 0.05,
    adjust: bool = False,
    max_rounds: int = 10,
    **options: Any,
) -> Screening[WaldDif]:
    """DIF in two groups or more, from item parameters of each group and their covariance.

    All items that are no anchors come from one calibration in which they are apart; each anchor
    from one in which it is apart as well. Everything is estimated at once, so that the uncertainty
    of the focal groups' abilities is in the covariance (the improved Wald test with anchors).

    Parameters
    ----------
    responses : Responses or array of shape (n_persons, n_items)
        Category codes; NaN = not presented.
    model : str or sequence of str
        As in ``calibrate``.
    groups : array of shape (n_persons,)
        Label of each person's group.
    kind : {"all", "slopes", "difficulties"}
        The test that flags; an item without free slopes has no p-value by ``"slopes"``.
    reference : label, optional
        The group whose ability is N(0, 1); by default that of the first person.
    anchors : sequence of str, optional
        By default all items but the studied one. Named anchors make it one calibration for all
        others.
    purify, level, adjust, max_rounds
        See ``calibration.dif.screening.screened``.
    **options
        Handed on to ``calibrate``.

    Returns
    -------
    Screening of WaldDif

    Raises
    ------
    DifError
        If ``kind`` is unknown, or data, groups or anchors leave nothing to compare.
    CalibrationError
        If the calibration of the items apart from the anchors fails; where one with an anchor
        apart fails, that item's ``reason`` says so.

    References
    ----------
    Lord (1980), Applications of item response theory to practical testing problems, ch. 14;
    Langer (2008), A reexamination of Lord's Wald test for differential item functioning, UNC
    Chapel Hill; Woods, Cai & Wang (2013), doi:10.1177/0013164412464875
    """
    if kind not in ("all", "slopes", "difficulties"):
        raise DifError(f"kind is all, slopes or difficulties; came {kind!r}")
    comparison = comparison_of(responses, model, groups, reference, options)
    obstacles = {item: comparison.obstacle(item) for item in comparison.items}

    def judge(current: tuple[str, ...]) -> tuple[WaldDif, ...]:
        apart = free_by_group(comparison, current, obstacles)
        base = comparison.calibrated(apart, "observed") if apart else None
        return tuple(
            _judged(comparison, item, apart, base, obstacles[item], kind)
            for item in comparison.items
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
    base: CalibrationResult | None,
    obstacle: str | None,
    kind: Kind,
) -> WaldDif:
    if obstacle is not None:
        return WaldDif(item, reason=obstacle)
    result = base if item in apart else None
    if result is None:
        try:
            result = comparison.calibrated([*apart, item], "observed")
        except CalibrationError as error:
            return WaldDif(item, reason=failure(error))
    if not result.converged:
        return WaldDif(item, reason="the calibration did not converge; raise max_iterations")
    names = [split_name(item, group) for group in comparison.groups_with(item)]
    tests = wald_tests(result, names)
    chosen = tests[kind]
    return WaldDif(
        item=item,
        all=tests["all"],
        slopes=tests["slopes"],
        difficulties=tests["difficulties"],
        p_value=None if chosen is None else chosen.p_value,
        by_group=parameters_by_group(comparison, item, result),
        reason=None if chosen is not None else f"its model leaves no {kind} free",
    )


def wald_tests(result: CalibrationResult, names: Sequence[str]) -> dict[Kind, WaldTest | None]:
    """Test that several items of one calibration have the same parameters.

    Slopes and intercepts are compared (for NRM they are what is reported; asymptotes as they
    are): an intercept is well determined where a low slope leaves ``b`` open.

    Parameters
    ----------
    result : CalibrationResult
        With standard errors.
    names : sequence of str
        Two items or more, of one model.

    Returns
    -------
    dict of "all", "slopes" and "difficulties" to WaldTest; None where nothing is free.

    Raises
    ------
    DifError
        If the calibration has no standard errors, or the items differ in kind.
    """
    if result.covariance is None:
        raise DifError("a Wald test needs standard errors; calibrate with 'observed' or 'sandwich'")
    items = [result.items[result.item_names.index(name)] for name in names]
    if len({(item.model, item.n_categories) for item in items}) != 1 or len(items) < 2:
        raise DifError(f"need two items or more of one model to compare; came {', '.join(names)}")
    estimates = np.stack([_numbers(item) for item in items])
    places = [
        [at for at, (own, _) in enumerate(result.parameter_names) if own == name] for name in names
    ]
    n_parameters = estimates.shape[1]
    slopes = np.zeros((len(items) * n_parameters, len(np.concatenate(places))))
    for row, item in enumerate(items):
        here = slice(row * n_parameters, (row + 1) * n_parameters)
        slopes[here, here] = _by_reported(item)
    flat = np.concatenate(places).astype(np.intp)
    covariance = slopes @ result.covariance[np.ix_(flat, flat)] @ slopes.T
    contrast = np.kron(
        np.column_stack([-np.ones(len(items) - 1), np.eye(len(items) - 1)]), np.eye(n_parameters)
    )
    difference = contrast @ estimates.ravel()
    spread = contrast @ covariance @ contrast.T
    is_slope = np.tile(np.arange(n_parameters) < len(items[0].a), len(items) - 1)
    free = np.diagonal(spread) > 1e-14
    return _tests(difference, spread, free, is_slope)


def _tests(
    difference: FloatArray,
    spread: FloatArray,
    free: npt.NDArray[np.bool_],
    is_slope: npt.NDArray[np.bool_],
) -> dict[Kind, WaldTest | None]:
    whole = _form(difference, spread, free)
    slopes = _form(difference, spread, free & is_slope)
    if slopes is None or whole is None:
        return {"all": whole, "slopes": slopes, "difficulties": whole}
    rest, df = max(whole.chi_square - slopes.chi_square, 0.0), whole.df - slopes.df
    return {
        "all": whole,
        "slopes": slopes,
        "difficulties": WaldTest(rest, df, float(chi2.sf(rest, df))) if df else None,
    }


def _form(
    difference: FloatArray, spread: FloatArray, used: npt.NDArray[np.bool_]
) -> WaldTest | None:
    if not used.any():
        return None
    own = difference[used]
    statistic = float(own @ np.linalg.solve(spread[np.ix_(used, used)], own))
    return WaldTest(statistic, int(used.sum()), float(chi2.sf(statistic, int(used.sum()))))


def _numbers(item: ItemParameters) -> FloatArray:
    asymptotes = {"3PL": [item.c], "4PL": [item.c, item.d]}.get(item.model, [])
    return np.array([*item.a, *item.intercepts, *asymptotes])


def _by_reported(item: ItemParameters) -> FloatArray:
    """Derivatives of slopes, intercepts and asymptotes by the reported a, b, c, d."""
    out = np.eye(len(_numbers(item)))
    if item.model != "NRM":
        for place, b in enumerate(item.b, start=1):
            out[place, 0], out[place, place] = -b, -item.a[0]
    return out
