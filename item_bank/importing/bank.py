"""Reading a folder of bank files, checking all of it, and only then writing."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError
from sqlmodel import Session, col, select

from item_bank.errors import ImportFileError
from item_bank.importing.schema import CompetencyIn, ItemFileIn, ItemIn
from item_bank.models import Competency, Item, ItemVersion

_competencies = TypeAdapter(list[CompetencyIn])


@dataclass(frozen=True, slots=True)
class ItemFile:
    """A checked item file with the name that messages call it by."""

    name: str
    content: ItemFileIn


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
    problems.extend(_repeated_codes(files))
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
        If a code in the bank comes back under another competency or kind; nothing has been written.
    """
    problems = list(_reused_codes(session, bank.files))
    if problems:
        raise ImportFileError(problems)
    for position, competency in enumerate(bank.competencies, start=1):
        session.merge(Competency(**competency.model_dump(), position=position))
    session.flush()
    counts = {"added": 0, "changed": 0, "unchanged": 0}
    for file in bank.files:
        for item in file.content.items:
            counts[_write_item(session, file.content, item)] += 1
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


def _write_item(session: Session, file: ItemFileIn, given: ItemIn) -> str:
    facts: dict[str, Any] = {
        "competency": file.competency,
        "kind": given.kind,
        "content": given.content,
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
    if latest.digest == digest and latest.language == file.language:
        return "unchanged"
    if item.status == "retired":
        facts.pop("status")
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
        if isinstance(content, dict) and place[:1] == ["items"] and len(place) > 1:
            code = f", item {_item_code(content, place[1])}"
            place = place[3:]  # after "items", the number, and the kind that chose the shape
        where = _field(place) or ("item" if code else "file")
        yield f"{name}{code}, {where}: {problem['msg']}"


def _field(place: Sequence[int | str]) -> str:
    """``options number 2, score`` for ``("options", 1, "score")``."""
    words = ""
    for part in place:
        words += f" number {part + 1}" if isinstance(part, int) else f", {part}"
    return words.removeprefix(", ").strip()


def _item_code(content: dict[str, Any], index: Any) -> str:
    try:
        return str(content["items"][index]["code"])
    except (KeyError, IndexError, TypeError):
        return f"number {int(index) + 1}"


def _repeated_codes(files: Sequence[ItemFile]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for file in files:
        for item in file.content.items:
            if item.code in seen:
                yield f"{file.name}, item {item.code}, code: it stands already in {seen[item.code]}"
            seen[item.code] = file.name
