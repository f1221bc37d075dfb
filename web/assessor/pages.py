"""What an assessor sees of an answer: never whose it is, and no other rating before the own one."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, select

from item_bank.bank import ItemText, text_in_set
from item_bank.database import utcnow
from item_bank.log import read_log
from item_bank.models import Rating, Sitting, StimulusVersion, ValidityPaper, ValidityRating
from item_bank.ratings import count_human_ratings, ratings_of
from item_bank.validity import rating_of_paper
from web.audit.chain import note_access
from web.people.models import Person
from web.psychometrician.pages import competency_names
from web.usecases.evidence import (
    LEVELS,
    IndicatorAt,
    LevelEvidence,
    indicators_at,
    level_evidence,
)
from web.usecases.rating import given_rating, wanted_of
from web.usecases.rating_queue import Task, queue_of
from web.usecases.scoring import free_text_answer
from web.usecases.scoring_settings import scoring_settings
from web.usecases.validity import known_paper


@dataclass(frozen=True, slots=True)
class Given:
    """The own level and reason; ``counts`` and ``purpose`` say what became of them."""

    level: int
    comment: str
    counts: bool
    purpose: str


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """One text for one assessor.

    ``n_human`` of the ``needed`` human ratings the prompt has. ``machine``, ``paper`` and
    ``following`` only once ``given`` is there; ``others`` only where two ratings are to be settled.
    """

    item: ItemText
    competency: str
    answer: str
    n_words: int
    n_human: int
    needed: int
    given: Given | None
    others: tuple[Rating, ...] = ()
    machine: Rating | None = None
    paper: ValidityPaper | None = None
    following: Task | None = None

    @property
    def levels(self) -> list[LevelEvidence]:
        """What the machine found for and against each level; none where it found nothing."""
        if self.machine is None:
            return []
        found = [level_evidence(self.machine.passages, level) for level in LEVELS]
        return found if any(one.passages_for or one.passages_against for one in found) else []

    @property
    def indicators(self) -> list[IndicatorAt]:
        """The machine's evidence for each indicator, given the level that this assessor gave."""
        if self.machine is None or self.given is None:
            return []
        return indicators_at(self.machine.indicators, self.given.level)


def text_page(session: Session, text_id: UUID, place: int, rater: UUID, secret: str) -> AnswerPage:
    """The text at an address, an answer's or a validity paper's, which look alike.

    That this assessor read it is noted for its writer.

    Raises
    ------
    NotFoundError
        If there is neither.
    RefusedError
        If nobody asks this assessor to rate it.
    """
    sitting = session.get(Sitting, text_id)
    if sitting is None:
        return _paper_page(session, text_id, place, rater, secret)
    events = read_log(session, text_id)
    answer = free_text_answer(events, place)
    given = given_rating(session, text_id, place, rater, events)
    wanted = None if given else wanted_of(session, text_id, place, rater, events)
    _note_reading(session, sitting, rater)
    item = text_in_set(session, sitting.parameter_set_id, answer.item)
    rating = given.rating if given else None
    return AnswerPage(
        item=item,
        competency=competency_names(session)[item.item.competency],
        answer=answer.text or "",
        n_words=len((answer.text or "").split()),
        n_human=count_human_ratings(session, item.item.id),
        needed=scoring_settings().gate.min_ratings,
        given=Given(rating.level or 0, rating.comment, given.counts, rating.purpose)
        if given and rating
        else None,
        others=wanted.others if wanted else (),
        machine=_machine(session, text_id, place) if given else None,
        following=_following(session, rater, secret) if given else None,
    )


def _paper_page(
    session: Session, paper_id: UUID, place: int, rater: UUID, secret: str
) -> AnswerPage:
    found = known_paper(session, paper_id, place)
    origin = session.get(Sitting, found.paper.sitting_id) if found.paper.sitting_id else None
    if origin is not None:
        _note_reading(session, origin, rater)
    given = rating_of_paper(session, paper_id, str(rater))
    stimulus_id = found.version.stimulus_version_id
    stimulus = session.get(StimulusVersion, stimulus_id) if stimulus_id else None
    return AnswerPage(
        item=ItemText(found.item, found.version, stimulus),
        competency=competency_names(session)[found.item.competency],
        answer=found.paper.text,
        n_words=len(found.paper.text.split()),
        n_human=count_human_ratings(session, found.item.id),
        needed=scoring_settings().gate.min_ratings,
        given=_given_to_paper(given),
        paper=found.paper if given else None,
        following=_following(session, rater, secret) if given else None,
    )


def _given_to_paper(rating: ValidityRating | None) -> Given | None:
    return Given(rating.level, rating.comment, False, "validity") if rating else None


def _following(session: Session, rater: UUID, secret: str) -> Task | None:
    return next(iter(queue_of(session, rater, utcnow(), secret).tasks), None)


def _machine(session: Session, sitting_id: UUID, position: int) -> Rating | None:
    ratings = ratings_of(session, sitting_id, position)
    return next((rating for rating in ratings if rating.rater_kind == "machine"), None)


def _note_reading(session: Session, sitting: Sitting, rater: UUID) -> None:
    person = session.exec(select(Person.id).where(Person.candidate == sitting.candidate)).first()
    if person is not None:
        note_access(session, person, rater, "assessor.rate")
