"""The queue of free-text answers, the page on which one is rated, and the raters' agreement."""

from uuid import UUID

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from pydantic import BaseModel, Field, field_validator
from werkzeug.wrappers import Response

from item_bank.database import utcnow
from web.assessor import pages, words
from web.auth.access import Role, open_to
from web.forms import Form, read_form
from web.psychometrician.pages import competency_names
from web.transactions import transaction
from web.usecases.agreement import agreement_by_item, agreement_of_rater
from web.usecases.rating_any import rate_text
from web.usecases.rating_queue import queue_of
from web.usecases.scoring_settings import scoring_settings

bp = Blueprint("assessor", __name__, url_prefix="/penilaian")


class RatingIn(BaseModel):
    level: int = Field(ge=1, le=5)
    alasan: str = Field(min_length=10, max_length=2000)

    @field_validator("alasan", mode="before")
    @classmethod
    def without_outer_blanks(cls, value: str) -> str:
        return value.strip()


@bp.get("")
@open_to(Role.ASSESSOR)
def queue() -> str:
    with transaction() as session:
        names = competency_names(session)
        found = queue_of(session, current_user.id, utcnow(), _secret())
    return render_template(
        "assessor/queue.html", found=found, names=names, people=scoring_settings().people
    )


@bp.get("/<uuid:sitting_id>/<int:position>")
@open_to(Role.ASSESSOR)
def rate(sitting_id: UUID, position: int) -> str:
    return _rate_page(sitting_id, position, None)


@bp.post("/<uuid:sitting_id>/<int:position>")
@open_to(Role.ASSESSOR)
def rate_send(sitting_id: UUID, position: int) -> Response | tuple[str, int]:
    form = read_form(RatingIn, request.form)
    if form.value is None:
        if "level" in form.errors:
            form.errors["level"] = _("Pilih satu level, 1 sampai 5.")
        return _rate_page(sitting_id, position, form), 422
    with transaction() as session:
        rate_text(
            session,
            sitting_id,
            position,
            current_user.id,
            level=form.value.level,
            comment=form.value.alasan,
        )
    return redirect(url_for(".rate", sitting_id=sitting_id, position=position), code=303)


@bp.get("/kesepakatan")
@open_to(Role.ASSESSOR)
def agreement() -> str:
    with transaction() as session:
        names = competency_names(session)
        found = agreement_by_item(session)
        own = agreement_of_rater(session, str(current_user.id))
    return render_template(
        "assessor/agreement.html",
        found=found,
        own=own,
        names=names,
        words=words,
        settings=scoring_settings(),
    )


def _rate_page(sitting_id: UUID, position: int, form: Form[RatingIn] | None) -> str:
    with transaction() as session:
        page = pages.text_page(session, sitting_id, position, current_user.id, _secret())
    template = "assessor/rate.html" if page.given is None else "assessor/rated.html"
    return render_template(template, page=page, form=form, words=words)


def _secret() -> str:
    return str(current_app.config["SECRET_KEY"])
