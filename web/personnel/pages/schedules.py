"""Schedules: the list, a new one, and one with its people."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from pydantic import BaseModel, Field, ValidationInfo, field_validator
from werkzeug.wrappers import Response

from item_bank.database import utcnow
from web.auth.access import Role, open_to
from web.forms import Form, read_form
from web.people.directory import Chosen, people
from web.personnel import schedules as queries
from web.personnel.blueprint import bp
from web.personnel.pages.filters import read_options
from web.personnel.scheduling import Offer, create_schedule, invite
from web.policies.store import policy_content, policy_in_force
from web.rendering import LOCAL_ZONE
from web.transactions import transaction


class ScheduleIn(BaseModel):
    """``whom``: everyone of the unit and class chosen, or people picked one by one afterwards."""

    title: Annotated[str, Field(min_length=3, max_length=120)]
    assessment_id: UUID
    opens_at: datetime
    closes_at: datetime
    unit: Annotated[str, Field(max_length=200)] = ""
    number: Annotated[str, Field(max_length=120)] = ""
    level: Annotated[str, Field(max_length=60)] = ""
    covers: list[str] = Field(default_factory=list)
    whom: Literal["group", "picked"]
    group_unit: UUID | None = None
    group_class: str = ""

    @field_validator("opens_at", "closes_at")
    @classmethod
    def _local(cls, given: datetime) -> datetime:
        return given.replace(tzinfo=LOCAL_ZONE) if given.tzinfo is None else given

    @field_validator("closes_at")
    @classmethod
    def _after_opening(cls, given: datetime, info: ValidationInfo) -> datetime:
        opens_at = info.data.get("opens_at")
        if opens_at is not None and given <= opens_at:
            raise ValueError(
                _("Waktu tutup seharusnya sesudah waktu buka. Perbaiki salah satunya.")
            )
        if given <= utcnow():
            raise ValueError(_("Waktu tutup sudah lewat. Isi dengan waktu yang akan datang."))
        return given

    @field_validator("covers")
    @classmethod
    def _accredited(cls, given: list[str], info: ValidationInfo) -> list[str]:
        if given and not info.data.get("number"):
            raise ValueError(
                _(
                    "Isi nomor akreditasi, atau kosongkan kelas jabatan yang dicakup (pemetaan "
                    "internal)."
                )
            )
        return given

    def offer(self) -> Offer:
        accreditation = {
            "unit": self.unit,
            "number": self.number,
            "level": self.level,
            "covers": self.covers,
        }
        return Offer(
            self.title,
            self.assessment_id,
            self.opens_at,
            self.closes_at,
            accreditation if self.number else {},
        )


@bp.get("/kepegawaian/jadwal")
@open_to(Role.PERSONNEL)
def schedules() -> str:
    with transaction() as session:
        found = queries.schedules(session)
    return render_template("personnel/schedules.html", found=found, now=utcnow())


@bp.get("/kepegawaian/jadwal/baru")
@open_to(Role.PERSONNEL)
def new_schedule() -> str:
    return _new_schedule_page(None)


@bp.post("/kepegawaian/jadwal/baru")
@open_to(Role.PERSONNEL)
def new_schedule_send() -> Response | tuple[str, int]:
    sent = request.form.to_dict() | {"covers": request.form.getlist("covers")}
    form = read_form(ScheduleIn, sent)
    if form.value is None:
        return _new_schedule_page(form), 422
    given = form.value
    with transaction() as session:
        schedule = create_schedule(session, given.offer(), current_user.id)
        if given.whom == "group":
            group = people(session, Chosen(given.group_unit, given.group_class))
            everyone = {one.person.id: 0.0 for one in group}
            n_invited = invite(session, schedule.id, everyone, current_user.id)
    if given.whom == "picked":
        return redirect(url_for("personnel.invitees", schedule_id=schedule.id), code=303)
    flash(_("Jadwal tersimpan; %(n)s pegawai diundang.", n=n_invited))
    return redirect(url_for("personnel.schedule", schedule_id=schedule.id), code=303)


@bp.get("/kepegawaian/jadwal/<uuid:schedule_id>")
@open_to(Role.PERSONNEL)
def schedule(schedule_id: UUID) -> str:
    with transaction() as session:
        row = queries.schedule_row(session, schedule_id)
        found = queries.participants(session, schedule_id)
        policy = policy_content(policy_in_force(session))
    stages = [one.progress.stage for one in found]
    return render_template(
        "personnel/schedule.html",
        row=row,
        participants=found,
        counts=[(stage, stages.count(stage)) for stage in queries.Stage],
        policy=policy,
        window=row.window(utcnow()),
    )


def _new_schedule_page(form: Form[ScheduleIn] | None) -> str:
    with transaction() as session:
        options = read_options(session)
        policy = policy_content(policy_in_force(session))
        offered = queries.assessments(session)
    return render_template(
        "personnel/new_schedule.html",
        form=form,
        options=options,
        issuer=policy.issuer,
        policy=policy,
        assessments=[
            (one.id, _("%(title)s, versi %(n)s", title=one.title, n=one.version)) for one in offered
        ],
        covered=form.sent["covers"] if form else policy.issuer.covers,
    )
