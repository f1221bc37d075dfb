"""From the end of an ascent to the result: the (a, b) scale, notes, provenance."""

import platform
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from types import MappingProxyType

import numba
import numpy as np
import numpy.typing as npt
import scipy
from scipy.special import expit

from calibration.errors_of_estimate import on_reported_scale, split_by_item
from calibration.estimate.accelerate import Ascent
from calibration.estimate.latent import FIXED
from calibration.estimate.layout import Block
from calibration.estimate.priors import describe
from calibration.estimate.problem import Problem
from calibration.parameters import ItemParameters
from calibration.prepare import Scheme
from calibration.result import CalibrationResult, GroupDistribution, ItemErrors

FloatArray = npt.NDArray[np.float64]


def assemble(
    problem: Problem,
    scheme: Scheme,
    ascent: Ascent,
    spread: FloatArray | None,
    options: Mapping[str, str],
) -> CalibrationResult:
    """Put the result together.

    Parameters
    ----------
    problem, scheme, ascent
        The run and where it ended.
    spread : array of shape (n_free, n_free), or None
        Covariance of the free parameters.
    options : mapping of str to str
        What the caller chose, for the provenance.
    """
    free, log_likelihood = ascent.point.free, ascent.point.log_likelihood
    items = _items(problem.blocks, scheme, free)
    names = tuple((item.name, name) for item in items for name in _names(item))
    covariance = errors = None
    if spread is not None:
        covariance = on_reported_scale(problem.blocks, free, spread)
        covariance.setflags(write=False)
        widths = [len(_names(item)) for item in items]
        by_item = split_by_item(widths, np.diagonal(covariance))
        errors = tuple(_errors(item, own) for item, own in zip(items, by_item, strict=True))
    n_parameters = _n_parameters(problem)
    return CalibrationResult(
        items=items,
        standard_errors=errors,
        groups=_groups(problem, scheme, free, spread),
        covariance=covariance,
        parameter_names=names,
        log_likelihood=log_likelihood,
        aic=-2 * log_likelihood + 2 * n_parameters,
        bic=-2 * log_likelihood + float(np.log(scheme.n_persons)) * n_parameters,
        n_parameters=n_parameters,
        iterations=ascent.iterations,
        converged=ascent.converged,
        largest_change=ascent.largest_change,
        n_persons=scheme.n_persons,
        lowest_code=scheme.lowest_code,
        notes=scheme.notes + _notes(items, ascent),
        provenance=_provenance(problem, scheme, ascent, options),
    )


def _items(
    blocks: tuple[Block, ...], scheme: Scheme, free: FloatArray
) -> tuple[ItemParameters, ...]:
    rows: dict[int, ItemParameters] = {}
    for block in blocks:
        for item, values in zip(block.items.tolist(), block.expand(free), strict=True):
            rows[item] = _item(scheme.items[item], block, values)
    return tuple(rows[item] for item in range(len(rows)))


def _item(name: str, block: Block, values: FloatArray) -> ItemParameters:
    slopes, rest = values[: block.n_slopes], values[block.n_slopes :]
    intercepts, asymptotes = rest[: block.n_categories - 1], rest[block.n_categories - 1 :]
    b = intercepts if block.model == "NRM" else -intercepts / slopes[0]
    c = float(expit(asymptotes[0])) if len(asymptotes) else 0.0
    d = float(expit(asymptotes[1])) if len(asymptotes) > 1 else 1.0
    return ItemParameters(name, block.model, tuple(slopes.tolist()), tuple(b.tolist()), c, d)


def _names(item: ItemParameters) -> list[str]:
    """Reported parameters, in the order of a block's parameters."""
    a = ["a"] if len(item.a) == 1 else [f"a{place + 1}" for place in range(len(item.a))]
    b = ["b"] if len(item.b) == 1 else [f"b{place + 1}" for place in range(len(item.b))]
    return [*a, *b, *{"3PL": ["c"], "4PL": ["c", "d"]}.get(item.model, [])]


def _errors(item: ItemParameters, own: FloatArray) -> ItemErrors:
    n_a, n_b = len(item.a), len(item.b)
    rest = own[n_a + n_b :]
    return ItemErrors(
        a=tuple(own[:n_a].tolist()),
        b=tuple(own[n_a : n_a + n_b].tolist()),
        c=float(rest[0]) if len(rest) else 0.0,
        d=float(rest[1]) if len(rest) > 1 else 0.0,
    )


def _groups(
    problem: Problem, scheme: Scheme, free: FloatArray, spread: FloatArray | None
) -> tuple[GroupDistribution, ...]:
    density = problem.density(free)
    moments = problem.latent.moments(free)
    out = []
    for group, name in enumerate(scheme.groups):
        mean, sd = float(moments[group, 0]), float(np.exp(moments[group, 1]))
        if problem.latent.histogram is not None:
            mean = float(density[group] @ problem.nodes)
            sd = float(np.sqrt(density[group] @ (problem.nodes - mean) ** 2))
        se_mean, se_sd = _errors_of_moments(problem, group, sd, spread)
        out.append(
            GroupDistribution(
                name=name,
                n_persons=float(scheme.persons[group]),
                mean=mean,
                sd=sd,
                se_mean=se_mean,
                se_sd=se_sd,
                quadrature=problem.quadrature(free, group),
            )
        )
    return tuple(out)


def _errors_of_moments(
    problem: Problem, group: int, sd: float, spread: FloatArray | None
) -> tuple[float | None, float | None]:
    if spread is None or problem.latent.histogram is not None:
        return None, None
    by_mean, by_log_sd = (
        0.0 if place == FIXED else float(np.sqrt(spread[place, place]))
        for place in problem.latent.place[group]
    )
    return by_mean, by_log_sd * sd


def _n_parameters(problem: Problem) -> int:
    """Free parameters; of a histogram all shares but one, less the two moments that are held."""
    histogram = problem.latent.histogram
    if histogram is None or not problem.has_free_histogram:
        return problem.n_free
    n_groups, n_nodes = histogram.shape
    shares = n_groups * (n_nodes - 1) - 2 * problem.n_held_moments
    return int(problem.n_free - problem.latent.free.sum() + shares)


def _notes(items: tuple[ItemParameters, ...], ascent: Ascent) -> tuple[str, ...]:
    notes = []
    if not ascent.converged:
        change = f"{ascent.largest_change:.2g}"
        notes.append(f"not converged: a further step would change a parameter by {change}")
    for item in items:
        if item.model != "NRM" and item.a[0] <= 0:
            notes.append(f"item {item.name!r} has a slope of {item.a[0]:.3f}; check its key")
    return tuple(notes)


def _provenance(
    problem: Problem, scheme: Scheme, ascent: Ascent, options: Mapping[str, str]
) -> Mapping[str, str]:
    nodes = problem.nodes
    known = {
        "source": scheme.source,
        "data_sha256": scheme.digest,
        "n_rows": str(scheme.n_rows),
        "quadrature": f"{len(nodes)} [{nodes[0]:g}, {nodes[-1]:g}]",
        "scaling": "D = 1",
        "e_steps": str(ascent.evaluations),
        "takar": _version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "numba": numba.__version__,
        "python": platform.python_version(),
    }
    priors = describe(problem.blocks, problem.priors)
    if priors:
        known["priors"] = priors
    return MappingProxyType(dict(options) | known)


@cache
def _version() -> str:
    try:
        return metadata.version("takar")
    except metadata.PackageNotFoundError:
        return "not installed"
