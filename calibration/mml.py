"""Marginal maximum likelihood calibration: the one public function."""

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import scipy

from calibration.data import Prepared, Responses, as_responses, prepare
from calibration.errors import CalibrationError, ConvergenceError, QuadratureError
from calibration.errors_of_estimate import (
    covariance,
    free_jacobian,
    observed_information,
    on_difficulty_scale,
    weakest,
)
from calibration.estimate import priors
from calibration.estimate.accelerate import Ascent, Point, climb
from calibration.estimate.estep import Expectation, Patterns, expect, patterns_of
from calibration.estimate.layout import Block, blocks_of
from calibration.estimate.models import ability_information, score
from calibration.estimate.quadrature import Quadrature, normal_grid
from calibration.estimate.start import starting_values
from calibration.result import CalibrationResult

if TYPE_CHECKING:
    import polars as pl

FloatArray = npt.NDArray[np.float64]
Progress = Callable[[int, float, float], None]
StandardErrors = Literal["observed", "none"]

STEEPEST = 3.0  # slope times node spacing beyond which the grid no longer sees the curve
FINEST = 1000  # nodes, at most, that refining a default grid may take


@dataclass(frozen=True, eq=False)
class _Problem:
    prepared: Prepared
    blocks: tuple[Block, ...]
    patterns: Patterns
    quadrature: Quadrature


def calibrate(
    responses: "Responses | npt.ArrayLike | pl.DataFrame",
    model: str | Sequence[str] = "2PL",
    *,
    weights: npt.ArrayLike | None = None,
    tolerance: float = 1e-6,
    max_iterations: int = 500,
    quadrature: Quadrature | None = None,
    standard_errors: StandardErrors = "observed",
    progress: Progress | None = None,
) -> CalibrationResult:
    """Estimate item parameters by marginal maximum likelihood, ability N(0, 1), D = 1.

    EM over a quadrature grid, accelerated by a quasi-Newton update that never lowers the likelihood. Missing
    answers are missing by design: they enter as not presented, never as wrong.

    Parameters
    ----------
    responses : Responses, array of shape (n_persons, n_items) or polars frame
        Category codes 0, 1, 2, ... (or 1, 2, 3, ... where no item has a 0); NaN or null = not presented.
    model : str or sequence of str
        One of Rasch (slope 1), 1PL (one slope for all 1PL items), 2PL, 3PL, GRM, GPCM; one name, or one an item.
        3PL has mild priors, documented in ``calibration.estimate.priors``, so that its estimate is a posterior
        mode; the reported log-likelihood, AIC and BIC leave the priors out.
    weights : array of shape (n_persons,), optional
        How often each row occurred.
    tolerance : float
        Converged when a further step would change no slope or intercept by more than this.
    max_iterations : int
        Steps at most; a result that they ended has ``converged`` False.
    quadrature : Quadrature, optional
        By default 121 equally spaced points on [-6, 6] with normal weights, refined where the test measures so
        finely that posteriors would fall between points. A grid of the caller's own is never changed.
    standard_errors : {"observed", "none"}
        From the inverse observed information of the marginal likelihood, by the delta method for b; or left out.
    progress : callable, optional
        Told iteration, log-likelihood and largest change after each step.

    Returns
    -------
    CalibrationResult

    Raises
    ------
    DataError, ModelError
        If the data cannot be calibrated; see ``calibration.data.prepare``.
    QuadratureError
        If the grid is coarser than the posterior of a typical person is wide.
    ConvergenceError
        If a slope grows without end, or the likelihood has no peak where the ascent stopped.
    CalibrationError
        If an option is out of its range.

    References
    ----------
    Bock & Aitkin (1981), doi:10.1007/BF02293801; Samejima (1969), doi:10.1007/BF03372160;
    Muraki (1992), doi:10.1177/014662169201600206
    """
    _check_options(tolerance, max_iterations, standard_errors)
    prepared = prepare(as_responses(responses, weights), model)
    blocks = blocks_of(prepared.models, prepared.n_categories)
    patterns = patterns_of(prepared.categories, prepared.weights, prepared.n_categories)
    problem = _Problem(prepared, blocks, patterns, quadrature or normal_grid())
    problem, ascent = _ascend(problem, quadrature is None, tolerance, max_iterations, progress)
    spread = _covariance(problem, ascent) if standard_errors == "observed" else None
    options = {
        "tolerance": f"{tolerance:g}",
        "max_iterations": str(max_iterations),
        "standard_errors": standard_errors,
    }
    return _result(problem, ascent, spread, options)


