"""What the agency already holds, for checking a file against."""

from datetime import date

from sqlmodel import Session, select

from item_bank.database import utcnow
from web.people.models import Person, Position, Unit
from web.personnel.importing.records import Known, KnownComponent, KnownPosition
from web.policies.schema import PolicyFile
from web.policies.store import policy_content, policy_in_force
from web.rendering import LOCAL_ZONE

FROM_PERFORMANCE = "performance"
"""The component that comes from the year's predicate and is never entered as a score."""

LEAST_OF_ASPECT = 20.0
"""An aspect is rated 1-5, kept as 20 points a level."""


def known_records(session: Session) -> Known:
    """Read units, positions and people, and what the policy in force names."""
    policy = policy_content(policy_in_force(session))
    units = session.exec(select(Unit)).all()
    codes = {unit.id: unit.code for unit in units}
    positions = session.exec(select(Position)).all()
    return Known(
        job_classes={one.code: one.name for one in policy.job_classes},
        components=recorded_components(policy),
        units={unit.code: unit.name for unit in units},
        positions={
            one.code: KnownPosition(one.title, one.job_class, codes[one.unit_id])
            for one in positions
        },
        nips=frozenset(session.exec(select(Person.nip)).all()),
        today=local_today(),
    )


def recorded_components(policy: PolicyFile) -> dict[str, KnownComponent]:
    """The components that are entered as scores or categories, by code."""
    axes = (*policy.axis_x, *policy.axis_y)
    recorded = [one for one in axes if one.source == "record" and one.code != FROM_PERFORMANCE]
    found = {
        one.code: KnownComponent(one.name, 0.0, _categories(policy, one.code)) for one in recorded
    }
    for aspect in policy.potential_aspects:
        if not aspect.dimensions:
            found[aspect.code] = KnownComponent(aspect.name, LEAST_OF_ASPECT)
    return found


def local_today() -> date:
    return utcnow().astimezone(LOCAL_ZONE).date()


def _categories(policy: PolicyFile, code: str) -> dict[str, tuple[str, float]]:
    words = policy.record_categories.get(code, {})
    scores = policy.record_scores.get(code, {})
    return {name: (words.get(name, name), score) for name, score in scores.items()}
