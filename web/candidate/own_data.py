"""One's own data: the raw record, who read it, and a copy for machines."""

import json

from flask import Response, render_template
from flask_login import current_user
from sqlmodel import Session, col, select

from web.audit.chain import record as record_act
from web.audit.models import DataAccess
from web.audit.words import page_words
from web.auth.access import Role, open_to
from web.auth.models import Account
from web.candidate.answers import own_records
from web.candidate.blueprint import bp, own_person
from web.candidate.export import document
from web.candidate.words import role_words
from web.people.models import Person
from web.transactions import transaction


@bp.get("/asesmen/catatan", endpoint="record")
@open_to(Role.CANDIDATE)
def own_record() -> str:
    """Own answers from the log, and who looked at one's data."""
    with transaction() as session:
        person = own_person(session)
        return render_template(
            "candidate/record.html",
            records=own_records(session, person.candidate),
            seen_by=_seen_by(session, person),
            page_words=page_words(),
        )


@bp.get("/asesmen/catatan/unduh")
@open_to(Role.CANDIDATE)
def export() -> Response:
    """Everything that is kept of the one who asks, as JSON."""
    with transaction() as session:
        person = own_person(session)
        content = document(session, person)
        record_act(session, str(current_user.id), "own data exported", str(person.id))
    return Response(
        json.dumps(content, ensure_ascii=False, indent=2),
        mimetype="application/json",
        headers={"Content-Disposition": 'attachment; filename="data-saya.json"'},
    )


def _seen_by(session: Session, person: Person) -> list[tuple[DataAccess, list[str]]]:
    """Each reading of the person's data by another account, with that account's roles."""
    rows = session.exec(
        select(DataAccess, Account)
        .join(Account, col(Account.id) == col(DataAccess.account_id))
        .where(DataAccess.person_id == person.id, DataAccess.account_id != current_user.id)
        .order_by(col(DataAccess.at).desc())
    ).all()
    return [(access, [role_words(role) for role in account.roles]) for access, account in rows]
