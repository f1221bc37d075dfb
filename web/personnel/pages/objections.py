"""Objections of people to their results, and replying to them."""

from typing import Annotated
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from pydantic import BaseModel, Field
from werkzeug.wrappers import Response

from web.audit.chain import note_access
from web.auth.access import Role, open_to
from web.forms import Form, read_form
from web.personnel import objections as acts
from web.personnel.blueprint import bp
from web.transactions import transaction
from web.usecases.appeals import ask_for_rerating
from web.usecases.scoring_settings import scoring_settings


class ReplyIn(BaseModel):
    reply: Annotated[str, Field(min_length=20, max_length=5000)]


@bp.get("/kepegawaian/keberatan")
@open_to(Role.PERSONNEL)
def objections() -> str:
    with transaction() as session:
        found = acts.objections(session)
    return render_template("personnel/objections.html", found=found)


@bp.get("/kepegawaian/keberatan/<uuid:objection_id>")
@open_to(Role.PERSONNEL)
def objection(objection_id: UUID) -> str:
    return _objection_page(objection_id, None)


@bp.post("/kepegawaian/keberatan/<uuid:objection_id>")
@open_to(Role.PERSONNEL)
def reply(objection_id: UUID) -> Response | tuple[str, int]:
    form = read_form(ReplyIn, request.form)
    if form.value is None:
        return _objection_page(objection_id, form), 422
    with transaction() as session:
        acts.reply(session, objection_id, form.value.reply, current_user.id)
    flash(_("Jawaban tersimpan dan dapat dibaca oleh pegawai yang bersangkutan."))
    return redirect(url_for("personnel.objection", objection_id=objection_id), code=303)


@bp.post("/kepegawaian/keberatan/<uuid:objection_id>/nilai-ulang")
@open_to(Role.PERSONNEL)
def rerate(objection_id: UUID) -> Response:
    positions = request.form.getlist("position", type=int)
    with transaction() as session:
        n = ask_for_rerating(session, objection_id, positions, current_user.id)
    flash(
        ngettext(
            "%(num)s jawaban dimintakan penilaian ulang.",
            "%(num)s jawaban dimintakan penilaian ulang.",
            n,
        )
    )
    return redirect(url_for("personnel.objection", objection_id=objection_id), code=303)


def _objection_page(objection_id: UUID, form: Form[ReplyIn] | None) -> str:
    with transaction() as session:
        found = acts.objection_of(session, objection_id)
        note_access(session, found.listed.person.id, current_user.id, "personnel.objection")
        free_text = acts.free_text_of(session, found)
    return render_template(
        "personnel/objection.html",
        found=found,
        form=form,
        answers=free_text.answers,
        can_ask=free_text.can_ask,
        rerated=free_text.rerated,
        max_difference=scoring_settings().people.max_difference,
    )
