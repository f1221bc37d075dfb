"""The panel's pages: people with their newest box, one dossier on A4, decisions."""

from typing import Annotated
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from pydantic import BaseModel, Field
from werkzeug.wrappers import Response

from web.audit.chain import note_access
from web.auth.access import Role, open_to
from web.forms import Form, read_form
from web.panel.decisions import DecisionIn, decide, kinds, list_decisions
from web.panel.dossiers import find_people, read_dossier
from web.people.directory import Chosen, units
from web.policies.store import policy_content, policy_in_force
from web.transactions import transaction

bp = Blueprint("panel", __name__, url_prefix="/pejabat-pembina")


class FilterIn(BaseModel):
    """What the list may be narrowed by; a name comes by POST only."""

    unit: UUID | None = None
    job_class: Annotated[str, Field(max_length=40)] = ""
    box: Annotated[int | None, Field(ge=1, le=9)] = None
    name: Annotated[str, Field(max_length=80)] = ""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1


@bp.get("/dosir")
@open_to(Role.PANEL)
def dossiers() -> str | tuple[str, int]:
    return _people({**request.args, "name": ""})


@bp.post("/dosir")
@open_to(Role.PANEL)
def dossiers_search() -> str | tuple[str, int]:
    """The same list, searched by name; by POST so that no name stands in an address."""
    return _people(request.form.to_dict())


def _people(sent: dict[str, str]) -> str | tuple[str, int]:
    form = read_form(FilterIn, sent)
    given = form.value or FilterIn()
    chosen = Chosen(given.unit, given.job_class, given.name)
    with transaction() as session:
        policy = policy_content(policy_in_force(session))
        page = render_template(
            "panel/dossiers.html",
            form=form,
            found=find_people(session, chosen, given.box, given.page),
            chosen=chosen,
            box=given.box,
            units=[(unit.id, unit.name) for unit in units(session)],
            classes=[(one.code, one.name) for one in policy.job_classes],
            boxes=[
                (number, _("Kotak %(number)s: %(name)s", number=number, name=name))
                for number, name in sorted(policy.box_names.items(), reverse=True)
            ],
            class_name=policy.class_name,
        )
    return page if not form.errors else (page, 422)


@bp.get("/dosir/<uuid:person_id>")
@open_to(Role.PANEL)
def dossier(person_id: UUID) -> str:
    return _dossier(person_id, None)


@bp.post("/dosir/<uuid:person_id>/keputusan")
@open_to(Role.PANEL)
def decision_send(person_id: UUID) -> Response | tuple[str, int]:
    form = read_form(DecisionIn, request.form)
    if form.value is None:
        return _dossier(person_id, form), 422
    with transaction() as session:
        decide(session, person_id, form.value, current_user.id)
    return redirect(url_for("panel.dossier", person_id=person_id) + "#keputusan", code=303)


def _dossier(person_id: UUID, form: Form[DecisionIn] | None) -> str:
    with transaction() as session:
        found = read_dossier(session, person_id)
        note_access(session, person_id, current_user.id, "panel.dossier")
        policy = policy_content(policy_in_force(session))
    return render_template(
        "panel/dossier.html",
        found=found,
        form=form,
        kinds=kinds(),
        kind_words=dict(kinds()),
        class_name=policy.class_name,
    )


@bp.get("/keputusan")
@open_to(Role.PANEL)
def decisions() -> str | tuple[str, int]:
    form = read_form(FilterIn, {"page": request.args.get("page", "")})
    with transaction() as session:
        found = list_decisions(session, form.value.page if form.value else 1)
    page = render_template("panel/decisions.html", found=found, kind_words=dict(kinds()))
    return page if not form.errors else (page, 422)
