"""The demo's main job in the terminal: one simulated candidate, from the first item to the box."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import psycopg
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine
from sqlmodel import Session, col, select

import web.tables  # noqa: F401  (the mappers need every table)
from assessment_engine.records import Answered
from item_bank.database import make_engine, unit_of_work, utcnow
from item_bank.log import read_log
from item_bank.models import Competency, Rating
from web import logs
from web.auth.access import Role
from web.auth.accounts import create_account
from web.auth.passwords import make_password
from web.commands.shared import database
from web.config import Settings
from web.demo.people import abilities_of
from web.demo.seed import import_records, schedule
from web.migrate import upgrade
from web.people.models import Person, Position
from web.personnel.models import Invitation
from web.policies.store import policy_by_id
from web.usecases.placements import eligibility, engine_placement, latest_placement
from web.usecases.rehearsal import rate_by_anchors, sit
from web.usecases.results import latest_profile, profile_from_json
from web.usecases.scoring import score_pending

SEED = 7
JOB_CLASS = "pengawas"


def run(settings: Settings) -> None:
    """Sit the seeded assessment in a database of its own and print what came of it."""
    console = Console()
    logs.configure("WARNING")
    with database(settings) as (engine, url), _own_database(engine, url) as own:
        upgrade(own)
        with unit_of_work(own) as session:
            import_records(session)
            person, schedule_id = _invite(session)
            assessor = create_account(
                session, "asesor", "Asesor", (Role.ASSESSOR,), make_password()
            ).id
        _sit(console, own, person, schedule_id, settings.encoder, assessor)
        with unit_of_work(own) as session:
            _report(console, session, person)


@contextmanager
def _own_database(engine: Engine, url: str) -> Iterator[Engine]:
    """A database beside the demo's, dropped at the end, so that the demo's data stays as it is."""
    name = f"headless_{uuid4().hex[:10]}"
    address = engine.url.set(database=name).render_as_string(hide_password=False)
    plain = url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        own = make_engine(address)
        try:
            yield own
        finally:
            own.dispose()
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _invite(session: Session) -> tuple[Person, UUID]:
    person = session.exec(
        select(Person)
        .join(Position, col(Position.id) == col(Person.position_id))
        .where(Position.job_class == JOB_CLASS)
        .order_by(col(Person.nip))
    ).first()
    if person is None:
        raise RuntimeError(f"the demo's people hold no {JOB_CLASS}")
    made = schedule(session, "Peragaan", opened_ago=timedelta(hours=3), open_for=timedelta(days=1))
    session.add(Invitation(schedule_id=made.id, person_id=person.id))
    return person, made.id


def _sit(
    console: Console,
    engine: Engine,
    person: Person,
    schedule_id: UUID,
    encoder: str | None,
    assessor: UUID,
) -> None:
    transactions = partial(unit_of_work, engine)
    sitting = sit(
        transactions,
        person,
        schedule_id,
        abilities_of(SEED),
        SEED,
        starts=utcnow() - timedelta(hours=2),
    )
    with transactions() as session:
        answers = [e for e in read_log(session, sitting.id) if isinstance(e, Answered)]
        console.print(
            f"{len(answers)} items answered in {answers[-1].at / 60:.0f} simulated minutes.",
            highlight=False,
        )
        for answer in answers:
            if answer.category is None:
                score_pending(session, sitting.id, answer.position, encoder)
        for rating in session.exec(select(Rating).where(Rating.sitting_id == sitting.id)).all():
            _show_rating(console, rating)
    rated = rate_by_anchors(transactions, sitting.id, assessor)
    console.print(f"{rated} free-text answers rated by an assessor.", highlight=False)


def _show_rating(console: Console, rating: Rating) -> None:
    chances = ", ".join(
        f"level {level} {chance:.0%}" for level, chance in enumerate(rating.probabilities, 1)
    )
    reasons = ", ".join(str(reason["code"]) for reason in rating.reasons)
    console.print(
        f"Free text at position {rating.position}: {chances}; decided by {rating.decision}"
        + (f" ({reasons})" if reasons else ""),
        highlight=False,
    )


def _report(console: Console, session: Session, person: Person) -> None:
    snapshot, placement = latest_profile(session, person.candidate), None
    if snapshot is not None:
        placement = latest_placement(session, person.id)
    if snapshot is None or placement is None:
        raise RuntimeError("the sitting gave no profile")
    policy = policy_by_id(session, placement.policy_id)
    found = engine_placement(placement)
    names = {one.code: one.name_id for one in session.exec(select(Competency)).all()}
    required = policy.required_levels(found.job_class)
    profile = Table("competency", "ability", "se", "level", "90 % of levels", "required")
    for code, result in profile_from_json(snapshot.profile).dimensions.items():
        low, high = result.level_interval
        profile.add_row(
            names[code],
            f"{result.ability.theta:+.2f}",
            f"{result.ability.se:.2f}",
            str(result.level),
            f"{low}-{high}" if low != high else str(low),
            str(required.get(code, "")),
        )
    console.print(profile)
    boxes = Table("box", "name", "probability")
    for box, chance in sorted(found.probabilities.items(), key=lambda pair: -pair[1]):
        if chance >= 0.005:
            mark = " *" if box == found.box else ""
            boxes.add_row(f"{box}{mark}", policy.box_names[box], f"{chance:.1%}")
    console.print(boxes)
    if found.match.mean is not None:
        console.print(f"Job person match for {found.job_class}: {found.match.mean:.1f}")
    verdict = Table("promotion to", "eligible", "why not")
    for target in policy.promotion_classes():
        judged = eligibility(session, placement, target)
        why = "; ".join(reason.code for reason in judged.reasons)
        verdict.add_row(policy.class_name(target), "yes" if judged.ok else "no", why)
    console.print(verdict)
    versions = placement.versions
    console.print(
        f"Parameters {versions['parameter_set']} ({versions['parameter_set_status']}), "
        f"policy {versions['policy']}, software {versions['software']}.",
        highlight=False,
    )
