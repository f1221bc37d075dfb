"""The result page: where the person stands, how surely, and what that comes from."""

from flask import render_template
from sqlmodel import Session

from web.auth.access import Role, open_to
from web.candidate.answers import WrittenAnswer, written_answers
from web.candidate.blueprint import bp, own_person
from web.people.models import Person, Placement
from web.policies.store import policy_by_id
from web.transactions import transaction
from web.usecases.placement_view import view_of
from web.usecases.placements import latest_placement


@bp.get("/asesmen/hasil")
@open_to(Role.CANDIDATE)
def result() -> str:
    """The newest placement of the one who asks, or what will be here."""
    with transaction() as session:
        person = own_person(session)
        placement = latest_placement(session, person.id)
        if placement is None:
            return render_template("candidate/no_result.html")
        policy = policy_by_id(session, placement.policy_id)
        return render_template(
            "candidate/result.html",
            person=person,
            view=view_of(session, placement),
            policy=policy,
            written=_written(session, person, placement),
        )


def _written(session: Session, person: Person, placement: Placement) -> list[WrittenAnswer]:
    """The free-text answers behind the placement."""
    if placement.profile_snapshot_id is None:
        return []
    return written_answers(session, person.candidate, snapshot_id=placement.profile_snapshot_id)
