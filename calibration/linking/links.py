"""From the scale of one calibration to that of another through common items.

theta_Y = A theta_X + B. Anchors are the items that both calibrations hold; their parameters differ
by the choice of origin and unit, and by sampling error. D = 1 throughout.

References
----------
Kolen & Brennan (2014), Test Equating, Scaling, and Linking, 3rd ed., chapter 6,
doi:10.1007/978-1-4939-0317-7
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from calibration.estimate.quadrature import Quadrature
from calibration.linking.anchors import (
    anchor_names,
    checked_covariance,
    named,
    unit_is_fixed,
)
from calibration.linking.curves import CurveLoss, blocks_of
from calibration.linking.errors import by_curves
from calibration.linking.moments import by_moments
from calibration.linking.scale import (
    LinkingError,
    by_coefficients,
    by_parameters,
    parameter_names,
    slices,
    transform_items,
)
from calibration.parameters import ItemParameters

FloatArray = npt.NDArray[np.float64]
Method = Literal["mean_mean", "mean_sigma", "haebara", "stocking_lord"]


def even_grid(low: float = -4.0, high: float = 4.0, n_nodes: int = 40) -> Quadrature:
    """Equally spaced nodes with equal weights, logits."""
    return Quadrature(np.linspace(low, high, n_nodes), np.ones(n_nodes))


@dataclass(frozen=True, slots=True)
class Linking:
    """How to link.

    Attributes
    ----------
    method : {"stocking_lord", "haebara", "mean_sigma", "mean_mean"}
    symmetric : bool
        Whether the curves are compared on the scale of X too, X's nodes carried to Y, and both
        losses added. Of no effect on mean-mean and mean-sigma.
    grid : Quadrature
        Nodes and weights on the scale of Y for Haebara and Stocking-Lord; 40 equally weighted
        points on [-4, 4] by default.
    reverse_grid : Quadrature, optional
        The same on the scale of X for the symmetric loss; ``grid`` by default.

    Raises
    ------
    LinkingError
        If the method is unknown, or there is a ``reverse_grid`` without ``symmetric``.
    """

    method: Method = "stocking_lord"
    symmetric: bool = False
    grid: Quadrature = field(default_factory=even_grid)
    reverse_grid: Quadrature | None = None

    def __post_init__(self) -> None:
        if self.method not in get_args(Method):
            raise LinkingError(
                f"no method {self.method!r}; there are {', '.join(get_args(Method))}"
            )
        if self.reverse_grid is not None and not self.symmetric:
            raise LinkingError(
                "a reverse_grid is for the symmetric loss: pass symmetric=True, or leave it out"
            )


@dataclass(frozen=True, eq=False)
class Link:
    """theta_Y = A theta_X + B, and how sure that is.

    Attributes
    ----------
    A, B : float
    method : str
        One of ``Linking.method``, or "chain".
    anchors : tuple of str
        Items that the coefficients rest on; empty for a chain, whose ``parts`` have their own.
    items_x, items_y : tuple of ItemParameters
        The whole calibrations, each on its own scale.
    loss : float or None
        The least weighted squared difference, of Haebara and Stocking-Lord only.
    by_x, by_y : array of shape (2, n_reported)
        Derivatives of A and B by the reported parameters of X and Y.
    covariance : array of shape (2, 2), or None
        Sampling covariance of A and B; None where the covariances of the parameters were not given.
    with_x, with_y : array of shape (2, n_reported), or None
        Sampling covariance of A and B with the reported parameters of X and Y.
    parts : tuple of Link
        The links of a chain, in order.
    """

    A: float
    B: float
    method: str
    anchors: tuple[str, ...]
    items_x: tuple[ItemParameters, ...]
    items_y: tuple[ItemParameters, ...]
    loss: float | None
    by_x: FloatArray
    by_y: FloatArray
    covariance: FloatArray | None
    with_x: FloatArray | None
    with_y: FloatArray | None
    parts: tuple["Link", ...] = ()

    @property
    def se_A(self) -> float | None:  # noqa: N802 - the coefficient's name
        """0 where A is 1 by the model (Rasch, PCM)."""
        return None if self.covariance is None else float(np.sqrt(self.covariance[0, 0]))

    @property
    def se_B(self) -> float | None:  # noqa: N802
        return None if self.covariance is None else float(np.sqrt(self.covariance[1, 1]))


def link(
    x: Sequence[ItemParameters],
    y: Sequence[ItemParameters],
    how: Linking | None = None,
    *,
    anchors: Sequence[str] | None = None,
    covariance_x: npt.ArrayLike | None = None,
    covariance_y: npt.ArrayLike | None = None,
) -> Link:
    """Coefficients that take the scale of X to that of Y.

    With a Rasch or PCM item among the anchors the unit of both scales is that item's slope: A is 1
    and only B is estimated. Haebara compares the probabilities of all categories of each anchor,
    Stocking-Lord the anchors' expected total scores (category numbers are the scores, of NRM items
    too). Standard errors are by the delta method; those of Haebara and Stocking-Lord from the
    derivatives of the first-order conditions. They take the two calibrations as independent
    samples, and say nothing about anchors that drifted.

    Parameters
    ----------
    x, y : sequence of ItemParameters
        The two calibrations; items common by name are anchors.
    how : Linking, optional
        Stocking-Lord on 40 points by default.
    anchors : sequence of str, optional
        Names of the anchors to use, all common items by default.
    covariance_x, covariance_y : array of shape (n_reported, n_reported), optional
        Sampling covariance of the items' parameters, in the order of ``parameter_names``, which is
        that of ``CalibrationResult.covariance``. Zeros for parameters taken as known.

    Returns
    -------
    Link

    Raises
    ------
    LinkingError
        If there is no anchor, an anchor has two models or is named twice, only one covariance came
        or one of a wrong shape, or the anchors do not determine A and B.

    References
    ----------
    Loyd & Hoover (1980), doi:10.1111/j.1745-3984.1980.tb00825.x; Marco (1977),
    doi:10.1111/j.1745-3984.1977.tb00033.x; Haebara (1980), doi:10.4992/psycholres1954.22.144;
    Stocking & Lord (1983), doi:10.1177/014662168300700208; Ogasawara (2000), Economic Review
    (Otaru University of Commerce) 51, 1-23; Ogasawara (2001), doi:10.1177/01466216010251004;
    Kim & Lee (2006), doi:10.1111/j.1745-3984.2006.00004.x; Andersson
    (2018), doi:10.1177/0146621617721249
    """
    how = how or Linking()
    items_x, items_y = tuple(x), tuple(y)
    names = anchor_names(items_x, items_y, anchors)
    own_x, own_y = named(items_x, names), named(items_y, names)
    fixed_slope = unit_is_fixed(own_x, own_y)
    if how.method in ("mean_mean", "mean_sigma"):
        A, B, own_by_x, own_by_y = by_moments(
            own_x, own_y, sigma=how.method == "mean_sigma", fixed_slope=fixed_slope
        )
        loss = None
    else:
        A, B, loss, own_by_x, own_by_y = by_curves(
            _loss(own_x, own_y, how), own_x, own_y, fixed_slope=fixed_slope
        )
    by_x, by_y = _spread(own_by_x, own_x, items_x), _spread(own_by_y, own_y, items_y)
    covariance = with_x = with_y = None
    if (covariance_x is None) != (covariance_y is None):
        raise LinkingError(
            "standard errors need both covariances; pass zeros for a form whose parameters are "
            "taken as known"
        )
    if covariance_x is not None and covariance_y is not None:
        with_x = by_x @ checked_covariance(items_x, covariance_x, "X")
        with_y = by_y @ checked_covariance(items_y, covariance_y, "Y")
        covariance = _symmetric(with_x @ by_x.T + with_y @ by_y.T)
    return Link(
        A=A,
        B=B,
        method=how.method,
        anchors=names,
        items_x=items_x,
        items_y=items_y,
        loss=loss,
        by_x=by_x,
        by_y=by_y,
        covariance=covariance,
        with_x=with_x,
        with_y=with_y,
    )


def chain(links: Sequence[Link]) -> Link:
    """Compose links: from the scale of the first X to that of the last Y.

    Two neighbouring links share a form, whose sampling error enters both; the standard errors of
    the chain count it with both.

    Parameters
    ----------
    links : sequence of Link
        The Y of each is the X of the next: the same items with the same parameters.

    Raises
    ------
    LinkingError
        If there are no links, neighbours do not share a form, the chain visits a form twice, or
        only some links have covariances.

    References
    ----------
    Battauz (2013), doi:10.1007/s11336-012-9316-y
    """
    steps = tuple(step for one in links for step in (one.parts or (one,)))
    if not steps:
        raise LinkingError("a chain needs at least one link; came none")
    seen = [steps[0].items_x]
    for place, step in enumerate(steps):
        if step.items_x != seen[-1]:
            raise LinkingError(
                f"link {place + 1} of the chain does not start where link {place} ends: pass the "
                "same calibration as Y of one and X of the next"
            )
        if step.items_y in seen:
            raise LinkingError(f"the chain comes back to a form at link {place + 1}")
        seen.append(step.items_y)
    if len({step.covariance is None for step in steps}) > 1:
        raise LinkingError("some links of the chain have covariances and some have none")
    out = steps[0]
    for step in steps[1:]:
        out = _composed(out, step)
    return out


def apply_link(found: Link, items: Sequence[ItemParameters]) -> tuple[ItemParameters, ...]:
    """Items of the scale of X, on that of Y."""
    return transform_items(items, found.A, found.B)


def apply_link_to_covariance(found: Link, covariance_x: npt.ArrayLike) -> FloatArray:
    """Sampling covariance of the items of X on the scale of Y, the link's error included.

    Parameters
    ----------
    found : Link
        With standard errors.
    covariance_x : array of shape (n_reported, n_reported)
        The one that the link was made with.

    Raises
    ------
    LinkingError
        If the link has no standard errors, or was made with another covariance.
    """
    if found.covariance is None or found.with_x is None:
        raise LinkingError("this link has no standard errors; make it with both covariances")
    own = checked_covariance(found.items_x, covariance_x, "X")
    if not np.allclose(found.by_x @ own, found.with_x, rtol=1e-6, atol=1e-12):
        raise LinkingError("the link was made with another covariance of X")
    by_own = by_parameters(found.items_x, found.A, found.B)
    by_link = by_coefficients(found.items_x, found.A, found.B)
    mixed = by_link @ found.with_x @ by_own.T
    return _symmetric(
        by_own @ own @ by_own.T + by_link @ found.covariance @ by_link.T + mixed + mixed.T
    )


def _loss(x: Sequence[ItemParameters], y: Sequence[ItemParameters], how: Linking) -> CurveLoss:
    reverse = (how.reverse_grid or how.grid) if how.symmetric else None
    return CurveLoss(blocks_of(x, y), how.method == "stocking_lord", how.grid, reverse)


def _spread(
    own: FloatArray, anchors: Sequence[ItemParameters], items: Sequence[ItemParameters]
) -> FloatArray:
    """From the parameters of the anchors to those of all items; 0 for the others."""
    out = np.zeros((2, len(parameter_names(items))))
    from_, to = slices(anchors), slices(items)
    for item in anchors:
        out[:, to[item.name]] = own[:, from_[item.name]]
    return out


def _composed(one: Link, two: Link) -> Link:
    by_one = two.A * np.eye(2)
    by_two = np.array([[one.A, 0.0], [one.B, 1.0]])
    covariance = with_x = with_y = None
    if one.covariance is not None and two.covariance is not None:
        with_x, with_y = by_one @ one.with_x, by_two @ two.with_y  # type: ignore[operator]
        shared = by_one @ one.with_y @ two.by_x.T @ by_two.T  # type: ignore[operator]
        covariance = _symmetric(
            by_one @ one.covariance @ by_one.T
            + by_two @ two.covariance @ by_two.T
            + shared
            + shared.T
        )
    return Link(
        A=two.A * one.A,
        B=two.A * one.B + two.B,
        method="chain",
        anchors=(),
        items_x=one.items_x,
        items_y=two.items_y,
        loss=None,
        by_x=by_one @ one.by_x,
        by_y=by_two @ two.by_y,
        covariance=covariance,
        with_x=with_x,
        with_y=with_y,
        parts=(*(one.parts or (one,)), *(two.parts or (two,))),
    )


def _symmetric(matrix: FloatArray) -> FloatArray:
    result: FloatArray = (matrix + matrix.T) / 2
    return result
