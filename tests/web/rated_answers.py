"""Free-text answers for tests of scoring and rating: one sitting, one free-text item, answered."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest
from factories import make_assessment, make_person, make_schedule, section
from sqlalchemy import Engine

from assessment_engine.records import Scored
from item_bank.bank import text_in_set
from item_bank.database import unit_of_work, utcnow
from item_bank.log import append, read_log
from item_bank.models import Rating, Sitting
from web.people.models import Person
from web.usecases import agreement, drift, rating, rating_calls, rating_queue
from web.usecases.scoring_settings import scoring_settings
from web.usecases.settling import rescored
from web.usecases.sittings import AnswerIn, answer, current, open_sitting

# An answer that fits INT-F1 and INT-F2, neither short nor copied.
WRITTEN = (
    "Saya melaporkan pengeluaran sesuai kenyataan dan menolak menandatangani angka yang salah. "
    "Kepada rekan saya jelaskan akibatnya bagi kami berdua, lalu saya mengajaknya membetulkan "
    "laporan sebelum besok pagi. Bila ia tetap menolak, saya menyampaikan persoalan ini kepada "
    "atasan dan pengelola keuangan secara terbuka, karena uang negara harus dipertanggungjawabkan "
    "dan kebiasaan yang keliru tidak boleh menjadi alasan."
)


@dataclass(frozen=True, slots=True)
class Answered:
    person: Person
    sitting_id: UUID
    position: int
    item: str
    item_id: UUID

    @property
    def path(self) -> str:
        return f"/penilaian/{self.sitting_id}/{self.position}"


def sit_free_text(
    engine: Engine, *, code: str, written: str = WRITTEN, seed: int = 1, n_items: int = 1
) -> Answered:
    """A person answers ``n_items`` free-text items of integritas; the first answer is returned.

    With one item the sitting has finished; ``code`` names the assessment that is made for it.
    """
    with unit_of_work(engine) as session:
        person = make_person(session)
        only = section(
            min_items=n_items, max_items=n_items, free_text=n_items, time_limit_minutes=30
        )
        assessment = make_assessment(session, code, sections=[only])
        schedule = make_schedule(session, person, assessment=assessment)
        starts = utcnow() - timedelta(minutes=5)
        sitting = open_sitting(session, person, schedule.id, now=starts, seed=seed)
    with unit_of_work(engine) as session:
        at = starts + timedelta(minutes=1)
        offer = current(session, sitting.id, person.candidate, now=at).offer
        assert offer is not None
        given = AnswerIn(position=offer.position, item=offer.item, text=written)
        answer(session, sitting.id, person.candidate, given, now=at)
        text = text_in_set(session, sitting.parameter_set_id, offer.item)
        assert text.body["kind"] == "free_text"
    return Answered(person, sitting.id, offer.position, offer.item, text.item.id)


def rate_by_machine(engine: Engine, answered: Answered, level: int = 4) -> None:
    """Keep a machine's rating that is advice only."""
    probabilities = [0.7 if k == level else 0.075 for k in range(1, 6)]
    with unit_of_work(engine) as session:
        session.add(
            Rating(
                sitting_id=answered.sitting_id,
                position=answered.position,
                item_id=answered.item_id,
                rater_kind="machine",
                rater="head-uji",
                level=level,
                probabilities=probabilities,
                decision="human",
                reasons=[{"code": "low_ratings", "data": {"ratings": 3, "needed": 40}}],
                passages=[
                    {
                        "sentence": "Saya melaporkan pengeluaran sesuai kenyataan.",
                        "level": 4,
                        "stance": "for",
                        "weight": 0.52,
                        "indicator": "lapor_resmi",
                        "lifts": [-0.6, -0.2, 0.0, 0.3, 0.1],
                    }
                ],
                indicators=[
                    {
                        "code": "lapor_resmi",
                        "shown": [0.31, 0.52, 0.63, 0.74, 0.85],
                        "violated": [0.42, 0.2, 0.11, 0.06, 0.03],
                        "passage": "Saya melaporkan pengeluaran sesuai kenyataan.",
                    }
                ],
                versions={"head": "head-uji"},
            )
        )


@contextmanager
def people_settings(**changes: float) -> Iterator[None]:
    """Rating as if the people's part of scoring.yaml were otherwise."""
    shipped = scoring_settings()
    changed = replace(shipped, people=replace(shipped.people, **changes))
    with pytest.MonkeyPatch.context() as patch:
        for module in (rating_calls, rating, rating_queue, agreement, drift):
            patch.setattr(module, "scoring_settings", lambda: changed)
        yield


def decide_by_machine(engine: Engine, answered: Answered, level: int = 3) -> None:
    """The machine's score of an answer, as the worker keeps it, with the draw for read-behind."""
    with unit_of_work(engine) as session:
        sitting = session.get_one(Sitting, answered.sitting_id)
        rated = Rating(
            sitting_id=answered.sitting_id,
            position=answered.position,
            item_id=answered.item_id,
            rater_kind="machine",
            rater="head-uji",
            level=level,
            probabilities=[0.8 if k == level else 0.05 for k in range(1, 6)],
            decision="machine",
        )
        session.add(rated)
        session.flush()
        log = read_log(session, sitting.id)
        likelihood = tuple(rated.probabilities)
        score = Scored(log[-1].at, answered.position, likelihood, "machine", str(rated.id))
        rescored(session, sitting, append(session, sitting.id, log, [score]))
        rating_calls.call_if_drawn(
            session, sitting, answered.position, answered.item_id, "read_behind"
        )
