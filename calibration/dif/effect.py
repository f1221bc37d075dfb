"""How large DIF is: areas between item curves, and differences in expected score.

Items are of one scale, logits, D = 1. The area is reference less focal, as Raju has it; the
differences in expected score are focal less reference, as Meade has them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.dif.screening import DifError
from calibration.estimate.quadrature import Quadrature
from calibration.parameters import ItemParameters, expected_scores

FloatArray = npt.NDArray[np.float64]

N_POINTS = 20_001


@dataclass(frozen=True, slots=True)
class Area:
    """Area between two curves of expected score, logits times categories.

    Attributes
    ----------
    signed : float or None
        Positive: harder for the focal group.
    unsigned : float or None
    reason : str or None
        Why they are None.
    """

    signed: float | None
    unsigned: float | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ExpectedScoreDifference:
    """Differences in expected score over the focal group, categories.

    Attributes
    ----------
    signed : float
        Mean difference: SIDS of an item, STDS of a test.
    unsigned : float
        Mean size of the difference: UIDS of an item, UETSDS of a test (differences of items cancel
        within an ability).
    standardized : float or None
        Mean difference by the SD of expected scores: ESSD, ETSSD. None where they do not vary.
    largest : float
        The difference largest in size.
    largest_at : float
        Ability where it is, logits.
    unsigned_sum : float
        Sum of the items' UIDS (UTDS; for one item UIDS itself).
    """

    signed: float
    unsigned: float
    standardized: float | None
    largest: float
    largest_at: float
    unsigned_sum: float


def area(reference: ItemParameters, focal: ItemParameters) -> Area:
    """Signed and unsigned area between the curves of one item in two groups.

    In closed form for Rasch to 3PL; for 4PL, GRM, PCM and GPCM the signed area is exact and the
    unsigned one is summed over a grid that reaches into both tails.

    Parameters
    ----------
    reference, focal : ItemParameters
        Of one model and number of categories, on one scale.

    Raises
    ------
    DifError
        If the items differ in kind, or are NRM, whose categories have no order.

    References
    ----------
    Raju (1988), doi:10.1007/BF02294403; Cohen, Kim & Baker (1993), doi:10.1177/014662169301700402
    """
    _check_pair(reference, focal)
    if reference.model == "NRM":
        raise DifError(f"item {reference.name!r}: NRM categories have no order, hence no area")
    if (reference.c, reference.d) != (focal.c, focal.d):
        return Area(None, None, "asymptotes differ between the groups: the area is infinite")
    if reference.a[0] <= 0 or focal.a[0] <= 0:
        return Area(None, None, "a slope is not positive: the area is infinite")
    height = reference.d - reference.c
    signed = height * (sum(focal.b) - sum(reference.b))
    if len(reference.b) == 1:
        return Area(signed, height * _unsigned(reference, focal))
    reach = 40 / min(reference.a[0], focal.a[0])
    places = (*reference.b, *focal.b)
    nodes = np.linspace(min(places) - reach, max(places) + reach, N_POINTS)
    curves = expected_scores([reference, focal], nodes)
    return Area(signed, float(np.trapezoid(np.abs(curves[0] - curves[1]), nodes)))


def _unsigned(reference: ItemParameters, focal: ItemParameters) -> float:
    a_reference, a_focal = reference.a[0], focal.a[0]
    shift = focal.b[0] - reference.b[0]
    # With slopes this close the closed form loses more digits than the limit does.
    if abs(a_focal - a_reference) < 1e-8 * a_reference:
        return abs(shift)
    gap = (a_focal - a_reference) / (a_focal * a_reference)
    return abs(2 * gap * float(np.logaddexp(0, shift / gap)) - shift)


def expected_score_difference(
    reference: ItemParameters, focal: ItemParameters, quadrature: Quadrature
) -> ExpectedScoreDifference:
    """What DIF of one item does to the scores of the focal group.

    Parameters
    ----------
    reference, focal : ItemParameters
        The item in either group, on one scale.
    quadrature : Quadrature
        Ability distribution of the focal group.

    Raises
    ------
    DifError
        If the items differ in number of categories, or are NRM.

    References
    ----------
    Meade (2010), doi:10.1037/a0018966
    """
    return expected_test_score_difference([reference], [focal], quadrature)


def expected_test_score_difference(
    reference: Sequence[ItemParameters], focal: Sequence[ItemParameters], quadrature: Quadrature
) -> ExpectedScoreDifference:
    """What DIF does to the sum score of the focal group on several items.

    Parameters
    ----------
    reference, focal : sequence of ItemParameters
        The items in either group, in one order, on one scale.
    quadrature : Quadrature
        Ability distribution of the focal group.

    Raises
    ------
    DifError
        If the items differ in number or in number of categories, or one is NRM.

    References
    ----------
    Meade (2010), doi:10.1037/a0018966
    """
    if len(reference) != len(focal) or not reference:
        raise DifError(
            f"{len(reference)} items of the reference group for {len(focal)} of the focal group"
        )
    for one, other in zip(reference, focal, strict=True):
        _check_pair(one, other)
        if one.model == "NRM":
            raise DifError(f"item {one.name!r}: NRM categories have no order, hence no score")
    nodes, weights = quadrature.nodes, quadrature.weights
    by_reference = expected_scores(reference, nodes)
    by_focal = expected_scores(focal, nodes)
    items = by_focal - by_reference
    test = items.sum(axis=0)
    spread = (
        _variance(by_reference.sum(axis=0), weights) + _variance(by_focal.sum(axis=0), weights)
    ) / 2
    signed = float(test @ weights)
    top = int(np.argmax(np.abs(test)))
    return ExpectedScoreDifference(
        signed=signed,
        unsigned=float(np.abs(test) @ weights),
        standardized=signed / float(np.sqrt(spread)) if spread > 0 else None,
        largest=float(test[top]),
        largest_at=float(nodes[top]),
        unsigned_sum=float((np.abs(items) @ weights).sum()),
    )


def _variance(scores: FloatArray, weights: FloatArray) -> float:
    return float(weights @ (scores - weights @ scores) ** 2)


def _check_pair(reference: ItemParameters, focal: ItemParameters) -> None:
    if (reference.model, reference.n_categories) != (focal.model, focal.n_categories):
        raise DifError(
            f"item {reference.name!r} is {reference.model} with {reference.n_categories} "
            f"categories in the reference group, {focal.model} with {focal.n_categories} in the "
            "focal group; compare one model"
        )
