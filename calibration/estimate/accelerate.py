"""EM with a quasi-Newton acceleration that never lowers what it maximises.

The EM step of a smooth model is, to first order, the gradient divided by the complete-data
information (Lange's EM gradient algorithm). Taken as the starting matrix of a limited-memory BFGS
update, the curvature seen along the way turns linear into superlinear convergence, at no further
pass over the data. A step counts only when the objective rose enough; otherwise it is shortened.

References
----------
Lange (1995), doi:10.1111/j.2517-6161.1995.tb02037.x
Jamshidian & Jennrich (1997), doi:10.1111/1467-9868.00083
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Pairs = Sequence[tuple[FloatArray, FloatArray]]

MEMORY = 20
LONGEST_STEP = (
    2.0  # logits; farther than that no quadratic picture of the likelihood is to be trusted
)
SUFFICIENT = 1e-4  # Armijo's fraction of the rise that the gradient promises
SHORTENINGS = 25
ROUNDING = 1e-13  # relative: a promised rise below this is lost in the sum over persons


@dataclass(frozen=True, eq=False)
class Point:
    """A parameter vector with what one E-step says about it.

    ``value`` is maximised: the log-likelihood plus log priors, if any. ``precondition`` multiplies
    a vector by the inverse of the complete-data information. ``width`` is the posterior SD of a
    typical person by the test's information, ``spacing`` the distance of the nodes there, both
    logits.
    """

    free: FloatArray
    value: float
    log_likelihood: float
    gradient: FloatArray
    precondition: Callable[[FloatArray], FloatArray]
    width: float
    spacing: float


@dataclass(frozen=True, eq=False)
class Ascent:
    """``largest_change`` is what the next step would have changed at most.

    ``pairs`` is the curvature seen on the way: changes of the parameters, and of the gradient.
    """

    point: Point
    iterations: int
    evaluations: int
    largest_change: float
    converged: bool
    pairs: Pairs


def climb(
    evaluate: Callable[[FloatArray], Point | None],
    start: Point,
    *,
    tolerance: float,
    max_iterations: int,
    progress: Callable[[int, float, float], None] | None,
    pairs: Pairs = (),
) -> Ascent:
    """Climb to a maximum.

    Parameters
    ----------
    evaluate : callable
        Gives the point of a parameter vector, or None where there are no such parameters.
    start : Point
    tolerance : float
        Converged when the next step would change no parameter by more than this.
    max_iterations : int
    progress : callable or None
        Told iteration, log-likelihood and the largest change of each step taken.
    pairs : sequence of pairs of arrays (n_free,)
        Curvature known beforehand.
    """
    point, known = start, list(pairs)
    evaluations = 1
    for iteration in range(max_iterations + 1):
        step = _direction(point, known)
        change = float(np.abs(step).max())
        if change <= tolerance:
            return Ascent(point, iteration, evaluations, change, converged=True, pairs=tuple(known))
        if iteration == max_iterations:
            break
        lost = float(point.gradient @ step) <= ROUNDING * (1 + abs(point.value))
        following, tried = _search(evaluate, point, step, 1 if lost else SHORTENINGS)
        evaluations += tried
        if following is None and known and not lost:
            known.clear()
            following, tried = _search(evaluate, point, _direction(point, known), SHORTENINGS)
            evaluations += tried
        if following is None:
            return Ascent(point, iteration, evaluations, change, converged=lost, pairs=tuple(known))
        _remember(known, point, following)
        taken = float(np.abs(following.free - point.free).max())
        point = following
        if progress is not None:
            progress(iteration + 1, point.log_likelihood, taken)
    return Ascent(point, max_iterations, evaluations, change, converged=False, pairs=tuple(known))


def _direction(point: Point, pairs: list[tuple[FloatArray, FloatArray]]) -> FloatArray:
    """Two-loop recursion, Nocedal (1980), doi:10.1090/S0025-5718-1980-0572855-7; else EM."""
    vector = point.gradient.copy()
    shares: list[float] = []
    for moved, fell in reversed(pairs):
        share = float(moved @ vector) / float(moved @ fell)
        shares.append(share)
        vector -= share * fell
    vector = point.precondition(vector)
    for (moved, fell), share in zip(pairs, reversed(shares), strict=True):
        vector += (share - float(fell @ vector) / float(moved @ fell)) * moved
    if pairs and float(vector @ point.gradient) <= 0:
        pairs.clear()
        return point.precondition(point.gradient)
    return vector


def _search(
    evaluate: Callable[[FloatArray], Point | None],
    point: Point,
    step: FloatArray,
    n_tries: int,
) -> tuple[Point | None, int]:
    """A point that rose enough, and how many were tried; with one try, one that did not fall."""
    promised = float(point.gradient @ step)
    fraction = min(1.0, LONGEST_STEP / float(np.abs(step).max()))
    tried = 0
    wanted = SUFFICIENT * promised if n_tries > 1 else 0.0
    for _ in range(n_tries):
        candidate = evaluate(point.free + fraction * step)
        if candidate is None:
            fraction *= 0.5
            continue
        tried += 1
        rise = candidate.value - point.value
        if rise >= fraction * wanted:
            return candidate, tried
        # the parabola through value, slope and the value just seen
        best = 0.5 * promised * fraction**2 / max(promised * fraction - rise, 1e-300)
        fraction = float(np.clip(best, 0.1 * fraction, 0.5 * fraction))
    return None, tried


def _remember(pairs: list[tuple[FloatArray, FloatArray]], old: Point, new: Point) -> None:
    moved, fell = new.free - old.free, old.gradient - new.gradient
    if float(moved @ fell) > 1e-12 * float(np.linalg.norm(moved) * np.linalg.norm(fell)):
        pairs.append((moved, fell))
        del pairs[:-MEMORY]
