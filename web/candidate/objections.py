"""Objections to a result (UU 27/2022, Pasal 10): made here, answered by the agency."""

from typing import Annotated

from flask import redirect, render_template, request, url_for
from flask_login import current_user
from pydantic import BaseModel, StringConstraints
from sqlmodel import Session, col, select
from werkzeug.wrappers import Response

from web.audit.chain import record
from web.auth.access import Role, open_to
from web.candidate.answers import labelled_reratings
from web.candidate.blueprint import bp, own_person
from web.forms import Form, read_form
from web.people.models import Objection, Person
from web.transactions import transaction
from web.usecases.placements import latest_placement
from web.usecases.scoring_settings import scoring_settings

MIN_LETTERS = 20
MAX_LETTERS = 5_000


class ObjectionIn(BaseModel):
    text: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=MIN_LETTERS, max_length=MAX_LETTERS),
    ]


@bp.get("/asesmen/keberatan", endpoint="object")
@open_to(Role.CANDIDATE)
def objection_page() -> str:
    return _page(None)


@bp.post("/asesmen/keberatan")
@open_to(Role.CANDIDATE)
def object_send() -> Response | tuple[str, int]:
    """Keep the objection against the result as it stands now."""
    form = read_form(ObjectionIn, request.form)
    if form.value is None:
        return _page(form), 422
    with transaction() as session:
        _object(session, own_person(session), form.value.text)
    return redirect(url_for("candidate.object", kabar="terkirim"), code=303)


def _object(session: Session, person: Person, text: str) -> None:
    placement = latest_placement(session, person.id)
    objection = Objection(
        person_id=person.id, placement_id=placement.id if placement else None, text=text
    )
    session.add(objection)
    session.flush()
    record(session, str(current_user.id), "objection made", str(person.id), id=str(objection.id))


def _page(form: Form[ObjectionIn] | None) -> str:
    with transaction() as session:
        person = own_person(session)
        made = session.exec(
            select(Objection)
            .where(Objection.person_id == person.id)
            .order_by(col(Objection.made_at).desc())
        ).all()
        placement = latest_placement(session, person.id)
        rerated = labelled_reratings(session, person, [one.id for one in made])
    return render_template(
        "candidate/objections.html",
        form=form,
        made=made,
        placement=placement,
        rerated=rerated,
        max_difference=scoring_settings().people.max_difference,
        min_letters=MIN_LETTERS,
        sent=request.args.get("kabar") == "terkirim",
    )
