"""Who issued an assessed result, for which job classes it counts, and until when."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from assessment_engine import Issuance, valid_until
from item_bank.models import ProfileSnapshot
from web.people.models import Placement
from web.personnel.models import Invitation, Schedule
from web.policies.store import policy_by_id


def issuances(session: Session, placements: Sequence[Placement]) -> dict[UUID, Issuance]:
    """By placement, as the schedule of its sitting had it; absent where nothing was assessed.

    Validity counts from the sitting's end: a rating that comes later does not prolong it.
    """
    ids = {one.profile_snapshot_id for one in placements if one.profile_snapshot_id}
    ended = (
        select(
            col(ProfileSnapshot.sitting_id),
            func.min(col(ProfileSnapshot.created_at)).label("at"),
        )
        .group_by(col(ProfileSnapshot.sitting_id))
        .subquery()
    )
    rows = session.exec(
        select(ProfileSnapshot.id, ended.c.at, Schedule.accreditation)
        .join(ended, ended.c.sitting_id == ProfileSnapshot.sitting_id)
        .join(Invitation, col(Invitation.sitting_id) == col(ProfileSnapshot.sitting_id))
        .join(Schedule, col(Schedule.id) == col(Invitation.schedule_id))
        .where(col(ProfileSnapshot.id).in_(ids))
    ).all()
    results = {snapshot_id: (at, given) for snapshot_id, at, given in rows}
    policies = {one: policy_by_id(session, one) for one in {row.policy_id for row in placements}}
    engines = {one: policy.engine() for one, policy in policies.items()}
    found = {}
    for placement in placements:
        if placement.profile_snapshot_id not in results:
            continue
        at, given = results[placement.profile_snapshot_id]
        found[placement.id] = Issuance(
            unit=given.get("unit", policies[placement.policy_id].issuer.unit),
            accreditation=given.get("number", ""),
            covers=frozenset(given.get("covers", ())),
            valid_until=valid_until(engines[placement.policy_id], at.date().isoformat()),
        )
    return found


def issuance_of(session: Session, placement: Placement) -> Issuance | None:
    return issuances(session, [placement]).get(placement.id)
