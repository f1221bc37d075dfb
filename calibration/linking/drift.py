"""Anchors whose parameters moved between two calibrations, found and taken out of the link.

A drifted anchor pulls the link, and the link then makes steady anchors look drifted. So the worst
is dropped, the link made anew, and all are judged again, until no anchor left exceeds the
threshold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Literal, get_args

import numpy.typing as npt

from calibration.estimate.quadrature import Quadrature, normal_grid
from calibration.linking.anchors import anchor_names
from calibration.linking.drift_statistics import (
    CurveDifference,
    DriftError,
    RobustZ,
    Wald,
    curve_differences,
    curve_differences_of_anchors,
    robust_z,
    robust_z_of_anchors,
    wald_of_anchors,
)
from calibration.linking.links import Link, Linking, link
from calibration.parameters import ItemParameters

__all__ = [
    "AnchorDrift",
    "CurveDifference",
    "Drift",
    "DriftError",
    "RobustZ",
    "Wald",
    "curve_differences",
    "find_drift",
    "robust_z",
]

Criterion = Literal["robust_z", "wald", "wrmsd"]
THRESHOLDS: dict[Criterion, float] = {"robust_z": 1.645, "wald": 0.05, "wrmsd": 0.1}
_Judged = tuple[RobustZ, Wald | None, CurveDifference]


@dataclass(frozen=True, slots=True)
class AnchorDrift:
    """One anchor, judged by the final link.

    Attributes
    ----------
    name : str
    kept : bool
    reason : str
        Why it was dropped, in which round; or why it was kept.
    robust_z : RobustZ
    wald : Wald or None
        None where the covariances were not given.
    curves : CurveDifference
    """

    name: str
    kept: bool
    reason: str
    robust_z: RobustZ
    wald: Wald | None
    curves: CurveDifference


@dataclass(frozen=True, eq=False)
class Drift:
    """Which anchors stay.

    Attributes
    ----------
    link : Link
        Made from the anchors kept.
    anchors : tuple of AnchorDrift
        In the order of X.
    criterion : str
    threshold : float
    rounds : int
        Links made.
    notes : tuple of str
        That the search stopped at ``min_anchors``, if it did.
    """

    link: Link
    anchors: tuple[AnchorDrift, ...]
    criterion: str
    threshold: float
    rounds: int
    notes: tuple[str, ...]

    @property
    def kept(self) -> tuple[str, ...]:
        return tuple(anchor.name for anchor in self.anchors if anchor.kept)

    @property
    def dropped(self) -> tuple[str, ...]:
        return tuple(anchor.name for anchor in self.anchors if not anchor.kept)


def find_drift(
    x: Sequence[ItemParameters],
    y: Sequence[ItemParameters],
    how: Linking | None = None,
    *,
    criterion: Criterion = "robust_z",
    threshold: float | None = None,
    anchors: Sequence[str] | None = None,
    min_anchors: int = 3,
    covariance_x: npt.ArrayLike | None = None,
    covariance_y: npt.ArrayLike | None = None,
    quadrature: Quadrature | None = None,
) -> Drift:
    """Link, drop the anchor that drifted most, and link again until none exceeds the threshold.

    All three statistics are reported for all anchors; ``criterion`` says which one decides.
    Robust z is scaled by the spread of the anchors' own differences, so that at 1.645 about one
    steady anchor in ten exceeds it in a, and one in ten in b, however large the samples; median
    and IQR are those of all anchors in every round. Wald is scaled by sampling error, so that in
    large samples it finds drift too small to matter: look at ``curves`` beside it. An anchor once
    dropped does not come back.

    Parameters
    ----------
    x, y : sequence of ItemParameters
        The two calibrations, each on its own scale; items common by name are anchors.
    how : Linking, optional
        Stocking-Lord on 40 points by default.
    criterion : {"robust_z", "wald", "wrmsd"}
        The larger |z| of a and b; the p-value of the Wald test; the weighted root mean squared
        difference of the curves.
    threshold : float, optional
        Largest |z| kept (1.645 by default), smallest p-value kept (.05), largest difference kept
        as a share of the score range (.1).
    anchors : sequence of str, optional
        Names to consider, all common items by default.
    min_anchors : int
        Never fewer are kept.
    covariance_x, covariance_y : array of shape (n_reported, n_reported), optional
        As for ``link``; needed for "wald".
    quadrature : Quadrature, optional
        Ability distribution on the scale of Y, for the difference of the curves; standard normal
        by default.

    Returns
    -------
    Drift

    Raises
    ------
    DriftError
        If the criterion is unknown, the threshold does not fit it, ``min_anchors`` is below 1, or
        "wald" came without covariances.
    LinkingError
        As ``link``.

    References
    ----------
    Huynh & Meyer (2010), doi:10.7275/ycx6-e864; Candell & Drasgow (1988),
    doi:10.1177/014662168801200304 (iterative linking)
    """
    limit = _checked(criterion, threshold, min_anchors)
    if criterion == "wald" and (covariance_x is None or covariance_y is None):
        raise DriftError(
            "the Wald criterion needs the covariances of both calibrations; pass them, or use "
            "robust_z"
        )
    names = anchor_names(x, y, anchors)
    kept, rounds = list(names), 0
    reasons: dict[str, str] = {}
    notes: list[str] = []
    while True:
        rounds += 1
        found = link(x, y, how, anchors=kept, covariance_x=covariance_x, covariance_y=covariance_y)
        judged = _judged(found, names, covariance_x, covariance_y, quadrature or normal_grid())
        sizes = {name: _size(criterion, judged[name]) for name in kept}
        over = {name: size for name, size in sizes.items() if size is not None and size > limit}
        if not over:
            break
        if len(kept) <= min_anchors:
            notes.append(
                f"stopped at {len(kept)} anchors, of which {', '.join(over)} still exceed the "
                "threshold"
            )
            break
        worst = max(over, key=over.__getitem__)
        kept.remove(worst)
        reasons[worst] = f"dropped in round {rounds}: {_said(criterion, judged[worst])}"
    return Drift(
        link=found,
        anchors=tuple(
            AnchorDrift(
                name,
                name in kept,
                reasons.get(name) or _why_kept(criterion, judged[name], name in over),
                *judged[name],
            )
            for name in names
        ),
        criterion=criterion,
        threshold=THRESHOLDS[criterion] if threshold is None else threshold,
        rounds=rounds,
        notes=tuple(notes),
    )


def _checked(criterion: Criterion, threshold: float | None, min_anchors: int) -> float:
    """The size above which an anchor is dropped."""
    if criterion not in get_args(Criterion):
        raise DriftError(f"no criterion {criterion!r}; there are {', '.join(get_args(Criterion))}")
    if min_anchors < 1:
        raise DriftError(
            f"a link needs an anchor: min_anchors must be 1 or more; came {min_anchors}"
        )
    value = THRESHOLDS[criterion] if threshold is None else threshold
    if not value > 0 or (criterion == "wald" and not value < 1):
        raise DriftError(
            f"a threshold of {value} does not fit {criterion}: it must be positive, and for wald "
            "a probability"
        )
    return -log(value) if criterion == "wald" else value


def _judged(
    found: Link,
    names: Sequence[str],
    covariance_x: npt.ArrayLike | None,
    covariance_y: npt.ArrayLike | None,
    quadrature: Quadrature,
) -> dict[str, _Judged]:
    z = robust_z_of_anchors(found, names)
    curves = curve_differences_of_anchors(found, quadrature, names)
    tests: Sequence[Wald | None] = [None] * len(names)
    if covariance_x is not None and covariance_y is not None:
        tests = wald_of_anchors(found, covariance_x, covariance_y, names)
    return dict(zip(names, zip(z, tests, curves, strict=True), strict=True))


def _size(criterion: Criterion, judged: _Judged) -> float | None:
    """How far the anchor drifted, larger for more; None where the criterion says nothing."""
    z, wald, curves = judged
    if criterion == "robust_z":
        return max((abs(one) for one in (z.a, z.b) if one is not None), default=None)
    if criterion == "wald":
        return None if wald is None or wald.log_p is None else -wald.log_p
    return curves.wrmsd


def _said(criterion: Criterion, judged: _Judged) -> str:
    z, wald, curves = judged
    if criterion == "robust_z":
        parts = [("a", z.a), ("b", z.b)]
        return ", ".join(f"robust z of {part} {one:.2f}" for part, one in parts if one is not None)
    if criterion == "wald" and wald is not None and wald.statistic is not None:
        return f"Wald {wald.statistic:.2f}, df {wald.df}, p {wald.p_value:.2g}"
    return f"curves differ by {curves.wrmsd:.3f} of the score range"


def _why_kept(criterion: Criterion, judged: _Judged, is_over: bool) -> str:
    if is_over:
        return f"kept for want of others: {_said(criterion, judged)}"
    if _size(criterion, judged) is None:
        z, wald, _ = judged
        why = z.reason if criterion == "robust_z" or wald is None else wald.reason
        return f"kept, not judged: {why}"
    return f"kept: {_said(criterion, judged)}"
