"""Point estimates of ability for fit statistics, and why some persons have none."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from calibration.estimate.quadrature import Quadrature
from calibration.fit.common import (
    Categories,
    FitError,
    FloatArray,
    Method,
    of_answers,
    person_blocks,
)
from calibration.parameters import (
    ItemParameters,
    ability_scores,
    information,
    probabilities,
)
from calibration.posterior import eap, log_likelihoods

Reasons = dict[int, str]

LOWEST, HIGHEST, SPACING = -8.0, 8.0, 0.05  # logits; where estimating equations are tabulated
STEP = 1e-4  # logits; half the width of central differences
REFINEMENTS = 2  # Newton steps from an error of about 1e-4


def abilities(
    items: Sequence[ItemParameters],
    categories: Categories,
    ability: Method | npt.ArrayLike,
    quadrature: Quadrature,
) -> tuple[FloatArray, Reasons]:
    """Ability of each person, (n_persons,), and the reasons of those who have none.

    Parameters
    ----------
    items : sequence of ItemParameters
    categories : array of shape (n_persons, n_items)
        From 0; -1 = not presented.
    ability : {"ML", "WLE", "MAP", "EAP"} or array of shape (n_persons,)
        Maximum likelihood, Warm's weighted likelihood, posterior mode under the normal
        distribution that has mean and SD of ``quadrature``, posterior mean under ``quadrature``
        itself; or abilities of the caller's own, logits, of which those that are not finite are
        left out.
    quadrature : Quadrature

    Notes
    -----
    Entries of persons with a reason have no meaning.

    References
    ----------
    Warm (1989), doi:10.1007/BF02294627
    """
    empty = (categories < 0).all(axis=1)
    reasons: Reasons = dict.fromkeys(np.flatnonzero(empty).tolist(), "no answer")
    if not isinstance(ability, str):
        theta = np.array(ability, dtype=np.float64)
        if theta.shape != (len(categories),):
            raise FitError(f"abilities of shape {theta.shape} for {len(categories)} persons")
        lost = ~np.isfinite(theta)
        theta[lost] = 0.0
        reasons |= dict.fromkeys(np.flatnonzero(lost & ~empty).tolist(), "ability is not finite")
        return theta, reasons
    if ability == "EAP":
        return eap(items, categories, quadrature).theta, reasons
    if ability not in ("ML", "WLE", "MAP"):
        raise FitError(f"ability is ML, WLE, MAP, EAP or an array; came {ability!r}")
    theta, found = _roots(items, categories, ability, quadrature)
    why = f"no finite {ability} estimate of ability"
    reasons |= dict.fromkeys(np.flatnonzero(~found & ~empty).tolist(), why)
    return theta, reasons


def _roots(
    items: Sequence[ItemParameters], categories: Categories, method: str, quadrature: Quadrature
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Where each person's estimating equation falls through 0; the likeliest of several."""
    nodes = np.arange(LOWEST, HIGHEST + SPACING / 2, SPACING)
    theta, found = np.zeros(len(categories)), np.zeros(len(categories), dtype=bool)
    for start in range(0, len(categories), 5000):
        rows = slice(start, start + 5000)
        answers = categories[rows]
        value = _on_grid(items, answers, nodes, method, quadrature)
        falls = (value[:, :-1] > 0) & (value[:, 1:] <= 0)
        height = np.where(falls, log_likelihoods(items, answers, nodes)[:, :-1], -np.inf)
        left = np.argmax(height, axis=1)
        found[rows] = falls.any(axis=1)
        own = np.arange(len(answers))
        before, after = value[own, left], value[own, left + 1]
        change = np.where(before == after, 1.0, before - after)
        theta[rows] = nodes[left] + SPACING * np.clip(before / change, 0, 1)
    kept = np.flatnonzero(found)
    theta[kept] = _refined(items, categories[kept], theta[kept], method, quadrature)
    return theta, found


def _on_grid(
    items: Sequence[ItemParameters],
    categories: Categories,
    nodes: FloatArray,
    method: str,
    quadrature: Quadrature,
) -> FloatArray:
    table = ability_scores(items, nodes)
    out = np.zeros((len(categories), len(nodes)))
    for item, column in enumerate(categories.T):
        seen = np.flatnonzero(column >= 0)
        out[seen] += table[item, column[seen]]
    if method == "MAP":
        out += _pull(nodes, quadrature)
    elif method == "WLE":
        seen_by = (categories >= 0).astype(np.float64)
        share, spread = _bias_terms(items, nodes)
        out += (seen_by @ share) / (2 * (seen_by @ spread))
    return out


def _refined(
    items: Sequence[ItemParameters],
    categories: Categories,
    theta: FloatArray,
    method: str,
    quadrature: Quadrature,
) -> FloatArray:
    """Newton steps from within a grid cell of the root."""
    out = theta.copy()
    for rows in person_blocks(items, len(categories)):
        answers, at = categories[rows], out[rows]
        low, high = at - SPACING, at + SPACING
        for _ in range(REFINEMENTS):
            ahead = _at_persons(items, answers, at + STEP, method, quadrature)
            behind = _at_persons(items, answers, at - STEP, method, quadrature)
            slope = (ahead - behind) / (2 * STEP)
            value = (ahead + behind) / 2
            at = np.clip(at - value / np.where(slope < 0, slope, -np.inf), low, high)
        out[rows] = at
    return out


def _at_persons(
    items: Sequence[ItemParameters],
    categories: Categories,
    theta: FloatArray,
    method: str,
    quadrature: Quadrature,
) -> FloatArray:
    out = of_answers(ability_scores(items, theta), categories).sum(axis=1)
    if method == "MAP":
        out += _pull(theta, quadrature)
    elif method == "WLE":
        seen = (categories >= 0).T
        share, spread = _bias_terms(items, theta)
        out += (share * seen).sum(axis=0) / (2 * (spread * seen).sum(axis=0))
    result: FloatArray = out
    return result


def _pull(theta: FloatArray, quadrature: Quadrature) -> FloatArray:
    mean = float(quadrature.weights @ quadrature.nodes)
    variance = float(quadrature.weights @ (quadrature.nodes - mean) ** 2)
    result: FloatArray = (mean - theta) / variance
    return result


def _bias_terms(
    items: Sequence[ItemParameters], theta: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Each item's J = sum P' P'' / P and information, (n_items, n_theta).

    With s = P' / P: I' = sum P s^3 + 2 sum P s s', and J = sum P s^3 + sum P s s'.
    """
    change = (information(items, theta + STEP) - information(items, theta - STEP)) / (2 * STEP)
    score, chance = ability_scores(items, theta), probabilities(items, theta)
    return ((chance * score**3).sum(axis=1) + change) / 2, (chance * score**2).sum(axis=1)