def _check_options(tolerance: float, max_iterations: int, standard_errors: str) -> None:
    if not 0 < tolerance < 1:
        raise CalibrationError(f"tolerance must lie between 0 and 1; came {tolerance}")
    if max_iterations < 1:
        raise CalibrationError(f"max_iterations must be 1 or more; came {max_iterations}")
    if standard_errors not in ("observed", "none"):
        raise CalibrationError(f"standard_errors is 'observed' or 'none'; came {standard_errors!r}")


def _ascend(
    problem: _Problem,
    may_refine: bool,
    tolerance: float,
    max_iterations: int,
    progress: Progress | None,
) -> tuple[_Problem, Ascent]:
    free = starting_values(problem.blocks, _shares(problem.prepared))
    iterations, evaluations = 0, 0

    def told(iteration: int, log_likelihood: float, change: float) -> None:
        if progress is not None:
            progress(iterations + iteration, log_likelihood, change)

    while True:
        start = _point(problem, free)
        if start is None:
            raise CalibrationError("no starting values for these data; please report them")
        ascent = climb(
            lambda vector: _point(problem, vector),  # noqa: B023 - called within this turn only
            start,
            tolerance=tolerance,
            max_iterations=max(max_iterations - iterations, 0),
            progress=told,
        )
        iterations += ascent.iterations
        evaluations += ascent.evaluations + 1
        width, spacing = _resolution(problem, ascent.point.free)
        if spacing <= width:
            return problem, replace(ascent, iterations=iterations, evaluations=evaluations)
        n_nodes = 2 * len(problem.quadrature.nodes) - 1
        if not may_refine or n_nodes > FINEST:
            raise QuadratureError(
                f"nodes are {spacing:.3g} logits apart, but the posterior of a typical person is only {width:.3g} "
                f"wide (SD); use at least {int(np.ceil(12 / width)) + 1} points on [-6, 6]"
            )
        problem = replace(problem, quadrature=normal_grid(n_nodes))
        free = ascent.point.free


def _shares(prepared: Prepared) -> FloatArray:
    out = []
    for column, width in zip(prepared.categories.T, prepared.n_categories, strict=True):
        present = column >= 0
        counts = np.bincount(column[present], prepared.weights[present], minlength=width)
        out.append(counts / counts.sum())
    return np.concatenate(out)


def _log_probability(problem: _Problem, free: FloatArray) -> FloatArray:
    nodes = problem.quadrature.nodes
    out = np.empty((problem.patterns.n_columns, len(nodes)))
    for block in problem.blocks:
        out[block.columns] = block.family.log_probability(block.expand(free), nodes)
    return out


