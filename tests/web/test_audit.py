"""The auditor: the chained record, recomputed sittings, and what was altered in the database."""

import ast
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from factories import make_assessment, make_person, make_schedule, section
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from sqlmodel import Session, col, select

import web
from assessment_engine import profile, replay
from item_bank.database import unit_of_work, utcnow
from item_bank.finished import latest_snapshot
from item_bank.log import read_log
from item_bank.models import Sitting
from item_bank.pool import load_form
from web.audit.chain import check_chain, record
from web.audit.models import AuditEntry, DataAccess
from web.audit.words import action_words, page_words
from web.auth.access import Role
from web.people.models import Person
from web.usecases.recompute import first_mismatch, recompute
from web.usecases.rehearsal import sit

Login = Callable[[str], FlaskClient]
NAME = "Kusuma Wardhana"


@pytest.fixture
def auditor(staff: dict[Role, str], login: Login) -> FlaskClient:
    return login(staff[Role.AUDITOR])


@pytest.fixture(scope="module")
def sitting_id(engine: Engine) -> UUID:
    """A finished sitting of two short sections."""
    with unit_of_work(engine) as session:
        person = make_person(session, NAME)
        sections = [section("integritas", max_items=5), section("penalaran", max_items=5)]
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


@contextmanager
def tampered(engine: Engine, table: str, change: str, **values: object) -> Iterator[Session]:
    """Change rows as somebody with the database's password could, and undo it afterwards."""
    with Session(engine) as session:
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        assert session.execute(text(change), values).rowcount == 1  # type: ignore[attr-defined]
        yield session
        session.rollback()


def test_log_shows_acts_newest_first_and_filters_by_action(
    auditor: FlaskClient, engine: Engine
) -> None:
    with unit_of_work(engine) as session:
        record(session, "system", "cost entered", "uji-biaya", amount=17)
    page = auditor.get("/pemeriksaan/catatan")
    assert page.status_code == 200
    numbers = [int(n) for n in re.findall(r'<td class="number">(\d+)</td>', page.text)]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) > 3
    filtered = auditor.get("/pemeriksaan/catatan?action=cost+entered").text
    assert "uji-biaya" in filtered
    assert "amount: 17" in filtered
    assert filtered.count("<tr>") == 2


def test_log_is_paged(auditor: FlaskClient, engine: Engine) -> None:
    with unit_of_work(engine) as session:
        for n in range(60):
            record(session, "system", "test act", f"subjek-{n:02d}")
    first = auditor.get("/pemeriksaan/catatan?action=test+act").text
    assert "subjek-59" in first
    assert "subjek-09" not in first
    second = auditor.get("/pemeriksaan/catatan?action=test+act&page=2").text
    assert "subjek-09" in second
    assert "subjek-10" not in second
    assert auditor.get("/pemeriksaan/catatan?page=nol").status_code == 422


def test_intact_chain_is_said_to_be_intact(auditor: FlaskClient) -> None:
    page = auditor.get("/pemeriksaan/catatan/verifikasi").text
    assert "Rantai utuh." in page


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'orang lain' WHERE sequence = 3",
        "UPDATE audit_entry SET detail = '{}' WHERE sequence = 3",
        "UPDATE audit_entry SET at = at + interval '1 second' WHERE sequence = 3",
        "DELETE FROM audit_entry WHERE sequence = 3",
    ],
)
def test_altered_act_breaks_the_chain_there(
    engine: Engine, staff: dict[Role, str], statement: str
) -> None:
    with tampered(engine, "audit_entry", statement) as session:
        assert check_chain(session).broken_at == 3


def test_database_refuses_to_change_an_act(engine: Engine, staff: dict[Role, str]) -> None:
    with Session(engine) as session, pytest.raises(Exception, match="never changed or removed"):
        session.execute(text("UPDATE audit_entry SET actor = 'x' WHERE sequence = 1"))


