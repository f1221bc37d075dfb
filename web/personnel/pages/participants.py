"""The people of a schedule: inviting them, their time, their first passwords."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from pydantic import BaseModel, Field
from werkzeug.wrappers import Response

from item_bank.database import utcnow
from web.audit.chain import note_access
from web.auth.access import Role, open_to
from web.errors import RefusedError
from web.forms import Form, read_form
from web.people.directory import Listed
from web.personnel import schedules as queries
from web.personnel import scheduling
from web.personnel.blueprint import bp
from web.personnel.first_passwords import give_to_group
from web.personnel.pages.filters import read_chosen, read_options
from web.policies.store import policy_content, policy_in_force
from web.transactions import transaction

LISTED = 200
"""People shown at once for picking; more are found by filter and search."""

MINUTE = 60.0
MOST_MINUTES = 240


class ExtraTimeIn(BaseModel):
    minutes: Annotated[int, Field(ge=0, le=MOST_MINUTES)]


class ExtensionIn(BaseModel):
    minutes: Annotated[int, Field(ge=1, le=MOST_MINUTES)]
    reason: Annotated[str, Field(min_length=10, max_length=500)]


@bp.get("/kepegawaian/jadwal/<uuid:schedule_id>/undang")
@open_to(Role.PERSONNEL)
def invitees(schedule_id: UUID) -> str:
    return _invitees_page(schedule_id, {})


@bp.post("/kepegawaian/jadwal/<uuid:schedule_id>/undang")
@open_to(Role.PERSONNEL)
def invite(schedule_id: UUID) -> Response | str | tuple[str, int]:
    """Searching and inviting are one form, so that filter and marks travel together."""
    if request.form.get("tindakan") == "cari":
        return _invitees_page(schedule_id, {})
    minutes, errors = _picked(request.form)
    if errors:
        return _invitees_page(schedule_id, errors), 422
    extra_time = {person_id: MINUTE * extra for person_id, extra in minutes.items()}
    with transaction() as session:
        added = scheduling.invite(session, schedule_id, extra_time, current_user.id)
    flash(_("%(n)s pegawai diundang.", n=added))
    return redirect(url_for("personnel.schedule", schedule_id=schedule_id), code=303)


@bp.get("/kepegawaian/jadwal/<uuid:schedule_id>/peserta/<uuid:person_id>")
@open_to(Role.PERSONNEL)
def participant(schedule_id: UUID, person_id: UUID) -> str:
    return _participant_page(schedule_id, person_id, None)


@bp.post("/kepegawaian/jadwal/<uuid:schedule_id>/peserta/<uuid:person_id>/waktu")
@open_to(Role.PERSONNEL)
def extra_time(schedule_id: UUID, person_id: UUID) -> Response | tuple[str, int]:
    """Before the sitting begins."""
    form = read_form(ExtraTimeIn, request.form)
    if form.value is None:
        return _participant_page(schedule_id, person_id, form), 422
    with transaction() as session:
        scheduling.set_extra_time(
            session, schedule_id, person_id, MINUTE * form.value.minutes, current_user.id
        )
    flash(_("Waktu tambahan tersimpan."))
    return _to_participant(schedule_id, person_id)


@bp.post("/kepegawaian/jadwal/<uuid:schedule_id>/peserta/<uuid:person_id>/perpanjang")
@open_to(Role.PERSONNEL)
def extension(schedule_id: UUID, person_id: UUID) -> Response | tuple[str, int]:
    """After the sitting has begun."""
    form = read_form(ExtensionIn, request.form)
    if form.value is None:
        return _participant_page(schedule_id, person_id, form), 422
    with transaction() as session:
        scheduling.extend_sitting(
            session,
            schedule_id,
            person_id,
            MINUTE * form.value.minutes,
            form.value.reason,
            current_user.id,
        )
    flash(_("Waktu ditambah %(n)s menit; alasannya tercatat.", n=form.value.minutes))
    return _to_participant(schedule_id, person_id)


@bp.post("/kepegawaian/jadwal/<uuid:schedule_id>/peserta/<uuid:person_id>/batal")
@open_to(Role.PERSONNEL)
def withdrawal(schedule_id: UUID, person_id: UUID) -> Response:
    with transaction() as session:
        scheduling.withdraw(session, schedule_id, person_id, current_user.id)
    flash(_("Undangan dibatalkan."))
    return redirect(url_for("personnel.schedule", schedule_id=schedule_id), code=303)


@bp.post("/kepegawaian/jadwal/<uuid:schedule_id>/kata-sandi")
@open_to(Role.PERSONNEL)
def group_passwords(schedule_id: UUID) -> str:
    """Answers with the page itself: the passwords are shown once and stand nowhere else."""
    with transaction() as session:
        row = queries.schedule_row(session, schedule_id)
        group = [one.listed for one in queries.participants(session, schedule_id)]
        if not group:
            raise RefusedError(
                _("Jadwal ini belum berisi pegawai. Undang pegawai terlebih dahulu.")
            )
        result = give_to_group(
            session, group, current_user.id, again=request.form.get("ulang") == "ya"
        )
    return render_template(
        "personnel/first_passwords.html",
        given=result.given,
        schedule=row.schedule,
        result=result,
    )


def _picked(sent: Mapping[str, str]) -> tuple[dict[UUID, int], dict[str, str]]:
    """The marked people with their extra minutes, and what is at fault."""
    marked = request.form.getlist("pegawai")
    errors: dict[str, str] = {}
    found: dict[UUID, int] = {}
    for text in marked:
        extra = sent.get(f"menit-{text}", "").strip() or "0"
        try:
            person_id = UUID(text)
        except ValueError:
            errors["pegawai"] = _("Ada pilihan yang tidak dikenal. Muat ulang halaman ini.")
            continue
        if extra.isascii() and extra.isdecimal() and int(extra) <= MOST_MINUTES:
            found[person_id] = int(extra)
        else:
            errors[f"menit-{text}"] = _(
                "Waktu tambahan %(came)s tidak dapat dipakai; isi menit dengan bilangan bulat 0 "
                "sampai %(most)s.",
                came=f"“{extra[:20]}”",
                most=MOST_MINUTES,
            )
    if not marked:
        errors["pegawai"] = _("Belum ada pegawai yang ditandai. Tandai paling sedikit satu.")
    return found, errors


def _invitees_page(schedule_id: UUID, errors: dict[str, str]) -> str:
    chosen = read_chosen(request.form, request.form.get("cari", "")[:80])
    with transaction() as session:
        row = queries.schedule_row(session, schedule_id)
        found: list[Listed] = queries.uninvited(session, schedule_id, chosen)
        options = read_options(session)
        policy = policy_content(policy_in_force(session))
    sent = request.form.to_dict() | {"pegawai": request.form.getlist("pegawai")}
    form: Form[BaseModel] = Form(sent, errors=errors)
    return render_template(
        "personnel/invitees.html",
        row=row,
        window=row.window(utcnow()),
        found=found[:LISTED],
        total=len(found),
        chosen=chosen,
        options=options,
        policy=policy,
        form=form,
    )


def _participant_page(
    schedule_id: UUID, person_id: UUID, form: Form[ExtraTimeIn] | Form[ExtensionIn] | None
) -> str:
    with transaction() as session:
        row = queries.schedule_row(session, schedule_id)
        found = queries.participant(session, schedule_id, person_id)
        policy = policy_content(policy_in_force(session))
        note_access(session, person_id, current_user.id, "personnel.participant")
    return render_template(
        "personnel/participant.html", row=row, one=found, form=form, policy=policy
    )


def _to_participant(schedule_id: UUID, person_id: UUID) -> Response:
    return redirect(
        url_for("personnel.participant", schedule_id=schedule_id, person_id=person_id), code=303
    )
