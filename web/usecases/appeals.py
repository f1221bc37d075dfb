"""An objection to a free-text score: granted, rated again blind, and what came of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from sqlmodel import Session, col, select

from assessment_engine import Log, Scored
from item_bank.log import lock_sitting, read_log
from item_bank.models import Item, ProfileSnapshot, Rating, RatingCall
from item_bank.rating_calls import has_open_call
from item_bank.ratings import ratings_of
from web.audit.chain import record
from web.errors import NotFoundError, RefusedError
from web.people.models import Objection, Placement
from web.usecases.rating_calls import call
from web.usecases.scoring import free_text_answer, score_of


@dataclass(frozen=True, slots=True)
class Rerated:
    """One re-rating: what was asked, and how far it has come.

    ``state`` is ``waiting``; ``counts``, the new level is the score; ``third``, a third assessor
    is to decide; or ``settled``, that one has. ``level`` and ``comment`` are those of the rating
    that decided, or, while the third is awaited, of the new one.
    """

    sitting_id: UUID
    position: int
    asked_at: datetime
    before: int | None
    state: str
    level: int | None = None
    comment: str = ""
    rated_at: datetime | None = None


def sitting_of_objection(session: Session, objection: Objection) -> UUID | None:
    """The sitting behind the result that is objected to."""
    placement = session.get(Placement, objection.placement_id) if objection.placement_id else None
    if placement is None or placement.profile_snapshot_id is None:
        return None
    return session.get_one(ProfileSnapshot, placement.profile_snapshot_id).sitting_id


def ask_for_rerating(
    session: Session, objection_id: UUID, positions: Sequence[int], account_id: UUID
) -> int:
    """Grant an objection for some answers: each is rated again, blind, by a new assessor.

    Raises
    ------
    NotFoundError
        If there is no such objection, or it is about no sitting with such answers.
    RefusedError
        If none is chosen, or one has no score yet or is being rated again already.
    """
    objection = session.get(Objection, objection_id)
    sitting_id = sitting_of_objection(session, objection) if objection else None
    if sitting_id is None:
        raise NotFoundError("no such objection to a sitting's result")
    if not positions:
        raise RefusedError(_("Pilih paling sedikit satu jawaban untuk dinilai ulang."))
    lock_sitting(session, sitting_id)
    events = read_log(session, sitting_id)
    for position in positions:
        answer = free_text_answer(events, position)
        if score_of(events, position) is None:
            raise RefusedError(_("Jawaban itu belum bernilai, jadi belum dapat dinilai ulang."))
        if has_open_call(session, sitting_id, position, "objection"):
            raise RefusedError(_("Jawaban itu sedang dinilai ulang."))
        item = session.exec(select(Item).where(Item.code == answer.item)).one()
        call(
            session,
            sitting_id,
            position,
            item.id,
            "objection",
            reference=objection_id,
            asked_by=str(account_id),
        )
    record(
        session,
        str(account_id),
        "re-rating asked",
        str(objection_id),
        sitting=str(sitting_id),
        positions=list(positions),
    )
    return len(positions)


def reratings_of(session: Session, objection_ids: Sequence[UUID]) -> dict[UUID, list[Rerated]]:
    """What was rated again after each objection, in the order of asking."""
    calls = session.exec(
        select(RatingCall)
        .where(col(RatingCall.reference).in_(objection_ids), RatingCall.kind == "objection")
        .order_by(col(RatingCall.asked_at), col(RatingCall.position))
    ).all()
    found: dict[UUID, list[Rerated]] = defaultdict(list)
    for one in calls:
        if one.reference is not None:
            found[one.reference].append(_rerated(session, one))
    return dict(found)


def _rerated(session: Session, asked: RatingCall) -> Rerated:
    log = read_log(session, asked.sitting_id)
    ratings = ratings_of(session, asked.sitting_id, asked.position)
    facts = (asked.sitting_id, asked.position, asked.asked_at, _before(log, ratings, asked))
    own = next((one for one in ratings if one.call_id == asked.id), None)
    if own is None:
        return Rerated(*facts, state="waiting")
    later = [
        one for one in ratings if one.purpose == "adjudication" and one.created_at >= own.created_at
    ]
    if later:
        return Rerated(*facts, "settled", later[0].level, later[0].comment, later[0].created_at)
    names = {e.rating for e in log if isinstance(e, Scored) and e.position == asked.position}
    state = "counts" if str(own.id) in names else "third"
    return Rerated(*facts, state, own.level, own.comment, own.created_at)


def _before(log: Log, ratings: Sequence[Rating], asked: RatingCall) -> int | None:
    """The level that stood when the re-rating was asked for."""
    known = {str(one.id): one for one in ratings if one.created_at <= asked.asked_at}
    stood = [
        known[event.rating].level
        for event in log
        if isinstance(event, Scored) and event.position == asked.position and event.rating in known
    ]
    return stood[-1] if stood else None
