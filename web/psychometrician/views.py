"""The bank, its parameter sets, and calibrations."""

from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from pydantic import BaseModel, Field
from werkzeug.wrappers import Response as AnyResponse

from item_bank.bank import parameter_sets as all_sets
from item_bank.browse import ItemFilter, find_items
from item_bank.calibration_runs import calibration_run, calibration_runs
from item_bank.models import ParameterSet
from web.auth.access import Role, open_to
from web.errors import NotFoundError, RefusedError
from web.forms import Form, read_form
from web.psychometrician import pages, words
from web.psychometrician.ratings import bp as ratings_bp
from web.transactions import transaction
from web.usecases.calibration_words import in_words
from web.usecases.calibrations import FitModel, start
from web.usecases.scoring_settings import scoring_settings

bp = Blueprint("psychometrician", __name__, url_prefix="/bank-butir")
bp.register_blueprint(ratings_bp)

PER_PAGE = 50


class FilterIn(BaseModel):
    """What the reader asked the list of items for; an unknown value finds nothing, as it should."""

    kompetensi: str | None = None
    jenis: str | None = None
    level: int | None = None
    status: str | None = None
    kata: str | None = Field(default=None, max_length=100)
    halaman: int = Field(default=1, ge=1)


class UploadIn(BaseModel):
    model: FitModel
    frekuensi: str | None = Field(default=None, max_length=100)


@bp.get("/butir")
@open_to(Role.PSYCHOMETRICIAN)
def items() -> str:
    form = read_form(FilterIn, request.args)
    asked = form.value or FilterIn()
    wanted = ItemFilter(asked.kompetensi, asked.jenis, asked.level, asked.status, asked.kata)
    with transaction() as session:
        names = pages.competency_names(session)
        found = find_items(session, wanted)
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


def _calibrations_page(form: Form[UploadIn] | None) -> str:
    with transaction() as session:
        runs = calibration_runs(session)
    return render_template("psychometrician/calibrations.html", form=form, runs=runs, words=words)
