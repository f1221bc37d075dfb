"""Queries for whoever reads the bank: items by what they are, their versions, their parameters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from item_bank.bank import ItemText, latest_texts, newest_versions
from item_bank.models import (
    Item,
    ItemEnemy,
    ItemParameters,
    ItemVersion,
    ParameterSet,
    StimulusVersion,
)

NOT_WORDS = {"kind", "code", "difficulty", "content", "proof"}
"""Keys of an item's body that hold codes, which a search in the words leaves out."""


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """What a reader looks for; what is None is not asked for."""

    competency: str | None = None
    kind: str | None = None
    level: int | None = None
    status: str | None = None
    words: str | None = None
    tag: str | None = None


def find_items(session: Session, wanted: ItemFilter) -> list[ItemText]:
    """The newest texts of the items that fit, by code."""
    return [text for text in latest_texts(session) if _fits(text, wanted)]


def _fits(text: ItemText, wanted: ItemFilter) -> bool:
    item = text.item
    facts = (
        (wanted.competency, item.competency),
        (wanted.kind, item.kind),
        (wanted.level, item.target_level),
        (wanted.status, item.status),
    )
    if any(asked is not None and asked != found for asked, found in facts):
        return False
    if wanted.tag and wanted.tag not in text.version.tags:
        return False
    if not wanted.words:
        return True
    sought = " ".join(wanted.words.split()).casefold()
    return sought == item.code.casefold() or any(
        sought in " ".join(words.split()).casefold()
        for words in _words_of([text.body, text.stimulus.body if text.stimulus else {}])
    )


def _words_of(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for entry in content:
            yield from _words_of(entry)
    elif isinstance(content, dict):
        for key, entry in content.items():
            if key not in NOT_WORDS:
                yield from _words_of(entry)


def item_by_code(session: Session, code: str) -> Item | None:
    return session.exec(select(Item).where(Item.code == code)).first()


def versions_of(session: Session, item_id: UUID) -> Sequence[ItemVersion]:
    """All versions of an item's words, the newest first."""
    return session.exec(
        select(ItemVersion)
        .where(ItemVersion.item_id == item_id)
        .order_by(col(ItemVersion.version).desc())
    ).all()


def parameters_of(session: Session, item_id: UUID) -> list[tuple[ItemParameters, ParameterSet]]:
    """An item's parameters in every set, the newest set first."""
    rows = session.exec(
        select(ItemParameters, ParameterSet)
        .join(ParameterSet, col(ParameterSet.id) == col(ItemParameters.parameter_set_id))
        .where(ItemParameters.item_id == item_id)
        .order_by(col(ParameterSet.created_at).desc())
    ).all()
    return [(parameters, parameter_set) for parameters, parameter_set in rows]


@dataclass(frozen=True, slots=True)
class SetRow:
    """One item in a parameter set, and the version of its words that the parameters belong to."""

    item: Item
    parameters: ItemParameters
    version: int


def rows_of_set(session: Session, parameter_set_id: UUID) -> list[SetRow]:
    """Every item of a parameter set, by code."""
    rows = session.exec(
        select(Item, ItemParameters, ItemVersion.version)
        .join(ItemParameters, col(ItemParameters.item_id) == col(Item.id))
        .join(ItemVersion, col(ItemVersion.id) == col(ItemParameters.item_version_id))
        .where(ItemParameters.parameter_set_id == parameter_set_id)
        .order_by(col(Item.code))
    ).all()
    return [SetRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Relations:
    """What ties one version of an item to other items: its shared stimulus and its enemies.

    ``companions`` are the other items whose newest version comes with the same stimulus.
    """

    stimulus: StimulusVersion | None
    companions: tuple[str, ...]
    enemies: tuple[str, ...]


def relations_of(session: Session, version: ItemVersion) -> Relations:
    """Stimulus, companions and enemies of a version; a pair of enemies holds both ways."""
    stimulus, companions = None, []
    if version.stimulus_version_id is not None:
        stimulus = session.get_one(StimulusVersion, version.stimulus_version_id)
        companions = [
            text.item.code
            for text in latest_texts(session)
            if text.stimulus is not None
            and text.stimulus.stimulus_id == stimulus.stimulus_id
            and text.item.id != version.item_id
        ]
    return Relations(stimulus, tuple(companions), _enemies_of(session, version))


def _enemies_of(session: Session, version: ItemVersion) -> tuple[str, ...]:
    named = session.exec(
        select(Item.code)
        .join(ItemEnemy, col(ItemEnemy.enemy_id) == col(Item.id))
        .where(ItemEnemy.item_version_id == version.id)
    ).all()
    newest = newest_versions().subquery()
    naming = session.exec(
        select(Item.code)
        .join(newest, newest.c.item_id == Item.id)
        .join(ItemEnemy, col(ItemEnemy.item_version_id) == newest.c.id)
        .where(ItemEnemy.enemy_id == version.item_id)
    ).all()
    return tuple(sorted({*named, *naming}))


def tags_in_use(session: Session) -> list[str]:
    """The tags of the newest version of every item, ascending."""
    return sorted({tag for text in latest_texts(session) for tag in text.version.tags})
