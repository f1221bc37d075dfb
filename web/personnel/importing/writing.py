"""From sound rows to the records: what is new, what changes, and writing it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from flask_babel import gettext as _
from sqlalchemy import text
from sqlmodel import Session, SQLModel, col, select

from web.audit.chain import record
from web.errors import RefusedError
from web.people.models import Performance, Person, Position, TalentScore, Unit
from web.personnel.importing.records import Kind, Row
from web.usecases.placements import refresh_placement

IMPORT_LOCK = 7_203_115
Record = TypeVar("Record", bound=SQLModel)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows are new, changed, or as they already were."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0


def compare(session: Session, kind: Kind, rows: Sequence[Row]) -> Counts:
    """What writing ``rows`` would do, without doing it."""
    states = [state for _row, state in _states(session, kind, rows)]
    return _counts(states)


def write_rows(
    session: Session, kind: Kind, rows: Sequence[Row], actor: str, subject: str = "import"
) -> Counts:
    """Write the sound rows of a file, place the people concerned anew, and record the act.

    Rows that are as they already were change nothing, so that the same file can be written twice.

    Raises
    ------
    RefusedError
        If a row names a person who is not there.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": IMPORT_LOCK})
    judged = _states(session, kind, rows)
    counts = _counts([state for _row, state in judged])
    changed = [row for row, state in judged if state != "unchanged"]
    concerned = _WRITERS[kind](session, changed)
    session.flush()
    for person in concerned:
        refresh_placement(session, person)
    if changed:
        record(
            session,
            actor,
            "records imported",
            subject,
            kind=kind.value,
            new=counts.new,
            changed=counts.changed,
            placed=len(concerned),
        )
    return counts


def _states(session: Session, kind: Kind, rows: Sequence[Row]) -> list[tuple[Row, str]]:
    held = _HELD[kind](session, rows)
    return [(row, _state(held.get(_identity(kind, row)), row)) for row in rows]


def _state(held: Row | None, row: Row) -> str:
    if held is None:
        return "new"
    return "unchanged" if all(held[key] == value for key, value in row.items()) else "changed"


def _counts(states: Sequence[str]) -> Counts:
    return Counts(*(states.count(state) for state in ("new", "changed", "unchanged")))


def _identity(kind: Kind, row: Row) -> tuple[Any, ...]:
    match kind:
        case Kind.PEOPLE:
            return (row["nip"],)
        case Kind.PERFORMANCE:
            return row["nip"], row["year"]
        case Kind.TALENT_SCORES:
            return row["nip"], row["component"]


def _held_people(session: Session, rows: Sequence[Row]) -> dict[tuple[Any, ...], Row]:
    found = session.exec(
        select(Person, Position, Unit)
        .join(Position, col(Position.id) == col(Person.position_id))
        .join(Unit, col(Unit.id) == col(Position.unit_id))
        .where(col(Person.nip).in_([row["nip"] for row in rows]))
    ).all()
    return {
        (person.nip,): {
            "nip": person.nip,
            "name": person.name,
            "unit_code": unit.code,
            "unit_name": unit.name,
            "position_code": position.code,
            "position_title": position.title,
            "job_class": position.job_class,
        }
        for person, position, unit in found
    }


def _held_performance(session: Session, rows: Sequence[Row]) -> dict[tuple[Any, ...], Row]:
    found = session.exec(
        select(Person.nip, Performance)
        .join(Performance, col(Performance.person_id) == col(Person.id))
        .where(col(Person.nip).in_([row["nip"] for row in rows]))
    ).all()
    return {
        (nip, one.year): {
            "nip": nip,
            "year": one.year,
            "results": one.results,
            "behaviour": one.behaviour,
            "source": one.source,
        }
        for nip, one in found
    }


def _held_scores(session: Session, rows: Sequence[Row]) -> dict[tuple[Any, ...], Row]:
    found = session.exec(
        select(Person.nip, TalentScore)
        .join(TalentScore, col(TalentScore.person_id) == col(Person.id))
        .where(col(Person.nip).in_([row["nip"] for row in rows]))
    ).all()
    return {
        (nip, one.component): {
            "nip": nip,
            "component": one.component,
            "value": one.value,
            "dated": one.dated.isoformat(),
            "source": one.source,
        }
        for nip, one in found
    }


