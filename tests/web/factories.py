"""Plain functions that make the people, accounts, schedules and invitations of a test."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlmodel import Session, select

from assessment_engine.records import Event, Finished, Log, Scored
from item_bank.assessments import AssessmentIn, definition_of, latest_version, publish_assessment
from item_bank.database import utcnow
from item_bank.log import append, lock_sitting, read_log
from item_bank.models import Assessment, Sitting
from web.auth.access import Role
from web.auth.accounts import create_account
from web.auth.models import Account
from web.people.models import Person, Position, Unit
from web.personnel.models import Invitation, Schedule

PASSWORD = "kata-sandi-uji"
ASSESSMENT = "asesmen-kompetensi"

_numbers = count(1)


def make_nip(number: int) -> str:
    """A well-formed NIP: born 1 January 1985, appointed January 2010."""
    return f"19850101201001{1 + number % 2}{number % 1000:03d}"


def make_unit(session: Session, name: str = "Dinas Uji") -> Unit:
    """The unit of that name, made once a database."""
    known = session.exec(select(Unit).where(Unit.name == name)).first()
    if known is not None:
        return known
    unit = Unit(code=f"OPD-{next(_numbers):03d}", name=name)
    session.add(unit)
    session.flush()
    return unit


def make_position(
    session: Session, job_class: str = "pengawas", unit: Unit | None = None, title: str = ""
) -> Position:
    number = next(_numbers)
    position = Position(
        code=f"JAB-{number:03d}",
        title=title or f"Kepala Seksi Uji {number}",
        job_class=job_class,
        unit_id=(unit or make_unit(session)).id,
    )
    session.add(position)
    session.flush()
    return position


def make_person(
    session: Session, name: str = "", job_class: str = "pengawas", unit: Unit | None = None
) -> Person:
    """An ASN in a post of its own; the NIP is well-formed and unused."""
    number = next(_numbers)
    person = Person(
        nip=make_nip(number),
        name=name or f"Pegawai Uji {number}",
        position_id=make_position(session, job_class, unit).id,
    )
    session.add(person)
    session.flush()
    return person


def make_candidate(
    session: Session,
    person: Person | None = None,
    password: str = PASSWORD,
    *,
    must_change_password: bool = False,
) -> tuple[Person, Account]:
    """A person who can log in as a candidate; the login is the NIP."""
    who = person or make_person(session)
    account = create_account(
        session,
        who.nip,
        who.name,
        (Role.CANDIDATE,),
        password,
        person_id=who.id,
        must_change_password=must_change_password,
    )
    return who, account


def make_assessment(session: Session, code: str = "asesmen-pendek", **changes: Any) -> Assessment:
    """A version of the seeded assessment under ``code``, with parts of its definition replaced."""
    seeded = latest_version(session, ASSESSMENT)
    assert seeded is not None
    content = definition_of(seeded).model_dump() | {"code": code, **changes}
    return publish_assessment(
        session, AssessmentIn.model_validate(content), seeded.parameter_set_id
    )


def section(code: str = "integritas", **changes: Any) -> dict[str, Any]:
    """A short section for ``make_assessment``."""
    return {
        "code": code,
        "title": code.replace("_", " ").title(),
        "intro": "Pilih tindakan yang paling tepat menurut Anda pada setiap situasi.",
        "dimension": code,
        "min_items": 2,
        "max_items": 2,
        "se_target": 0.01,
        "time_limit_minutes": 12,
    } | changes


def make_schedule(
    session: Session,
    *people: Person,
    assessment: Assessment | None = None,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    title: str = "Pemetaan kompetensi",
    extra_time: float = 0.0,
    accreditation: dict[str, Any] | None = None,
) -> Schedule:
    """A schedule, open now unless said otherwise, with an invitation for each of ``people``."""
    offered = assessment or latest_version(session, ASSESSMENT)
    assert offered is not None
    now = utcnow()
    schedule = Schedule(
        title=title,
        assessment_id=offered.id,
        opens_at=opens_at or now - timedelta(hours=1),
        closes_at=closes_at or now + timedelta(days=7),
        accreditation=accreditation or {},
    )
    session.add(schedule)
    session.flush()
    for person in people:
        session.add(Invitation(schedule_id=schedule.id, person_id=person.id, extra_time=extra_time))
    session.flush()
    return schedule


def append_events(session: Session, sitting: Sitting, *events: Event) -> Log:
    """Append events to a sitting as they are, under its lock."""
    lock_sitting(session, sitting.id)
    return append(session, sitting.id, read_log(session, sitting.id), events)


def score_by_hand(session: Session, sitting: Sitting, position: int, level: int) -> Log:
    """Score a pending free-text answer with certainty, as an assessor's rating does."""
    log = read_log(session, sitting.id)
    likelihood = tuple(float(k == level) for k in range(1, 6))
    return append_events(session, sitting, Scored(log[-1].at, position, likelihood, by="human"))


def is_finished(log: Log) -> bool:
    return any(isinstance(event, Finished) for event in log)
