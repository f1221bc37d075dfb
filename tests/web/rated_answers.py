"""Free-text answers for tests of scoring and rating: one sitting, one free-text item, answered."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from factories import make_assessment, make_person, make_schedule, section
from sqlalchemy import Engine
from sqlmodel import Session

from item_bank.bank import text_in_set
from item_bank.database import unit_of_work, utcnow
from item_bank.models import Rating, Sitting
from web.people.models import Person
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
                    }
                ],
                versions={"head": "head-uji"},
            )
        )


def add_pair(session: Session, answered: Answered, machine: int, human: int) -> None:
    """A machine's and a person's level for one answer to the item, in a sitting of its own."""
    known = session.get_one(Sitting, answered.sitting_id)
    sitting = Sitting(
        candidate=uuid4(),
        assessment_id=known.assessment_id,
        parameter_set_id=known.parameter_set_id,
        seed=1,
        software="uji",
    )
    session.add(sitting)
    session.flush()
    for kind, level in (("machine", machine), ("human", human)):
        session.add(
            Rating(
                sitting_id=sitting.id,
                position=1,
                item_id=answered.item_id,
                rater_kind=kind,
                rater="uji",
                level=level,
                decision="human",
            )
        )
