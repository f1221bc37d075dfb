"""Uploading files of records, looking at what they would do, and confirming it."""

from functools import partial
from uuid import UUID

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from pydantic import BaseModel
from werkzeug.wrappers import Response

from web.auth.access import Role, open_to
from web.errors import NotFoundError
from web.forms import Form, read_form
from web.personnel import staging
from web.personnel.blueprint import bp
from web.personnel.exporting import MIME
from web.personnel.importing import Kind, Known, known_records, read_content, template_file
from web.personnel.importing.columns import COLUMNS, STANDINGS
from web.rendering import number
from web.transactions import transaction

SHOWN = 200
"""Issues and rows that the preview lists; the counts beside them are complete."""


class UploadIn(BaseModel):
    kind: Kind


@bp.get("/kepegawaian/impor")
@open_to(Role.PERSONNEL)
def imports() -> str:
    return _imports_page(None)


@bp.post("/kepegawaian/impor")
@open_to(Role.PERSONNEL)
def upload() -> Response | tuple[str, int]:
    form = read_form(UploadIn, request.form)
    file = request.files.get("berkas")
    if file is None or not file.filename:
        form.errors["berkas"] = _("Pilih berkas XLSX atau CSV.")
    if form.value is None or file is None or form.errors:
        return _imports_page(form), 422
    with transaction() as session:
        read = read_content(form.value.kind, file.read(), known_records(session))
        unreadable = [issue.message for issue in read.errors if issue.row is None]
        if not unreadable:
            staged = staging.stage(session, read, file.filename or "", current_user.id)
    if unreadable:
        form.errors["berkas"] = unreadable[0]
        return _imports_page(form), 422
    return redirect(url_for("personnel.preview", staged_id=staged.id), code=303)


@bp.get("/kepegawaian/impor/<uuid:staged_id>")
@open_to(Role.PERSONNEL)
def preview(staged_id: UUID) -> str:
    with transaction() as session:
        staged = staging.staged_import(session, staged_id)
        counts = staging.effect(session, staged)
        known = known_records(session)
    return render_template(
        "personnel/preview.html",
        staged=staged,
        counts=counts,
        columns=COLUMNS[Kind(staged.kind)],
        kind_words=kind_words(),
        shown=SHOWN,
        words=partial(_cell_words, known),
    )


@bp.post("/kepegawaian/impor/<uuid:staged_id>/simpan")
@open_to(Role.PERSONNEL)
def confirm_import(staged_id: UUID) -> Response:
    with transaction() as session:
        counts = staging.confirm(session, staged_id, current_user.id)
    flash(
        _(
            "Tersimpan: %(new)s baris baru, %(changed)s berubah, %(unchanged)s tetap.",
            new=counts.new,
            changed=counts.changed,
            unchanged=counts.unchanged,
        )
    )
    return redirect(url_for("personnel.preview", staged_id=staged_id), code=303)


@bp.post("/kepegawaian/impor/<uuid:staged_id>/batal")
@open_to(Role.PERSONNEL)
def cancel_import(staged_id: UUID) -> Response:
    with transaction() as session:
        staging.cancel(session, staged_id)
    flash(_("Unggahan dibatalkan; tidak ada data yang disimpan."))
    return redirect(url_for("personnel.imports"), code=303)


@bp.get("/kepegawaian/impor/templat/<name>.xlsx")
@open_to(Role.PERSONNEL)
def import_template(name: str) -> FlaskResponse:
    if name not in _TEMPLATES:
        raise NotFoundError("no such template")
    kind = _TEMPLATES[name]
    with transaction() as session:
        content = template_file(kind, known_records(session))
    answer = FlaskResponse(content, mimetype=MIME["xlsx"])
    answer.headers["Content-Disposition"] = f'attachment; filename="templat-{name}.xlsx"'
    return answer


_TEMPLATES = {
    "pegawai": Kind.PEOPLE,
    "kinerja": Kind.PERFORMANCE,
    "nilai-talenta": Kind.TALENT_SCORES,
}


def kind_words() -> dict[str, str]:
    return {
        Kind.PEOPLE.value: _("Pegawai, unit, dan jabatan"),
        Kind.PERFORMANCE.value: _("Kinerja"),
        Kind.TALENT_SCORES.value: _("Nilai talenta"),
    }


def _imports_page(form: Form[UploadIn] | None) -> str:
    with transaction() as session:
        latest = staging.latest_staged(session)
    return render_template(
        "personnel/imports.html",
        form=form,
        latest=latest,
        kinds=list(kind_words().items()),
        kind_words=kind_words(),
        templates=[(name, kind_words()[kind.value]) for name, kind in _TEMPLATES.items()],
        columns={kind.value: COLUMNS[kind] for kind in Kind},
    )


def _cell_words(known: Known, key: str, value: object) -> str:
    """A value of a row that was read, in the words that a reader knows it by."""
    match key, value:
        case _, None:
            return "–"
        case "job_class", str() as code:
            return known.job_classes.get(code, code)
        case "component", str() as code:
            return known.components[code].name if code in known.components else code
        case "results" | "behaviour", str() as code:
            return STANDINGS.get(code, code)
        case _, float() as score:
            return number(score, 0 if score.is_integer() else 2)
        case _:
            return str(value)
