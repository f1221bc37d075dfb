"""Who may be promoted to a job class, and if not, why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from assessment_engine.errors import PolicyError
from assessment_engine.nine_box import Placement
from assessment_engine.policy import PlacementPolicy


@dataclass(frozen=True, slots=True)
class Issuance:
    """Who issued a result and how far it may be used.

    ``covers`` holds the job classes within the unit's accreditation; ``valid_until`` is an ISO
    date, the last day of validity.
    """

    unit: str
    accreditation: str
    covers: frozenset[str]
    valid_until: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not, as a code with its data; the words belong to the pages."""

    code: str
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Whether a person may be promoted to a job class; ``reasons`` is empty if so."""

    target_class: str
    ok: bool
    reasons: tuple[Reason, ...]


def eligible(
    policy: PlacementPolicy,
    placement: Placement,
    target_class: str,
    issuance: Issuance | None,
    on: str,
) -> Eligibility:
    """Judge eligibility for promotion to a job class on a day.

    Parameters
    ----------
    policy : PlacementPolicy
        The one that made the placement.
    placement : Placement
    target_class : str
    issuance : Issuance or None
        None where no assessment has been taken: the missing components are the reason then.
    on : str
        ISO date.

    Returns
    -------
    Eligibility
        Reasons, all that hold: ``provisional`` (missing), ``pending_rating``, ``box_not_eligible``
        (box or possible boxes, allowed), ``result_expired`` (valid_until, on), ``internal_mapping``
        (unit, accreditation, covers: the accreditation does not cover the class).

    Raises
    ------
    PolicyError
        If the policy has no rule for ``target_class``, a date is no ISO date, or the placement was
        made by another version of the policy.
    """
    if target_class not in policy.eligibility:
        raise PolicyError(
            f"policy {policy.version!r} has no eligibility for {target_class!r}, only for "
            f"{sorted(policy.eligibility)}"
        )
    if placement.policy_version != policy.version:
        raise PolicyError(
            f"the placement was made by policy {placement.policy_version!r}, not by "
            f"{policy.version!r}; place again, or judge by the policy of its day"
        )
    allowed = sorted(policy.eligibility[target_class])
    reasons = _about_box(placement, allowed)
    if issuance is not None:
        reasons += _about_issuance(issuance, target_class, on)
    return Eligibility(target_class, not reasons, tuple(reasons))


def valid_until(policy: PlacementPolicy, issued: str) -> str:
    """The last day on which a result issued on an ISO date may be used."""
    day = _date(issued)
    year = day.year + policy.validity_years
    try:
        return day.replace(year=year).isoformat()
    except ValueError:  # 29 February
        return day.replace(year=year, day=28).isoformat()


def _about_box(placement: Placement, allowed: list[int]) -> list[Reason]:
    reasons = []
    if placement.missing:
        reasons.append(Reason("provisional", {"missing": placement.missing}))
    if placement.pending:
        reasons.append(Reason("pending_rating"))
    boxes = placement.possible if placement.box is None else (placement.box,)
    if not set(boxes) & set(allowed):
        reasons.append(Reason("box_not_eligible", {"boxes": boxes, "allowed": tuple(allowed)}))
    return reasons


def _about_issuance(issuance: Issuance, target_class: str, on: str) -> list[Reason]:
    reasons = []
    if _date(on) > _date(issuance.valid_until):
        data = {"valid_until": issuance.valid_until, "on": on}
        reasons.append(Reason("result_expired", data))
    if target_class not in issuance.covers:
        issued = {"unit": issuance.unit, "accreditation": issuance.accreditation}
        covers = tuple(sorted(issuance.covers))
        reasons.append(Reason("internal_mapping", {**issued, "covers": covers}))
    return reasons


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise PolicyError(f"{text!r} is no ISO date; expected YYYY-MM-DD") from None
