"""From a sitting's log to a kept profile that names the versions it came from."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlmodel import Session, col, select

from assessment_engine import profile
from assessment_engine.records import Log, Profile
from item_bank.models import ProfileSnapshot, Rating, Sitting
from item_bank.pool import AssessmentForm

SOFTWARE = version("takar")
RESULT_KEPT = "result kept"
"""The act by which the audit chain keeps the digest of a sitting's log."""

_records: TypeAdapter[Profile] = TypeAdapter(Profile)


def keep_profile(
    session: Session, sitting: Sitting, form: AssessmentForm, log: Log
) -> ProfileSnapshot:
    """Compute the profile from the log and keep it beside its versions; earlier ones stay."""
    result = profile(form.rules, form.pool, log, form.cuts)
    snapshot = ProfileSnapshot(
        sitting_id=sitting.id,
        candidate=sitting.candidate,
        complete=not result.pending,
        profile=_records.dump_python(result, mode="json"),
        versions={
            "assessment": f"{form.definition.code} ({form.assessment_id})",
            "parameter_set": form.parameter_set.name,
            "parameter_set_status": form.parameter_set.status,
            "parameter_set_digest": form.parameter_set.digest,
            "pool_digest": form.pool.digest,
            "scorers": _scorers(session, sitting.id),
            "software_at_opening": sitting.software,
            "software": SOFTWARE,
        },
    )
    session.add(snapshot)
    session.flush()
    return snapshot


def latest_profile(session: Session, candidate: UUID) -> ProfileSnapshot | None:
    """The newest profile of a person, whichever sitting it came from."""
    return session.exec(
        select(ProfileSnapshot)
        .where(ProfileSnapshot.candidate == candidate)
        .order_by(col(ProfileSnapshot.created_at).desc())
        .limit(1)
    ).first()


def profile_from_json(content: Mapping[str, Any]) -> Profile:
    """The engine's record that a snapshot holds."""
    return _records.validate_python(content)


def _scorers(session: Session, sitting_id: UUID) -> list[dict[str, Any]]:
    """The distinct scorers whose ratings stand in this sitting."""
    ratings = session.exec(select(Rating).where(Rating.sitting_id == sitting_id)).all()
    found: list[dict[str, Any]] = []
    for rating in ratings:
        scorer = {"kind": rating.rater_kind, **rating.versions}
        if scorer not in found:
            found.append(scorer)
    return found
