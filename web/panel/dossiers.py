"""Finding people by where they stand, and reading one dossier."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import Session, col, func, select

from web.auth.models import Account
from web.candidate.answers import WrittenAnswer, written_answers
from web.panel.models import Decision
from web.people.directory import BY_NAME, Chosen, Listed, conditions, listed
from web.people.models import Objection, Person, Placement, Position, Unit
from web.usecases.placement_records import PlacementView
from web.usecases.placement_view import view_of
from web.usecases.placements import latest_placement

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One person in the list, with the newest placement."""

    listed: Listed
    placement: Placement | None


@dataclass(frozen=True, slots=True)
class Found:
    """One page of the list."""

    rows: Sequence[Row]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with who took it and the box that was computed when it was taken."""

    decision: Decision
    by: str
    box: int | None


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that the panel sees of one person."""

    listed: Listed
    placement: Placement | None
    view: PlacementView | None
    decisions: Sequence[Decided]
    open_objections: int
    written: Sequence[WrittenAnswer]


def find_people(session: Session, chosen: Chosen, box: int | None = None, page: int = 1) -> Found:
    """People with their newest placement, by name; of one box where one is given."""
    newest = (
        select(Placement.id, Placement.person_id, Placement.box)
        .ext(distinct_on(col(Placement.person_id)))
        .order_by(col(Placement.person_id), col(Placement.created_at).desc())
        .subquery()
    )
    query = (
        select(Person, Position, Unit, Placement)
        .join(Position, col(Position.id) == col(Person.position_id))
        .join(Unit, col(Unit.id) == col(Position.unit_id))
        .outerjoin(newest, newest.c.person_id == col(Person.id))
        .outerjoin(Placement, col(Placement.id) == newest.c.id)
        .where(*conditions(chosen))
    )
    if box is not None:
        query = query.where(newest.c.box == box)
    total = session.exec(select(func.count()).select_from(query.subquery())).one()
    rows = session.exec(
        query.order_by(*BY_NAME).offset(PAGE_SIZE * (page - 1)).limit(PAGE_SIZE)
    ).all()
    return Found([Row(Listed(*row[:3]), row[3]) for row in rows], total, page)


def read_dossier(session: Session, person_id: UUID) -> Dossier:
    """One person's dossier.

    Raises
    ------
    NotFoundError
        If there is no such person.
    """
    placement = latest_placement(session, person_id)
    one = listed(session, person_id)
    snapshot_id = placement.profile_snapshot_id if placement else None
    return Dossier(
        one,
        placement=placement,
        view=view_of(session, placement) if placement else None,
        decisions=decisions_on(session, person_id),
        open_objections=session.exec(
            select(func.count())
            .select_from(Objection)
            .where(Objection.person_id == person_id, col(Objection.replied_at).is_(None))
        ).one(),
        written=written_answers(session, one.person.candidate, snapshot_id=snapshot_id)
        if snapshot_id
        else (),
    )


def decisions_on(session: Session, person_id: UUID) -> Sequence[Decided]:
    """Decisions on one person, the newest first."""
    rows = session.exec(
        select(Decision, Account.display_name, Placement.box)
        .join(Account, col(Account.id) == col(Decision.decided_by))
        .outerjoin(Placement, col(Placement.id) == col(Decision.placement_id))
        .where(Decision.person_id == person_id)
        .order_by(col(Decision.decided_at).desc())
    ).all()
    return [Decided(*row) for row in rows]
