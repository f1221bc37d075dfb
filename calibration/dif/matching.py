"""Who is compared with whom: persons of equal sum score, or of equal estimated ability.

A sum score needs one test for all. Where persons saw different items (adaptive tests, booklets)
ability does the same service: at equal ability the groups should answer alike.

The studied item takes part in what it is matched by. In the Rasch model that makes the comparison
exact whatever the groups' abilities; without it, the better group is the better one also at equal
rest scores, and items look as if they favoured it (Holland & Thayer 1988; Zwick 1990).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from calibration.dif.screening import BoolArray, DifError
from calibration.estimate.quadrature import Quadrature
from calibration.parameters import (
    ItemParameters,
    ability_scores,
    expected_scores,
    information,
    log_probabilities,
    probabilities,
)

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Categories = npt.NDArray[np.int16]


class Matching(Protocol):
    """A rule by which persons are comparable."""

    def values(
        self, items: Sequence[str], categories: Categories, anchors: BoolArray
    ) -> FloatArray:
        """The matching variable for each studied item, (n_persons, n_items); NaN = left out."""
        ...

    def strata(self, values: FloatArray) -> IntArray:
        """Stratum of each person from one item's values, (n_persons,); -1 where NaN."""
        ...


@dataclass(frozen=True)
class SumScore:
    """The sum over the anchors and the studied item; each score is a stratum.

    Persons who did not see them all are left out: their sums mean something else.
    """

    def values(
        self, items: Sequence[str], categories: Categories, anchors: BoolArray
    ) -> FloatArray:
        del items
        scores = np.where(categories < 0, np.nan, categories.astype(np.float64))
        by_anchors = scores[:, anchors].sum(axis=1)
        out: FloatArray = np.where(anchors, by_anchors[:, None], by_anchors[:, None] + scores)
        return out

    def strata(self, values: FloatArray) -> IntArray:
        return _numbered(values)


@dataclass(frozen=True, eq=False)
class AbilityMatching:
    """Ability on the anchors and the studied item, from item parameters common to all groups.

    Parameters
    ----------
    items : sequence of ItemParameters
        Known or calibrated parameters of the items to be compared, in their order.
    quadrature : Quadrature
        Ability distribution for ``"eap"``, the same for all groups; its range for ``"wle"``.
    estimator : {"eap", "wle"}
        Posterior mean, or weighted likelihood.
    scale : {"theta", "expected_score"}
        Match by ability, or by the expected sum score on all items (Zwick, Thayer & Wingersky
        1994); strata are then equally wide in score rather than equally full.
    n_strata : int
        Number of strata at most, 2 or more.
    with_studied : bool
        Whether the studied item takes part; see the head of this module before leaving it out.

    References
    ----------
    Zwick, Thayer & Wingersky (1994), doi:10.1177/014662169401800203; Warm (1989),
    doi:10.1007/BF02294627
    """

    items: Sequence[ItemParameters]
    quadrature: Quadrature
    estimator: Literal["eap", "wle"] = "eap"
    scale: Literal["theta", "expected_score"] = "theta"
    n_strata: int = 20
    with_studied: bool = True

    def __post_init__(self) -> None:
        if self.estimator not in ("eap", "wle") or self.scale not in ("theta", "expected_score"):
            raise DifError(
                "estimator is eap or wle and scale theta or expected_score; came "
                f"{self.estimator!r}, {self.scale!r}"
            )
        if self.n_strata < 2:
            raise DifError(f"n_strata must be 2 or more; came {self.n_strata}")

    def values(
        self, items: Sequence[str], categories: Categories, anchors: BoolArray
    ) -> FloatArray:
        names = tuple(item.name for item in self.items)
        if names != tuple(items):
            raise DifError(
                f"the matching knows the items {', '.join(names)}; it needs {', '.join(items)}, in "
                "this order"
            )
        estimate = _Estimator(self.items, self.quadrature, self.estimator)
        shared = estimate(categories, anchors)
        out = np.empty(categories.shape)
        for studied in range(len(names)):
            used = anchors.copy()
            used[studied] = self.with_studied
            same = used[studied] == anchors[studied]
            out[:, studied] = shared if same else estimate(categories, used)
        if self.scale == "expected_score":
            out[:] = self._expected(out)
        return out

    def strata(self, values: FloatArray) -> IntArray:
        known = np.isfinite(values)
        if not known.any():
            return np.full(len(values), -1, dtype=np.intp)
        if self.scale == "expected_score":
            low, high = values[known].min(), values[known].max()
            cuts = np.linspace(low, high, self.n_strata + 1)[1:-1]
        else:
            cuts = np.quantile(values[known], np.arange(1, self.n_strata) / self.n_strata)
        found = np.searchsorted(np.unique(cuts), values, side="right").astype(np.float64)
        return _numbered(np.where(known, found, np.nan))

    def _expected(self, theta: FloatArray) -> FloatArray:
        nodes = np.linspace(self.quadrature.nodes[0], self.quadrature.nodes[-1], 401)
        curve = expected_scores(self.items, nodes).sum(axis=0)
        return np.where(np.isnan(theta), np.nan, np.interp(theta, nodes, curve))


