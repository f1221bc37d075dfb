"""One item a page: answer, draft, pause, resume, finish."""

from enum import StrEnum
from uuid import UUID

from flask import jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from web.auth.access import Role, open_to
from web.candidate.blueprint import bp, own_person
from web.candidate.item_page import item_page, seconds_left
from web.errors import RefusedError
from web.forms import read_form
from web.rendering import clock
from web.transactions import transaction
from web.usecases.sittings import (
    MAX_TEXT,
    AnswerIn,
    Receipt,
    answer,
    current,
    pause,
    resume,
    save_draft,
)
from web.usecases.standing import Current

Page = Response | str | tuple[str, int]


class News(StrEnum):
    """What the next page says about the answer before it."""

    REPEATED = "berulang"
    LATE = "terlambat"
    LATE_DRAFT = "konsep"


_NEWS = {
    Receipt.REPEATED: News.REPEATED,
    Receipt.LATE: News.LATE,
    Receipt.LATE_DRAFT: News.LATE_DRAFT,
}


@bp.get("/asesmen/<uuid:sitting_id>/butir")
@open_to(Role.CANDIDATE)
def item(sitting_id: UUID) -> Page:
    """The item in hand, the pause, or the end: whatever the log says."""
    return _show(_standing(sitting_id), news=request.args.get("kabar", ""))


@bp.post("/asesmen/<uuid:sitting_id>/butir")
@open_to(Role.CANDIDATE)
def answer_item(sitting_id: UUID) -> Page:
    """Record one answer and send the candidate on; a repeat changes nothing."""
    form = read_form(AnswerIn, request.form)
    if form.value is None:
        return _unreadable(sitting_id, form.errors)
    with transaction() as session:
        receipt = answer(session, sitting_id, own_person(session).candidate, form.value)
    if receipt is Receipt.EMPTY:
        return _empty(sitting_id, form.value)
    return _go_on(sitting_id, _NEWS.get(receipt))


@bp.post("/asesmen/<uuid:sitting_id>/draf")
@open_to(Role.CANDIDATE)
def draft(sitting_id: UUID) -> Response | tuple[Response, int]:
    """Keep what is chosen or typed so far; the script of the item page calls this."""
    form = read_form(AnswerIn, request.form)
    if form.value is None:
        return jsonify(saved=False), 422
    with transaction() as session:
        person = own_person(session)
        saved = save_draft(session, sitting_id, person.candidate, form.value)
        standing = current(session, sitting_id, person.candidate)
    return jsonify(saved=saved, at=clock(standing.now), **_clock_of(standing))


@bp.get("/asesmen/<uuid:sitting_id>/waktu")
@open_to(Role.CANDIDATE)
def time_left(sitting_id: UUID) -> Response:
    """The time left and the item in hand, for a page that comes back from sleep."""
    return jsonify(_clock_of(_standing(sitting_id)))


@bp.post("/asesmen/<uuid:sitting_id>/jeda")
@open_to(Role.CANDIDATE)
def pause_sitting(sitting_id: UUID) -> Response:
    """Stop the clock; what was chosen or typed is kept as a draft first."""
    form = read_form(AnswerIn, request.form)
    with transaction() as session:
        candidate = own_person(session).candidate
        if form.value is not None:
            save_draft(session, sitting_id, candidate, form.value)
        pause(session, sitting_id, candidate)
    return _go_on(sitting_id)


@bp.post("/asesmen/<uuid:sitting_id>/lanjut")
@open_to(Role.CANDIDATE)
def resume_sitting(sitting_id: UUID) -> Response:
    with transaction() as session:
        resume(session, sitting_id, own_person(session).candidate)
    return _go_on(sitting_id)


@bp.get("/asesmen/<uuid:sitting_id>/selesai")
@open_to(Role.CANDIDATE)
def finish(sitting_id: UUID) -> Page:
    """Thanks, and what happens next."""
    standing = _standing(sitting_id)
    if not standing.finished:
        return redirect(url_for("candidate.item", sitting_id=sitting_id))
    return render_template(
        "candidate/finish.html",
        standing=standing,
        waiting=standing.waiting,
        news=request.args.get("kabar", ""),
    )


def _standing(sitting_id: UUID) -> Current:
    with transaction() as session:
        return current(session, sitting_id, own_person(session).candidate)


def _show(
    standing: Current,
    *,
    news: str = "",
    errors: dict[str, str] | None = None,
    sent: AnswerIn | None = None,
) -> Page:
    sitting_id = standing.sitting.id
    if standing.finished:
        return redirect(url_for("candidate.finish", sitting_id=sitting_id, kabar=news or None))
    if standing.paused:
        return render_template("candidate/paused.html", standing=standing)
    page = render_template(
        "candidate/item.html",
        page=item_page(standing, sent),
        sitting_id=sitting_id,
        news=news,
        errors=errors or {},
        max_text=MAX_TEXT,
    )
    return (page, 422) if errors else page


def _empty(sitting_id: UUID, sent: AnswerIn) -> Page:
    """Nothing was chosen or written: say so at the field, unless the time is over meanwhile."""
    standing = _standing(sitting_id)
    if standing.offer is None or standing.offer.position != sent.position:
        return _go_on(sitting_id, News.LATE)
    if standing.item is not None and standing.item.body["kind"] == "free_text":
        return _show(standing, errors={"text": _("Tulis jawaban Anda.")}, sent=sent)
    return _show(standing, errors={"shown": _("Pilih satu jawaban.")}, sent=sent)


def _unreadable(sitting_id: UUID, errors: dict[str, str]) -> Page:
    """A text too long or a choice out of range is mended at its field; other forms are refused."""
    standing = _standing(sitting_id)
    at_fields = {name: words for name, words in errors.items() if name in ("text", "shown")}
    if at_fields != errors or standing.offer is None:
        raise RefusedError(_("Jawaban ini tidak dapat dibaca. Muat ulang halaman butir Anda."))
    sent = AnswerIn.model_construct(
        position=standing.offer.position,
        item=standing.offer.item,
        shown=None,
        text=request.form.get("text"),
    )
    if "shown" in at_fields:
        at_fields["shown"] = _("Pilih satu jawaban.")
    return _show(standing, errors=at_fields, sent=sent)


def _go_on(sitting_id: UUID, news: News | None = None) -> Response:
    """To the page of whatever comes next; the script asks for its address instead."""
    target = url_for("candidate.item", sitting_id=sitting_id, kabar=news.value if news else None)
    if request.accept_mimetypes.best == "application/json":
        return jsonify(next=target)
    return redirect(target, code=303)


def _clock_of(standing: Current) -> dict[str, object]:
    running = standing.offer is not None and not standing.paused
    return {
        "position": standing.offer.position if standing.offer and running else None,
        "left": seconds_left(standing) if running else None,
    }
