"""Reading a log: what is refused, and what is derived."""

import math

import pytest

from assessment_engine import (
    Answered,
    EngineError,
    Event,
    Expired,
    Finished,
    Flagged,
    Item,
    ItemPool,
    LogError,
    Offered,
    Opened,
    Response,
    Scored,
    UnknownItemError,
    current_offer,
    responses,
)

POOL = ItemPool(
    [
        Item("i1", "x", "2PL", 1.0, (0.0,)),
        Item("i2", "x", "GRM", 1.0, (-1.0, 1.0), kind="free_text"),
        Item("i3", "x", "GRM", 1.0, (-1.0, 1.0), kind="free_text"),
    ]
)
OPENED = Opened(0.0, "a", "p", ())
FIRST = (OPENED, Offered(1.0, 1, "s", "i1"), Answered(2.0, 1, "i1", 1))
SECOND = (*FIRST, Offered(2.0, 2, "s", "i2"), Answered(3.0, 2, "i2", None, text="..."))


@pytest.mark.parametrize(
    ("log", "message"),
    [
        ((), "starts with Opened"),
        (FIRST[1:], "starts with Opened"),
        ((OPENED, OPENED), "open already"),
        ((*FIRST, Flagged(1.5, 1, "k")), "ascending time"),
        ((*FIRST, Flagged(math.nan, 1, "k")), "ascending time"),
        ((*FIRST[:2], Offered(2.0, 2, "s", "i2")), "neither answered nor expired"),
        ((OPENED, Offered(1.0, 2, "s", "i1")), "expected 1"),
        ((*FIRST, Offered(2.0, 2, "s", "i1")), "'i1' is offered again"),
        ((*FIRST[:2], Answered(2.0, 1, "i2", 0)), "the answer is to 'i2'"),
        ((*FIRST[:2], Answered(2.0, 2, "i1", 0)), "expected position 1"),
        ((*FIRST, Answered(2.0, 1, "i1", 0)), "no offer is open"),
        ((*FIRST, Expired(2.0, 1)), "no offer is open"),
        ((*FIRST, Scored(2.0, 2, (1.0,), "human")), "no answer"),
        ((*FIRST, Finished(3.0, "completed"), Offered(4.0, 2, "s", "i2")), "follows Finished"),
        ((*FIRST[:2], Answered(2.0, 1, "i1", 2)), "category 2 of item 'i1', expected 0 to 1"),
        ((*FIRST[:2], Answered(2.0, 1, "i1", -1)), "category -1"),
        ((*SECOND, Scored(4.0, 2, (1.0, 0.0), "human")), "position 2: .* 3 categories"),
    ],
)
def test_a_contradictory_log_is_refused(log: tuple[Event, ...], message: str) -> None:
    with pytest.raises(LogError, match=message):
        responses(log, POOL)


def test_an_item_outside_the_pool_is_refused() -> None:
    with pytest.raises(UnknownItemError, match="'i9'") as caught:
        responses((OPENED, Offered(1.0, 1, "s", "i9")), POOL)
    assert caught.value.item == "i9"
    assert isinstance(caught.value, EngineError)


def test_a_pending_answer_is_no_response_until_scored_and_the_last_score_counts() -> None:
    certain = Response("i1", (0.0, 1.0))
    assert responses(SECOND, POOL) == (certain,)
    machine = (*SECOND, Scored(4.0, 2, (0.2, 0.5, 0.3), "machine"))
    assert responses(machine, POOL) == (certain, Response("i2", (0.2, 0.5, 0.3)))
    human = (*machine, Finished(5.0, "completed"), Scored(9.0, 2, (0.0, 0.0, 1.0), "human"))
    assert responses(human, POOL) == (certain, Response("i2", (0.0, 0.0, 1.0)))


def test_the_open_offer() -> None:
    assert current_offer(FIRST[:1]) is None
    assert current_offer(FIRST[:2]) == FIRST[1]
    assert current_offer(FIRST) is None
    assert current_offer((*FIRST[:2], Expired(2.0, 1))) is None
    assert current_offer((*FIRST[:2], Flagged(2.0, 1, "blur"))) == FIRST[1]


def test_an_expired_item_is_seen_and_not_wrong() -> None:
    assert responses((*FIRST[:2], Expired(2.0, 1)), POOL) == ()
