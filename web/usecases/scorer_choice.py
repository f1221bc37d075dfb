"""Letting an item's model decide, and taking that back: by a psychometrician, on the record."""

from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlmodel import Session, select

from item_bank.models import Item, ScoringModel, ScoringModelChoice
from item_bank.scorers import choices_of, trainings_of
from web.audit.chain import record
from web.errors import NotFoundError, RefusedError
from web.usecases.scorer_training import ask_for_training
from web.usecases.scorer_words import criterion_problems


def free_text_item(session: Session, code: str, *, lock: bool = False) -> Item:
    """A free-text item; raises NotFoundError where the bank has none of that code."""
    query = select(Item).where(Item.code == code, Item.kind == "free_text")
    found = session.exec(query.with_for_update() if lock else query).first()
    if found is None:
        raise NotFoundError("no such free-text item")
    return found


def request_training(session: Session, code: str, actor: UUID) -> None:
    """Put a training into the queue, on the record."""
    item = free_text_item(session, code)
    record(session, str(actor), "scorer training asked", str(item.id), item=code)
    ask_for_training(session, item.id, str(actor))


def let_decide(session: Session, code: str, number: int, actor: UUID) -> None:
    """From now on the model's scores stand wherever it does not abstain.

    Raises
    ------
    NotFoundError
        If the item has no model of that number.
    RefusedError
        If its acceptance did not pass, naming each criterion that failed.
    """
    from scoring_models.scored.stages import Stage, machine_may_decide

    item = free_text_item(session, code, lock=True)
    model = _model(session, item, number)
    if not machine_may_decide(Stage(model.stage)):
        raise RefusedError(
            _(
                "Model %(n)s belum boleh menentukan nilai. %(problems)s",
                n=number,
                problems=" ".join(criterion_problems(model)),
            )
        )
    _choose(session, item, model, decides=True, actor=actor, reason="")


def take_back(session: Session, code: str, actor: UUID, reason: str) -> None:
    """From now on people score the item; the model goes on advising. Scores given stay.

    Raises
    ------
    RefusedError
        If no model decides.
    """
    item = free_text_item(session, code, lock=True)
    last = next(iter(choices_of(session, item.id)), None)
    if last is None or not last.decides:
        raise RefusedError(_("Tidak ada model yang sedang menentukan nilai butir ini."))
    model = next(one for one in trainings_of(session, item.id) if one.id == last.model_id)
    _choose(session, item, model, decides=False, actor=actor, reason=reason)


def _model(session: Session, item: Item, number: int) -> ScoringModel:
    for one in trainings_of(session, item.id):
        if one.number == number and not one.problem:
            return one
    raise NotFoundError("no such scoring model")


def _choose(
    session: Session,
    item: Item,
    model: ScoringModel,
    *,
    decides: bool,
    actor: UUID,
    reason: str,
) -> None:
    session.add(
        ScoringModelChoice(
            item_id=item.id,
            model_id=model.id,
            decides=decides,
            chosen_by=str(actor),
            reason=reason,
        )
    )
    detail: dict[str, Any] = {"item": item.code, "number": model.number, "digest": model.digest}
    act = "scorer let decide" if decides else "scorer taken back"
    record(
        session, str(actor), act, str(item.id), **detail, **({"reason": reason} if reason else {})
    )