class _Estimator:
    def __init__(
        self, items: Sequence[ItemParameters], quadrature: Quadrature, kind: Literal["eap", "wle"]
    ) -> None:
        self.kind = kind
        self.quadrature = quadrature
        nodes = quadrature.nodes
        if kind == "wle":  # its root is interpolated between nodes
            nodes = np.linspace(nodes[0], nodes[-1], 4 * len(nodes))
        self.nodes = nodes
        self.log_probability = log_probabilities(items, nodes)
        if kind == "wle":
            self.score = ability_scores(items, nodes)
            self.information = information(items, nodes)
            self.bias = _bias_terms(items, nodes)

    def __call__(self, categories: Categories, used: BoolArray) -> FloatArray:
        seen = (categories >= 0) & used
        theta = self._eap(categories, used) if self.kind == "eap" else self._wle(categories, seen)
        return np.where(seen.any(axis=1), theta, np.nan)

    def _eap(self, categories: Categories, used: BoolArray) -> FloatArray:
        joint = self._summed(self.log_probability, categories, used)
        joint += np.log(self.quadrature.weights)
        posterior = np.exp(joint - logsumexp(joint, axis=1, keepdims=True))
        result: FloatArray = posterior @ self.nodes
        return result

    def _wle(self, categories: Categories, seen: BoolArray) -> FloatArray:
        """Where score + J / (2 I) crosses zero, at the highest weighted likelihood."""
        used: BoolArray = np.any(seen, axis=0)
        known = seen.astype(np.float64)
        slope = self._summed(self.score, categories, used)
        total = np.maximum(known @ self.information, 1e-12)
        slope += known @ self.bias / (2 * total)
        rise = np.cumsum((slope[:, 1:] + slope[:, :-1]) / 2, axis=1)
        peak = np.argmax(np.column_stack([np.zeros(len(rise)), rise]), axis=1)
        rows = np.arange(len(peak))
        left = np.where(slope[rows, peak] > 0, peak, peak - 1).clip(0, len(self.nodes) - 2)
        before, after = slope[rows, left], slope[rows, left + 1]
        drop = before - after
        share = np.divide(before, drop, out=np.zeros(len(drop)), where=drop != 0).clip(0, 1)
        result: FloatArray = self.nodes[left] + share * (self.nodes[1] - self.nodes[0])
        return result

    @staticmethod
    def _summed(table: FloatArray, categories: Categories, used: BoolArray) -> FloatArray:
        out = np.zeros((len(categories), table.shape[2]))
        for item in np.flatnonzero(used):
            rows = np.flatnonzero(categories[:, item] >= 0)
            out[rows] += table[item, categories[rows, item]]
        return out


def _bias_terms(items: Sequence[ItemParameters], nodes: FloatArray) -> FloatArray:
    """Warm's J of each item, sum over categories of P' P'' / P, (n_items, n_nodes)."""
    step = 1e-4
    around = [
        probabilities(items, nodes + shift) * ability_scores(items, nodes + shift)
        for shift in (-step, step)
    ]
    second = (around[1] - around[0]) / (2 * step)
    result: FloatArray = np.sum(ability_scores(items, nodes) * second, axis=1)
    return result


def _numbered(values: FloatArray) -> IntArray:
    out = np.full(len(values), -1, dtype=np.intp)
    known = np.isfinite(values)
    out[known] = np.unique(values[known], return_inverse=True)[1].ravel()
    return out


def anchor_mask(items: Sequence[str], anchors: Sequence[str]) -> BoolArray:
    return np.isin(np.array(items), np.array(anchors))
