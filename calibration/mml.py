"""Marginal maximum likelihood calibration: the one public function."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from calibration.assemble import assemble
from calibration.cells import Cells
from calibration.data import Responses, listed
from calibration.errors import CalibrationError, ConvergenceError, DataError
from calibration.errors_of_estimate import information_at, inverse, weakest
from calibration.estimate.accelerate import Ascent
from calibration.estimate.ascend import Run, ascend
from calibration.estimate.latent import Latent, freed, freed_sd, standard_normal
from calibration.estimate.layout import blocks_of
from calibration.estimate.priors import Priors, check_priors
from calibration.estimate.problem import Problem
from calibration.estimate.quadrature import Quadrature, spaced_nodes
from calibration.estimate.start import starting_values
from calibration.fixed import Fixed, held_values, whole_items
from calibration.parameters import ItemParameters
from calibration.prepare import Scheme
from calibration.result import CalibrationResult
from calibration.sources import Source, source_of
from calibration.threads import one_blas_thread

if TYPE_CHECKING:
    import polars as pl

FloatArray = npt.NDArray[np.float64]
Progress = Callable[[int, float, float], None]
StandardErrors = Literal["observed", "sandwich", "none"]
Density = Literal["normal", "histogram"]
PriorUpdates = Literal["multiple", "one", "none"]


def calibrate(
    responses: "Responses | Cells | npt.ArrayLike | pl.DataFrame | Any",
    model: str | Sequence[str] = "2PL",
    *,
    groups: npt.ArrayLike | None = None,
    weights: npt.ArrayLike | None = None,
    fixed: Fixed | None = None,
    priors: Priors | None = None,
    density: Density = "normal",
    prior_updates: PriorUpdates = "multiple",
    free_sd: bool = False,
    lowest_code: int | None = None,
    quadrature: Quadrature | None = None,
    tolerance: float = 1e-6,
    max_iterations: int = 500,
    standard_errors: StandardErrors = "observed",
    engine: Any = None,
    progress: Progress | None = None,
) -> CalibrationResult:
    """Estimate item parameters by marginal maximum likelihood, D = 1.

    EM over a quadrature grid, accelerated by a quasi-Newton update that never lowers the
    likelihood. Missing answers are missing by design: not presented, never wrong. The first group
    is N(0, 1), unless fixed items put the scale where theirs is.

    Parameters
    ----------
    responses : array of shape (n_persons, n_items), frame, sparse matrix, Responses or Cells
        Category codes 0, 1, 2, ... (or 1, 2, 3, ... where no item has a 0); NaN or null = not
        presented. A polars frame with the columns ``person``, ``item`` and ``category`` is read as
        one answer a row; of a scipy.sparse matrix the stored entries are the answers, explicit
        zeros included.
    model : str or sequence of str
        One of Rasch (slope 1), 1PL (one slope for all 1PL items), 2PL, 3PL, 4PL, GRM, PCM (slope
        1), GPCM, NRM; one name, or one an item.
    groups : array of shape (n_persons,), optional
        Label of each person's group. Items are common to all groups; mean and SD of ability are
        free in every group but that of the first person.
    weights : array of shape (n_persons,), optional
        How often each row occurred.
    fixed : mapping of item name to ItemParameters, or to mapping of parameter to value, optional
        What is held. With an item held as a whole, mean and SD of ability become free in all
        groups (fixed-parameter calibration), as ``prior_updates`` says.
    priors : mapping of "a", "b", "c", "d" to Normal, LogNormal or Beta, optional
        For all items that have the parameter; an empty mapping for none. By default 3PL and 4PL
        have the mild priors ``calibration.estimate.priors.DEFAULTS``, so that their estimate is a
        posterior mode; log-likelihood, AIC and BIC leave priors out.
    density : {"normal", "histogram"}
        Ability distribution: normal, or free at every node (mean 0 and SD 1 in the first group,
        where no fixed item sets the scale).
    prior_updates : {"multiple", "one", "none"}
        With fixed items: the ability distribution follows every step, or is estimated once from
        the fixed items alone, or stays N(0, 1) (Kim's MWU-MEM, OWU-OEM and NWU-OEM).
    free_sd : bool
        Estimate the first group's SD too, its mean staying 0; at least one item must have a slope
        that is not free. With Rasch and PCM this is what most programs call by these names; by
        default their slope is 1 on the N(0, 1) scale.
    lowest_code : {0, 1}, optional
        The code that is category 0. By default the lowest in the data, unless whole items are
        fixed, whose categories count from 0 and cannot be guessed.
    quadrature : Quadrature, optional
        By default equally spaced nodes on [-6, 6], refined where the test measures so finely that
        posteriors would fall between them, and widened where a group lies outside. A grid of the
        caller's own is never changed; its weights are the first group's distribution where that
        is not free.
    tolerance : float
        Converged when a further step would change no slope, intercept, mean or log SD by more than
        this.
    max_iterations : int
        Steps at most; a result that they ended has ``converged`` False.
    standard_errors : {"observed", "sandwich", "none"}
        From the inverse observed information of the marginal likelihood; from that and the
        persons' scores, which stays right where the model is not; or left out. By the delta method
        for b, c and d.
    engine : distributed.Client, optional
        Sums over persons in its workers; see ``calibration.distribute``.
    progress : callable, optional
        Told iteration, log-likelihood and largest change after each step.

    Returns
    -------
    CalibrationResult

    Raises
    ------
    DataError, ModelError
        If the data cannot be calibrated; see ``calibration.survey.survey`` and
        ``calibration.prepare.scheme_of``.
    QuadratureError
        If the grid is coarser than the posterior of a typical person is wide.
    ConvergenceError
        If a slope grows without end, or the likelihood has no peak where the ascent stopped.
    CalibrationError
        If an option is out of its range.

    References
    ----------
    Bock & Aitkin (1981), doi:10.1007/BF02293801; Samejima (1969), doi:10.1007/BF03372160;
    Muraki (1992), doi:10.1177/014662169201600206; Bock (1972), doi:10.1007/BF02291411;
    Bock & Zimowski (1997), doi:10.1007/978-1-4757-2691-6_25; Kim (2006),
    doi:10.1111/j.1745-3984.2006.00021.x
    """
    _check_options(tolerance, max_iterations, standard_errors, density, prior_updates)
    if priors is not None:
        check_priors(priors)
    source = source_of(responses, engine, groups=groups, weights=weights)
    whole = whole_items(fixed or {}, source.items)
    scheme = source.scheme(model, whole, lowest_code)
    held = held_values(fixed or {}, scheme.items, scheme.models, scheme.n_categories)
    options = {
        "tolerance": f"{tolerance:g}",
        "max_iterations": str(max_iterations),
        "standard_errors": standard_errors,
        "density": density,
    }
    if fixed:
        options |= {"fixed": ", ".join(fixed), "prior_updates": prior_updates}
    with one_blas_thread():
        problem, is_pinned = _problem(
            source, scheme, held, whole, priors, quadrature, prior_updates, free_sd
        )
        run = Run(
            items=scheme.items,
            tolerance=tolerance,
            max_iterations=max_iterations,
            progress=progress,
            may_refine=quadrature is None,
            histogram=density == "histogram",
            is_pinned=is_pinned,
        )
        moments = problem.latent.value
        if is_pinned and prior_updates != "none":
            problem, moments = _from_the_fixed(problem, scheme, whole, run, prior_updates)
        if is_pinned and prior_updates != "multiple":
            run = replace(run, histogram=False)  # what is held stays as it is
        free = starting_values(problem.blocks, scheme.counts, moments[:, 0], problem.n_free)
        latent = problem.latent
        free[latent.place[latent.free]] = moments[latent.free]
        problem, ascent = ascend(problem, free, run)
        spread = _covariance(problem, scheme, ascent, standard_errors)
    return assemble(problem, scheme, ascent, spread, options)


def _check_options(
    tolerance: float,
    max_iterations: int,
    standard_errors: str,
    density: str,
    prior_updates: str,
) -> None:
    if not 0 < tolerance < 1:
        raise CalibrationError(f"tolerance must lie between 0 and 1; came {tolerance}")
    if max_iterations < 1:
        raise CalibrationError(f"max_iterations must be 1 or more; came {max_iterations}")
    for name, value, known in (
        ("standard_errors", standard_errors, ("observed", "sandwich", "none")),
        ("density", density, ("normal", "histogram")),
        ("prior_updates", prior_updates, ("multiple", "one", "none")),
    ):
        if value not in known:
            raise CalibrationError(f"{name} is one of {', '.join(known)}; came {value!r}")


def _problem(
    source: Source,
    scheme: Scheme,
    held: Mapping[int, Mapping[int, float]],
    whole: Mapping[str, ItemParameters],
    priors: Priors | None,
    quadrature: Quadrature | None,
    prior_updates: PriorUpdates,
    free_sd: bool,
) -> tuple[Problem, bool]:
    blocks, n_free = blocks_of(scheme.models, scheme.n_categories, held)
    n_groups = len(scheme.groups)
    is_pinned = bool(whole)
    latent = standard_normal(n_groups)
    nodes = spaced_nodes() if quadrature is None else quadrature.nodes
    is_free = np.arange(n_groups) > 0
    if is_pinned:
        is_free[:] = prior_updates == "multiple"
    latent, n_free = freed(latent, is_free, n_free)
    if free_sd and not is_free[0]:
        if all(block.free[:, : block.n_slopes].all() for block in blocks):
            raise CalibrationError(
                "free_sd needs an item whose slope is not free: a Rasch or PCM item, or a held a"
            )
        latent, n_free = freed_sd(latent, 0, n_free)
    if quadrature is not None and not is_free[0]:
        latent = replace(latent, histogram=_first_row(quadrature.weights, n_groups))
    if n_free == 0:
        raise CalibrationError("every parameter is fixed; there is nothing to estimate")
    return (
        Problem(
            blocks=blocks,
            latent=latent,
            engine=source.engine(scheme),
            nodes=nodes,
            priors=priors,
            n_columns=scheme.n_columns,
            n_free=n_free,
        ),
        is_pinned,
    )


def _first_row(weights: FloatArray, n_groups: int) -> FloatArray:
    out = np.full((n_groups, len(weights)), np.nan)
    out[0] = weights
    return out


def _from_the_fixed(
    problem: Problem,
    scheme: Scheme,
    whole: Mapping[str, ItemParameters],
    run: Run,
    prior_updates: PriorUpdates,
) -> tuple[Problem, FloatArray]:
    """Ability distributions from the fixed items alone: held from here on, or to start from.

    Also mean and log SD of each group, (n_groups, 2). A group that saw no fixed item starts at
    N(0, 1), and cannot be held.
    """
    places = [place for place, name in enumerate(scheme.items) if name in whole]
    saw: npt.NDArray[np.bool_] = np.asarray(scheme.saw[:, places].any(axis=1))
    if prior_updates == "one" and not saw.all():
        names = listed([scheme.groups[place] for place in np.flatnonzero(~saw)])
        raise DataError(
            f"group {names} answered no fixed item, so that its ability cannot be known before the "
            "new items are; choose several prior updates, or fix an item that it answered"
        )
    blocks = tuple(block.only(places) for block in problem.blocks if block.has(places))
    latent, n_free = freed(standard_normal(len(saw)), saw, 0)
    alone = replace(problem, blocks=blocks, latent=latent, priors={}, n_free=n_free)
    if prior_updates == "multiple":
        run = replace(run, histogram=False, progress=None)
    center = _center(whole)
    if run.may_refine:
        nodes = spaced_nodes(min(-6.0, center - 6.0), max(6.0, center + 6.0))
        alone = replace(alone, nodes=nodes)
    start = np.zeros(n_free)
    start[latent.place[saw, 0]] = center
    alone, ascent = ascend(alone, start, run)
    moments = alone.latent.moments(ascent.point.free)
    if prior_updates == "multiple":
        return replace(problem, nodes=alone.nodes), moments
    if not ascent.converged:
        raise ConvergenceError(
            "the ability distribution of the fixed items alone did not converge; raise "
            "max_iterations",
            iterations=ascent.iterations,
            log_likelihood=ascent.point.log_likelihood,
        )
    held = _held(alone.latent) if run.histogram else replace(problem.latent, value=moments)
    return replace(problem, nodes=alone.nodes, latent=held), moments


def _center(whole: Mapping[str, ItemParameters]) -> float:
    """Where the fixed items lie, logits; persons are thought to be near."""
    places = [np.mean(item.b) for item in whole.values() if item.model != "NRM"]
    return float(np.mean(places)) if places else 0.0


def _held(latent: Latent) -> Latent:
    return replace(standard_normal(len(latent.value)), histogram=latent.histogram)


def _covariance(
    problem: Problem, scheme: Scheme, ascent: Ascent, kind: StandardErrors
) -> FloatArray | None:
    if kind == "none":
        return None
    information = information_at(problem, ascent.point.free)
    spread = inverse(information.observed)
    if spread is not None:
        return spread if kind == "observed" else spread @ information.scores @ spread
    names = tuple(scheme.items[place] for place in weakest(problem, information.observed))
    what = f"the parameters of {', '.join(names)}"
    if not names:
        what = "mean and SD of a group, which may have too few persons"
    raise ConvergenceError(
        f"the likelihood has no peak where the ascent stopped, after {ascent.iterations} "
        f"iterations: the data do not determine {what}; leave items "
        "out, use a simpler model, or raise max_iterations",
        iterations=ascent.iterations,
        log_likelihood=ascent.point.log_likelihood,
        items=names,
    )
