"""Reading a folder of bank files, checking all of it, and only then writing."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError
from sqlmodel import Session, col, select

from item_bank.errors import ImportFileError
from item_bank.importing.schema import CompetencyIn, ItemBase, ItemFileIn
from item_bank.models import Competency, Item, ItemVersion

_competencies = TypeAdapter(list[CompetencyIn])


@dataclass(frozen=True, slots=True)
class BankFolder:
    """A folder's competencies and items, checked."""

    competencies: tuple[CompetencyIn, ...]
    files: tuple[ItemFileIn, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: counts of items added, given a new version, and left as they were."""

    added: int
    changed: int
    unchanged: int


def read_bank(folder: Path) -> BankFolder:
    """Read ``competencies.yaml`` and ``items/*.yaml``.

    Raises
    ------
    ImportFileError
        With every problem found, each naming file, item and field; nothing has been written.
    """
    problems: list[str] = []
    competencies = _read_competencies(folder / "competencies.yaml", problems)
    known = {competency.code for competency in competencies}
    files = []
    for path in sorted((folder / "items").glob("*.yaml")):
        file = _read_item_file(path, problems)
        if file is None:
            continue
        if file.competency not in known:
            problems.append(
                f"{path.name}: competency {file.competency!r} is not in competencies.yaml"
            )
        files.append(file)
    problems.extend(_repeated_codes(files))
    if not files and not problems:
        problems.append(f"{folder}: no item files were found below items/")
    if problems:
        raise ImportFileError(problems)
    return BankFolder(tuple(competencies), tuple(files))


def write_bank(session: Session, bank: BankFolder) -> Imported:
    """Add what is new; an item whose words changed gets a further version beside the old."""
    for position, competency in enumerate(bank.competencies, start=1):
        session.merge(Competency(**competency.model_dump(), position=position))
    session.flush()
    counts = {"added": 0, "changed": 0, "unchanged": 0}
    for file in bank.files:
        for item in file.items:
            counts[_write_item(session, file, item)] += 1
    return Imported(**counts)


def _write_item(session: Session, file: ItemFileIn, given: ItemBase) -> str:
    facts = {
        "competency": file.competency,
        "kind": given.kind,  # type: ignore[attr-defined]
        "content": given.content,  # type: ignore[attr-defined]
        "target_level": given.target_level,
        "difficulty": given.difficulty,
        "seconds": given.seconds,
        "status": "practice" if given.practice else "active",
    }
    body = given.model_dump(mode="json", exclude_none=True)
    digest = _digest(body)
    item = session.exec(select(Item).where(Item.code == given.code)).first()
    if item is None:
        item = Item(code=given.code, **facts)
        session.add(item)
        session.flush()
        session.add(_version(item, 1, file.language, body, digest))
        return "added"
    latest = session.exec(
        select(ItemVersion)
        .where(ItemVersion.item_id == item.id)
        .order_by(col(ItemVersion.version).desc())
        .limit(1)
    ).one()
    if latest.digest == digest:
        return "unchanged"
    item.sqlmodel_update(facts)
    session.add(_version(item, latest.version + 1, file.language, body, digest))
    return "changed"


def _version(
    item: Item, version: int, language: str, body: dict[str, Any], digest: str
) -> ItemVersion:
    return ItemVersion(
        item_id=item.id, version=version, language=language, body=body, digest=digest
    )


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _read_competencies(path: Path, problems: list[str]) -> list[CompetencyIn]:
    content = _load(path, problems)
    if content is None:
        return []
    try:
        return _competencies.validate_python(content)
    except ValidationError as error:
        problems.extend(_lines(path.name, error, content))
        return []


def _read_item_file(path: Path, problems: list[str]) -> ItemFileIn | None:
    content = _load(path, problems)
    if content is None:
        return None
    try:
        return ItemFileIn.model_validate(content)
    except ValidationError as error:
        problems.extend(_lines(path.name, error, content))
        return None


def _load(path: Path, problems: list[str]) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except FileNotFoundError:
        problems.append(f"{path.name}: the file is missing")
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        problems.append(f"{path.name}: not readable as YAML: {error}")
    return None


def _lines(name: str, error: ValidationError, content: Any) -> Iterator[str]:
    for problem in error.errors():
        place = list(problem["loc"])
        code = ""
        if isinstance(content, dict) and place[:1] == ["items"] and len(place) > 1:
            code = f", item {_item_code(content, place[1])}"
            place = place[2:]
        where = ".".join(str(part) for part in place) or "file"
        yield f"{name}{code}, {where}: {problem['msg']}"


def _item_code(content: dict[str, Any], index: Any) -> str:
    try:
        return str(content["items"][index]["code"])
    except (KeyError, IndexError, TypeError):
        return f"number {int(index) + 1}"


def _repeated_codes(files: list[ItemFileIn]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for file in files:
        for item in file.items:
            if item.code in seen:
                first = seen[item.code]
                yield f"item {item.code} stands twice: in {first} and in {file.competency}"
            seen[item.code] = file.competency
