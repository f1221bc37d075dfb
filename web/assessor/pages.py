"""What an assessor sees of an answer: never whose it is, and no other rating before the own one."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, select

from item_bank.bank import ItemText, text_in_set
from item_bank.database import utcnow
from item_bank.log import read_log
from item_bank.models import Rating, Sitting
from item_bank.ratings import FreeTextAnswer, ratings_of, waiting_answers
from web.audit.chain import note_access
from web.errors import NotFoundError
from web.people.models import Person
from web.psychometrician.pages import competency_names
from web.usecases.scoring import GivenRating, free_text_answer, given_rating, score_of


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """One answer for one assessor; ``machine`` and ``following`` only once ``given`` is there."""

    item: ItemText
    competency: str
    answer: str
    n_words: int
    has_score: bool
    given: GivenRating | None
    machine: Rating | None
    following: FreeTextAnswer | None


def answer_page(session: Session, sitting_id: UUID, position: int, rater: UUID) -> AnswerPage:
    """The answer at ``position``, and that this assessor read it is noted for its writer.

    Raises
    ------
    NotFoundError
        If there is no such free-text answer.
    """
    sitting = session.get(Sitting, sitting_id)
    if sitting is None:
        raise NotFoundError("no such sitting")
    events = read_log(session, sitting_id)
    answer = free_text_answer(events, position)
    item = text_in_set(session, sitting.parameter_set_id, answer.item)
    given = given_rating(session, sitting_id, position, rater, events)
    _note_reading(session, sitting, rater)
    written = answer.text or ""
    return AnswerPage(
        item=item,
        competency=competency_names(session)[item.item.competency],
        answer=written,
        n_words=len(written.split()),
        has_score=score_of(events, position) is not None,
        given=given,
        machine=_machine(session, sitting_id, position) if given else None,
        following=next(iter(waiting_answers(session, utcnow())), None) if given else None,
    )


def _machine(session: Session, sitting_id: UUID, position: int) -> Rating | None:
    ratings = ratings_of(session, sitting_id, position)
    return next((rating for rating in ratings if rating.rater_kind == "machine"), None)


def _note_reading(session: Session, sitting: Sitting, rater: UUID) -> None:
    person = session.exec(select(Person.id).where(Person.candidate == sitting.candidate)).first()
    if person is not None:
        note_access(session, person, rater, "assessor.rate")
