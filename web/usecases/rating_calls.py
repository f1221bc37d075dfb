"""Asking for one more rating of an answer: drawn, to settle a difference, or after an objection."""

from uuid import UUID

from sqlmodel import Session

from item_bank.models import RatingCall, Sitting
from web.usecases.draws import drawn
from web.usecases.scoring_settings import scoring_settings


def call_if_drawn(
    session: Session, sitting: Sitting, position: int, item_id: UUID, kind: str
) -> bool:
    """Have the answer rated blind once more if it is drawn, as ``double`` or ``read_behind``.

    The draw is keyed by the sitting's seed, which no assessor and no candidate sees.
    """
    people = scoring_settings().people
    share = people.double_share if kind == "double" else people.read_behind_share
    if not drawn(str(sitting.seed), share, kind, sitting.id, position):
        return False
    call(session, sitting.id, position, item_id, kind)
    return True


def call(
    session: Session,
    sitting_id: UUID,
    position: int,
    item_id: UUID,
    kind: str,
    *,
    reference: UUID | None = None,
    asked_by: str = "system",
) -> RatingCall:
    made = RatingCall(
        sitting_id=sitting_id,
        position=position,
        item_id=item_id,
        kind=kind,
        reference=reference,
        asked_by=asked_by,
    )
    session.add(made)
    session.flush()
    return made
