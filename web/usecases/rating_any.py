"""Rating the text at an address, which does not tell an answer from a validity paper."""

from uuid import UUID

from sqlmodel import Session

from item_bank.models import Sitting
from web.usecases.rating import rate
from web.usecases.validity import rate_paper


def rate_text(
    session: Session, text_id: UUID, place: int, rater: UUID, *, level: int, comment: str
) -> None:
    """Keep the rating as an answer's or a paper's.

    Raises
    ------
    NotFoundError
        If there is neither at this address.
    """
    if session.get(Sitting, text_id) is None:
        rate_paper(session, text_id, place, rater, level=level, comment=comment)
    else:
        rate(session, text_id, place, rater, level=level, comment=comment)
