"""The bank, its parameter sets, and calibrations."""

from typing import Literal
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from pydantic import BaseModel, Field
from werkzeug.wrappers import Response as AnyResponse

from item_bank.bank import parameter_sets as all_sets
from item_bank.browse import ItemFilter, find_items, tags_in_use
from item_bank.calibration_runs import calibration_run, calibration_runs
from item_bank.models import ParameterSet
from item_bank.signs import finished_rows, rows_in_progress
from web.auth.access import Role, open_to
from web.errors import NotFoundError, RefusedError
from web.forms import Form, read_form
from web.psychometrician import exposure as exposures
from web.psychometrician import pages, sign_words, words
from web.psychometrician.ratings import bp as ratings_bp
from web.psychometrician.scorers import bp as scorers_bp
from web.psychometrician.sittings import note_reading, sitting_page
from web.transactions import transaction
from web.usecases.calibration_words import in_words
from web.usecases.calibrations import FitModel, start
from web.usecases.placement_words import stop_reason_words
from web.usecases.scoring_settings import scoring_settings

bp = Blueprint("psychometrician", __name__, url_prefix="/bank-butir")
bp.register_blueprint(ratings_bp)
bp.register_blueprint(scorers_bp)

PER_PAGE = 50
MOST_IN_PROGRESS = 50
"""Sittings in progress of which the signs are computed for one list."""


class FilterIn(BaseModel):
    """What the reader asked the list of items for; an unknown value finds nothing, as it should."""

    kompetensi: str | None = None
    jenis: str | None = None
    level: int | None = None
    status: str | None = None
    label: str | None = None
    kata: str | None = Field(default=None, max_length=100)
    halaman: int = Field(default=1, ge=1)


class UploadIn(BaseModel):
    model: FitModel
    frekuensi: str | None = Field(default=None, max_length=100)


class SittingFilterIn(BaseModel):
    asesmen: UUID | None = None
    tanda: Literal["ada"] | None = None
    halaman: int = Field(default=1, ge=1, le=1_000_000)


class ExposureIn(BaseModel):
    asesmen: UUID | None = None


