"""How free text is rated: agreement and drift by prompt, raters, and the papers that check them."""

from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from sqlmodel import Session, select
from werkzeug.wrappers import Response as AnyResponse

from item_bank.ratings import ratings_by_item
from item_bank.validity import agreed_answers, count_papers
from web.assessor import words
from web.audit.chain import record
from web.auth.access import Role, open_to
from web.auth.models import Account
from web.psychometrician.pages import competency_names
from web.transactions import transaction
from web.usecases.agreement import agreement_by_item, agreement_by_rater
from web.usecases.drift import machine_drift, rater_drift, severity_spread
from web.usecases.scoring_settings import scoring_settings
from web.usecases.severity import as_csv, training_table
from web.usecases.validity import mark_agreed, retire_papers, use_development_papers

ALL_RATINGS = "ratings"  # what an export of them all is about
bp = Blueprint("ratings", __name__)


@bp.get("/nilai-uraian")
@open_to(Role.PSYCHOMETRICIAN)
def prompts() -> str:
    with transaction() as session:
        names = competency_names(session)
        found = agreement_by_item(session)
        drift = machine_drift(session)
        spread = severity_spread(session)
    return render_template(
        "psychometrician/prompts.html",
        found=found,
        drift=drift,
        spread=spread,
        names=names,
        words=words,
        settings=scoring_settings(),
    )


@bp.get("/penilai")
@open_to(Role.PSYCHOMETRICIAN)
def raters() -> str:
    with transaction() as session:
        found = agreement_by_rater(session)
        drift = rater_drift(session)
        names = _account_names(session)
    return render_template(
        "psychometrician/raters.html",
        found=found,
        drift=drift,
        names=names,
        words=words,
        people=scoring_settings().people,
    )


@bp.get("/penilai/keketatan")
@open_to(Role.PSYCHOMETRICIAN)
def severity() -> str:
    with transaction() as session:
        table = training_table(session)
        names = _account_names(session)
    return render_template("psychometrician/severity.html", table=table, names=names, words=words)


@bp.get("/penilai/keketatan/tabel.csv")
@open_to(Role.PSYCHOMETRICIAN)
def severity_csv() -> Response:
    with transaction() as session:
        table = training_table(session)
        record(
            session,
            str(current_user.id),
            "rating table exported",
            ALL_RATINGS,
            rows=len(table.rows),
        )
    response = make_response(as_csv(table))
    response.mimetype = "text/csv"
    response.headers["Content-Disposition"] = 'attachment; filename="nilai-latih.csv"'
    return response


@bp.get("/jawaban-pemeriksa")
@open_to(Role.PSYCHOMETRICIAN)
def papers() -> str:
    with transaction() as session:
        items = [one.item for one in ratings_by_item(session)]
        agreed = agreed_answers(session)
        counts = count_papers(session)
        names = competency_names(session)
    return render_template(
        "psychometrician/papers.html",
        items=items,
        codes={item.id: item.code for item in items},
        agreed=agreed,
        counts=counts,
        names=names,
        people=scoring_settings().people,
    )


@bp.post("/jawaban-pemeriksa/<code>/contoh-latihan")
@open_to(Role.PSYCHOMETRICIAN)
def use_development(code: str) -> AnyResponse:
    with transaction() as session:
        n = use_development_papers(session, code, str(current_user.id))
    flash(
        ngettext(
            "%(num)s contoh latihan masuk ke antrean.",
            "%(num)s contoh latihan masuk ke antrean.",
            n,
        )
    )
    return redirect(url_for(".papers"), code=303)


@bp.post("/jawaban-pemeriksa/<code>/tarik/<any(development, agreed):source>")
@open_to(Role.PSYCHOMETRICIAN)
def retire(code: str, source: str) -> AnyResponse:
    with transaction() as session:
        retire_papers(session, code, source, str(current_user.id))
    flash(_("Jawaban pemeriksa ditarik dari antrean; nilai yang sudah diberikan tetap disimpan."))
    return redirect(url_for(".papers"), code=303)


@bp.post("/jawaban-pemeriksa/<uuid:sitting_id>/<int:position>")
@open_to(Role.PSYCHOMETRICIAN)
def mark(sitting_id: UUID, position: int) -> AnyResponse:
    with transaction() as session:
        mark_agreed(session, sitting_id, position, str(current_user.id))
    flash(_("Jawaban itu sekarang menjadi jawaban pemeriksa."))
    return redirect(url_for(".papers"), code=303)


def _account_names(session: Session) -> dict[str, str]:
    """Who has acted, by account id; raters that are no account show as they are kept."""
    return {str(one.id): one.display_name for one in session.exec(select(Account)).all()}
