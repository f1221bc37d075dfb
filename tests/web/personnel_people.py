"""People with results and records, for the tests of the board and of eligibility."""

from datetime import date
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from pydantic import TypeAdapter
from sqlmodel import Session, select

from assessment_engine.records import Ability, DimensionResult, Finished, Opened, Profile
from item_bank.database import utcnow
from item_bank.log import append
from item_bank.models import Assessment, ProfileSnapshot, Sitting
from web.people.models import Performance, Person, Placement, TalentScore
from web.personnel.importing.known import recorded_components
from web.personnel.models import Invitation, Schedule
from web.policies.store import policy_content, policy_in_force
from web.usecases.placements import refresh_placement

PASSWORD = "kata-sandi-uji"
_profiles: TypeAdapter[Profile] = TypeAdapter(Profile)


def logged_in(app: Flask, login: str) -> FlaskClient:
    client = app.test_client()
    answer = client.post("/masuk", data={"login": login, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return client


def open_log(session: Session, person: Person, schedule: Schedule, *events: Any) -> Sitting:
    """A sitting of an invited person whose log holds an opening and ``events``."""
    assessment = session.get_one(Assessment, schedule.assessment_id)
    sitting = Sitting(
        candidate=person.candidate,
        assessment_id=assessment.id,
        parameter_set_id=assessment.parameter_set_id,
        seed=1,
        software="uji",
        opened_at=utcnow(),
    )
    session.add(sitting)
    session.flush()
    append(session, sitting.id, (), [Opened(0.0, str(assessment.id), "uji", ()), *events])
    session.get_one(Invitation, (schedule.id, person.id)).sitting_id = sitting.id
    session.flush()
    return sitting


def finish(
    session: Session, person: Person, schedule: Schedule, level: int, *, pending: bool = False
) -> ProfileSnapshot:
    """A finished sitting whose profile has ``level`` in every dimension, for certain."""
    sitting = open_log(session, person, schedule, Finished(3600.0, "completed"))
    policy = policy_content(policy_in_force(session))
    names = (*policy.competencies, "penalaran")
    profile = Profile(
        dimensions={name: _certain(name, level) for name in names},
        pending=(3,) if pending else (),
    )
    snapshot = ProfileSnapshot(
        sitting_id=sitting.id,
        candidate=person.candidate,
        complete=not pending,
        profile=_profiles.dump_python(profile, mode="json"),
        versions={"assessment": "asesmen-uji (1)", "parameter_set": "uji", "software": "uji"},
    )
    session.add(snapshot)
    session.flush()
    return snapshot


def give_records(session: Session, person: Person, value: float, *, but: str = "") -> None:
    """A score in every recorded component (``but`` one), and a year of performance above all."""
    policy = policy_content(policy_in_force(session))
    for code in recorded_components(policy):
        if code != but:
            session.add(
                TalentScore(
                    person_id=person.id,
                    component=code,
                    value=value,
                    dated=date(2026, 1, 15),
                    source="SIMPEG",
                )
            )
    session.add(Performance(person_id=person.id, year=2025, results="above", behaviour="above"))
    session.flush()


def place(session: Session, person: Person) -> Placement:
    return refresh_placement(session, person)


def only_schedule(session: Session, title: str) -> Schedule:
    return session.exec(select(Schedule).where(Schedule.title == title)).one()


def _certain(name: str, level: int) -> DimensionResult:
    return DimensionResult(
        dimension=name,
        ability=Ability(0.0, 0.3, (-0.5, 0.5)),
        level_probabilities=tuple(float(k == level) for k in range(1, 6)),
        level=level,
        level_interval=(level, level),
        n_scored=5,
        n_pending=0,
        stop_reason="se",
    )
