"""Priors on item parameters: their logarithms, gradients and curvatures.

A prior enters as the density of the quantity that its class names, with no Jacobian, so that the
estimate is the mode on that scale; its curvature enters the standard errors.

References
----------
Mislevy (1986), doi:10.1007/BF02293979
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from calibration.errors import CalibrationError
from calibration.estimate.layout import Block

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Normal:
    """Of a slope or a difficulty, logits; of the logit of an asymptote."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class LogNormal:
    """Of a slope: its logarithm is normal, and a negative slope impossible."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Beta:
    """Of an asymptote: density proportional to x^(alpha - 1) (1 - x)^(beta - 1)."""

    alpha: float
    beta: float


Prior = Normal | LogNormal | Beta
Priors = Mapping[str, Prior]

GUESS_MEAN = float(np.log(0.2 / 0.8))
SLIP_MEAN = float(np.log(0.95 / 0.05))
DEFAULTS: Mapping[str, Priors] = {
    "3PL": {"a": LogNormal(0.0, 0.5), "c": Normal(GUESS_MEAN, 0.5)},
    "4PL": {"a": LogNormal(0.0, 0.5), "c": Normal(GUESS_MEAN, 0.5), "d": Normal(SLIP_MEAN, 0.5)},
}
_ALLOWED = {"a": (Normal, LogNormal), "b": (Normal,), "c": (Normal, Beta), "d": (Normal, Beta)}


def check_priors(priors: Priors) -> None:
    """Refuse what is no prior of a known parameter.

    Raises
    ------
    CalibrationError
    """
    for name, prior in priors.items():
        if name not in _ALLOWED:
            raise CalibrationError(f"no prior for {name!r}; priors are for a, b, c and d")
        if not isinstance(prior, _ALLOWED[name]):
            kinds = " or ".join(kind.__name__ for kind in _ALLOWED[name])
            raise CalibrationError(f"a prior for {name} is {kinds}; came {prior!r}")
        numbers = (prior.alpha, prior.beta) if isinstance(prior, Beta) else (prior.sd,)
        if not all(np.isfinite(one) and one > 0 for one in numbers):
            raise CalibrationError(f"the prior for {name} needs positive numbers; came {prior!r}")


def priors_of(block: Block, chosen: Priors | None) -> Priors:
    """Those that concern a block; a model's defaults where the caller chose none at all."""
    if chosen is None:
        return DEFAULTS.get(block.model, {})
    if block.model == "NRM" and isinstance(chosen.get("a"), LogNormal):
        raise CalibrationError("slopes of NRM may be negative: give them a Normal prior")
    present = {"a", "b"} | {"3PL": {"c"}, "4PL": {"c", "d"}}.get(block.model, set())
    return {name: prior for name, prior in chosen.items() if name in present}


@dataclass(frozen=True, eq=False)
class Shape:
    """Log prior of a block, its gradient (n_items, P), its negative curvature (n_items, P, P).

    ``expected`` is the part of the curvature that is positive everywhere.
    """

    log_density: float
    gradient: FloatArray
    observed: FloatArray
    expected: FloatArray


def shape_of(block: Block, parameters: FloatArray, priors: Priors) -> Shape | None:
    """The priors of a block at its parameters; None where it has none."""
    if not priors:
        return None
    n_items, width = parameters.shape
    value, gradient = 0.0, np.zeros((n_items, width))
    observed, expected = np.zeros((n_items, width, width)), np.zeros((n_items, width, width))
    for name, prior in priors.items():
        if name == "b" and isinstance(prior, Normal):
            value += _of_difficulties(block, parameters, prior, gradient, observed, expected)
            continue
        for place in _places(block, name):
            density, slope, bend, positive = _of_one(prior, parameters[:, place])
            counted = block.free[:, place].copy()
            if block.model == "1PL" and place == 0:
                counted[1:] = False  # one slope, one prior
            value += float(density[counted].sum())
            gradient[:, place] += np.where(counted, slope, 0.0)
            observed[:, place, place] += np.where(counted, bend, 0.0)
            expected[:, place, place] += np.where(counted, positive, 0.0)
    return Shape(value, gradient, observed, expected)


def describe(blocks: tuple[Block, ...], chosen: Priors | None) -> str:
    """All priors in use, for the provenance; empty where there are none."""
    words = []
    for block in blocks:
        for name, prior in priors_of(block, chosen).items():
            words.append(f"{block.model} {name}: {prior}")
    return "; ".join(dict.fromkeys(words))


def _places(block: Block, name: str) -> range:
    if name == "a":
        return range(block.n_slopes)
    after = block.n_slopes + block.n_categories - 1
    return range(after, after + 1) if name == "c" else range(after + 1, after + 2)


def _of_one(prior: Prior, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Log density, slope, negative curvature, and its positive part, by the internal number x."""
    if isinstance(prior, Normal):
        z = (x - prior.mean) / prior.sd
        flat = np.full_like(x, 1 / prior.sd**2)
        return -0.5 * z**2, -z / prior.sd, flat, flat
    if isinstance(prior, LogNormal):
        with np.errstate(invalid="ignore", divide="ignore"):
            z = (np.log(x) - prior.mean) / prior.sd
        part = 1 / (prior.sd * x) ** 2
        return -0.5 * z**2, -z / (prior.sd * x), part - z / (prior.sd * x**2), part
    share = expit(x)
    up, down = prior.alpha - 1, prior.beta - 1
    bend = (up + down) * share * (1 - share)
    density = up * np.log(share) + down * np.log1p(-share)
    return density, up * (1 - share) - down * share, bend, np.maximum(bend, 0.0)


def _of_difficulties(
    block: Block,
    parameters: FloatArray,
    prior: Normal,
    gradient: FloatArray,
    observed: FloatArray,
    expected: FloatArray,
) -> float:
    """A normal prior of b = -u / a, each of them; for NRM of the intercepts themselves."""
    value = 0.0
    for step in range(block.n_categories - 1):
        place = block.n_slopes + step
        u = parameters[:, place]
        if block.model == "NRM":
            found = _of_one(prior, u)
            value += float(found[0].sum())
            gradient[:, place] += found[1]
            observed[:, place, place] += found[2]
            expected[:, place, place] += found[3]
            continue
        a = parameters[:, 0]
        z = (-u / a - prior.mean) / prior.sd
        by_a, by_u = u / a**2 / prior.sd, -1 / a / prior.sd
        value += float(-0.5 * z @ z)
        gradient[:, 0] -= z * by_a
        gradient[:, place] -= z * by_u
        for out, own in ((observed, 1.0), (expected, 0.0)):
            out[:, 0, 0] += by_a**2 + own * z * -2 * u / a**3 / prior.sd
            mixed = by_a * by_u + own * z / a**2 / prior.sd
            out[:, 0, place] += mixed
            out[:, place, 0] += mixed
            out[:, place, place] += by_u**2
    return value
