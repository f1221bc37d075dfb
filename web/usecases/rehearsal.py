"""A simulated candidate sits a whole assessment through the same use cases as a person."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import numpy as np
from sqlmodel import Session

from assessment_engine import category_probabilities
from assessment_engine.records import Answered
from item_bank.bank import category_of, text_in_set
from item_bank.log import read_log
from item_bank.models import Sitting
from web.people.models import Person
from web.usecases.rating import rate
from web.usecases.sittings import AnswerIn, Receipt, answer, current, open_sitting
from web.usecases.standing import Current

COMMENT = "Penilaian peragaan: jawaban ini sama dengan contoh pada rubrik."


class Transactions(Protocol):
    def __call__(self) -> AbstractContextManager[Session]: ...


def sit(
    transactions: Transactions,
    person: Person,
    schedule_id: UUID,
    theta: Mapping[str, float],
    seed: int,
    *,
    starts: datetime,
    pace: float = 0.8,
    stop_after: int | None = None,
) -> Sitting:
    """Open and sit an assessment as a person of ability ``theta`` would.

    Answers are drawn from the item's own model at ``theta``; free text is an anchor answer of the
    level drawn, so that a scorer has something to read. An answer takes about ``pace`` times the
    item's expected time.

    Parameters
    ----------
    transactions
        Opens one transaction, committed at the end of its block; one is used for each answer.
    theta : mapping of dimension to ability, logits
    stop_after : int, optional
        Leave after so many answers, as a person would whose connection broke.
    """
    draw = np.random.default_rng(seed)
    with transactions() as session:
        sitting = open_sitting(session, person, schedule_id, now=starts, seed=seed)
    now, answered = starts, 0
    while stop_after is None or answered < stop_after:
        with transactions() as session:
            standing = current(session, sitting.id, person.candidate, now=now)
            if standing.offer is None:
                break
            now += timedelta(seconds=_thinking_time(standing, pace, draw))
            given = _answer(standing, theta, draw)
        with transactions() as session:
            receipt = answer(session, sitting.id, person.candidate, given, now=now)
        if receipt is Receipt.EMPTY:
            raise RuntimeError(f"the simulated answer to {given.item} was empty")
        answered += 1
    return sitting


def rate_by_anchors(transactions: Transactions, sitting_id: UUID, assessor: UUID) -> int:
    """Rate the pending free-text answers of a simulated sitting, as someone who knows the anchors.

    Returns how many were rated.
    """
    with transactions() as session:
        sitting = session.get_one(Sitting, sitting_id)
        log = read_log(session, sitting_id)
        pending = [
            (event.position, _anchor_level(session, sitting, event))
            for event in log
            if isinstance(event, Answered) and event.text is not None
        ]
        for position, level in pending:
            rate(session, sitting_id, position, assessor, level=level, comment=COMMENT)
    return len(pending)


def _anchor_level(session: Session, sitting: Sitting, event: Answered) -> int:
    body = text_in_set(session, sitting.parameter_set_id, event.item).body
    return anchor_level(body, event.text or "")


def anchor_level(body: Mapping[str, Any], text: str) -> int:
    """The rubric level whose anchors hold this very text; raises LookupError where none does."""
    for level in body["rubric"]["levels"]:
        if text in level["anchors"]:
            return int(level["level"])
    raise LookupError("the text is no anchor of this rubric")


def _thinking_time(standing: Current, pace: float, draw: np.random.Generator) -> float:
    expected = standing.form.pool[standing.item.item.code].seconds if standing.item else 60.0
    return float(max(4.0, expected * pace * draw.lognormal(0.0, 0.25)))


def _answer(standing: Current, theta: Mapping[str, float], draw: np.random.Generator) -> AnswerIn:
    if standing.offer is None or standing.item is None:
        raise RuntimeError("no offer is open")
    offer, body = standing.offer, standing.item.body
    item = standing.form.pool[offer.item]
    at = np.array([theta.get(item.dimension, 0.0)])
    category = int(draw.choice(item.n_categories, p=category_probabilities(item, at)[0]))
    if body["kind"] == "free_text":
        anchors = body["rubric"]["levels"][category]["anchors"]
        text = anchors[int(draw.integers(len(anchors)))]
        return AnswerIn(position=offer.position, item=offer.item, text=text)
    options = [n for n in offer.option_order if category_of(body, n) == category]
    option = options[int(draw.integers(len(options)))]
    return AnswerIn(
        position=offer.position, item=offer.item, shown=offer.option_order.index(option) + 1
    )