def _write_people(session: Session, rows: Sequence[Row]) -> list[Person]:
    """Write units, positions and people; gives back those whose placement may have changed.

    A new person has nothing to be placed by yet.
    """
    units = _by(session.exec(select(Unit)).all(), "code")
    positions = _by(session.exec(select(Position)).all(), "code")
    people = _people(session, rows)
    moved: dict[str, Person] = {}
    regraded: set[Any] = set()
    for row in rows:
        unit = _kept(
            session, units, row["unit_code"], Unit, code=row["unit_code"], name=row["unit_name"]
        )
        before = positions.get(row["position_code"])
        if before is not None and before.job_class != row["job_class"]:
            regraded.add(before.id)
        position = _kept(
            session,
            positions,
            row["position_code"],
            Position,
            code=row["position_code"],
            title=row["position_title"],
            job_class=row["job_class"],
            unit_id=unit.id,
        )
        known = people.get(row["nip"])
        if known is not None and known.position_id != position.id:
            moved[row["nip"]] = known
        _kept(
            session,
            people,
            row["nip"],
            Person,
            nip=row["nip"],
            name=row["name"],
            position_id=position.id,
        )
    session.flush()
    holders = session.exec(select(Person).where(col(Person.position_id).in_(regraded))).all()
    return list((_by(holders, "nip") | moved).values())


def _write_performance(session: Session, rows: Sequence[Row]) -> list[Person]:
    return _write_of_people(session, rows, Performance, "year")


def _write_scores(session: Session, rows: Sequence[Row]) -> list[Person]:
    dated = [{**row, "dated": date.fromisoformat(row["dated"])} for row in rows]
    return _write_of_people(session, dated, TalentScore, "component")


def _write_of_people(
    session: Session,
    rows: Sequence[Row],
    model: type[Performance] | type[TalentScore],
    key: str,
) -> list[Person]:
    """Write one record a row, known by its person and ``key``; gives back the people concerned."""
    people = _required_people(session, rows)
    ids = [person.id for person in people.values()]
    held: Sequence[Any] = session.exec(select(model).where(col(model.person_id).in_(ids))).all()
    known = {(one.person_id, getattr(one, key)): one for one in held}
    for row in rows:
        person = people[row["nip"]]
        values = {name: value for name, value in row.items() if name != "nip"}
        _kept(session, known, (person.id, row[key]), model, person_id=person.id, **values)
    return list(people.values())


def _people(session: Session, rows: Sequence[Row]) -> dict[str, Person]:
    wanted = [row["nip"] for row in rows]
    return _by(session.exec(select(Person).where(col(Person.nip).in_(wanted))).all(), "nip")


def _required_people(session: Session, rows: Sequence[Row]) -> dict[str, Person]:
    people = _people(session, rows)
    if any(row["nip"] not in people for row in rows):
        raise RefusedError(
            _(
                "Ada pegawai dalam berkas ini yang tidak terdaftar lagi. Unggah berkasnya sekali "
                "lagi; belum ada data yang disimpan."
            )
        )
    return people


def _kept(
    session: Session, known: dict[Any, Record], key: Any, model: type[Record], **values: Any
) -> Record:
    """The record of a key with these values, added where there was none."""
    found = known.get(key)
    if found is None:
        found = known[key] = model(**values)
        session.add(found)
        session.flush()  # parents before children: the tables have no relationships to order by
    else:
        for name, value in values.items():
            setattr(found, name, value)
    return found


def _by(records: Iterable[Record], attribute: str) -> dict[Any, Record]:
    return {getattr(one, attribute): one for one in records}


_HELD: Mapping[Kind, Any] = {
    Kind.PEOPLE: _held_people,
    Kind.PERFORMANCE: _held_performance,
    Kind.TALENT_SCORES: _held_scores,
}
_WRITERS: Mapping[Kind, Any] = {
    Kind.PEOPLE: _write_people,
    Kind.PERFORMANCE: _write_performance,
    Kind.TALENT_SCORES: _write_scores,
}
