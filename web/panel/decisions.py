"""Recording a decision of the pejabat pembina kepegawaian, and reading those recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from flask_babel import gettext as _
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, col, func, select

from web.audit.chain import record
from web.errors import NotFoundError, RefusedError
from web.panel.models import Decision
from web.people.models import Person, Placement, Position
from web.usecases.placements import latest_placement

PAGE_SIZE = 50
MIN_REASON = 20

Kind = Literal["promosi", "rotasi", "pengembangan", "tetap", "lainnya"]


class DecisionIn(BaseModel):
    """A decision as its form sends it; ``placement`` is the one that was on the page."""

    model_config = ConfigDict(str_strip_whitespace=True)

    kind: Kind
    text: Annotated[str, Field(min_length=3, max_length=1000)]
    reason: Annotated[str, Field(min_length=MIN_REASON, max_length=4000)]
    placement: UUID | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A decision beside the box that was computed when it was taken."""

    decision: Decision
    person: Person
    position: Position
    box: int | None


@dataclass(frozen=True, slots=True)
class Decisions:
    """One page of decisions."""

    rows: Sequence[Listed]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


def kinds() -> list[tuple[str, str]]:
    """The kinds of decision, each with its words."""
    return [
        ("promosi", _("Promosi")),
        ("rotasi", _("Rotasi")),
        ("pengembangan", _("Pengembangan kompetensi")),
        ("tetap", _("Tetap pada jabatan sekarang")),
        ("lainnya", _("Lainnya")),
    ]


def decide(session: Session, person_id: UUID, given: DecisionIn, account_id: UUID) -> Decision:
    """Record a decision on a person, beside the placement that it was taken on.

    Raises
    ------
    NotFoundError
        If there is no such person.
    RefusedError
        If a newer placement has come since the page was read.
    """
    if session.get(Person, person_id) is None:
        raise NotFoundError("no such person")
    placement = latest_placement(session, person_id)
    if (placement.id if placement else None) != given.placement:
        raise RefusedError(
            _(
                "Penempatan pegawai ini berubah setelah halaman dibuka. Keputusan belum disimpan."
                " Buka dosirnya lagi dan baca penempatan yang terbaru."
            )
        )
    decision = Decision(
        person_id=person_id,
        placement_id=given.placement,
        kind=given.kind,
        text=given.text,
        reason=given.reason,
        decided_by=account_id,
    )
    session.add(decision)
    session.flush()
    record(
        session,
        str(account_id),
        "decision recorded",
        str(person_id),
        decision=str(decision.id),
        placement=str(given.placement) if given.placement else None,
        kind=given.kind,
        box=placement.box if placement else None,
    )
    return decision


def list_decisions(session: Session, page: int = 1) -> Decisions:
    """Decisions, the newest first."""
    total = session.exec(select(func.count()).select_from(Decision)).one()
    rows = session.exec(
        select(Decision, Person, Position, Placement.box)
        .join(Person, col(Person.id) == col(Decision.person_id))
        .join(Position, col(Position.id) == col(Person.position_id))
        .outerjoin(Placement, col(Placement.id) == col(Decision.placement_id))
        .order_by(col(Decision.decided_at).desc())
        .offset(PAGE_SIZE * (page - 1))
        .limit(PAGE_SIZE)
    ).all()
    return Decisions([Listed(*row) for row in rows], total, page)
