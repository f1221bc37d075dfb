"""Marginal maximum likelihood calibration: the one public function."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from calibration.assemble import assemble
from calibration.data import Responses, as_responses
from calibration.errors import CalibrationError, ConvergenceError, QuadratureError
from calibration.errors_of_estimate import covariance, free_jacobian, observed_information, weakest
from calibration.estimate.accelerate import Ascent, Point, climb
from calibration.estimate.estep import patterns_of
from calibration.estimate.layout import blocks_of
from calibration.estimate.problem import (
    Problem,
    evaluate,
    log_probability_table,
    prior_information,
    steepness,
)
from calibration.estimate.quadrature import Quadrature, normal_grid
from calibration.estimate.start import shares_of, starting_values
from calibration.prepare import Prepared, prepare
from calibration.result import CalibrationResult

if TYPE_CHECKING:
    import polars as pl

FloatArray = npt.NDArray[np.float64]
Progress = Callable[[int, float, float], None]
StandardErrors = Literal["observed", "none"]

STEEPEST = 3.0  # slope times node spacing beyond which the grid no longer sees the curve
FINEST = 1000  # nodes, at most, that refining a default grid may take


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

    EM over a quadrature grid, accelerated by a quasi-Newton update that never lowers the
    likelihood. Missing answers are missing by design: not presented, never wrong.

    Parameters
    ----------
    responses : Responses, array of shape (n_persons, n_items) or polars frame
        Category codes 0, 1, 2, ... (or 1, 2, 3, ... where no item has a 0); NaN or null = not
        presented.
    model : str or sequence of str
        One of Rasch (slope 1), 1PL (one slope for all 1PL items), 2PL, 3PL, GRM, GPCM; one name,
        or one an item. 3PL has the mild priors of ``calibration.estimate.priors``, so that its
        estimate is a posterior mode; log-likelihood, AIC and BIC leave the priors out.
    weights : array of shape (n_persons,), optional
        How often each row occurred.
    tolerance : float
        Converged when a further step would change no slope or intercept by more than this.
    max_iterations : int
        Steps at most; a result that they ended has ``converged`` False.
    quadrature : Quadrature, optional
        By default 121 equally spaced points on [-6, 6] with normal weights, refined where the
        test measures so finely that posteriors would fall between points. A grid of the caller's
        own is never changed.
    standard_errors : {"observed", "none"}
        From the inverse observed information of the marginal likelihood, by the delta method for
        b; or left out.
    progress : callable, optional
        Told iteration, log-likelihood and largest change after each step.

    Returns
    -------
    CalibrationResult

    Raises
    ------
    DataError, ModelError
        If the data cannot be calibrated; see ``calibration.prepare.prepare``.
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
    problem = Problem(blocks, patterns, quadrature or normal_grid())
    # The products are small: threads of BLAS would mostly wait, and for a busy core wait long.
    with threadpool_limits(limits=1, user_api="blas"):
        problem, ascent = _ascend(
            problem, prepared, tolerance, max_iterations, progress, may_refine=quadrature is None
        )
        spread = _covariance(problem, prepared, ascent) if standard_errors == "observed" else None
    options = {
        "tolerance": f"{tolerance:g}",
        "max_iterations": str(max_iterations),
        "standard_errors": standard_errors,
    }
    return assemble(problem, prepared, ascent, spread, options)


def _check_options(tolerance: float, max_iterations: int, standard_errors: str) -> None:
    if not 0 < tolerance < 1:
        raise CalibrationError(f"tolerance must lie between 0 and 1; came {tolerance}")
    if max_iterations < 1:
        raise CalibrationError(f"max_iterations must be 1 or more; came {max_iterations}")
    if standard_errors not in ("observed", "none"):
        raise CalibrationError(f"standard_errors is 'observed' or 'none'; came {standard_errors!r}")


def _ascend(
    problem: Problem,
    prepared: Prepared,
    tolerance: float,
    max_iterations: int,
    progress: Progress | None,
    *,
    may_refine: bool,
) -> tuple[Problem, Ascent]:
    shares = shares_of(prepared.categories, prepared.weights, prepared.n_categories)
    free = starting_values(problem.blocks, shares)
    begin = evaluate(problem, free)
    # Slopes start at 1 and mostly rise: leave them room, or a grid too coarse may make them run
    # off.
    while begin is not None and may_refine and begin.spacing > 0.5 * begin.width:
        problem = _refined(problem, begin)
        begin = evaluate(problem, free)
    iterations, evaluations = 0, 0
    while True:
        ascent = _ascend_once(
            problem,
            prepared,
            free,
            tolerance=tolerance,
            max_iterations=max_iterations - iterations,
            progress=progress,
            before=iterations,
        )
        iterations += ascent.iterations
        evaluations += ascent.evaluations
        free = ascent.point.free
        if ascent.point.spacing <= ascent.point.width:
            return problem, replace(ascent, iterations=iterations, evaluations=evaluations)
        if not may_refine:
            raise _too_coarse(ascent.point)
        problem = _refined(problem, ascent.point)


def _refined(problem: Problem, point: Point) -> Problem:
    n_nodes = 2 * len(problem.quadrature.nodes) - 1
    if n_nodes > FINEST:
        raise _too_coarse(point)
    return replace(problem, quadrature=normal_grid(n_nodes))


def _too_coarse(point: Point) -> QuadratureError:
    return QuadratureError(
        f"nodes are {point.spacing:.3g} logits apart, but the posterior of a typical person is "
        "only "
        f"{point.width:.3g} wide (SD); use {int(np.ceil(12 / point.width)) + 1} points on [-6, 6] "
        "at least"
    )


def _ascend_once(
    problem: Problem,
    prepared: Prepared,
    free: FloatArray,
    *,
    tolerance: float,
    max_iterations: int,
    progress: Progress | None,
    before: int,
) -> Ascent:
    taken = before

    def told(iteration: int, log_likelihood: float, change: float) -> None:
        nonlocal taken
        taken = before + iteration
        if progress is not None:
            progress(taken, log_likelihood, change)

    def at(vector: FloatArray) -> Point | None:
        point = evaluate(problem, vector)
        steep = steepness(problem, vector) > STEEPEST
        if point is not None and steep.any():
            names = tuple(prepared.items[item] for item in np.flatnonzero(steep))
            raise ConvergenceError(
                f"the slope of {', '.join(names)} grows without end: the item repeats another, or "
                "separates persons without error; leave it out, or give it a model with a fixed "
                "or common slope",
                iterations=taken,
                log_likelihood=point.log_likelihood,
                items=names,
            )
        return point

    start = at(free)
    if start is None:
        raise CalibrationError("these data give no starting values; please report them")
    return climb(at, start, tolerance=tolerance, max_iterations=max_iterations, progress=told)


def _covariance(problem: Problem, prepared: Prepared, ascent: Ascent) -> FloatArray:
    free = ascent.point.free
    parameters = tuple(block.expand(free) for block in problem.blocks)
    table = log_probability_table(problem, free)
    information = observed_information(
        problem.blocks, parameters, problem.patterns, table, problem.quadrature
    )
    information += prior_information(problem, free)
    jacobian = free_jacobian(problem.blocks)
    spread = covariance(information, jacobian)
    if spread is not None:
        return spread
    places = weakest(information, jacobian, problem.blocks)
    names = tuple(prepared.items[place] for place in places)
    raise ConvergenceError(
        f"the likelihood has no peak where the ascent stopped, after {ascent.iterations} "
        f"iterations: the data do not determine the parameters of {', '.join(names)}; leave items "
        "out, use a simpler model, or raise max_iterations",
        iterations=ascent.iterations,
        log_likelihood=ascent.point.log_likelihood,
        items=names,
    )
