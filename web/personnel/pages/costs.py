"""What assessments cost here and would have cost outside."""

from datetime import date
from typing import Annotated
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from flask_login import current_user
from pydantic import BaseModel, Field, field_validator
from werkzeug.wrappers import Response

from item_bank.database import utcnow
from web.auth.access import Role, open_to
from web.forms import Form, read_form
from web.personnel.blueprint import bp
from web.personnel.costs import cost_report, enter_cost, remove_cost
from web.rendering import LOCAL_ZONE
from web.transactions import transaction


class CostIn(BaseModel):
    month: date
    description: Annotated[str, Field(min_length=3, max_length=120)]
    amount: Annotated[int, Field(ge=0, le=10**12)]

    @field_validator("month", mode="before")
    @classmethod
    def _first_day(cls, given: str) -> date:
        """A month as browsers send it (2026-03)."""
        try:
            month = date.fromisoformat(f"{given}-01")
        except ValueError:
            raise ValueError(_("Isi dengan tahun dan bulan, misalnya 2026-03.")) from None
        if month > utcnow().astimezone(LOCAL_ZONE).date():
            raise ValueError(
                _("Bulan ini belum berjalan. Isi bulan yang sudah lewat atau sedang berjalan.")
            )
        return month

    @field_validator("amount", mode="before")
    @classmethod
    def _plain_digits(cls, given: str) -> str:
        """Rupiah as people write it: 1.500.000, with or without Rp."""
        words = given.strip().removeprefix("Rp").replace(" ", "")
        groups = words.split(".")
        if any(len(group) != 3 for group in groups[1:]):
            raise ValueError(_("Isi dengan bilangan bulat."))
        return "".join(groups)


@bp.get("/kepegawaian/biaya")
@open_to(Role.PERSONNEL, Role.PANEL)
def costs() -> str:
    return _costs_page(None)


@bp.post("/kepegawaian/biaya")
@open_to(Role.PERSONNEL)
def cost_entry() -> Response | tuple[str, int]:
    form = read_form(CostIn, request.form)
    if form.value is None:
        return _costs_page(form), 422
    given = form.value
    with transaction() as session:
        enter_cost(session, given.month, given.description, given.amount, current_user.id)
    flash(_("Biaya tersimpan."))
    return redirect(url_for("personnel.costs"), code=303)


@bp.post("/kepegawaian/biaya/<uuid:entry_id>/hapus")
@open_to(Role.PERSONNEL)
def cost_removal(entry_id: UUID) -> Response:
    with transaction() as session:
        remove_cost(session, entry_id, current_user.id)
    flash(_("Biaya dihapus; jumlahnya tetap tercatat dalam catatan perbuatan."))
    return redirect(url_for("personnel.costs"), code=303)


def _costs_page(form: Form[CostIn] | None) -> str:
    with transaction() as session:
        report = cost_report(session)
    return render_template(
        "personnel/costs.html",
        report=report,
        form=form,
        month_words=_month_words,
        may_enter=Role.PERSONNEL.value in current_user.roles,
        this_month=utcnow().astimezone(LOCAL_ZONE).strftime("%Y-%m"),
    )


def _month_words(month: date) -> str:
    return str(format_date(month, "MMMM yyyy"))