def test_broken_chain_is_said_on_the_page(
    auditor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.audit.chain._digest", lambda *_both: "lain")
    page = auditor.get("/pemeriksaan/catatan/verifikasi").text
    assert "Rantai putus pada perbuatan nomor 1." in page


def test_list_of_sittings_names_nobody(auditor: FlaskClient, sitting_id: UUID) -> None:
    page = auditor.get("/pemeriksaan/asesmen").text
    assert str(sitting_id) in page
    assert NAME not in page


def test_untouched_sitting_recomputes_the_same(
    auditor: FlaskClient, sitting_id: UUID, engine: Engine
) -> None:
    page = auditor.get(f"/pemeriksaan/asesmen/{sitting_id}")
    assert page.status_code == 200
    assert "Semua sama." in page.text
    assert NAME not in page.text
    with unit_of_work(engine) as session:
        found = recompute(session, sitting_id)
        n_events = len(read_log(session, sitting_id))
    assert found.identical
    assert found.replay is not None
    assert found.replay.n_decisions == 5 + 5 + 1
    assert len(found.placements) == 1
    assert page.text.count('<td class="number">') >= 3 * n_events


def test_reading_a_sitting_is_noted_for_the_person(
    auditor: FlaskClient, sitting_id: UUID, engine: Engine
) -> None:
    auditor.get(f"/pemeriksaan/asesmen/{sitting_id}")
    with unit_of_work(engine) as session:
        person = session.exec(select(Person).where(Person.name == NAME)).one()
        rows = session.exec(select(DataAccess).where(DataAccess.person_id == person.id)).all()
    assert rows
    assert {row.page for row in rows} == {"audit.sitting"}


def test_altered_event_is_found_by_its_digest(sitting_id: UUID, engine: Engine) -> None:
    change = (
        "UPDATE sitting_event SET payload = jsonb_set(payload, '{category}', '0') "
        "WHERE sitting_id = :id AND sequence = 3"
    )
    with tampered(engine, "sitting_event", change, id=sitting_id) as session:
        found = recompute(session, sitting_id)
    assert found.chain_broken_at == 3
    assert not found.identical


def test_other_seed_is_found_by_the_replay(sitting_id: UUID, engine: Engine) -> None:
    change = "UPDATE sitting SET seed = seed + 1 WHERE id = :id"
    with tampered(engine, "sitting", change, id=sitting_id) as session:
        found = recompute(session, sitting_id)
    assert found.replay is not None
    assert found.replay.difference is not None
    assert found.replay.difference.position == 1
    assert not found.identical


def test_altered_profile_is_found(sitting_id: UUID, engine: Engine) -> None:
    change = (
        "UPDATE profile_snapshot SET profile = jsonb_set(profile, "
        "'{dimensions,integritas,ability,theta}', '1.5') "
        "WHERE sitting_id = :id"
    )
    with tampered(engine, "profile_snapshot", change, id=sitting_id) as session:
        found = recompute(session, sitting_id)
    assert found.profile_mismatch is not None
    assert found.profile_mismatch.place == "dimensions.integritas.ability.theta"
    assert found.profile_mismatch.kept == 1.5
    assert not found.identical


def test_altered_box_is_found(sitting_id: UUID, engine: Engine) -> None:
    with unit_of_work(engine) as session:
        placement_id = recompute(session, sitting_id).placements[0].placement.id
    change = "UPDATE placement SET box = 9 WHERE id = :id"
    with tampered(engine, "placement", change, id=placement_id) as session:
        (check,) = recompute(session, sitting_id).placements
    assert check.mismatch is not None
    assert (check.mismatch.place, check.mismatch.kept) == ("box", 9)


@pytest.mark.parametrize(
    ("kept", "recomputed", "place"),
    [
        ({"a": [1.0, 2.0]}, {"a": [1.0, 2.0 + 5e-10]}, None),
        ({"a": [1.0, 2.0]}, {"a": [1.0, 2.0 + 2e-9]}, "a[2]"),
        ({"a": 1}, {"b": 1}, ""),
        ({"a": None}, {"a": 0.0}, "a"),
        ([1], [1, 2], ""),
    ],
)
def test_first_mismatch(kept: object, recomputed: object, place: str | None) -> None:
    found = first_mismatch(kept, recomputed)
    assert (found.place if found else None) == place


def test_export_is_enough_to_recompute_elsewhere(
    auditor: FlaskClient, sitting_id: UUID, engine: Engine
) -> None:
    answer = auditor.get(f"/pemeriksaan/asesmen/{sitting_id}/unduh")
    assert answer.mimetype == "application/json"
    assert str(sitting_id) in answer.headers["Content-Disposition"]
    content = json.loads(answer.text)
    with unit_of_work(engine) as session:
        sitting = session.get_one(Sitting, sitting_id)
        form = load_form(session, sitting.assessment_id)
        log = read_log(session, sitting_id)
        kept = latest_snapshot(session, sitting_id)
        last = session.exec(select(AuditEntry).order_by(col(AuditEntry.sequence).desc())).first()
    assert last is not None
    assert (last.action, last.subject) == ("sitting exported", str(sitting_id))
    assert content["sitting"]["seed"] == sitting.seed
    assert [event["sequence"] for event in content["events"]] == list(range(1, len(log) + 1))
    assert {item["id"]: item["b"] for item in content["parameter_set"]["items"]} == {
        item.id: list(item.b) for item in form.pool.items
    }
    assert replay(form.rules, form.pool, log, content["sitting"]["seed"]).identical
    assert kept is not None
    theta = profile(form.rules, form.pool, log, form.cuts).dimensions["integritas"].ability.theta
    exported = content["profile"]["content"]["dimensions"]["integritas"]["ability"]["theta"]
    assert exported == pytest.approx(theta, abs=1e-12)
    assert NAME not in answer.text


def test_unknown_sitting_is_not_found(auditor: FlaskClient) -> None:
    assert auditor.get(f"/pemeriksaan/asesmen/{uuid4()}").status_code == 404
    assert auditor.get(f"/pemeriksaan/asesmen/{uuid4()}/unduh").status_code == 404


def test_every_kind_of_act_and_page_has_words(app: Flask) -> None:
    """Read from the sources, so that a new act or page without words is noticed."""
    acts, pages = set(), set()
    for source in Path(web.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            words = [one.value for one in node.args if isinstance(one, ast.Constant)]
            if node.func.id == "note_access":
                pages.update(words)
            elif node.func.id in ("record", "record_act"):
                acts.update(word for word in words if word != "system")
    assert {"decision recorded", "logged in"} <= acts
    assert {"panel.dossier", "audit.sitting"} <= pages
    with app.test_request_context():
        assert not acts - set(action_words())
        assert not pages - set(page_words())
