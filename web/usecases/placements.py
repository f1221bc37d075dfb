"""A person's place in the nine boxes: computed from profile, records and policy, and kept."""

from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import Session, col, select

from assessment_engine import (
    Eligibility,
    Profile,
    eligible,
    performance_predicate,
    performance_score,
    place,
)
from assessment_engine import Placement as EnginePlacement
from item_bank.database import utcnow
from item_bank.models import ProfileSnapshot
from web.people.models import Performance, Person, Placement, Position, TalentScore
from web.policies.schema import PolicyFile
from web.policies.store import policy_by_id, policy_content, policy_in_force
from web.usecases.issuing import issuance_of
from web.usecases.results import SOFTWARE, latest_profile, profile_from_json

NO_PROFILE = Profile(dimensions={})
_records: TypeAdapter[EnginePlacement] = TypeAdapter(EnginePlacement)


def refresh_placement(session: Session, person: Person) -> Placement:
    """Compute and keep a person's placement from the newest profile and records."""
    return keep_placement(session, person, latest_profile(session, person.candidate))


def keep_placement(session: Session, person: Person, snapshot: ProfileSnapshot | None) -> Placement:
    """Compute and keep a placement under the policy in force; earlier ones stay."""
    policy = policy_in_force(session)
    content = policy_content(policy)
    position = session.get_one(Position, person.position_id)
    performance = latest_performance(session, person.id)
    scores = record_scores(session, person.id, content, performance)
    found = place(
        content.engine(),
        profile_from_json(snapshot.profile) if snapshot else NO_PROFILE,
        position.job_class,
        scores,
    )
    placement = Placement(
        person_id=person.id,
        profile_snapshot_id=snapshot.id if snapshot else None,
        policy_id=policy.id,
        box=found.box,
        provisional=found.provisional,
        result=_records.dump_python(found, mode="json"),
        versions={
            **(snapshot.versions if snapshot else {}),
            "policy": policy.version,
            "policy_digest": policy.digest,
            "record_scores": scores,
            "performance": _performance(performance),
            "software": SOFTWARE,
        },
    )
    session.add(placement)
    session.flush()
    return placement


def latest_placement(session: Session, person_id: UUID) -> Placement | None:
    return session.exec(
        select(Placement)
        .where(Placement.person_id == person_id)
        .order_by(col(Placement.created_at).desc())
        .limit(1)
    ).first()


def latest_placements(session: Session) -> dict[UUID, Placement]:
    """The newest placement of everyone who has one, by person."""
    rows = session.exec(
        select(Placement)
        .ext(distinct_on(col(Placement.person_id)))
        .order_by(col(Placement.person_id), col(Placement.created_at).desc())
    ).all()
    return {placement.person_id: placement for placement in rows}


def engine_placement(placement: Placement) -> EnginePlacement:
    """The engine's record that was kept."""
    return _records.validate_python(placement.result)


def eligibility(session: Session, placement: Placement, target_class: str) -> Eligibility:
    """Whether a placement allows promotion to a class today, by the policy that made it."""
    policy = policy_by_id(session, placement.policy_id)
    return eligible(
        policy.engine(),
        engine_placement(placement),
        target_class,
        issuance_of(session, placement),
        utcnow().date().isoformat(),
    )


def latest_performance(session: Session, person_id: UUID) -> Performance | None:
    return session.exec(
        select(Performance)
        .where(Performance.person_id == person_id)
        .order_by(col(Performance.year).desc())
        .limit(1)
    ).first()


def record_scores(
    session: Session, person_id: UUID, policy: PolicyFile, performance: Performance | None
) -> dict[str, float]:
    """Recorded components by code, 0-100; what was never recorded is absent."""
    known = {
        component.code
        for component in (*policy.axis_x, *policy.axis_y)
        if component.source == "record"
    }
    rows = session.exec(select(TalentScore).where(TalentScore.person_id == person_id)).all()
    scores = {row.component: row.value for row in rows if row.component in known}
    if performance is not None:
        engine = policy.engine()
        predicate = performance_predicate(engine, performance.results, performance.behaviour)
        scores["performance"] = performance_score(engine, predicate)
    return scores


def _performance(performance: Performance | None) -> dict[str, Any]:
    if performance is None:
        return {}
    return {
        "year": performance.year,
        "results": performance.results,
        "behaviour": performance.behaviour,
        "source": performance.source,
    }
