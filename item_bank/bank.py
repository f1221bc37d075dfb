"""Queries on items, their versions and their parameters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from item_bank.errors import ItemBankError
from item_bank.models import (
    Competency,
    Item,
    ItemParameters,
    ItemVersion,
    ParameterSet,
    StimulusVersion,
)

WITH_STIMULUS = col(ItemVersion.stimulus_version_id) == col(StimulusVersion.id)


@dataclass(frozen=True, slots=True)
class ItemText:
    """One version of an item's words, with its item and the version of its stimulus, if any."""

    item: Item
    version: ItemVersion
    stimulus: StimulusVersion | None = None

    @property
    def body(self) -> dict[str, Any]:
        return self.version.body

    @property
    def question(self) -> str:
        """All that is asked in running text: the stimulus's text, then the stem."""
        shared = self.stimulus.body["text"] if self.stimulus else ""
        return f"{shared}\n\n{self.body['stem']}".strip() if shared else self.body["stem"]


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What selection reads of one version of an item; ``seconds`` as the file expects."""

    kind: str
    content: str
    seconds: float


def facts_of(body: dict[str, Any]) -> ItemFacts:
    """The facts of one version: an item's own row follows its newest version only."""
    content = body["content"] if body["kind"] == "keyed" else body["setting"]
    return ItemFacts(kind=body["kind"], content=content, seconds=body["seconds"])


def competencies(session: Session) -> Sequence[Competency]:
    return session.exec(select(Competency).order_by(col(Competency.position))).all()


def newest_versions() -> SelectOfScalar[ItemVersion]:
    """The query for the newest version of every item."""
    return (
        select(ItemVersion)
        .ext(distinct_on(col(ItemVersion.item_id)))
        .order_by(col(ItemVersion.item_id), col(ItemVersion.version).desc())
    )


def latest_texts(session: Session) -> Sequence[ItemText]:
    """The newest version of every item, by code."""
    newest = newest_versions().subquery()
    rows = session.exec(
        select(Item, ItemVersion, StimulusVersion)
        .join(ItemVersion, col(ItemVersion.item_id) == col(Item.id))
        .join(newest, col(ItemVersion.id) == newest.c.id)
        .outerjoin(StimulusVersion, WITH_STIMULUS)
        .order_by(col(Item.code))
    ).all()
    return [ItemText(*row) for row in rows]


def text_in_set(session: Session, parameter_set_id: UUID, code: str) -> ItemText:
    """The version of an item's words that a parameter set belongs to."""
    row = session.exec(
        select(Item, ItemVersion, StimulusVersion)
        .join(ItemParameters, col(ItemParameters.item_id) == col(Item.id))
        .join(ItemVersion, col(ItemVersion.id) == col(ItemParameters.item_version_id))
        .outerjoin(StimulusVersion, WITH_STIMULUS)
        .where(Item.code == code, ItemParameters.parameter_set_id == parameter_set_id)
    ).one()
    return ItemText(*row)


def practice_texts(session: Session, codes: Sequence[str]) -> Sequence[ItemText]:
    """The newest versions of practice items, in the order of ``codes``.

    Raises
    ------
    ItemBankError
        Naming the codes that are no practice items.
    """
    newest = (
        select(Item, ItemVersion, StimulusVersion)
        .join(ItemVersion, col(ItemVersion.item_id) == col(Item.id))
        .outerjoin(StimulusVersion, WITH_STIMULUS)
        .where(col(Item.code).in_(codes), Item.status == "practice")
        .ext(distinct_on(col(Item.id)))
        .order_by(col(Item.id), col(ItemVersion.version).desc())
    )
    by_code = {row[0].code: ItemText(*row) for row in session.exec(newest).all()}
    unknown = [code for code in codes if code not in by_code]
    if unknown:
        raise ItemBankError(f"no practice items: {', '.join(unknown)}")
    return [by_code[code] for code in codes]


def parameter_sets(session: Session) -> Sequence[ParameterSet]:
    return session.exec(select(ParameterSet).order_by(col(ParameterSet.created_at).desc())).all()


def category_of(body: dict[str, Any], option: int) -> int:
    """The category (0, 1, 2, ...) of a chosen option, 1-based as the file lists them.

    A choice item's categories are its distinct scores in ascending order, so that a score that no
    option has leaves no empty category; a keyed item's are wrong and right.

    Raises
    ------
    ItemBankError
        If the item has no such option.
    """
    options = len(body["options"])
    if not 1 <= option <= options:
        raise ItemBankError(f"item {body['code']} has options 1 to {options}, not {option}")
    if body["kind"] == "keyed":
        return int(option == body["key"])
    scores = [entry["score"] for entry in body["options"]]
    return sorted(set(scores)).index(scores[option - 1])


def n_categories(body: dict[str, Any]) -> int:
    if body["kind"] == "keyed":
        return 2
    if body["kind"] == "free_text":
        return 5
    return len({entry["score"] for entry in body["options"]})