@bp.get("/butir")
@open_to(Role.PSYCHOMETRICIAN)
def items() -> str:
    form = read_form(FilterIn, request.args)
    asked = form.value or FilterIn()
    wanted = ItemFilter(
        asked.kompetensi, asked.jenis, asked.level, asked.status, asked.kata, asked.label
    )
    with transaction() as session:
        names = pages.competency_names(session)
        found = find_items(session, wanted)
        tags = tags_in_use(session)
    n_pages = max(1, -(-len(found) // PER_PAGE))
    page = min(asked.halaman, n_pages)
    return render_template(
        "psychometrician/items.html",
        form=form,
        found=found[(page - 1) * PER_PAGE : page * PER_PAGE],
        total=len(found),
        page=page,
        n_pages=n_pages,
        query={key: value for key, value in request.args.items() if key != "halaman"},
        names=names,
        tags=[(tag, tag) for tag in tags],
        words=words,
    )


@bp.get("/butir/<code>")
@open_to(Role.PSYCHOMETRICIAN)
def item(code: str) -> str:
    with transaction() as session:
        page = pages.item_page(
            session, code, request.args.get("versi", type=int), request.args.get("set", type=UUID)
        )
    return render_template(
        "psychometrician/item.html",
        page=page,
        words=words,
        min_ratings=scoring_settings().gate.min_ratings,
    )


@bp.get("/parameter")
@open_to(Role.PSYCHOMETRICIAN)
def parameter_sets() -> str:
    with transaction() as session:
        found = all_sets(session)
        names = pages.competency_names(session)
    return render_template(
        "psychometrician/parameter_sets.html", found=found, names=names, words=words
    )


@bp.get("/parameter/<uuid:set_id>")
@open_to(Role.PSYCHOMETRICIAN)
def parameter_set(set_id: UUID) -> str:
    with transaction() as session:
        page = pages.set_page(session, set_id, request.args.get("kompetensi"))
    return render_template("psychometrician/parameter_set.html", page=page, words=words)


@bp.get("/parameter/<uuid:set_id>/butir.csv")
@open_to(Role.PSYCHOMETRICIAN)
def parameter_set_csv(set_id: UUID) -> Response:
    with transaction() as session:
        found = session.get(ParameterSet, set_id)
        if found is None:
            raise NotFoundError("no such parameter set")
        content = pages.set_csv(session, found)
    response = make_response(content)
    response.mimetype = "text/csv"
    response.headers["Content-Disposition"] = f'attachment; filename="parameter-{found.name}.csv"'
    return response


@bp.get("/kalibrasi")
@open_to(Role.PSYCHOMETRICIAN)
def calibrations() -> str:
    return _calibrations_page(None)


@bp.post("/kalibrasi")
@open_to(Role.PSYCHOMETRICIAN)
def calibration_send() -> AnyResponse | tuple[str, int]:
    form = read_form(UploadIn, request.form)
    upload = request.files.get("berkas")
    if upload is None or not upload.filename:
        form.errors["berkas"] = _("Pilih berkas CSV atau XLSX yang akan dikalibrasi.")
    elif form.value is not None:
        try:
            with transaction() as session:
                started = start(
                    session,
                    str(current_user.id),
                    upload.filename,
                    upload.read(),
                    model=form.value.model,
                    frequency=form.value.frekuensi,
                )
            return redirect(url_for(".calibration", run_id=started.id), code=303)
        except RefusedError as error:
            form.errors["berkas"] = str(error)
    return _calibrations_page(form), 422


@bp.get("/kalibrasi/<uuid:run_id>")
@open_to(Role.PSYCHOMETRICIAN)
def calibration(run_id: UUID) -> str:
    with transaction() as session:
        run = calibration_run(session, run_id)
    if run is None:
        raise NotFoundError("no such calibration")
    return render_template(
        "psychometrician/calibration.html",
        run=run,
        problem=in_words(run.error) if run.error else "",
        result=pages.calibration_result(run, request.args.get("butir")),
        words=words,
    )


@bp.get("/kalibrasi/<uuid:run_id>/kemajuan")
@open_to(Role.PSYCHOMETRICIAN)
def calibration_progress(run_id: UUID) -> Response:
    """The part of the page that changes while a run lasts; once it is over, all loads anew."""
    with transaction() as session:
        run = calibration_run(session, run_id)
    if run is None:
        raise NotFoundError("no such calibration")
    response = make_response(
        render_template("psychometrician/_progress.html", run=run, words=words)
    )
    if run.status in ("done", "failed"):
        response.headers["HX-Refresh"] = "true"
    return response


@bp.get("/asesmen")
@open_to(Role.PSYCHOMETRICIAN)
def sittings() -> str | tuple[str, int]:
    form = read_form(SittingFilterIn, request.args)
    asked = form.value or SittingFilterIn()
    signs_only = asked.tanda is not None
    with transaction() as session:
        going = rows_in_progress(
            session, asked.asesmen, signs_only=signs_only, limit=MOST_IN_PROGRESS
        )
        ended, total = finished_rows(
            session, asked.asesmen, signs_only=signs_only, page=asked.halaman, page_size=PER_PAGE
        )
        assessments = exposures.all_assessments(session)
    page = render_template(
        "psychometrician/sittings.html",
        form=form,
        going=going,
        ended=ended,
        total=total,
        page=asked.halaman,
        n_pages=max(1, -(-total // PER_PAGE)),
        query={key: value for key, value in request.args.items() if key != "halaman"},
        signs_only=signs_only,
        choices=exposures.assessment_choices(assessments),
        most_in_progress=MOST_IN_PROGRESS,
        sign_words=sign_words,
    )
    return page if not form.errors else (page, 422)


@bp.get("/asesmen/<uuid:sitting_id>")
@open_to(Role.PSYCHOMETRICIAN)
def sitting(sitting_id: UUID) -> str:
    with transaction() as session:
        page = sitting_page(session, sitting_id)
        note_reading(session, page, current_user.id)
    return render_template(
        "psychometrician/sitting.html",
        page=page,
        sign_words=sign_words,
        stop_reason_words=stop_reason_words,
    )


@bp.get("/asesmen/<uuid:sitting_id>/tanda")
@open_to(Role.PSYCHOMETRICIAN)
def sitting_signs(sitting_id: UUID) -> Response:
    """The part of the page that changes with each answer; at the end, all loads anew."""
    with transaction() as session:
        page = sitting_page(session, sitting_id)
    shown = request.args.get("kejadian", type=int)
    response = make_response(
        render_template("psychometrician/_signs.html", page=page, sign_words=sign_words)
        if shown != page.n_events
        else ("", 204)
    )
    if page.finish is not None:
        response.headers["HX-Refresh"] = "true"
    return response


@bp.get("/paparan")
@open_to(Role.PSYCHOMETRICIAN)
def exposure() -> str:
    asked = read_form(ExposureIn, request.args)
    with transaction() as session:
        page = exposures.exposure_page(session, asked.value.asesmen if asked.value else None)
    return render_template("psychometrician/exposure.html", page=page)


def _calibrations_page(form: Form[UploadIn] | None) -> str:
    with transaction() as session:
        runs = calibration_runs(session)
    return render_template("psychometrician/calibrations.html", form=form, runs=runs, words=words)