def _point(problem: _Problem, free: FloatArray) -> Point | None:
    """One E-step: value, gradient (Fisher's identity) and complete-data information at ``free``."""
    blocks = problem.blocks
    if not np.isfinite(free).all():
        return None
    if not all(block.family.valid(block.expand(free)) for block in blocks):
        return None
    log_probability = _log_probability(problem, free)
    expectation = expect(problem.patterns, log_probability, problem.quadrature)
    gradients, informations = [], []
    prior = 0.0
    for block in blocks:
        by_parameter, information = _block_moments(problem, block, free, expectation)
        if block.model == "3PL":
            values = block.expand(free)
            prior += priors.log_density(values)
            by_parameter = by_parameter + priors.gradient(values)
            information = information + priors.information(values, expected=True)
        gradients.append(block.contract(by_parameter))
        informations.append(information)

    def precondition(vector: FloatArray) -> FloatArray:
        return np.concatenate(
            [
                block.solve(information, vector[block.place])
                for block, information in zip(blocks, informations, strict=True)
            ]
        )

    return Point(
        free=free,
        value=expectation.log_likelihood + prior,
        log_likelihood=expectation.log_likelihood,
        gradient=np.concatenate(gradients),
        precondition=precondition,
    )


def _block_moments(
    problem: _Problem, block: Block, free: FloatArray, expectation: Expectation
) -> tuple[FloatArray, FloatArray]:
    values = block.expand(free)
    steep = np.abs(values[:, 0]) * float(problem.quadrature.spacing.min()) > STEEPEST
    if steep.any():
        names = tuple(problem.prepared.items[item] for item in block.items[steep])
        raise ConvergenceError(
            f"the slope of {', '.join(names)} grows without end: the item repeats another, or separates persons "
            "without error; leave it out, or use a model with a common slope",
            iterations=0,
            log_likelihood=expectation.log_likelihood,
            items=names,
        )
    nodes = problem.quadrature.nodes
    by_parameter = score(block.family, values, nodes)
    counts = expectation.counts[block.columns]
    persons = counts.sum(axis=1, keepdims=True)
    expected = persons * np.exp(block.family.log_probability(values, nodes))
    shape = (*by_parameter.shape[:2], -1)
    flat = by_parameter.reshape(shape)
    gradient = flat @ counts.reshape(len(values), -1, 1)
    weighted = (by_parameter * expected[:, None]).reshape(shape)
    return gradient[:, :, 0], weighted @ flat.transpose(0, 2, 1)


def _resolution(problem: _Problem, free: FloatArray) -> tuple[float, float]:
    """Posterior SD of a typical person by the test's information, and the node spacing around her."""
    expectation = expect(
        problem.patterns, _log_probability(problem, free), problem.quadrature
    )
    nodes = problem.quadrature.nodes
    total = np.zeros(len(nodes))
    for block in problem.blocks:
        values = block.expand(free)
        probability = np.exp(block.family.log_probability(values, nodes))
        information = ability_information(
            block.family, values, probability, score(block.family, values, nodes)
        )
        total += (expectation.counts[block.columns].sum(axis=1) * information).sum(axis=0)
    share = expectation.mass / expectation.mass.sum()
    used = expectation.mass > 1e-12 * expectation.mass.sum()
    per_person = total[used] / expectation.mass[used]
    width = float(share[used] @ (1 / np.sqrt(1 + per_person)))
    return width, float(share @ problem.quadrature.spacing)


def _covariance(problem: _Problem, ascent: Ascent) -> FloatArray:
    free = ascent.point.free
    parameters = tuple(block.expand(free) for block in problem.blocks)
    information = observed_information(
        problem.blocks,
        parameters,
        problem.patterns,
        _log_probability(problem, free),
        problem.quadrature,
    )
    start = 0
    for block, values in zip(problem.blocks, parameters, strict=True):
        if block.model == "3PL":
            for item in priors.information(values, expected=False):
                information[start : start + 3, start : start + 3] += item
                start += 3
        else:
            start += values.size
    jacobian = free_jacobian(problem.blocks)
    spread = covariance(information, jacobian)
    if spread is None:
        places = weakest(information, jacobian, problem.blocks)
        names = tuple(problem.prepared.items[place] for place in places)
        raise ConvergenceError(
            f"the likelihood has no peak where the ascent stopped (after {ascent.iterations} iterations): the data do "
            f"not determine the parameters of {', '.join(names)}; leave items out, use a simpler model, or raise "
            "max_iterations",
            iterations=ascent.iterations,
            log_likelihood=ascent.point.log_likelihood,
            items=names,
        )
    return spread


