"""What an assessor is given to rate, in which order, and nothing that tells why.

Who waits goes first. Answers without a score, adjudications and objections stand by age: the oldest
stretch of time before the next. Only within one stretch, among people who sat together, does the
order serve the model: of each prompt first the answers that differ most from those rated, later
those of which the machine is least certain. Answers drawn for double rating or read-behind, on
which no result hangs, and validity papers take a set share of the places between them.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

import numpy as np
from sqlmodel import Session

from item_bank.answer_vectors import AnswerKey, KnownAnswers, known_answers
from item_bank.models import Item
from item_bank.rating_calls import OpenCall, open_calls
from item_bank.ratings import FreeTextAnswer, waiting_answers
from item_bank.validity import Paper, count_ratings_by, papers_in_use
from web.usecases.draws import fraction
from web.usecases.scoring_settings import PeopleSettings, scoring_settings

SHOWN = 20
"""Places of the queue that an assessor sees at once."""
_OTHERS_WAIT_FOR = ("adjudication", "objection")


@dataclass(frozen=True, slots=True)
class Task:
    """A text to rate. The address is (``sitting_id``, ``position``) also where it is a paper's."""

    sitting_id: UUID
    position: int
    item: Item
    n_words: int
    to_settle: bool = False
    """Whether two ratings are to be settled; such a task cannot be blind and says so."""


@dataclass(frozen=True, slots=True)
class Queue:
    """The next tasks, and how many candidates' answers wait for anybody."""

    tasks: tuple[Task, ...]
    n_waiting: int


def queue_of(session: Session, rater: UUID, now: datetime, secret: str) -> Queue:
    """The queue of one assessor.

    Parameters
    ----------
    secret : str
        Keys the draw of places, so that nobody knows which place holds what.
    """
    people = scoring_settings().people
    name = str(rater)
    waiting = waiting_answers(session, now)
    calls = open_calls(session, name)
    urgent = [one for one in calls if one.call.kind in _OTHERS_WAIT_FOR]
    checks = [_task(one.answer) for one in calls if one.call.kind not in _OTHERS_WAIT_FOR]
    papers = sorted(
        papers_in_use(session, without_ratings_of=name),
        key=lambda one: fraction(secret, name, one.paper.id),
    )
    pending = _pending(session, waiting, urgent, people)
    n_done = count_ratings_by(session, name)
    places = [fraction(secret, name, "place", n_done + place) for place in range(SHOWN)]
    tasks = mixed(pending, checks, [_task_of_paper(one) for one in papers], places, people)
    return Queue(tasks, len(waiting) + len(urgent))


def mixed(
    pending: Sequence[Task],
    checks: Sequence[Task],
    papers: Sequence[Task],
    places: Sequence[float],
    people: PeopleSettings,
) -> tuple[Task, ...]:
    """Fill the places; each number in [0, 1) says what its place holds.

    Papers come only between other tasks, never alone.
    """
    first, second, third = deque(pending), deque(checks), deque(papers)
    found: list[Task] = []
    for number in places:
        if not first and not second:
            break
        if third and number < people.validity_share:
            found.append(third.popleft())
        elif second and (not first or number < people.validity_share + people.check_places):
            found.append(second.popleft())
        elif first:
            found.append(first.popleft())
    return tuple(found)


def chosen_order(
    answers: Sequence[AnswerKey], known: KnownAnswers, diverse_first: int
) -> list[AnswerKey]:
    """One prompt's answers as they serve the model best; those of which nothing is known last."""
    from scoring_models.choice import farthest_first, level_spread

    if len(known.rated) >= diverse_first:
        sure = {key: known.probabilities[key] for key in answers if key in known.probabilities}
        ranked = sorted(sure, key=lambda key: -level_spread(sure[key]))
    else:
        candidates = [key for key in answers if key in known.vectors]
        points = np.array([known.vectors[key] for key in candidates])
        rated = np.array([known.vectors[key] for key in known.rated if key in known.vectors])
        ranked = [candidates[place] for place in farthest_first(points, rated)]
    placed = set(ranked)
    return ranked + [key for key in answers if key not in placed]


def _pending(
    session: Session,
    waiting: Sequence[FreeTextAnswer],
    urgent: Sequence[OpenCall],
    people: PeopleSettings,
) -> list[Task]:
    seconds = 3600 * people.same_wait_hours
    ranks = _ranks(session, waiting, people, seconds)
    rows = [
        ((_stretch(one.answered_at, seconds), ranks[_key(one)], one.answered_at), _task(one))
        for one in waiting
    ]
    rows += [
        (
            (_stretch(one.call.asked_at, seconds), -1, one.call.asked_at),
            _task(one.answer, to_settle=one.call.kind == "adjudication"),
        )
        for one in urgent
    ]
    return [task for _order, task in sorted(rows, key=lambda row: row[0])]


def _ranks(
    session: Session, waiting: Sequence[FreeTextAnswer], people: PeopleSettings, seconds: float
) -> dict[AnswerKey, int]:
    """Each answer's rank among those of its prompt and stretch."""
    known = known_answers(session, {one.item.id for one in waiting})

    def group(one: FreeTextAnswer) -> tuple[str, int]:
        return str(one.item.id), _stretch(one.answered_at, seconds)

    ranks: dict[AnswerKey, int] = {}
    for _group, members in groupby(sorted(waiting, key=group), key=group):
        rows = list(members)
        order = chosen_order(
            [_key(one) for one in rows], known[rows[0].item.id], people.diverse_first
        )
        ranks |= {key: rank for rank, key in enumerate(order)}
    return ranks


def _stretch(at: datetime, seconds: float) -> int:
    return int(at.timestamp() // seconds)


def _key(answer: FreeTextAnswer) -> AnswerKey:
    return answer.sitting_id, answer.position


def _task(answer: FreeTextAnswer, *, to_settle: bool = False) -> Task:
    return Task(answer.sitting_id, answer.position, answer.item, answer.n_words, to_settle)


def _task_of_paper(one: Paper) -> Task:
    return Task(one.paper.id, one.paper.place, one.item, len(one.paper.text.split()))
