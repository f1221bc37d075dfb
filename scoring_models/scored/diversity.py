"""Which answers people should score first: spread over all kinds of answer, then the unsure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scoring_models.errors import SettingsError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int_]

_ROUNDS = 50


def diverse_order(embeddings: FloatArray, count: int) -> IntArray:
    """Return ``count`` answers, one near the centre of each of ``count`` clusters.

    k-means from farthest-point starts, the answer nearest to each centre, largest cluster first.
    No chance is involved: rows are first put in an order of their own values, so that the same
    answers come out however the rows were sorted.

    Parameters
    ----------
    embeddings : array of shape (n, d)
        Of all answers at hand, scored or not.
    count : int
        How many; at most ``n``.

    Returns
    -------
    array of int, shape (count,)
        Row numbers.

    Raises
    ------
    SettingsError
        If ``count`` is negative or above ``n``.

    References
    ----------
    Arthur & Vassilvitskii (2007), k-means++; Gonzalez (1985), doi:10.1016/0304-3975(85)90224-5
    """
    if not 0 <= count <= len(embeddings):
        raise SettingsError(f"{count} answers asked for, {len(embeddings)} at hand")
    if count == 0:
        return np.zeros(0, dtype=np.int_)
    order = np.lexsort(np.asarray(embeddings, dtype=np.float64).T[::-1])
    points = np.asarray(embeddings, dtype=np.float64)[order]
    members, centres = _clusters(points, count)
    sizes = np.bincount(members, minlength=count)
    chosen: list[int] = []
    for cluster in np.argsort(-sizes, kind="stable"):
        distance = ((points - centres[cluster]) ** 2).sum(axis=1)
        distance[chosen] = np.inf
        chosen.append(int(np.argmin(distance)))
    return np.asarray(order[chosen])


def next_to_score(
    embeddings: FloatArray, scored: npt.NDArray[np.bool_], risks: FloatArray, count: int
) -> IntArray:
    """Return unscored answers for a human queue: the unsure ones, spread over kinds of answer.

    Of the unscored, the 3 x ``count`` of greatest risk are thinned to ``count`` diverse ones.
    """
    open_rows = np.flatnonzero(~scored)
    count = min(count, len(open_rows))
    unsure = open_rows[np.argsort(-risks[open_rows], kind="stable")][: 3 * count]
    return np.asarray(unsure[diverse_order(embeddings[unsure], count)])


def _clusters(points: FloatArray, count: int) -> tuple[IntArray, FloatArray]:
    centres = points[_farthest(points, count)]
    members = np.full(len(points), -1, dtype=np.int_)
    for _ in range(_ROUNDS):
        # |p - c|^2 without |p|^2, which does not change the nearest centre
        moved = np.argmin((centres**2).sum(axis=1) - 2 * points @ centres.T, axis=1)
        if np.array_equal(moved, members):
            break
        members = moved
        for cluster in range(count):
            if (members == cluster).any():
                centres[cluster] = points[members == cluster].mean(axis=0)
    return members, centres


def _farthest(points: FloatArray, count: int) -> list[int]:
    nearest = ((points - points.mean(axis=0)) ** 2).sum(axis=1)
    chosen = [int(np.argmin(nearest))]
    nearest = ((points - points[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < count:
        chosen.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
    return chosen
