"""Reading a folder of bank files, checking all of it, and only then writing."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from pydantic import TypeAdapter, ValidationError
from sqlmodel import Session, col, select

from item_bank.errors import ImportFileError
from item_bank.importing.references import (
    ItemFile,
    about_codes,
    about_enemies,
    about_items_left_behind,
    about_stimuli,
    about_stored_stimuli,
    stimuli_of,
)
from item_bank.importing.schema import CompetencyIn, ItemFileIn, ItemIn, StimulusIn
from item_bank.importing.stimuli import changed_stimuli, digest_of, write_stimuli
from item_bank.importing.words import words_to_read
from item_bank.models import Competency, Item, ItemEnemy, ItemVersion, StimulusVersion

_competencies = TypeAdapter(list[CompetencyIn])
NOT_IN_BODY = {"stimulus", "tags", "enemies", "words"}
"""What an item version keeps beside its body."""


@dataclass(frozen=True, slots=True)
class BankFolder:
    """A folder's competencies and items, checked."""

    competencies: tuple[CompetencyIn, ...]
    files: tuple[ItemFile, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: counts of items added, given a new version, and left as they were."""

    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class _Content:
    """What a version of an item says; ``digest`` is of all of it, the stimulus's words included."""

    body: dict[str, Any]
    stimulus_version_id: UUID | None
    tags: list[str]
    words: int
    digest: str


def read_bank(folder: Path) -> BankFolder:
    """Read ``competencies.yaml`` and ``items/*.yaml``.

    Raises
    ------
    ImportFileError
        With every problem found, each naming file, item and field; nothing has been written.
    """
    problems: list[str] = []
    competencies = _read_competencies(folder / "competencies.yaml", problems)
    known = {competency.code for competency in competencies or ()}
    files = []
    for path in sorted((folder / "items").glob("*.yaml")):
        content = _read_item_file(path, problems)
        if content is None:
            continue
        if competencies is not None and content.competency not in known:
            problems.append(
                f"{path.name}, competency: {content.competency!r} is not in competencies.yaml"
            )
        files.append(ItemFile(path.name, content))
    problems.extend(about_codes(files))
    problems.extend(about_stimuli(files))
    if not files and not problems:
        problems.append(f"{folder}: no item files were found below items/")
    if problems or competencies is None:
        raise ImportFileError(problems)
    return BankFolder(tuple(competencies), tuple(files))


def write_bank(session: Session, bank: BankFolder) -> Imported:
    """Add what is new; an item whose words changed gets a further version beside the old.

    Raises
    ------
    ImportFileError
        If a code in the bank comes back under another competency or kind, an enemy is unknown, or
        a changed stimulus has items that are not among the files; nothing has been written.
    """
    problems = [
        *_reused_codes(session, bank.files),
        *about_enemies(session, bank.files),
        *about_stored_stimuli(session, bank.files),
        *about_items_left_behind(session, bank.files, changed_stimuli(session, bank.files)),
    ]
    if problems:
        raise ImportFileError(problems)
    for position, competency in enumerate(bank.competencies, start=1):
        session.merge(Competency(**competency.model_dump(), position=position))
    session.flush()
    versions = write_stimuli(session, bank.files)
    stimuli = {code: (given, versions[code]) for code, (_, given) in stimuli_of(bank.files).items()}
    counts = {"added": 0, "changed": 0, "unchanged": 0}
    written: list[tuple[ItemVersion, list[str]]] = []
    for file in bank.files:
        for given in file.content.items:
            content = _content(given, stimuli.get(given.stimulus or ""))
            outcome, version = _write_item(session, file.content, given, content)
            counts[outcome] += 1
            if version is not None:
                written.append((version, given.enemies))
    _write_enemies(session, written)
    return Imported(**counts)


def _reused_codes(session: Session, files: Sequence[ItemFile]) -> Iterator[str]:
    """Old parameters belong to a code as it stood: another competency or kind needs a new code."""
    known = {item.code: item for item in session.exec(select(Item)).all()}
    for file in files:
        for given in file.content.items:
            item = known.get(given.code)
            if item is None:
                continue
            for field, kept, came in (
                ("competency", item.competency, file.content.competency),
                ("kind", item.kind, given.kind),
            ):
                if kept != came:
                    yield (
                        f"{file.name}, item {given.code}, {field}: {came!r} came, but the bank has "
                        f"{kept!r} under this code; codes are never reused, give the item a new one"
                    )


def _write_item(
    session: Session, file: ItemFileIn, given: ItemIn, content: _Content
) -> tuple[str, ItemVersion | None]:
    """What was done with an item, and the version written if one was."""
    facts: dict[str, Any] = {
        "competency": file.competency,
        "kind": given.kind,
        "content": given.content,
        "target_level": given.target_level,
        "difficulty": given.difficulty,
        "seconds": given.seconds,
        "status": "practice" if given.practice else "active",
    }
    item = session.exec(select(Item).where(Item.code == given.code)).first()
    if item is None:
        item = Item(code=given.code, **facts)
        session.add(item)
        session.flush()
        return "added", _add_version(session, item, 1, file.language, content)
    latest = session.exec(
        select(ItemVersion)
        .where(ItemVersion.item_id == item.id)
        .order_by(col(ItemVersion.version).desc())
        .limit(1)
    ).one()
    if latest.digest == content.digest and latest.language == file.language:
        return "unchanged", None
    if item.status == "retired":
        facts.pop("status")
    item.sqlmodel_update(facts)
    return "changed", _add_version(session, item, latest.version + 1, file.language, content)


def _content(given: ItemIn, stimulus: tuple[StimulusIn, StimulusVersion] | None) -> _Content:
    shared, version = stimulus or (None, None)
    content: dict[str, Any] = {
        "body": given.model_dump(mode="json", exclude_none=True, exclude=NOT_IN_BODY),
        "stimulus": version.digest if version else None,
        "tags": sorted(given.tags),
        "enemies": sorted(given.enemies),
        "words": words_to_read(given, shared),
    }
    return _Content(
        body=content["body"],
        stimulus_version_id=version.id if version else None,
        tags=content["tags"],
        words=content["words"],
        digest=digest_of(content),
    )


def _add_version(
    session: Session, item: Item, number: int, language: str, content: _Content
) -> ItemVersion:
    version = ItemVersion(
        item_id=item.id,
        version=number,
        language=language,
        body=content.body,
        stimulus_version_id=content.stimulus_version_id,
        tags=content.tags,
        words=content.words,
        digest=content.digest,
    )
    session.add(version)
    return version


def _write_enemies(session: Session, written: Sequence[tuple[ItemVersion, list[str]]]) -> None:
    """Once every item has its row, so that items may name each other."""
    session.flush()
    named = {code for _, enemies in written for code in enemies}
    found = session.exec(select(Item).where(col(Item.code).in_(named))).all()
    ids = {item.code: item.id for item in found}
    for version, enemies in written:
        for code in enemies:
            session.add(ItemEnemy(item_version_id=version.id, enemy_id=ids[code]))
    session.flush()


def _read_competencies(path: Path, problems: list[str]) -> list[CompetencyIn] | None:
    content = _load(path, problems)
    if content is None:
        return None
    try:
        competencies = _competencies.validate_python(content)
    except ValidationError as error:
        problems.extend(_lines(path.name, error, content))
        return None
    codes = Counter(competency.code for competency in competencies)
    problems.extend(
        f"{path.name}, code: {code!r} stands {times} times"
        for code, times in codes.items()
        if times > 1
    )
    return competencies


def _read_item_file(path: Path, problems: list[str]) -> ItemFileIn | None:
    content = _load(path, problems)
    if content is None:
        return None
    try:
        return ItemFileIn.model_validate(content)
    except ValidationError as error:
        problems.extend(_lines(path.name, error, content))
        return None


class _Loader(yaml.CSafeLoader):
    """YAML in which a key that stands twice is an error: the parser would keep only the last."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    pairs = loader.construct_pairs(node, deep=True)
    seen: list[Any] = []
    for key, _ in pairs:
        if key in seen:
            raise yaml.YAMLError(f"line {node.start_mark.line + 1}: {key!r} stands twice")
        seen.append(key)
    return dict(pairs)


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def _load(path: Path, problems: list[str]) -> Any:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 (is safe)
    except FileNotFoundError:
        problems.append(f"{path.name}: the file is missing")
    except (OSError, TypeError, yaml.YAMLError, UnicodeDecodeError) as error:
        problems.append(f"{path.name}: not readable as YAML: {error}")
    else:
        if content is None:
            problems.append(f"{path.name}: the file is empty")
        return content
    return None


def _lines(name: str, error: ValidationError, content: Any) -> Iterator[str]:
    for problem in error.errors():
        place = list(problem["loc"])
        code = ""
        whole = "file"
        if isinstance(content, dict) and len(place) > 1 and place[0] in ("items", "stimuli"):
            whole = "item" if place[0] == "items" else "stimulus"
            code = f", {whole} {_code(content[place[0]], place[1])}"
            # after the list's name and the number; an item's kind chose its shape
            place = place[3:] if whole == "item" else place[2:]
        where = _field(place) or whole
        yield f"{name}{code}, {where}: {problem['msg']}"


def _field(place: Sequence[int | str]) -> str:
    """``options number 2, score`` for ``("options", 1, "score")``."""
    words = ""
    for part in place:
        words += f" number {part + 1}" if isinstance(part, int) else f", {part}"
    return words.removeprefix(", ").strip()


def _code(entries: Any, index: Any) -> str:
    try:
        return str(entries[index]["code"])
    except (KeyError, IndexError, TypeError):
        return f"number {int(index) + 1}"
