"""The same text from several candidates: found by signatures, without showing anyone's text."""

from uuid import UUID, uuid4

import pytest
from rated_answers import WRITTEN, Answered, sit_free_text
from sqlalchemy import Engine
from sqlmodel import Session, select

from item_bank.database import unit_of_work
from item_bank.models import AnswerSignature, Sitting
from scoring_models import GateSettings
from web.assessor.words import reason
from web.usecases.pasted import judge_against_others

SETTINGS = GateSettings(max_pasted=0.6)
OTHER = (
    "Saya pulang dulu dan memikirkan persoalan ini semalam, lalu esoknya berkas itu saya bawa "
    "ke ruang kepala bidang untuk dibicarakan bertiga dengan bendahara sampai jelas perkaranya."
)


@pytest.fixture
def item(engine: Engine) -> tuple[Answered, Answered]:
    """Two candidates' sittings, answered alike."""
    code = f"salin-{uuid4().hex[:8]}"
    first = sit_free_text(engine, code=code, seed=1)
    return first, sit_free_text(engine, code=f"{code}-2", seed=1)


def judge(engine: Engine, answered: Answered, item_id: UUID, text: str) -> list[tuple[str, float]]:
    with unit_of_work(engine) as session:
        sitting = session.get(Sitting, answered.sitting_id)
        assert sitting is not None
        found = judge_against_others(
            session, sitting, answered.position, item_id, text, "Apa yang Anda lakukan?", SETTINGS
        )
        return [(reason.code, float(reason.data["share"])) for reason in found]


def test_the_second_candidate_is_flagged(engine: Engine, item: tuple[Answered, Answered]) -> None:
    first, second = item
    own = WRITTEN + f" Nomor {uuid4().hex}."
    text = " ".join(f"{word}{uuid4().hex[:4]}" for word in own.split())
    item_id = first.item_id
    assert judge(engine, first, item_id, text) == []
    edited = text.replace(text.split()[3] + " ", "", 1)
    ((code, share),) = judge(engine, second, item_id, edited)
    assert code == "boilerplate"
    assert share > 0.8
    words = reason({"code": code, "data": {"share": share, "answers": 1.0}})
    assert "1 peserta lain" in words


def test_a_candidates_own_text_and_others_words_are_no_copies(
    engine: Engine, item: tuple[Answered, Answered]
) -> None:
    first, second = item
    text = " ".join(f"{word}{uuid4().hex[:4]}" for word in WRITTEN.split())
    assert judge(engine, first, first.item_id, text) == []
    assert judge(engine, first, first.item_id, text) == []
    assert judge(engine, second, first.item_id, OTHER) == []
    with Session(engine) as session:
        kept = session.exec(
            select(AnswerSignature).where(AnswerSignature.sitting_id == first.sitting_id)
        ).all()
    assert [row.n_shingles > 12 for row in kept] == [True]
    assert all(word not in repr(kept) for word in text.split()[:5])


def test_short_answers_are_not_compared(engine: Engine, item: tuple[Answered, Answered]) -> None:
    first, second = item
    short = "Saya menolak dan melapor kepada atasan."
    assert judge(engine, first, first.item_id, short) == []
    assert judge(engine, second, first.item_id, short) == []
