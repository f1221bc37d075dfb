"""Answers as points, for choosing which to rate: kept small, read by prompt."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt
from sqlmodel import Session, col, select

from item_bank.models import AnswerVector, Rating

AnswerKey = tuple[UUID, int]
"""Sitting and position."""
_STORED = np.float16


@dataclass(frozen=True, slots=True)
class KnownAnswers:
    """What is kept of a prompt's answers.

    Attributes
    ----------
    vectors : mapping of answer to array
        Of the encoder that most of them have; those of another do not compare and are left out.
    rated : set of answers
        Rated by a person.
    probabilities : mapping of answer to level probabilities
        The machine's.
    """

    vectors: dict[AnswerKey, npt.NDArray[np.float64]]
    rated: frozenset[AnswerKey]
    probabilities: dict[AnswerKey, list[float]]


def keep_vector(
    session: Session,
    key: AnswerKey,
    item_id: UUID,
    encoder: str,
    vector: npt.NDArray[np.floating],
) -> None:
    """Keep an answer's vector; a later one takes the place of an earlier."""
    packed = vector.astype(_STORED).tobytes()
    session.merge(
        AnswerVector(
            sitting_id=key[0], position=key[1], item_id=item_id, encoder=encoder, vector=packed
        )
    )


def known_answers(session: Session, item_ids: Iterable[UUID]) -> dict[UUID, KnownAnswers]:
    """Vectors, human ratings and level probabilities of the answers to each prompt."""
    wanted = list(item_ids)
    stored = session.exec(select(AnswerVector).where(col(AnswerVector.item_id).in_(wanted))).all()
    ratings = session.exec(select(Rating).where(col(Rating.item_id).in_(wanted))).all()
    return {
        item_id: KnownAnswers(
            vectors=_of_one_encoder([row for row in stored if row.item_id == item_id]),
            rated=frozenset(
                (one.sitting_id, one.position)
                for one in ratings
                if one.item_id == item_id and one.rater_kind == "human"
            ),
            probabilities={
                (one.sitting_id, one.position): one.probabilities
                for one in ratings
                if one.item_id == item_id and one.rater_kind == "machine" and one.probabilities
            },
        )
        for item_id in wanted
    }


def vectors_of(session: Session, sitting_id: UUID) -> dict[int, list[float]]:
    """The vectors of a sitting's answers, by position."""
    rows = session.exec(select(AnswerVector).where(AnswerVector.sitting_id == sitting_id)).all()
    return {row.position: np.frombuffer(row.vector, dtype=_STORED).tolist() for row in rows}


def _of_one_encoder(rows: list[AnswerVector]) -> dict[AnswerKey, npt.NDArray[np.float64]]:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.encoder] = counts.get(row.encoder, 0) + 1
    if not counts:
        return {}
    common = max(sorted(counts), key=lambda name: counts[name])
    return {
        (row.sitting_id, row.position): np.frombuffer(row.vector, dtype=_STORED).astype(np.float64)
        for row in rows
        if row.encoder == common
    }
