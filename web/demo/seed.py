"""Seeding the demo: the starter bank, people from files, a finished schedule and an open one.

Everything goes through the importers and use cases that people use. A second run changes nothing.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from item_bank.assessments import latest_version
from item_bank.database import unit_of_work, utcnow
from web.auth.access import Role
from web.auth.accounts import create_account
from web.auth.models import Account
from web.auth.passwords import make_password
from web.demo.people import abilities_of
from web.migrate import upgrade
from web.people.models import Person
from web.personnel.importing.known import known_records
from web.personnel.importing.reading import read_file
from web.personnel.importing.records import Kind
from web.personnel.importing.writing import write_rows
from web.personnel.models import CostEntry, Invitation, Schedule
from web.policies.store import load_policy
from web.usecases.bank import import_bank
from web.usecases.rehearsal import rate_by_anchors, sit

FOLDER = Path(__file__).parent
FILES = (
    (Kind.PEOPLE, FOLDER / "pegawai.csv"),
    (Kind.PERFORMANCE, FOLDER / "kinerja.csv"),
    (Kind.TALENT_SCORES, FOLDER / "komponen.csv"),
)
STAFF = {
    Role.PERSONNEL: ("bkpp", "Petugas BKPP"),
    Role.PSYCHOMETRICIAN: ("psikometri", "Psikometrikawan"),
    Role.ASSESSOR: ("asesor", "Asesor"),
    Role.PANEL: ("walikota", "Wali Kota"),
    Role.AUDITOR: ("auditor", "Auditor"),
}
ASSESSMENT = "asesmen-kompetensi"
UNFINISHED_EVERY = 9
NOT_YET_RATED_EVERY = 7

Accounts = dict[str, tuple[str, str]]


def seed_demo(engine: Engine, data_dir: Path, say: Callable[[str], object]) -> Accounts:
    """Bring the database to a seeded demo; the accounts to log in with, by role.

    The passwords are made for this installation and kept in a file that only its owner reads.
    """
    upgrade(engine)
    kept = data_dir / "demo_accounts.json"
    with unit_of_work(engine) as session:
        seeded = session.exec(select(Account).limit(1)).first() is not None
    if seeded and kept.exists():
        return {role: (login, password) for role, (login, password) in _read(kept).items()}
    say("Importing the starter bank, people and records ...")
    with unit_of_work(engine) as session:
        import_records(session)
        accounts = _accounts(session)
    say("Simulated candidates sit the assessment ...")
    _sit_all(engine)
    kept.touch(mode=0o600)
    kept.write_text(json.dumps(accounts))
    return accounts


def import_records(session: Session) -> None:
    """The bank, the policy and the people with their records, through their importers."""
    import_bank(session)
    load_policy(session)
    for kind, path in FILES:
        read = read_file(kind, path, known_records(session))
        if read.errors:
            raise RuntimeError(f"{path.name}: {read.errors[0]}")
        write_rows(session, kind, read.rows, "demo", path.name)
        session.flush()


def schedule(
    session: Session, title: str, *, opened_ago: timedelta, open_for: timedelta
) -> Schedule:
    """A schedule of the seeded assessment, accredited by example up to administrator."""
    assessment = latest_version(session, ASSESSMENT)
    if assessment is None:
        raise RuntimeError(f"assessment {ASSESSMENT} is not in the bank")
    opens = utcnow() - opened_ago
    made = Schedule(
        title=title,
        assessment_id=assessment.id,
        opens_at=opens,
        closes_at=opens + open_for,
        accreditation={
            "unit": "Unit asesmen contoh",
            "number": "CONTOH-001",
            "covers": ["pengawas", "administrator"],
        },
    )
    session.add(made)
    session.flush()
    return made


def _accounts(session: Session) -> Accounts:
    accounts: Accounts = {}
    candidate = _people(session)[-1]
    for role, (login, name) in STAFF.items():
        accounts[role.value] = (login, make_password())
        create_account(
            session, login, name, (role,), accounts[role.value][1], must_change_password=False
        )
    accounts[Role.CANDIDATE.value] = (candidate.nip, make_password())
    create_account(
        session,
        candidate.nip,
        candidate.name,
        (Role.CANDIDATE,),
        accounts[Role.CANDIDATE.value][1],
        person_id=candidate.id,
        must_change_password=False,
    )
    return accounts


def _sit_all(engine: Engine) -> None:
    transactions = partial(unit_of_work, engine)
    with transactions() as session:
        people = _people(session)
        past = schedule(
            session,
            "Pemetaan talenta semester I",
            opened_ago=timedelta(days=40),
            open_for=timedelta(days=20),
        )
        now = schedule(
            session,
            "Pemetaan talenta semester II",
            opened_ago=timedelta(days=2),
            open_for=timedelta(days=30),
        )
        session.add_all(Invitation(schedule_id=past.id, person_id=one.id) for one in people[:-4])
        session.add_all(Invitation(schedule_id=now.id, person_id=one.id) for one in people[-6:])
        _costs(session)
        assessor = session.exec(select(Account).where(Account.login == "asesor")).one()
    for number, person in enumerate(people[:-4]):
        stop_after = 20 if number % UNFINISHED_EVERY == UNFINISHED_EVERY - 1 else None
        sitting = sit(
            transactions,
            person,
            past.id,
            abilities_of(number),
            seed=number,
            starts=past.opens_at + timedelta(hours=9, days=number % 15),
            stop_after=stop_after,
        )
        if number % NOT_YET_RATED_EVERY != NOT_YET_RATED_EVERY - 1:
            rate_by_anchors(transactions, sitting.id, assessor.id)


def _costs(session: Session) -> None:
    first = utcnow().date().replace(day=1)
    for description, amount in (
        ("Sewa server dan cadangan", 2_500_000),
        ("Honor asesor", 6_000_000),
        ("Ruang dan jaringan", 1_200_000),
    ):
        session.add(CostEntry(month=first, description=description, amount=amount))


def _people(session: Session) -> list[Person]:
    return list(session.exec(select(Person).order_by(col(Person.nip))).all())


def _read(path: Path) -> Accounts:
    found: Accounts = json.loads(path.read_text())
    return found
