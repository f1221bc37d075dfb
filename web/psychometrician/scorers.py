"""The pages on the machine that scores free text: stages, models, and who lets one decide."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from pydantic import BaseModel, Field
from sqlmodel import Session, col, select
from werkzeug.wrappers import Response as AnyResponse

from item_bank.models import Item, ScoringModel, ScoringModelChoice
from item_bank.scorers import (
    choices_of,
    count_rated_answers,
    last_choices,
    newest_trainings,
    trainings_of,
)
from web.auth.access import Role, open_to
from web.auth.models import Account
from web.errors import RefusedError
from web.forms import Form, read_form
from web.psychometrician.pages import competency_names
from web.transactions import transaction
from web.usecases import scorer_words
from web.usecases.scorer_choice import free_text_item, let_decide, request_training, take_back

bp = Blueprint("scorers", __name__, url_prefix="/penilai-mesin")


class TakeBackIn(BaseModel):
    alasan: str = Field(min_length=10, max_length=1000)


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item's stage; ``stage`` is that of its newest model, by the rated answers before one."""

    item: Item
    n_answers: int
    newest: ScoringModel | None
    choice: ScoringModelChoice | None
    stage: str

    @property
    def decides(self) -> bool:
        return self.choice is not None and self.choice.decides


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One item with its trainings, the newest first, and every choice that was made."""

    row: ItemRow
    trainings: Sequence[ScoringModel]
    choices: Sequence[ScoringModelChoice]
    competency: str
    people: dict[str, str]

    @property
    def used(self) -> ScoringModel | None:
        choice = self.row.choice
        return next((one for one in self.trainings if choice and one.id == choice.model_id), None)

    def number_of(self, choice: ScoringModelChoice) -> int | None:
        """The number of the model that a choice names."""
        return next((one.number for one in self.trainings if one.id == choice.model_id), None)


@bp.get("/")
@open_to(Role.PSYCHOMETRICIAN)
def overview() -> str:
    with transaction() as session:
        rows = _rows(session)
        names = competency_names(session)
    return render_template(
        "psychometrician/scorers.html", rows=rows, names=names, words=scorer_words
    )


@bp.get("/<code>")
@open_to(Role.PSYCHOMETRICIAN)
def item(code: str) -> str:
    return _item_page(code, None)


@bp.post("/<code>/latih")
@open_to(Role.PSYCHOMETRICIAN)
def train(code: str) -> AnyResponse:
    with transaction() as session:
        request_training(session, code, current_user.id)
    flash(_("Pelatihan masuk ke antrean. Hasilnya tampil di halaman ini setelah selesai."))
    return redirect(url_for(".item", code=code), code=303)


@bp.post("/<code>/<int:number>/izinkan")
@open_to(Role.PSYCHOMETRICIAN)
def let(code: str, number: int) -> AnyResponse | tuple[str, int]:
    try:
        with transaction() as session:
            let_decide(session, code, number, current_user.id)
    except RefusedError as error:
        return _item_page(code, None, refused=str(error)), 422
    flash(_("Mulai sekarang model %(n)s menentukan nilai bila cukup yakin.", n=number))
    return redirect(url_for(".item", code=code), code=303)


@bp.post("/<code>/cabut")
@open_to(Role.PSYCHOMETRICIAN)
def back(code: str) -> AnyResponse | tuple[str, int]:
    form = read_form(TakeBackIn, request.form)
    if form.value is None:
        return _item_page(code, form), 422
    try:
        with transaction() as session:
            take_back(session, code, current_user.id, form.value.alasan)
    except RefusedError as error:
        return _item_page(code, form, refused=str(error)), 422
    flash(_("Izin dicabut. Mulai sekarang manusia yang menilai; nilai yang sudah ada tetap."))
    return redirect(url_for(".item", code=code), code=303)


def _item_page(code: str, form: Form[TakeBackIn] | None, refused: str = "") -> str:
    with transaction() as session:
        page = _page(session, code)
    return render_template(
        "psychometrician/scorer.html", page=page, form=form, refused=refused, words=scorer_words
    )


def _rows(session: Session) -> list[ItemRow]:
    items = session.exec(
        select(Item)
        .where(Item.kind == "free_text", Item.status != "practice")
        .order_by(col(Item.code))
    ).all()
    counts = count_rated_answers(session, [one.id for one in items])
    newest, choices = newest_trainings(session), last_choices(session)
    return [
        _row(one, counts.get(one.id, 0), newest.get(one.id), choices.get(one.id)) for one in items
    ]


def _row(
    found: Item, n_answers: int, newest: ScoringModel | None, choice: ScoringModelChoice | None
) -> ItemRow:
    stage = newest.stage if newest and not newest.problem else "rubric"
    return ItemRow(found, n_answers, newest, choice, stage)


def _page(session: Session, code: str) -> ItemPage:
    found = free_text_item(session, code)
    trainings, choices = trainings_of(session, found.id), choices_of(session, found.id)
    n_answers = count_rated_answers(session, [found.id]).get(found.id, 0)
    return ItemPage(
        row=_row(found, n_answers, next(iter(trainings), None), next(iter(choices), None)),
        trainings=trainings,
        choices=choices,
        competency=competency_names(session)[found.competency],
        people={str(one.id): one.display_name for one in session.exec(select(Account)).all()},
    )