def _result(
    problem: _Problem, ascent: Ascent, spread: FloatArray | None, options: dict[str, str]
) -> CalibrationResult:
    prepared, point = problem.prepared, ascent.point
    n_items = len(prepared.items)
    a, c, se_a, se_c = (np.zeros(n_items) for _ in range(4))
    b: list[tuple[float, ...]] = [()] * n_items
    se_b: list[tuple[float, ...]] = [()] * n_items
    start = 0
    for block in problem.blocks:
        values = block.expand(point.free)
        a[block.items] = values[:, 0]
        if block.model == "3PL":
            c[block.items] = 1 / (1 + np.exp(-values[:, 2]))
        difficulties = -values[:, 1 : block.n_categories] / values[:, :1]
        for item, row in zip(block.items, difficulties, strict=True):
            b[item] = tuple(row.tolist())
        if spread is not None:
            own = _item_squares(spread, start, values.shape)
            errors = on_difficulty_scale(block, values, own)
            se_a[block.items], se_c[block.items] = errors[0], errors[2]
            for item, row in zip(block.items, errors[1], strict=True):
                se_b[item] = tuple(row.tolist())
        start += values.size
    n_persons, n_parameters = float(prepared.weights.sum()), len(point.free)
    known = spread is not None
    return CalibrationResult(
        item_names=prepared.items,
        models=prepared.models,
        a=tuple(a.tolist()),
        b=tuple(b),
        c=tuple(c.tolist()),
        se_a=tuple(se_a.tolist()) if known else None,
        se_b=tuple(se_b) if known else None,
        se_c=tuple(se_c.tolist()) if known else None,
        log_likelihood=point.log_likelihood,
        aic=-2 * point.log_likelihood + 2 * n_parameters,
        bic=-2 * point.log_likelihood + float(np.log(n_persons)) * n_parameters,
        n_parameters=n_parameters,
        iterations=ascent.iterations,
        converged=ascent.converged,
        largest_change=ascent.largest_change,
        n_persons=n_persons,
        lowest_code=prepared.lowest_code,
        notes=prepared.notes + _notes(problem, ascent, a),
        provenance=_provenance(problem, ascent, options),
    )


def _item_squares(spread: FloatArray, start: int, shape: tuple[int, ...]) -> FloatArray:
    n_items, width = shape
    places = start + np.arange(n_items * width).reshape(n_items, width)
    return spread[places[:, :, None], places[:, None, :]]


def _notes(problem: _Problem, ascent: Ascent, slopes: FloatArray) -> tuple[str, ...]:
    notes = []
    if not ascent.converged:
        notes.append(
            f"not converged: a further step would change a parameter by {ascent.largest_change:.2g}"
        )
    for name, slope in zip(problem.prepared.items, slopes, strict=True):
        if slope <= 0:
            notes.append(f"item {name!r} has a slope of {slope:.3f}; check its key")
    return tuple(notes)


def _provenance(problem: _Problem, ascent: Ascent, options: dict[str, str]) -> MappingProxyType[str, str]:
    nodes = problem.quadrature.nodes
    try:
        version = metadata.version("takar")
    except metadata.PackageNotFoundError:
        version = "not installed"
    known = {
        "source": problem.prepared.source,
        "data_sha256": problem.prepared.digest,
        "n_rows": str(len(problem.prepared.weights)),
        "quadrature": f"{len(nodes)} points on [{nodes[0]:g}, {nodes[-1]:g}]",
        "scaling": "D = 1",
        "e_steps": str(ascent.evaluations),
        "takar": version,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "python": platform.python_version(),
    }
    if "3PL" in problem.prepared.models:
        known["priors"] = priors.DESCRIPTION
    return MappingProxyType(options | known)
