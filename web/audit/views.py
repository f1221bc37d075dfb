"""The auditor's pages: the chained record of acts, recomputed sittings, integrity reports."""

import json
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_login import current_user
from pydantic import BaseModel, Field
from sqlmodel import select
from werkzeug.wrappers import Response as HttpResponse

from item_bank.finished import export_sitting, finished_sittings
from item_bank.log import stored_events
from item_bank.models import Sitting
from web.audit.chain import check_chain, find_entries, known_actions, note_access, record
from web.audit.words import (
    SHORT_DIGEST,
    action_words,
    actor_words,
    detail_words,
    event_words,
    payload_words,
)
from web.auth.access import Role, open_to
from web.errors import NotFoundError
from web.forms import Form, read_form
from web.people.models import Person
from web.public.reports import (
    AnswerIn,
    StatusIn,
    answer_as_agency,
    inbox,
    read_case,
    set_status,
    status_words,
)
from web.transactions import transaction
from web.usecases.placement_view import competency_names
from web.usecases.placement_words import stop_reason_words
from web.usecases.recompute import TOLERANCE, recompute

bp = Blueprint("audit", __name__, url_prefix="/pemeriksaan")

PAGE_SIZE = 50


class PageIn(BaseModel):
    action: Annotated[str | None, Field(max_length=80)] = None
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1


class InboxIn(BaseModel):
    status: Literal["received", "examined", "closed"] | None = None


@dataclass(frozen=True, slots=True)
class Paging:
    """Where a list stands, for the links below it."""

    page: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


@bp.get("/catatan")
@open_to(Role.AUDITOR)
def log() -> str | tuple[str, int]:
    form = read_form(PageIn, request.args)
    given = form.value or PageIn()
    with transaction() as session:
        entries, total = find_entries(session, given.action, given.page, PAGE_SIZE)
        words = action_words()
        page = render_template(
            "audit/log.html",
            form=form,
            entries=entries,
            paging=Paging(given.page, total),
            action=given.action,
            actions=[(code, words.get(code, code)) for code in known_actions(session)],
            action_words=words,
            actors=actor_words(session, entries),
            detail_words=detail_words,
            short=SHORT_DIGEST,
        )
    return page if not form.errors else (page, 422)


@bp.get("/catatan/verifikasi")
@open_to(Role.AUDITOR)
def verification() -> str:
    with transaction() as session:
        check = check_chain(session)
    return render_template("audit/verification.html", check=check)


@bp.get("/asesmen")
@open_to(Role.AUDITOR)
def sittings() -> str | tuple[str, int]:
    form = read_form(PageIn, request.args)
    number = form.value.page if form.value else 1
    with transaction() as session:
        rows, total = finished_sittings(session, number, PAGE_SIZE)
    page = render_template(
        "audit/sittings.html",
        rows=rows,
        paging=Paging(number, total),
        stop_reason_words=stop_reason_words,
    )
    return page if not form.errors else (page, 422)


@bp.get("/asesmen/<uuid:sitting_id>")
@open_to(Role.AUDITOR)
def sitting(sitting_id: UUID) -> str:
    """Recompute one sitting and show its events."""
    with transaction() as session:
        found = recompute(session, sitting_id)
        events = stored_events(session, sitting_id)
        person = session.exec(
            select(Person).where(Person.candidate == found.sitting.candidate)
        ).first()
        if person is not None:
            note_access(session, person.id, current_user.id, "audit.sitting")
        names = competency_names(session)
    return render_template(
        "audit/sitting.html",
        found=found,
        names=names,
        events=events,
        event_words=event_words(),
        payload_words=payload_words,
        stop_reason_words=stop_reason_words,
        short=SHORT_DIGEST,
        tolerance=TOLERANCE,
    )


@bp.get("/asesmen/<uuid:sitting_id>/unduh")
@open_to(Role.AUDITOR)
def sitting_export(sitting_id: UUID) -> Response:
    """The sitting's log with rules and parameters, for recomputing elsewhere."""
    with transaction() as session:
        sitting = session.get(Sitting, sitting_id)
        if sitting is None:
            raise NotFoundError("no such sitting")
        content = export_sitting(session, sitting)
        record(session, str(current_user.id), "sitting exported", str(sitting_id))
    return Response(
        json.dumps(content, ensure_ascii=False, indent=2),
        mimetype="application/json",
        headers={"Content-Disposition": f'attachment; filename="asesmen-{sitting_id}.json"'},
    )


@bp.get("/pengaduan")
@open_to(Role.AUDITOR)
def reports() -> str | tuple[str, int]:
    form = read_form(InboxIn, request.args)
    status = form.value.status if form.value else None
    with transaction() as session:
        rows = inbox(session, status)
    page = render_template(
        "audit/reports.html", rows=rows, form=form, status=status, status_words=status_words()
    )
    return page if not form.errors else (page, 422)


@bp.get("/pengaduan/<uuid:report_id>")
@open_to(Role.AUDITOR)
def report(report_id: UUID) -> str:
    with transaction() as session:
        read_case(session, report_id)
        record(session, str(current_user.id), "report read", str(report_id))
    return _report(report_id, None)


@bp.post("/pengaduan/<uuid:report_id>/jawaban")
@open_to(Role.AUDITOR)
def report_answer(report_id: UUID) -> HttpResponse | tuple[str, int]:
    form = read_form(AnswerIn, request.form)
    if form.value is None:
        return _report(report_id, form), 422
    with transaction() as session:
        answer_as_agency(session, report_id, form.value, current_user.id)
    return redirect(url_for("audit.report", report_id=report_id), code=303)


@bp.post("/pengaduan/<uuid:report_id>/keadaan")
@open_to(Role.AUDITOR)
def report_status(report_id: UUID) -> HttpResponse | tuple[str, int]:
    form = read_form(StatusIn, request.form)
    if form.value is None:
        return _report(report_id, form), 422
    with transaction() as session:
        set_status(session, report_id, form.value.status, current_user.id)
    return redirect(url_for("audit.report", report_id=report_id), code=303)


def _report(report_id: UUID, form: Form[AnswerIn] | Form[StatusIn] | None) -> str:
    with transaction() as session:
        case = read_case(session, report_id)
    return render_template("audit/report.html", case=case, form=form, status_words=status_words())
