"""Which answers to have rated next: those unlike the rated ones, or those least certain."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scoring_models.errors import ChoiceError

FloatArray = npt.NDArray[np.float64]


def farthest_first(candidates: FloatArray, rated: FloatArray) -> tuple[int, ...]:
    """Order answers so that each differs most from all that were rated or come before it.

    Farthest-point traversal by cosine distance. Where nothing was rated it begins with the answer
    nearest to the mean of all, the most typical one. Equal distances keep the given order.

    Parameters
    ----------
    candidates : array of shape (n, n_dimensions)
        Vectors of the answers to be ordered, none zero.
    rated : array of shape (m, n_dimensions)
        Of those that were rated; may be empty.

    Returns
    -------
    tuple of int
        Places in ``candidates``.

    References
    ----------
    Gonzalez (1985), doi:10.1016/0304-3975(85)90224-5: within twice the best covering radius.
    """
    if not len(candidates):
        return ()
    points = _unit(candidates)
    if len(rated):
        nearest = 1.0 - (points @ _unit(rated).T).max(axis=1)
        order: list[int] = []
    else:
        centre = points.mean(axis=0)
        order = [int(np.argmax(points @ centre))]
        nearest = 1.0 - points @ points[order[0]]
        nearest[order[0]] = -np.inf
    while len(order) < len(points):
        following = int(np.argmax(nearest))
        order.append(following)
        nearest = np.minimum(nearest, 1.0 - points @ points[following])
        nearest[order] = -np.inf
    return tuple(order)


def level_spread(probabilities: npt.ArrayLike) -> float:
    """Standard deviation of a distribution over levels 1, 2, ..., in levels."""
    p = np.asarray(probabilities, dtype=np.float64)
    levels = np.arange(1, len(p) + 1)
    mean = float(p @ levels)
    return float(np.sqrt(p @ (levels - mean) ** 2))


def _unit(vectors: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (lengths > 0).all():
        raise ChoiceError("a vector has length 0; leave such answers out")
    return np.asarray(vectors / lengths)
