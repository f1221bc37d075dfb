"""Server time of one answer request: form parsed, log read under lock, next item chosen, committed.

Usage: python -m benchmarks.web [--items 500] [--runs 5]

Each run sits one whole assessment through the WSGI application (no network, CSRF on), over the
embedded PostgreSQL with its ordinary durability (fsync on). Printed: median and 95th percentile of
the POST and of the page that follows, per run and over all, and what one commit costs by itself.
"""

import argparse
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, col, select

import web.tables  # noqa: F401  (the mappers need every table)
from item_bank.assessments import definition_of, publish_assessment
from item_bank.database import make_engine, unit_of_work, utcnow
from item_bank.models import Assessment, Item, ItemParameters, ItemVersion, ParameterSet
from web import create_app
from web.auth.access import Role
from web.auth.accounts import create_account
from web.config import Settings
from web.embedded import EmbeddedPostgres
from web.migrate import upgrade
from web.people.models import Person, Position, Unit
from web.personnel.models import Invitation, Schedule
from web.policies.store import load_policy
from web.usecases.bank import import_bank
from web.usecases.sittings import open_sitting

PASSWORD = "hanya-untuk-ukuran"  # noqa: S105  (a throw-away database)
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
FIELD = re.compile(r'name="(position|item)" value="([^"]+)"')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--items", type=int, default=500)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="takar-bench-") as folder,
        EmbeddedPostgres(Path(folder)) as server,
    ):
        engine = make_engine(server.url)
        upgrade(engine)
        n_items, assessment_id = _fill(engine, options.items)
        app = create_app(
            Settings.from_environment({"TAKAR_DATABASE_URL": server.url, "TAKAR_DATA_DIR": folder})
        )
        print(f"pool of {n_items} items, {options.runs} whole sittings")
        print(
            f"{'run':>4} {'answers':>8} {'POST median':>12} {'POST p95':>9} {'GET median':>11}  ms"
        )
        posts: list[float] = []
        for run in range(options.runs):
            sitting_id, nip = _invite(engine, assessment_id, run)
            client = app.test_client()
            _log_in(client, nip)
            answered = list(_sit(client, sitting_id))
            post = [one[0] for one in answered]
            get = [one[1] for one in answered]
            posts += post
            print(
                f"{run + 1:>4} {len(post):>8} {statistics.median(post):>12.1f} "
                f"{statistics.quantiles(post, n=20)[-1]:>9.1f} {statistics.median(get):>11.1f}"
            )
        print(f" all {len(posts):>8} {statistics.median(posts):>12.1f}   (goal: below 25 ms)")
        print(f"of which one empty commit of the database: {_commit_time(engine):.1f} ms")
        app.extensions["engine"].dispose()
        engine.dispose()


def _fill(engine: Engine, wanted: int) -> tuple[int, UUID]:
    """The starter bank, with copies of its items under further codes up to ``wanted``."""
    with unit_of_work(engine) as session:
        done = import_bank(session)
        load_policy(session)
        rows = session.exec(
            select(Item, ItemVersion, ItemParameters)
            .join(ItemVersion, col(ItemVersion.item_id) == col(Item.id))
            .join(ItemParameters, col(ItemParameters.item_version_id) == col(ItemVersion.id))
        ).all()
        given = done.parameter_set
        bigger = ParameterSet(
            name="ukuran",
            status="provisional",
            cut_scores=given.cut_scores,
            provenance={"origin": "benchmark"},
            digest="benchmark",
        )
        session.add(bigger)
        session.flush()
        for number in range(max(wanted, len(rows))):
            _copy(session, rows[number % len(rows)], number, bigger)
        session.flush()
        published = session.exec(select(Assessment)).one()
        assessment = publish_assessment(session, definition_of(published), bigger.id)
        return max(wanted, len(rows)), assessment.id


def _copy(
    session: Session,
    row: tuple[Item, ItemVersion, ItemParameters],
    number: int,
    parameter_set: ParameterSet,
) -> None:
    item, version, parameters = row
    copied = Item(**item.model_dump(exclude={"id", "code"}), code=f"UKR-{number}")
    session.add(copied)
    session.flush()
    words = ItemVersion(**{**version.model_dump(exclude={"id"}), "item_id": copied.id})
    session.add(words)
    session.flush()
    session.add(
        ItemParameters(
            **{
                **parameters.model_dump(),
                "parameter_set_id": parameter_set.id,
                "item_id": copied.id,
                "item_version_id": words.id,
            }
        )
    )


def _invite(engine: Engine, assessment_id: UUID, run: int) -> tuple[UUID, str]:
    nip = f"19800101200501100{run}"
    now = utcnow()
    with unit_of_work(engine) as session:
        unit = Unit(code=f"U{run}", name="Unit")
        session.add(unit)
        session.flush()
        position = Position(code=f"P{run}", title="Jabatan", job_class="pengawas", unit_id=unit.id)
        session.add(position)
        session.flush()
        person = Person(nip=nip, name="Nama", position_id=position.id)
        session.add(person)
        session.flush()
        create_account(
            session,
            nip,
            "Nama",
            (Role.CANDIDATE,),
            PASSWORD,
            person_id=person.id,
            must_change_password=False,
        )
        schedule = Schedule(
            title="Ukuran",
            assessment_id=assessment_id,
            opens_at=now - timedelta(hours=1),
            closes_at=now + timedelta(hours=1),
        )
        session.add(schedule)
        session.flush()
        session.add(Invitation(schedule_id=schedule.id, person_id=person.id))
        session.flush()
        return open_sitting(session, person, schedule.id, seed=run).id, nip


def _log_in(client: FlaskClient, nip: str) -> None:
    token = TOKEN.search(client.get("/masuk").text)
    if token is None:
        raise RuntimeError("the log-in page has no token")
    client.post("/masuk", data={"login": nip, "password": PASSWORD, "csrf_token": token[1]})


def _sit(client: FlaskClient, sitting_id: UUID) -> Iterator[tuple[float, float]]:
    """Answer until the end; milliseconds of each answer and of the page after it."""
    address = f"/asesmen/{sitting_id}/butir"
    page = client.get(address).text
    while (token := TOKEN.search(page)) and 'name="position"' in page:
        data = dict(FIELD.findall(page)) | {"csrf_token": token[1]}
        data |= (
            {"text": "Saya melapor kepada atasan. " * 12} if "<textarea" in page else {"shown": "1"}
        )
        start = time.perf_counter()
        reply = client.post(address, data=data)
        middle = time.perf_counter()
        if reply.status_code != 303:
            raise RuntimeError(f"the answer was refused: {reply.status}")
        page = client.get(reply.location, follow_redirects=True).text
        yield 1000 * (middle - start), 1000 * (time.perf_counter() - middle)


def _commit_time(engine: Engine, n: int = 50) -> float:
    times = []
    for _ in range(n):
        with unit_of_work(engine) as session:
            item = session.exec(select(Item).limit(1)).one()
            item.seconds += 1
            session.add(item)
            session.flush()
            start = time.perf_counter()
            session.commit()
            times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


if __name__ == "__main__":
    main()
