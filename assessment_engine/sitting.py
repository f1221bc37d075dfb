"""A log read once: who was offered what, when, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from assessment_engine.density import check_likelihood
from assessment_engine.errors import LogError, ResponseError
from assessment_engine.pool import ItemPool
from assessment_engine.records import (
    Answered,
    Expired,
    Extended,
    Finished,
    Flagged,
    Item,
    Log,
    Offered,
    Opened,
    Paused,
    Response,
    Resumed,
    Scored,
)


@dataclass(slots=True)
class Sitting:
    """What a log says so far; derived, never stored."""

    opened: Opened
    now: float
    offers: list[Offered] = field(default_factory=list)
    answers: dict[int, Answered] = field(default_factory=dict)
    scores: dict[int, Scored] = field(default_factory=dict)
    expired: set[int] = field(default_factory=set)
    section_start: dict[str, float] = field(default_factory=dict)
    pauses: list[tuple[float, float]] = field(default_factory=list)
    paused_at: float | None = None
    extensions: list[tuple[str | None, float]] = field(default_factory=list)
    flags: list[Flagged] = field(default_factory=list)
    finished: Finished | None = None
    items: set[str] = field(default_factory=set)
    closed: frozenset[str] = frozenset()  # what the engine keeps from offering besides
    open_offer: Offered | None = None  # the last offer, while it is neither answered nor expired

    @property
    def section(self) -> str | None:
        """The section in hand: that of the last offer."""
        return self.offers[-1].section if self.offers else None

    def pending(self) -> tuple[int, ...]:
        """Positions answered whose score is still to come."""
        return tuple(
            position
            for position, answer in self.answers.items()
            if answer.category is None and position not in self.scores
        )

    def active(self, start: float, end: float) -> float:
        """Seconds between two times in which the sitting was not paused."""
        spans = [*self.pauses]
        if self.paused_at is not None:
            spans.append((self.paused_at, end))
        paused = sum(max(0.0, min(end, stop) - max(start, begin)) for begin, stop in spans)
        return end - start - paused


def read(log: Log) -> Sitting:
    """Read and check a log.

    Raises
    ------
    LogError
        If the log does not start with Opened, times descend, an offer comes while another is open,
        an item is offered twice, an answer is not to the item last offered, or a score has no
        answer.
    """
    if not log or not isinstance(log[0], Opened):
        raise LogError(
            f"a log starts with Opened, but this one with {log[0] if log else 'nothing'}"
        )
    now = log[0].at
    sitting = Sitting(log[0], now)
    offers, items, answers = sitting.offers, sitting.items, sitting.answers
    readers = _READERS
    waiting: Offered | None = None
    finished = False
    for event in log[1:]:
        at = event.at
        if not at >= now:  # written so that NaN fails too
            raise LogError(
                f"{type(event).__name__} at {event.at} s follows an event at {now} s; "
                "append events in ascending time"
            )
        if finished and not isinstance(event, Scored | Flagged):
            raise LogError(f"{event} follows Finished; only Scored and Flagged may")
        now = at
        # Offers and answers are nearly all of a log: they are read here, without a call.
        if isinstance(event, Answered):
            if waiting is None or event.position != waiting.position or event.item != waiting.item:
                raise _misplaced(event, waiting)
            answers[event.position] = event
            waiting = None
        elif isinstance(event, Offered):
            if waiting is not None or event.position != len(offers) + 1 or event.item in items:
                raise _no_offer(event, waiting, len(offers))
            if not offers or event.section != offers[-1].section:
                sitting.section_start.setdefault(event.section, at)
            offers.append(event)
            items.add(event.item)
            waiting = event
        else:
            sitting.open_offer = waiting
            readers[type(event)](sitting, event)
            waiting = sitting.open_offer
            finished = finished or isinstance(event, Finished)
    sitting.open_offer = waiting
    sitting.now = now
    return sitting


def responses_of(sitting: Sitting, pool: ItemPool) -> tuple[Response, ...]:
    """The scored answers in the order of their positions; pending ones are absent."""
    scores, answers, certain = sitting.scores, sitting.answers, pool.certain
    if not scores:
        try:  # all answered, all keyed, as usual: at half the time
            return tuple([certain[o.item, answers[o.position].category] for o in sitting.offers])
        except KeyError:
            pass
    found = []
    for offer in sitting.offers:
        if scores and offer.position in scores:
            found.append(_scored_response(scores[offer.position], pool[offer.item]))
            continue
        answer = answers.get(offer.position)
        category = None if answer is None else answer.category
        if category is None:
            pool.row_of(offer.item)  # an unknown item is refused, answered or not
            continue
        response = certain.get((offer.item, category))
        if response is None:
            raise LogError(
                f"position {offer.position}: category {category} of item {offer.item!r}, "
                f"expected 0 to {pool[offer.item].n_categories - 1}"
            )
        found.append(response)
    return tuple(found)


def _scored_response(score: Scored, item: Item) -> Response:
    response = Response(item.id, score.likelihood, score.severities)
    try:
        check_likelihood(item.n_categories, response)
    except ResponseError as error:
        raise LogError(f"position {score.position}: {error}") from error
    return response


def responses(log: Log, pool: ItemPool) -> tuple[Response, ...]:
    """The scored answers of a log in the order of their positions.

    A keyed answer is certain; the last score of a position counts; an answer that waits for its
    score is no response yet.

    Raises
    ------
    LogError
        If the log is contradictory, or a category or likelihood does not fit its item.
    UnknownItemError
        If an item offered is not in ``pool``.
    """
    return responses_of(read(log), pool)


def current_offer(log: Log) -> Offered | None:
    """The offer that waits for an answer, or None."""
    return read(log).open_offer


def _no_offer(event: Offered, waiting: Offered | None, n_offers: int) -> LogError:
    """What is wrong with an offer that cannot be made now."""
    if waiting is not None:
        return LogError(
            f"position {event.position} was offered while position {waiting.position} "
            f"({waiting.item!r}) was neither answered nor expired"
        )
    if event.position != n_offers + 1:
        return LogError(
            f"an offer has position {event.position}, expected {n_offers + 1}; "
            "positions count from 1"
        )
    return LogError(f"item {event.item!r} is offered again at position {event.position}")


def _misplaced(event: Answered | Expired, waiting: Offered | None) -> LogError:
    """What is wrong with an event that does not close the open offer."""
    if isinstance(event, Answered) and waiting and event.position == waiting.position:
        return LogError(
            f"position {event.position} was offered {waiting.item!r}, but the answer is to "
            f"{event.item!r}; show the current item again"
        )
    expected = f"position {waiting.position}" if waiting else "no answer, as no offer is open"
    return LogError(f"{type(event).__name__} at position {event.position}, expected {expected}")


def _expired(sitting: Sitting, event: Expired) -> None:
    waiting = sitting.open_offer
    if waiting is None or event.position != waiting.position:
        raise _misplaced(event, waiting)
    sitting.open_offer = None
    sitting.expired.add(event.position)


def _scored(sitting: Sitting, event: Scored) -> None:
    if event.position not in sitting.answers:
        raise LogError(f"a score for position {event.position}, which has no answer")
    sitting.scores[event.position] = event


# A second Paused or a Resumed without a pause changes nothing: a page that lost its network sends
# both twice.
def _paused(sitting: Sitting, event: Paused) -> None:
    if sitting.paused_at is None:
        sitting.paused_at = event.at


def _resumed(sitting: Sitting, event: Resumed) -> None:
    if sitting.paused_at is not None:
        sitting.pauses.append((sitting.paused_at, event.at))
        sitting.paused_at = None


def _extended(sitting: Sitting, event: Extended) -> None:
    sitting.extensions.append((sitting.section, event.seconds))


def _flagged(sitting: Sitting, event: Flagged) -> None:
    sitting.flags.append(event)


def _finished(sitting: Sitting, event: Finished) -> None:
    sitting.finished = event


def _opened(_: Sitting, event: Opened) -> None:
    raise LogError(f"Opened at {event.at} s, but the sitting is open already")


_READERS: dict[type, Callable[[Sitting, Any], None]] = {
    Opened: _opened,
    Scored: _scored,
    Expired: _expired,
    Paused: _paused,
    Resumed: _resumed,
    Extended: _extended,
    Flagged: _flagged,
    Finished: _finished,
}
