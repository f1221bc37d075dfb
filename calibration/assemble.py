"""From the end of an ascent to the result: the (a, b) scale, notes, provenance."""

import platform
from collections.abc import Mapping
from importlib import metadata
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import scipy

from calibration.errors_of_estimate import on_difficulty_scale
from calibration.estimate import priors
from calibration.estimate.accelerate import Ascent
from calibration.estimate.layout import Block
from calibration.estimate.problem import Problem
from calibration.prepare import Prepared
from calibration.result import CalibrationResult

FloatArray = npt.NDArray[np.float64]
Numbers = tuple[float, ...]


def assemble(
    problem: Problem,
    prepared: Prepared,
    ascent: Ascent,
    spread: FloatArray | None,
    options: Mapping[str, str],
) -> CalibrationResult:
    """Put the result together.

    Parameters
    ----------
    problem, prepared, ascent
        The run and where it ended.
    spread : array of shape (n_all, n_all), or None
        Covariance of all parameters ``(a, u)``, ordered by block, item, parameter.
    options : mapping of str to str
        What the caller chose, for the provenance.
    """
    free, log_likelihood = ascent.point.free, ascent.point.log_likelihood
    a, b, c = _by_item(problem.blocks, [_parameters(block, free) for block in problem.blocks])
    se_a, se_b, se_c = None, None, None
    if spread is not None:
        se_a, se_b, se_c = _by_item(problem.blocks, _errors(problem.blocks, free, spread))
    n_persons, n_parameters = float(prepared.weights.sum()), len(free)
    return CalibrationResult(
        item_names=prepared.items,
        models=prepared.models,
        a=a,
        b=b,
        c=c,
        se_a=se_a,
        se_b=se_b,
        se_c=se_c,
        log_likelihood=log_likelihood,
        aic=-2 * log_likelihood + 2 * n_parameters,
        bic=-2 * log_likelihood + float(np.log(n_persons)) * n_parameters,
        n_parameters=n_parameters,
        iterations=ascent.iterations,
        converged=ascent.converged,
        largest_change=ascent.largest_change,
        n_persons=n_persons,
        lowest_code=prepared.lowest_code,
        notes=prepared.notes + _notes(prepared, ascent, a),
        provenance=_provenance(problem, prepared, ascent, options),
    )


def _parameters(block: Block, free: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    values = block.expand(free)
    c = np.zeros(len(values))
    if block.model == "3PL":
        c = 1 / (1 + np.exp(-values[:, 2]))
    return values[:, 0], -values[:, 1 : block.n_categories] / values[:, :1], c


def _errors(
    blocks: tuple[Block, ...], free: FloatArray, spread: FloatArray
) -> list[tuple[FloatArray, FloatArray, FloatArray]]:
    out, start = [], 0
    for block in blocks:
        values = block.expand(free)
        places = start + np.arange(values.size).reshape(values.shape)
        own = spread[places[:, :, None], places[:, None, :]]
        out.append(on_difficulty_scale(block, values, own))
        start += values.size
    return out


def _by_item(
    blocks: tuple[Block, ...], found: list[tuple[FloatArray, FloatArray, FloatArray]]
) -> tuple[Numbers, tuple[Numbers, ...], Numbers]:
    rows: dict[int, tuple[float, Numbers, float]] = {}
    for block, (a, b, c) in zip(blocks, found, strict=True):
        numbers = zip(a.tolist(), b.tolist(), c.tolist(), strict=True)
        for item, (slope, difficulties, guess) in zip(block.items.tolist(), numbers, strict=True):
            rows[item] = (slope, tuple(difficulties), guess)
    ordered = [rows[item] for item in range(len(rows))]
    return (
        tuple(row[0] for row in ordered),
        tuple(row[1] for row in ordered),
        tuple(row[2] for row in ordered),
    )


def _notes(prepared: Prepared, ascent: Ascent, slopes: Numbers) -> tuple[str, ...]:
    notes = []
    if not ascent.converged:
        change = f"{ascent.largest_change:.2g}"
        notes.append(f"not converged: a further step would change a parameter by {change}")
    for name, slope in zip(prepared.items, slopes, strict=True):
        if slope <= 0:
            notes.append(f"item {name!r} has a slope of {slope:.3f}; check its key")
    return tuple(notes)


def _provenance(
    problem: Problem, prepared: Prepared, ascent: Ascent, options: Mapping[str, str]
) -> Mapping[str, str]:
    nodes = problem.quadrature.nodes
    try:
        version = metadata.version("takar")
    except metadata.PackageNotFoundError:
        version = "not installed"
    known = {
        "source": prepared.source,
        "data_sha256": prepared.digest,
        "n_rows": str(len(prepared.weights)),
        "quadrature": f"{len(nodes)} [{nodes[0]:g}, {nodes[-1]:g}]",
        "scaling": "D = 1",
        "e_steps": str(ascent.evaluations),
        "takar": version,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "python": platform.python_version(),
    }
    if "3PL" in prepared.models:
        known["priors"] = priors.DESCRIPTION
    return MappingProxyType(dict(options) | known)
