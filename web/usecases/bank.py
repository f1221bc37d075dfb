"""Filling the bank: items from files, provisional parameters from judgement, assessments."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal, cast

import yaml
from pydantic import Field, ValidationError
from sqlmodel import Session, select

from assessment_engine import check_rules
from assessment_engine.records import Item as EngineItem
from calibration import cut_scores_by_item_mapping, item_mapping_location
from item_bank.assessments import publish_assessment, read_assessment, rules_of
from item_bank.bank import ItemText, latest_texts, n_categories
from item_bank.errors import ImportFileError
from item_bank.importing.bank import Imported, read_bank, write_bank
from item_bank.importing.schema import Difficulty, Strict
from item_bank.models import ItemParameters, ParameterSet
from item_bank.pool import load_pool

STARTER = Path(__file__).resolve().parents[2] / "item_bank" / "starter"

Levels = Annotated[dict[int, float], Field(min_length=5, max_length=5)]


class ChoiceRule(Strict):
    model: Literal["GPCM"]
    a: float
    step_spread: float


class KeyedRule(Strict):
    model: Literal["3PL"]
    a: float


class FreeTextRule(Strict):
    model: Literal["GPCM"]
    a: float


class ProvisionalRule(Strict):
    """How experts' judgement becomes provisional parameters; kept as their provenance."""

    response_probability: Annotated[float, Field(gt=0, lt=1)]
    mastery_location: Levels
    difficulty_shift: dict[Difficulty, float]
    choice: ChoiceRule
    keyed: KeyedRule
    free_text: FreeTextRule


@dataclass(frozen=True, slots=True)
class BankImport:
    """What an import wrote."""

    items: Imported
    parameter_set: ParameterSet
    assessments: int


def import_bank(session: Session, folder: Path = STARTER) -> BankImport:
    """Import a bank folder: items, provisional parameters and assessments, all of it or nothing.

    Raises
    ------
    ImportFileError
        With every problem, each naming file, item and field.
    """
    bank = read_bank(folder)
    rule = read_provisional_rule(folder / "provisional.yaml")
    definitions = [
        read_assessment(path) for path in sorted((folder / "assessments").glob("*.yaml"))
    ]
    imported = write_bank(session, bank)
    parameter_set = provisional_set(session, rule)
    pool = load_pool(session, parameter_set.id)
    for definition in definitions:
        check_rules(rules_of(definition), pool)
        publish_assessment(session, definition, parameter_set.id)
    return BankImport(imported, parameter_set, len(definitions))


def read_provisional_rule(path: Path) -> ProvisionalRule:
    try:
        return ProvisionalRule.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise ImportFileError([f"{path.name}: not readable: {error}"]) from error
    except ValidationError as error:
        raise ImportFileError(
            [f"{path.name}, {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        ) from error


def provisional_set(session: Session, rule: ProvisionalRule) -> ParameterSet:
    """Parameters and cuts of every active item by ``rule``; the same content is not added twice."""
    texts = [text for text in latest_texts(session) if text.item.status == "active"]
    items = {text.item.code: _provisional_item(text, rule) for text in texts}
    cuts = _cut_scores(texts, items, rule)
    content = {
        "rule": rule.model_dump(mode="json"),
        "versions": {text.item.code: text.version.digest for text in texts},
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    known = session.exec(select(ParameterSet).where(ParameterSet.digest == digest)).first()
    if known is not None:
        return known
    parameter_set = ParameterSet(
        name=f"sementara-{digest[:8]}",
        status="provisional",
        cut_scores=cuts,
        provenance={"origin": "expert judgement", "rule": content["rule"]},
        digest=digest,
    )
    session.add(parameter_set)
    session.flush()
    for text in texts:
        session.add(_row(parameter_set, text, items[text.item.code]))
    session.flush()
    return parameter_set


def _provisional_item(text: ItemText, rule: ProvisionalRule) -> EngineItem:
    item, body = text.item, text.body
    target = rule.mastery_location[item.target_level] + _shift(text, rule)
    match item.kind:
        case "choice":
            steps = n_categories(body) - 1
            spread = rule.choice.step_spread
            offsets = tuple(spread * (step - (steps - 1) / 2) for step in range(steps))
            centred = _item(text, rule.choice.model, rule.choice.a, offsets)
        case "keyed":
            guess = 1.0 / len(body["options"])
            centred = _item(text, rule.keyed.model, rule.keyed.a, (0.0,), guess)
        case _:
            steps_at = tuple(
                rule.mastery_location[level] + _shift(text, rule) for level in (2, 3, 4, 5)
            )
            return _item(text, rule.free_text.model, rule.free_text.a, steps_at)
    move = target - item_mapping_location(centred, rule.response_probability)
    return replace(centred, b=tuple(step + move for step in centred.b))


def _item(
    text: ItemText, model: Literal["GPCM", "3PL"], a: float, b: tuple[float, ...], c: float = 0.0
) -> EngineItem:
    return EngineItem(id=text.item.code, dimension=text.item.competency, model=model, a=a, b=b, c=c)


def _shift(text: ItemText, rule: ProvisionalRule) -> float:
    return rule.difficulty_shift[cast(Difficulty, text.item.difficulty)]


def _cut_scores(
    texts: list[ItemText], items: dict[str, EngineItem], rule: ProvisionalRule
) -> dict[str, list[float]]:
    """By item mapping of choice and keyed items; free text is scored by level and maps itself."""
    targets: dict[str, dict[str, int]] = {}
    for text in texts:
        if text.item.kind != "free_text":
            targets.setdefault(text.item.competency, {})[text.item.code] = text.item.target_level
    return {
        competency: list(
            cut_scores_by_item_mapping(
                [(items[code], level) for code, level in levels.items()],
                rule.response_probability,
            )
        )
        for competency, levels in targets.items()
    }


def _row(parameter_set: ParameterSet, text: ItemText, item: EngineItem) -> ItemParameters:
    return ItemParameters(
        parameter_set_id=parameter_set.id,
        item_id=text.item.id,
        item_version_id=text.version.id,
        model=item.model,
        a=item.a,
        b=list(item.b),
        c=item.c,
        d=item.d,
    )
