"""``takar replay``: a sitting in the database, and one in a file."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner, Result
from factories import make_assessment, make_person, make_schedule, section
from sqlalchemy import Engine
from sqlmodel import Session

from item_bank.database import unit_of_work, utcnow
from item_bank.finished import export_sitting
from item_bank.log import digest_of
from item_bank.models import Sitting
from web.cli import main
from web.usecases.rehearsal import sit


@pytest.fixture(scope="module")
def sitting_id(engine: Engine) -> UUID:
    """A finished sitting of two short sections."""
    with unit_of_work(engine) as session:
        person = make_person(session)
        sections = [section("integritas", max_items=4), section("penalaran", max_items=4)]
        assessment = make_assessment(session, sections=sections, practice=[])
        schedule = make_schedule(session, person, assessment=assessment)
    sitting = sit(
        lambda: unit_of_work(engine),
        person,
        schedule.id,
        {"integritas": 0.5, "penalaran": -0.5},
        seed=11,
        starts=utcnow() - timedelta(minutes=30),
    )
    return sitting.id


@pytest.fixture
def exported(engine: Engine, sitting_id: UUID) -> dict[str, Any]:
    with Session(engine) as session:
        found = export_sitting(session, session.get_one(Sitting, sitting_id))
    copied: dict[str, Any] = json.loads(json.dumps(found))
    return copied


def replay(what: str, database_url: str = "") -> Result:
    return CliRunner().invoke(main, ["replay", what], env={"TAKAR_DATABASE_URL": database_url})


def of_file(tmp_path: Path, content: object) -> Result:
    file = tmp_path / "asesmen.json"
    file.write_text(json.dumps(content))
    return replay(str(file))


def chained(content: dict[str, Any]) -> dict[str, Any]:
    """As somebody would write it who knows how digests are made."""
    previous = ""
    for row in content["events"]:
        previous = row["digest"] = digest_of(
            previous, UUID(content["sitting"]["id"]), row["sequence"], row["kind"], row["payload"]
        )
    return content


def test_untouched_sitting_is_identical(database_url: str, sitting_id: UUID) -> None:
    shown = replay(str(sitting_id), database_url)
    assert shown.exit_code == 0, shown.output
    assert shown.output.splitlines()[-1] == "identical"


def test_its_file_is_identical_without_a_database(tmp_path: Path, exported: Any) -> None:
    shown = of_file(tmp_path, exported)
    assert shown.exit_code == 0, shown.output
    n_offers = sum(row["kind"] == "offered" for row in exported["events"])
    assert shown.output.splitlines() == [f"{n_offers + 1} decisions recomputed", "identical"]


def other_item(content: dict[str, Any]) -> None:
    """The second offer's item becomes one that was not offered, in offer and answer."""
    offers = [row["payload"] for row in content["events"] if row["kind"] == "offered"]
    used = {offer["item"] for offer in offers}
    item = next(
        row["id"]
        for row in content["parameter_set"]["items"]
        if row["id"] not in used and row["dimension"] == "integritas" and row["kind"] == "choice"
    )
    for row in content["events"]:
        if row["payload"].get("position") == 2 and "item" in row["payload"]:
            row["payload"]["item"] = item


def ends_early(content: dict[str, Any]) -> None:
    del content["events"][-3:-1]
    for sequence, row in enumerate(content["events"], start=1):
        row["sequence"] = sequence


def other_profile(content: dict[str, Any]) -> None:
    content["profile"]["content"]["dimensions"]["integritas"]["ability"]["theta"] += 0.01


def other_answer(content: dict[str, Any]) -> None:
    answer = next(row for row in content["events"] if row["kind"] == "answered")
    answer["payload"]["category"] = 1 - min(answer["payload"]["category"], 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (other_item, "decision 2 differs, position 2: the log has item"),
        (ends_early, "the log has the end (completed), recomputed is item"),
        (other_profile, "profile differs at dimensions.integritas.ability.theta: kept"),
    ],
)
def test_first_difference_is_shown(
    tmp_path: Path, exported: dict[str, Any], change: Callable[[Any], None], said: str
) -> None:
    change(exported)
    shown = of_file(tmp_path, chained(exported))
    assert shown.exit_code == 1
    assert said in shown.output


def test_altered_event_breaks_the_chain(tmp_path: Path, exported: dict[str, Any]) -> None:
    other_answer(exported)
    shown = of_file(tmp_path, exported)
    assert shown.exit_code == 1
    assert "the log was altered: the digest of event 3 does not agree" in shown.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], "no sitting as the audit pages export it"),
        ({"format": "other"}, "format 'other', expected 'takar-sitting-1'"),
        ({"format": "takar-sitting-1"}, "KeyError('parameter_set')"),
    ],
)
def test_file_that_is_no_sitting_is_refused(tmp_path: Path, content: object, said: str) -> None:
    shown = of_file(tmp_path, content)
    assert shown.exit_code == 1
    assert said in shown.output


def test_neither_a_file_nor_a_sitting(database_url: str) -> None:
    assert "neither the id of a sitting nor a file" in replay("tiada.json").output
    shown = replay(str(uuid4()), database_url)
    assert (shown.exit_code, "no such sitting" in shown.output) == (1, True)
