"""The way up: grids that are fine and wide enough, and ability distributions that follow."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from calibration.errors import CalibrationError, ConvergenceError, QuadratureError
from calibration.estimate.accelerate import Ascent, Pairs, Point, climb
from calibration.estimate.estep import Local, local
from calibration.estimate.latent import with_moments
from calibration.estimate.problem import Problem, evaluate, expectation_at, steepness
from calibration.estimate.quadrature import spaced_nodes

FloatArray = npt.NDArray[np.float64]
Progress = Callable[[int, float, float], None]

STEEPEST = 3.0  # slope times node spacing beyond which the grid no longer sees the curve
FINEST = 1000  # nodes, at most, that refining a default grid may take
COARSEST = 1.1  # spacing, in SDs of the posterior of a typical person, that a grid may have
MANY_ANSWERS = 400_000  # from which it pays to begin with a part of the persons
PART = 8  # every eighth
ENOUGH = 8.0  # persons of the part in each category
ROUGH, ROUGH_STEPS = 3e-3, 30  # how far to climb with the part
REACH = 5.5  # SDs of every group that the grid must cover on both sides
OWN_REACH = 4.0  # the same for a caller's own grid
NO_SPREAD = 0.02  # logits; an SD below which persons are equal
MARGIN = 6.5  # SDs that a widened grid covers
# The likelihood of a free histogram is nearly flat towards ever fewer points; as usual with EM, it
# has settled when a round moves no item parameter by more than this, and all rounds to come would
# not by more than that.
LITTLE_MOVE, LITTLE_REST = 1e-4, 2e-3
SMALLEST = 1e-30  # share of a node, so that ratios of shares stay finite
FASTER = 1.15
HISTOGRAM_STEPS = 2  # steps of the items between two updates of a histogram


@dataclass(frozen=True, eq=False)
class Run:
    """How to climb; ``is_pinned`` says that fixed items set the scale."""

    items: tuple[str, ...]
    tolerance: float
    max_iterations: int
    progress: Progress | None
    may_refine: bool
    histogram: bool
    is_pinned: bool


def ascend(problem: Problem, free: FloatArray, run: Run) -> tuple[Problem, Ascent]:
    """Climb from ``free`` to a maximum, on a grid that the maximum finds fine and wide enough.

    Raises
    ------
    QuadratureError
        If the caller's own grid is too coarse, or no reasonable one is fine enough.
    ConvergenceError
        If a slope grows without end.
    """
    some, ratio = _some_persons(problem)
    begin = evaluate(some, free)
    # Slopes start at 1 and mostly rise: leave them room, or a grid too coarse may make them run
    # off.
    while begin is not None and run.may_refine and begin.spacing > begin.width:
        some = _regridded(some, begin)
        begin = evaluate(some, free)
    pairs: Pairs = ()
    if ratio > 1:
        problem = replace(problem, nodes=some.nodes)
        free, pairs = _from_some_persons(some, ratio, begin, free, run)
        begin = None
    else:
        problem = some
    iterations, evaluations = 0, 0
    while True:
        limit = run.max_iterations - iterations
        ascent = _climb(problem, free, run, iterations, limit, pairs, begin)
        pairs, begin = ascent.pairs, None
        iterations += ascent.iterations
        evaluations += ascent.evaluations
        free = ascent.point.free
        fine = ascent.point.spacing <= COARSEST * ascent.point.width
        covered = _covers(problem, free, REACH if run.may_refine else OWN_REACH)
        if not covered and not run.may_refine and problem.latent.free.any():
            raise _too_narrow(problem, free)
        if fine and (covered or not run.may_refine):
            ascent = replace(ascent, iterations=iterations, evaluations=evaluations)
            return _histogram_ascent(problem, ascent, run) if run.histogram else (problem, ascent)
        if not run.may_refine:
            raise _too_coarse(ascent.point)
        problem = _regridded(problem, ascent.point)


def _some_persons(problem: Problem) -> tuple[Problem, float]:
    """The problem with a part of many persons, and how many times more there are in all.

    The part must show every category of every item that is to be estimated; else its likelihood
    may have no maximum, and the problem stays what it was.
    """
    engine = problem.engine
    if not isinstance(engine, Local) or engine.answers.n_answers < MANY_ANSWERS:
        return problem, 1.0
    some = engine.answers.every(PART)
    counts = some.counts(problem.n_columns)
    estimated = [block.columns[block.free.any(axis=1)].ravel() for block in problem.blocks]
    if counts[np.concatenate(estimated)].min() < ENOUGH:
        return problem, 1.0
    smaller = replace(problem, engine=local(some, engine.n_categories, engine.n_threads))
    return smaller, float(engine.answers.weights.sum() / some.weights.sum())


def _from_some_persons(
    some: Problem, ratio: float, begin: Point | None, free: FloatArray, run: Run
) -> tuple[FloatArray, Pairs]:
    """A start near the maximum, and the curvature there, from a part of many persons."""
    rough = replace(run, tolerance=ROUGH, progress=None)
    try:
        ascent = _climb(some, free, rough, 0, ROUGH_STEPS, begin=begin)
    except CalibrationError:
        return free, ()
    return ascent.point.free, [(moved, ratio * fell) for moved, fell in ascent.pairs]


def _covers(problem: Problem, free: FloatArray, n_sds: float) -> bool:
    moments = problem.latent.moments(free)
    reach = n_sds * np.exp(moments[:, 1])
    low, high = (moments[:, 0] - reach).min(), (moments[:, 0] + reach).max()
    return bool(problem.nodes[0] <= low and high <= problem.nodes[-1])


def _regridded(problem: Problem, point: Point) -> Problem:
    if np.exp(problem.latent.moments(point.free)[:, 1]).min() < NO_SPREAD:
        raise ConvergenceError(
            "the SD of a group's ability goes to 0: its answers differ no more than those of "
            "equals",
            iterations=0,
            log_likelihood=point.log_likelihood,
        )
    low, high = float(problem.nodes[0]), float(problem.nodes[-1])
    if not _covers(problem, point.free, REACH):
        moments = problem.latent.moments(point.free)
        reach = MARGIN * np.exp(moments[:, 1])
        low = min(low, float((moments[:, 0] - reach).min()))
        high = max(high, float((moments[:, 0] + reach).max()))
    spacing = min(float(np.diff(problem.nodes).min()), 0.9 * point.width)
    if (high - low) / spacing > FINEST:
        if spacing < 0.05:
            raise _too_coarse(point)
        raise ConvergenceError(
            f"a group's ability seems to spread from {low:.0f} to {high:.0f} logits: it has too "
            "few persons, or too few items in common with the others",
            iterations=0,
            log_likelihood=point.log_likelihood,
        )
    return replace(problem, nodes=spaced_nodes(low, high, spacing))


def _too_narrow(problem: Problem, free: FloatArray) -> QuadratureError:
    moments = problem.latent.moments(free)
    reach = OWN_REACH * np.exp(moments[:, 1])
    low, high = float((moments[:, 0] - reach).min()), float((moments[:, 0] + reach).max())
    return QuadratureError(
        f"the nodes end at {problem.nodes[0]:g} and {problem.nodes[-1]:g}, but a group's ability "
        f"reaches further; let them run from {low:.1f} to {high:.1f} at least"
    )


def _too_coarse(point: Point) -> QuadratureError:
    return QuadratureError(
        f"nodes are {point.spacing:.3g} logits apart, but the posterior of a typical person is "
        f"only {point.width:.3g} wide (SD); use {int(np.ceil(12 / point.width)) + 1} points on "
        "[-6, 6] at least"
    )


def _climb(
    problem: Problem,
    free: FloatArray,
    run: Run,
    before: int,
    limit: int,
    pairs: Pairs = (),
    begin: Point | None = None,
) -> Ascent:
    """Climb from ``free``, where ``begin`` is known already if given."""
    taken = before

    def told(iteration: int, log_likelihood: float, change: float) -> None:
        nonlocal taken
        taken = before + iteration
        if run.progress is not None:
            run.progress(taken, log_likelihood, change)

    too_steep: tuple[str, ...] = ()

    def at(vector: FloatArray) -> Point | None:
        nonlocal too_steep
        steep = steepness(problem, vector, len(run.items)) > STEEPEST
        if steep.any():
            too_steep = tuple(run.items[item] for item in np.flatnonzero(steep))
            return None
        return evaluate(problem, vector)

    start = at(free) if begin is None else begin
    if start is None:
        raise CalibrationError(
            "these data give no starting values; check that held parameters make an item, with "
            "ascending thresholds and c below d"
        )
    ascent = climb(
        at,
        start,
        tolerance=run.tolerance,
        max_iterations=limit,
        progress=told,
        pairs=pairs,
    )
    if too_steep and not ascent.converged:
        raise ConvergenceError(
            f"the slope of {', '.join(too_steep)} grows without end: the item repeats another, or "
            "separates persons without error; leave it out, or give it a model with a fixed "
            "or common slope",
            iterations=taken,
            log_likelihood=ascent.point.log_likelihood,
            items=too_steep,
        )
    return ascent


def _histogram_ascent(problem: Problem, ascent: Ascent, run: Run) -> tuple[Problem, Ascent]:
    """Go on with histograms in place of normal densities, both halves in turn.

    The step of the histograms is EM's, over-relaxed as long as the likelihood rises (Salakhutdinov
    & Roweis 2003).
    """
    problem = replace(problem, has_free_histogram=True, n_held_moments=0 if run.is_pinned else 1)
    iterations, evaluations = ascent.iterations, ascent.evaluations
    relaxation, moved = 1.0, np.inf
    while True:
        before = ascent.point
        shares = problem.density(before.free)
        following = _following(problem, expectation_at(problem, before.free).mass)
        tried = _following(problem, following * (following / shares) ** (relaxation - 1))
        ascent = _climb(_with(problem, tried), before.free, run, iterations, HISTOGRAM_STEPS)
        if relaxation > 1 and ascent.point.log_likelihood < before.log_likelihood:
            relaxation, tried = 1.0, following
            ascent = _climb(_with(problem, tried), before.free, run, iterations, HISTOGRAM_STEPS)
        problem = _with(problem, tried)
        relaxation *= FASTER
        iterations += ascent.iterations + 1
        evaluations += ascent.evaluations + 1
        moved, last = float(np.abs(ascent.point.free - before.free).max()), moved
        rate = min(moved / last, 0.999)  # moves shrink about geometrically: what is still to come
        settled = moved < LITTLE_MOVE and moved * rate / (1 - rate) < LITTLE_REST
        if settled or iterations >= run.max_iterations:
            return problem, replace(
                ascent,
                iterations=iterations,
                evaluations=evaluations,
                converged=settled,
                largest_change=moved,
            )


def _with(problem: Problem, shares: FloatArray) -> Problem:
    return replace(problem, latent=replace(problem.latent, histogram=shares))


def _following(problem: Problem, mass: FloatArray) -> FloatArray:
    """The histograms that ``mass`` (n_groups, n_nodes) makes likeliest."""
    shares = np.maximum(mass / mass.sum(axis=1, keepdims=True), SMALLEST)
    if problem.n_held_moments:
        shares[0] = with_moments(shares[0], problem.nodes, 0.0, 1.0)
    result: FloatArray = shares / shares.sum(axis=1, keepdims=True)
    return result
