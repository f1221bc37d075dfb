"""From a sitting's log to a kept profile and a kept placement, each naming the versions it came from."""

from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from assessment_engine import (
    Ability,
    DimensionResult,
    Flagged,
    Log,
    Profile,
    profile,
)
from item_bank.models import ProfileSnapshot, Rating, Sitting
from item_bank.pool import AssessmentForm

SOFTWARE = version("takar")


def keep_profile(
    session: Session, sitting: Sitting, form: AssessmentForm, log: Log
) -> ProfileSnapshot:
    """Compute the profile from the log and keep it beside its versions; earlier ones stay."""
    result = profile(form.rules, form.pool, log, form.cuts)
    snapshot = ProfileSnapshot(
        sitting_id=sitting.id,
        candidate=sitting.candidate,
        complete=not result.pending,
        profile=profile_to_json(result),
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


def profile_to_json(result: Profile) -> dict[str, Any]:
    return {
        "dimensions": {code: asdict(found) for code, found in result.dimensions.items()},
        "pending": list(result.pending),
        "flags": [asdict(flag) for flag in result.flags],
    }


def profile_from_json(content: Mapping[str, Any]) -> Profile:
    return Profile(
        dimensions={
            code: _dimension(values) for code, values in content["dimensions"].items()
        },
        pending=tuple(content["pending"]),
        flags=tuple(Flagged(**flag) for flag in content["flags"]),
    )


def _dimension(values: Mapping[str, Any]) -> DimensionResult:
    ability = values["ability"]
    return DimensionResult(
        **{
            **values,
            "ability": Ability(ability["theta"], ability["se"], tuple(ability["interval"])),
            "level_probabilities": tuple(values["level_probabilities"]),
            "level_interval": tuple(values["level_interval"]),
        }
    )


def _scorers(session: Session, sitting_id: UUID) -> list[dict[str, Any]]:
    """The distinct scorers whose ratings stand in this sitting."""
    ratings = session.exec(select(Rating).where(Rating.sitting_id == sitting_id)).all()
    found: list[dict[str, Any]] = []
    for rating in ratings:
        scorer = {"kind": rating.rater_kind, **rating.versions}
        if scorer not in found:
            found.append(scorer)
    return found
