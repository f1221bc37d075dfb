"""Simulated human ratings of one free-text item, and models trained on them, for tests."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID, uuid4

import numpy as np
from sqlmodel import Session

from assessment_engine import Answered as AnsweredEvent
from item_bank.log import append
from item_bank.models import Rating, ScoringModel, ScoringModelChoice, Sitting
from item_bank.scorers import model_content

STEPS = (
    "Saya diam saja dan menunggu perintah karena takut disalahkan orang lain",
    "Saya mengingatkan rekan agar memakai angka yang benar pada laporan",
    "Saya melapor kepada atasan dan menjelaskan akibat laporan palsu itu",
    "Saya menyusun cara kerja supaya setiap laporan diperiksa dua orang",
    "Saya menata aturan seluruh kantor agar kejujuran menjadi kebiasaan bersama",
)
FILLERS = ("pada pagi hari", "dengan tenang", "di ruang kerja", "tanpa menunda", "sesuai keadaan")


class Known(Protocol):
    """A sitting to take after, and the item whose answers are made."""

    @property
    def sitting_id(self) -> UUID: ...
    @property
    def item(self) -> str: ...
    @property
    def item_id(self) -> UUID: ...


class WordEncoder:
    """Stands for a sentence encoder: a fixed random direction for each word, summed."""

    def __init__(self, dimension: int = 24) -> None:
        self.dimension = dimension

    def encode(self, texts: Sequence[str], **_options: object) -> np.ndarray:
        return np.array([self._vector(text) for text in texts]).reshape(len(texts), self.dimension)

    def _vector(self, text: str) -> np.ndarray:
        words = text.lower().replace(".", " ").split()
        rows = [
            np.random.default_rng(int.from_bytes(word.encode()[:8], "little")).normal(
                size=self.dimension
            )
            for word in words
        ]
        total = np.sum(rows, axis=0)
        return total / np.linalg.norm(total)


def written_at(level: int, number: int) -> str:
    """A text of that level, unlike every other ``number``'s."""
    parts = [f"{STEPS[level - 1]} {FILLERS[number % 5]}", f"{STEPS[level - 1]} {number}"]
    return ". ".join(parts) + f", {FILLERS[number // 5 % 5]}."


def add_human_scores(
    session: Session,
    known: Known,
    n: int,
    *,
    start: int = 0,
    levels: Sequence[int] = (1, 2, 3, 4, 5),
    seconds: Sequence[int] = (),
    candidates: Sequence[UUID] = (),
    kind: str = "human",
) -> None:
    """Give the item ``n`` answers in sittings of their own, each rated by a person.

    ``seconds`` are levels of a second person for the first of them; ``kind`` is who rated.
    """
    pattern = session.get_one(Sitting, known.sitting_id)
    for number in range(start, start + n):
        level = levels[number % len(levels)]
        sitting = Sitting(
            candidate=candidates[number] if candidates else uuid4(),
            assessment_id=pattern.assessment_id,
            parameter_set_id=pattern.parameter_set_id,
            seed=1,
            software="uji",
        )
        session.add(sitting)
        session.flush()
        text = written_at(level, number)
        append(
            session, sitting.id, (), [AnsweredEvent(1.0, 1, known.item, category=None, text=text)]
        )
        given = [level, *seconds[number - start : number - start + 1]]
        for rater, one in enumerate(given):
            session.add(
                Rating(
                    sitting_id=sitting.id,
                    position=1,
                    item_id=known.item_id,
                    rater_kind=kind,
                    rater=f"penilai-{rater}",
                    level=one,
                    decision="human",
                )
            )
            session.flush()


def release(
    session: Session, model: ScoringModel, *, decides: bool = True, **evaluation: object
) -> ScoringModel:
    """Keep a copy of a trained model as one that was accepted, and choose it.

    ``evaluation`` takes the place of parts of the trained one's, such as its limits.
    """
    facts = model.model_dump(exclude={"id", "number", "stage", "created_at", "content"})
    facts["content"] = model_content(session, model.id)
    facts["evaluation"] = {**model.evaluation, "accepted": True, **evaluation}
    accepted = ScoringModel(**facts, number=model.number + 1, stage="automatic")
    session.add(accepted)
    session.flush()
    session.add(
        ScoringModelChoice(
            item_id=model.item_id, model_id=accepted.id, decides=decides, chosen_by="uji"
        )
    )
    session.flush()
    return accepted
