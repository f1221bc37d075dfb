"""Pages that anyone may open: what Takar is, data protection, and integrity reports."""

from datetime import datetime, timedelta
from uuid import UUID

import flask
from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from item_bank.database import utcnow
from web.auth.access import Role, open_to
from web.auth.limits import accepted, limiter
from web.forms import Form, read_form
from web.navigation import navigation
from web.policies.store import policy_content, policy_in_force
from web.public.reports import (
    Case,
    CodeIn,
    MessageIn,
    ReportIn,
    find_report,
    read_case,
    send_report,
    status_words,
    write_as_reporter,
)
from web.transactions import transaction

bp = Blueprint("public", __name__)

SHOWN_RECEIPT = "receipt"
OPENED_REPORT = "report"
OPEN_FOR = timedelta(minutes=15)


@bp.get("/")
@open_to(Role.PUBLIC)
def home() -> str:
    return render_template("public/home.html")


@bp.get("/mulai")
@open_to(Role.PUBLIC)
def start() -> Response:
    """Where an account's work begins."""
    if not current_user.is_authenticated:
        return redirect(url_for("auth.login"))
    groups = navigation(set(current_user.roles))
    return redirect(url_for(groups[0].links[0].endpoint if groups else "public.home"))


@bp.get("/perlindungan-data")
@open_to(Role.PUBLIC)
def privacy() -> str:
    with transaction() as session:
        policy = policy_content(policy_in_force(session))
    return render_template("public/privacy.html", policy=policy)


@bp.get("/lapor")
@open_to(Role.PUBLIC)
def report() -> str:
    return render_template("public/report.html", form=None)


@bp.post("/lapor")
@open_to(Role.PUBLIC)
@limiter.limit("10 per hour", deduct_when=accepted)
def report_send() -> Response | tuple[str, int]:
    form = read_form(ReportIn, request.form)
    if form.value is None:
        return render_template("public/report.html", form=form), 422
    with transaction() as session:
        code = send_report(session, form.value)
    flask.session[SHOWN_RECEIPT] = code
    return redirect(url_for("public.receipt"), code=303)


@bp.get("/lapor/tanda-terima")
@open_to(Role.PUBLIC)
def receipt() -> Response | str:
    """The code of the report just sent, once; this page empties the cookie that carried it."""
    code = flask.session.pop(SHOWN_RECEIPT, None)
    if code is None:
        return redirect(url_for("public.follow"))
    return render_template("public/receipt.html", code=code)


@bp.get("/lapor/ikuti")
@open_to(Role.PUBLIC)
def follow() -> str:
    return render_template("public/follow.html", form=None)


@bp.post("/lapor/ikuti")
@open_to(Role.PUBLIC)
@limiter.limit("10 per minute; 60 per hour")
def follow_send() -> Response | tuple[str, int]:
    form = read_form(CodeIn, request.form)
    if form.value is not None:
        with transaction() as session:
            found = find_report(session, form.value.code)
        if found is not None:
            flask.session[OPENED_REPORT] = [str(found.id), utcnow().isoformat()]
            return redirect(url_for("public.followed"), code=303)
        form.errors["code"] = _(
            "Tidak ada laporan dengan kode ini. Periksa keempat kelompok hurufnya, lalu coba lagi."
        )
    return render_template("public/follow.html", form=form), 422


@bp.get("/lapor/ikuti/laporan")
@open_to(Role.PUBLIC)
def followed() -> Response | str:
    report_id = _opened_report()
    if report_id is None:
        return redirect(url_for("public.follow"))
    return _case_page(report_id, None)


@bp.post("/lapor/ikuti/laporan")
@open_to(Role.PUBLIC)
@limiter.limit("20 per hour", deduct_when=accepted)
def message_send() -> Response | tuple[str, int]:
    report_id = _opened_report()
    if report_id is None:
        return redirect(url_for("public.follow"), code=303)
    form = read_form(MessageIn, request.form)
    if form.value is None:
        return _case_page(report_id, form), 422
    with transaction() as session:
        write_as_reporter(session, report_id, form.value)
    return redirect(url_for("public.followed"), code=303)


@bp.post("/lapor/ikuti/tutup")
@open_to(Role.PUBLIC)
def follow_close() -> Response:
    """Forget on this device which report was open."""
    flask.session.pop(OPENED_REPORT, None)
    return redirect(url_for("public.home"), code=303)


def _opened_report() -> UUID | None:
    """The report whose code was entered in this browser within the last minutes."""
    kept = flask.session.get(OPENED_REPORT)
    if kept is None:
        return None
    report_id, opened_at = kept
    if utcnow() - datetime.fromisoformat(opened_at) > OPEN_FOR:
        flask.session.pop(OPENED_REPORT)
        return None
    return UUID(report_id)


def _case_page(report_id: UUID, form: Form[MessageIn] | None) -> str:
    with transaction() as session:
        case: Case = read_case(session, report_id)
    return render_template(
        "public/followed.html", case=case, form=form, status_words=status_words()
    )
