"""What the items of a folder say of one another: shared stimuli and enemies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from item_bank.bank import newest_versions
from item_bank.importing.schema import ItemFileIn, StimulusIn
from item_bank.models import Item, Stimulus, StimulusVersion


@dataclass(frozen=True, slots=True)
class ItemFile:
    """A checked item file with the name that messages call it by."""

    name: str
    content: ItemFileIn


def stimuli_of(files: Sequence[ItemFile]) -> dict[str, tuple[ItemFile, StimulusIn]]:
    """The stimuli of a folder with their files, by code."""
    return {one.code: (file, one) for file in files for one in file.content.stimuli}


def about_codes(files: Sequence[ItemFile]) -> Iterator[str]:
    """Codes of items and of stimuli that stand more than once."""
    seen: dict[tuple[str, str], str] = {}
    for file in files:
        named = [("stimulus", one.code) for one in file.content.stimuli]
        for kind, code in [*named, *(("item", one.code) for one in file.content.items)]:
            if (kind, code) in seen:
                yield f"{file.name}, {kind} {code}, code: it stands already in {seen[kind, code]}"
            seen[kind, code] = file.name


def about_stimuli(files: Sequence[ItemFile]) -> Iterator[str]:
    """Stimuli that no file has, of another competency or language, or without an item."""
    stimuli = stimuli_of(files)
    used = set()
    for file in files:
        for item in file.content.items:
            if item.stimulus is None:
                continue
            used.add(item.stimulus)
            place = f"{file.name}, item {item.code}, stimulus"
            if item.stimulus not in stimuli:
                yield (
                    f"{place}: no file here has a stimulus {item.stimulus!r}; correct the code, or "
                    "add the stimulus under stimuli"
                )
                continue
            home, _ = stimuli[item.stimulus]
            for field in ("competency", "language"):
                own, its = getattr(file.content, field), getattr(home.content, field)
                if own != its:
                    yield (
                        f"{place}: {item.stimulus} in {home.name} has {field} {its!r}, the item "
                        f"{own!r}; a stimulus and its items have the same"
                    )
    for code, (file, _) in stimuli.items():
        if code not in used:
            yield (
                f"{file.name}, stimulus {code}: no item comes with it; write `stimulus: {code}` in "
                "its items, or take it out"
            )


def about_enemies(session: Session, files: Sequence[ItemFile]) -> Iterator[str]:
    """Enemies that stand neither in the folder nor in the bank."""
    known = {item.code for file in files for item in file.content.items}
    known.update(session.exec(select(Item.code)).all())
    for file in files:
        for item in file.content.items:
            for enemy in item.enemies:
                if enemy not in known:
                    yield (
                        f"{file.name}, item {item.code}, enemies: neither these files nor the bank "
                        f"have an item {enemy!r}; correct the code, or take it off the list"
                    )


def about_stored_stimuli(session: Session, files: Sequence[ItemFile]) -> Iterator[str]:
    """Stimuli whose code the bank knows for another competency."""
    known = {one.code: one.competency for one in session.exec(select(Stimulus)).all()}
    for code, (file, _) in stimuli_of(files).items():
        kept, came = known.get(code), file.content.competency
        if kept is not None and kept != came:
            yield (
                f"{file.name}, stimulus {code}, competency: {came!r} came, but the bank has "
                f"{kept!r} under this code; codes are never reused, give the stimulus a new one"
            )


def about_items_left_behind(
    session: Session, files: Sequence[ItemFile], changed: Sequence[StimulusVersion]
) -> Iterator[str]:
    """Items that would go on with the older words of stimuli that these files change.

    They would stand in one test with items of the new words, under one stimulus of two texts.
    """
    here = {item.code for file in files for item in file.content.items}
    stimuli = stimuli_of(files)
    for kept in changed:
        code = kept.body["code"]
        left = [item for item in _items_with(session, kept) if item not in here]
        if left:
            yield (
                f"{stimuli[code][0].name}, stimulus {code}: its words changed, but "
                f"{', '.join(left)} in the bank come with it and are not in these files; import "
                "them together"
            )


def _items_with(session: Session, kept: StimulusVersion) -> Sequence[str]:
    """Codes of the items in use whose newest version comes with this version of a stimulus."""
    newest = newest_versions().subquery()
    return session.exec(
        select(Item.code)
        .join(newest, newest.c.item_id == Item.id)
        .where(newest.c.stimulus_version_id == kept.id, Item.status != "retired")
        .order_by(col(Item.code))
    ).all()
