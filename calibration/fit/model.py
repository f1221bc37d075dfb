"""Does one model fit the whole test? M2, M2* and C2 from univariate and bivariate moments.

Differences between observed and model-implied moments are weighed by their covariance under the
model, after everything that a change of the parameters could explain has been projected out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.linalg import LinAlgError, cholesky, solve_triangular, svd
from scipy.optimize import brentq
from scipy.stats import chi2, ncx2

from calibration.data import listed
from calibration.errors import CalibrationError, DataError
from calibration.estimate.quadrature import Quadrature
from calibration.fit.moments import (
    Curves,
    Design,
    Observed,
    Statistic,
    conditional_moments,
    covariance,
    curves_of,
    derivatives,
    design,
    jacobian,
    observe,
)
from calibration.fixed import Fixed
from calibration.parameters import ItemParameters

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Categories = npt.NDArray[np.int16]
Incomplete = Literal["refuse", "pairwise"]

STATISTICS = ("M2", "M2*", "C2")
MOST_MOMENTS = 10_000  # their covariance takes 800 MB
LEAST_VARIANCE = 1e-10  # of a moment: a category that one in ten thousand million gives
SINGULAR = 1e-7  # singular value, relative, below which parameters are not told apart


class ModelFitError(CalibrationError):
    """The fit statistic cannot be computed; the message says why and what could be used instead."""


@dataclass(frozen=True, eq=False)
class ModelFit:
    """Fit of the model to univariate and bivariate moments.

    Attributes
    ----------
    statistic : str
        M2, M2* or C2.
    value, df, p : float, int, float
        The statistic, its degrees of freedom (moments less free parameters), and the probability
        of one as large if the model holds.
    rmsea : float
        sqrt(max(value - df, 0) / (n_persons df)).
    rmsea_interval : tuple of float
        By inverting the noncentral chi-square distribution.
    srmsr : float
        Root mean square of ``residual_correlations``.
    tli, cfi : float or None
        Against the model in which items are independent; None where ``notes`` says why. TLI can
        lie outside [0, 1].
    baseline_value, baseline_df : float and int, or None
        Statistic of that model.
    n_persons : float
        Sum of the weights.
    n_moments, n_parameters : int
    pairs : array of shape (n_pairs, 2)
        Places of two items that somebody answered both.
    residual_correlations : array of shape (n_pairs,)
        Observed less model-implied product-moment correlation of category numbers.
    notes : tuple of str
    """

    statistic: Statistic
    value: float
    df: int
    p: float
    rmsea: float
    rmsea_interval: tuple[float, float]
    srmsr: float
    tli: float | None
    cfi: float | None
    baseline_value: float | None
    baseline_df: int | None
    n_persons: float
    n_moments: int
    n_parameters: int
    pairs: IntArray
    residual_correlations: FloatArray
    notes: tuple[str, ...]


def model_fit(
    items: Sequence[ItemParameters],
    categories: Categories,
    quadrature: Quadrature,
    *,
    statistic: Statistic = "M2",
    weights: npt.ArrayLike | None = None,
    fixed: Fixed | None = None,
    free_ability: bool | None = None,
    incomplete: Incomplete = "refuse",
    confidence: float = 0.90,
) -> ModelFit:
    """Test a calibrated model of one group against the data that it was calibrated on.

    With two categories everywhere the three statistics are one. M2 uses every category and every
    pair of categories; choose C2, which keeps single categories but one product moment a pair of
    items, where pairs of categories are rare; M2* keeps only means and product moments, and of
    short polytomous tests often leaves no degree of freedom. Product moments take category numbers
    as scores, which for NRM is the analyst's choice.

    The parameters must be estimates from these very data, with priors, if any, that they outweigh.

    Parameters
    ----------
    items : sequence of ItemParameters
        Logits, D = 1. Slopes of Rasch and PCM are known; all 1PL items share one. An asymptote of
        exactly 0 or 1 counts as held.
    categories : array of shape (n_persons, n_items)
        From 0; -1 = not presented.
    quadrature : Quadrature
        The ability distribution of the calibration, logits; normal, or known beforehand. One whose
        every node was estimated (``density="histogram"``) has parameters that are not counted.
    statistic : {"M2", "M2*", "C2"}
    weights : array of shape (n_persons,), optional
        How often each row occurred.
    fixed : mapping, optional
        What the calibration held, as given to ``calibrate``; held parameters are not counted.
    free_ability : bool, optional
        Whether mean and SD of a normal ability distribution were estimated, as under
        ``prior_updates="multiple"``. By default they were if an item is held as a whole.
    incomplete : {"refuse", "pairwise"}
        Whether to refuse missing answers, or to take each moment from the persons who have it. The
        latter is sound where chance decided who was presented what (forms, blocks), not where
        answers did, as in an adaptive test. RMSEA is then not comparable with that of complete
        data: the same misfit counts less where fewer persons share a pair.
    confidence : float
        Of the RMSEA interval.

    Returns
    -------
    ModelFit

    Raises
    ------
    DataError
        If the data do not belong to the items, have missing answers that were not allowed, or an
        item was answered alike by all who share a pair of items.
    ModelError
        If 1PL items have different slopes.
    ModelFitError
        If there are no more moments than parameters, or too many moments; the moments do not
        determine the parameters; or combinations of categories are so rare under the model that
        the covariance of the moments is singular.

    References
    ----------
    Maydeu-Olivares & Joe (2005), doi:10.1198/016214504000002069; (2006),
    doi:10.1007/s11336-005-1295-9; (2014), doi:10.1080/00273171.2014.911075; Cai & Hansen (2013),
    doi:10.1111/j.2044-8317.2012.02050.x; Cai & Monroe (2014), CRESST Report 839; Cai, Chung & Lee
    (2021), doi:10.1007/s11121-021-01253-4
    """
    _check_options(statistic, incomplete, confidence)
    counts = _check_data(items, categories, weights, incomplete)
    plan = design([item.n_categories for item in items], statistic)
    _check_size(plan)
    seen = observe(plan, categories, counts)
    curves = curves_of(items, quadrature)
    by_parameter, notes = derivatives(items, quadrature, plan, curves, fixed or {}, free_ability)
    value, df = _statistic(plan, curves, seen, by_parameter)
    residuals = _residual_correlations(items, categories, counts, curves)
    baseline, reason = _baseline(plan, categories, counts, seen)
    tli, cfi, doubt = _incremental(value, df, baseline)
    if seen.joint is not None:
        notes.append("answers are missing: each moment is taken from the persons who have it")
    return ModelFit(
        statistic=statistic,
        value=value,
        df=df,
        p=float(chi2.sf(value, df)),
        rmsea=_rmsea(value - df, df, seen.n_persons),
        rmsea_interval=_rmsea_interval(value, df, seen.n_persons, confidence),
        srmsr=float(np.sqrt(np.mean(residuals[1] ** 2))),
        tli=tli,
        cfi=cfi,
        baseline_value=None if baseline is None else baseline[0],
        baseline_df=None if baseline is None else baseline[1],
        n_persons=seen.n_persons,
        n_moments=df + by_parameter.shape[1],
        n_parameters=by_parameter.shape[1],
        pairs=residuals[0],
        residual_correlations=residuals[1],
        notes=(*notes, *filter(None, (reason, doubt))),
    )


def _check_options(statistic: str, incomplete: str, confidence: float) -> None:
    if statistic not in STATISTICS:
        raise CalibrationError(f"statistic is one of {', '.join(STATISTICS)}; came {statistic!r}")
    if incomplete not in ("refuse", "pairwise"):
        raise CalibrationError(f"incomplete is refuse or pairwise; came {incomplete!r}")
    if not 0 < confidence < 1:
        raise CalibrationError(f"confidence must lie between 0 and 1; came {confidence}")


def _check_data(
    items: Sequence[ItemParameters],
    categories: Categories,
    weights: npt.ArrayLike | None,
    incomplete: str,
) -> FloatArray:
    if categories.ndim != 2 or categories.shape[1] != len(items) or not len(categories):
        raise DataError(
            f"categories must be persons by the {len(items)} items; came {categories.shape}"
        )
    for place, item in enumerate(items):
        if categories[:, place].max() >= item.n_categories or categories[:, place].min() < -1:
            raise DataError(
                f"item {item.name!r} has categories 0 to {item.n_categories - 1} and -1 for not "
                f"presented; came {categories[:, place].min()} to {categories[:, place].max()}"
            )
        if incomplete == "refuse" and (categories[:, place] < 0).any():
            person = int(np.argmax(categories[:, place] < 0))
            raise DataError(
                f"person {person + 1} has no answer to item {item.name!r}: the statistic needs "
                "complete data; use incomplete='pairwise' if chance decided who was presented what"
            )
    counts = np.ones(len(categories)) if weights is None else np.array(weights, dtype=np.float64)
    if counts.shape != (len(categories),) or not (np.isfinite(counts) & (counts >= 0)).all():
        raise DataError("weights must be one number a person, 0 or more")
    if not counts.any():
        raise DataError("every weight is 0; there is nobody to test the model on")
    return counts


def _check_size(plan: Design) -> None:
    if plan.n_moments > MOST_MOMENTS:
        raise ModelFitError(
            f"{plan.n_moments} moments are more than the {MOST_MOMENTS} whose covariance fits into "
            "memory; use C2 if items have several categories, or test parts of the test"
        )


def _statistic(
    plan: Design, curves: Curves, seen: Observed, by_parameter: FloatArray
) -> tuple[float, int]:
    used = seen.persons > 0
    n_free = by_parameter.shape[1]
    df = int(used.sum()) - n_free
    if df <= 0:
        raise ModelFitError(
            f"{used.sum()} moments leave no degree of freedom for {n_free} parameters; use M2 "
            "instead of M2* or C2 where items have several categories, or a longer test"
        )
    spread = covariance(plan, curves)
    if seen.joint is not None:
        spread = spread[np.ix_(used, used)] * seen.joint[np.ix_(used, used)]
        spread *= seen.n_persons / np.outer(seen.persons[used], seen.persons[used])
    implied = conditional_moments(plan, curves) @ curves.weights
    variance = np.diag(spread)
    scale = np.sqrt(np.maximum(variance, LEAST_VARIANCE))
    try:
        if (variance < LEAST_VARIANCE).any():
            raise LinAlgError
        root = cholesky(spread / np.outer(scale, scale), lower=True)
    except LinAlgError as error:
        raise ModelFitError(
            "the covariance of the moments is singular: some categories, or combinations of them, "
            "have next to no probability; use C2, or merge rare categories"
        ) from error
    gap = (seen.moments - implied)[used] / scale
    white = solve_triangular(
        root, np.column_stack([gap, by_parameter[used] / scale[:, None]]), lower=True
    )
    left = _without(white[:, 0], white[:, 1:])
    return float(seen.n_persons * left @ left), df


def _without(residual: FloatArray, by_parameter: FloatArray) -> FloatArray:
    """What of the residuals lies outside the space of the derivatives."""
    length = np.sqrt(np.sum(by_parameter**2, axis=0))
    basis, singular, _ = svd(by_parameter / np.maximum(length, 1e-300), full_matrices=False)
    if len(singular) and not singular[-1] > SINGULAR * singular[0]:
        raise ModelFitError(
            "the moments do not determine all parameters, so that the degrees of freedom are "
            "unknown; use C2 or M2 instead of M2*, a simpler model, or hold parameters"
        )
    result: FloatArray = residual - basis @ (basis.T @ residual)
    return result


def _residual_correlations(
    items: Sequence[ItemParameters],
    categories: Categories,
    counts: FloatArray,
    curves: Curves,
) -> tuple[IntArray, FloatArray]:
    seen = (categories >= 0).astype(np.float64)
    value = np.where(categories >= 0, categories, 0).astype(np.float64)
    weighted = seen * counts[:, None]
    n = weighted.T @ seen
    # Of the persons who answered both: sums of the first item, of its squares, and products.
    total, squares = (value * counts[:, None]).T @ seen, (value**2 * counts[:, None]).T @ seen
    products = (value * counts[:, None]).T @ value
    pairs = np.array(
        [pair for pair in combinations(range(len(items)), 2) if n[pair] > 0], dtype=np.intp
    ).reshape(-1, 2)
    if not len(pairs):
        raise DataError("nobody answered two items; there is no correlation to compare")
    i, j = pairs.T
    covariances = n[i, j] * products[i, j] - total[i, j] * total[j, i]
    variances = n * squares - total**2
    alike = (variances[i, j] <= 0) | (variances[j, i] <= 0)
    if alike.any():
        names = [f"{items[a].name} with {items[b].name}" for a, b in pairs[alike]]
        raise DataError(
            f"all persons of a pair answered an item of it alike: {listed(names)}; leave it out"
        )
    observed = covariances / np.sqrt(variances[i, j] * variances[j, i])
    return pairs, observed - _implied_correlations(curves)[i, j]


def _implied_correlations(curves: Curves) -> FloatArray:
    mean = np.stack([np.arange(len(table)) @ table for table in curves.tables])
    square = np.array([np.arange(len(t)) ** 2 @ (t @ curves.weights) for t in curves.tables])
    expected = mean @ curves.weights
    spread = (mean * curves.weights) @ mean.T - np.outer(expected, expected)
    sd = np.sqrt(square - expected**2)
    result: FloatArray = spread / np.outer(sd, sd)
    return result


def _baseline(
    plan: Design, categories: Categories, counts: FloatArray, seen: Observed
) -> tuple[tuple[float, int] | None, str | None]:
    """The statistic where items are independent, with the shares that were observed."""
    tables, slopes, places, n_free = [], [], [], 0
    for item, functions in enumerate(plan.functions):
        width, n_own = functions.shape[1], plan.n_univariate[item]
        present = categories[:, item] >= 0
        share = np.bincount(categories[present, item], counts[present], minlength=width)
        tables.append((share / share.sum())[:, None])
        # A share grows at the cost of that of category 0; M2* has only the mean to move.
        step = np.eye(width)[width - n_own :]
        step[:, 0] = -1
        slopes.append(step[:, :, None])
        places.append(n_free + np.arange(n_own, dtype=np.intp))
        n_free += n_own
    curves = Curves(tuple(tables), np.ones(1))
    by_share = jacobian(plan, curves, slopes, places, n_free)
    try:
        return _statistic(plan, curves, seen, by_share), None
    except ModelFitError as error:
        return None, f"no TLI and CFI, as independence cannot be tested: {error}"


def _incremental(
    value: float, df: int, baseline: tuple[float, int] | None
) -> tuple[float | None, float | None, str | None]:
    if baseline is None:
        return None, None, None
    null, null_df = baseline
    if null <= null_df:
        return None, None, "no TLI and CFI: already independence fits the data"
    tli = (null / null_df - value / df) / (null / null_df - 1)
    excess = max(value - df, 0.0)
    return float(tli), float(1 - excess / max(null - null_df, excess)), None


def _rmsea(excess: float, df: int, n_persons: float) -> float:
    return float(np.sqrt(max(excess, 0.0) / (n_persons * df)))


def _rmsea_interval(
    value: float, df: int, n_persons: float, confidence: float
) -> tuple[float, float]:
    tail = (1 - confidence) / 2
    lower, upper = (_noncentrality(value, df, share) for share in (1 - tail, tail))
    return _rmsea(lower, df, n_persons), _rmsea(upper, df, n_persons)


def _noncentrality(value: float, df: int, share: float) -> float:
    """Noncentrality under which ``share`` of all values lie below this one; 0 if there is none."""
    if chi2.cdf(value, df) <= share:
        return 0.0
    # Ten standard deviations on either side of the noncentrality whose mean is this value.
    reach = 10 * float(np.sqrt(2 * df + 4 * value)) + 100
    low, high = max(value - df - reach, 0.0), value - df + reach
    return float(brentq(lambda at: ncx2.cdf(value, df, at) - share, low, high, xtol=1e-8))
