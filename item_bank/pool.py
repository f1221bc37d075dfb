"""Item pools for the engine; a parameter set never changes, so a pool is kept once read."""

from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import cast
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from assessment_engine.pool import ItemPool
from assessment_engine.records import Item as EngineItem
from assessment_engine.records import ItemKind, Model
from assessment_engine.rules import Rules
from item_bank.assessments import AssessmentIn, definition_of, rules_of
from item_bank.bank import facts_of
from item_bank.errors import ItemBankError
from item_bank.models import (
    Assessment,
    Item,
    ItemEnemy,
    ItemParameters,
    ItemVersion,
    ParameterSet,
    Stimulus,
    StimulusVersion,
)

CutScores = dict[str, tuple[float, float, float, float]]


@dataclass(frozen=True, slots=True)
class AssessmentForm:
    """All that the engine needs of one assessment: immutable, so shared by every sitting of it."""

    assessment_id: UUID
    definition: AssessmentIn
    rules: Rules
    pool: ItemPool
    cuts: CutScores
    parameter_set: ParameterSet


class AssessmentForms:
    """Test forms read so far in this process."""

    def __init__(self) -> None:
        self._forms: dict[UUID, AssessmentForm] = {}
        self._lock = Lock()

    def get(self, session: Session, assessment_id: UUID) -> AssessmentForm:
        with self._lock:
            if assessment_id not in self._forms:
                self._forms[assessment_id] = load_form(session, assessment_id)
            return self._forms[assessment_id]


@lru_cache(maxsize=1)
def shared_forms() -> AssessmentForms:
    """The process's own cache; assessments and parameter sets are never changed once written."""
    return AssessmentForms()


def load_form(session: Session, assessment_id: UUID) -> AssessmentForm:
    """Read one assessment with its pool and cut scores."""
    assessment = session.get(Assessment, assessment_id)
    if assessment is None:
        raise ItemBankError(f"there is no assessment {assessment_id}")
    parameter_set = session.get_one(ParameterSet, assessment.parameter_set_id)
    definition = definition_of(assessment)
    return AssessmentForm(
        assessment_id=assessment_id,
        definition=definition,
        rules=rules_of(definition),
        pool=load_pool(session, parameter_set.id),
        cuts={
            dimension: cast(tuple[float, float, float, float], tuple(cuts))
            for dimension, cuts in parameter_set.cut_scores.items()
        },
        parameter_set=parameter_set,
    )


def load_pool(session: Session, parameter_set_id: UUID) -> ItemPool:
    """The items of a parameter set as the engine sees them, as they stood when the set was made."""
    rows = session.exec(
        select(Item, ItemVersion, ItemParameters, Stimulus.code)
        .join(ItemParameters, col(ItemParameters.item_id) == col(Item.id))
        .join(ItemVersion, col(ItemVersion.id) == col(ItemParameters.item_version_id))
        .outerjoin(StimulusVersion, col(StimulusVersion.id) == col(ItemVersion.stimulus_version_id))
        .outerjoin(Stimulus, col(Stimulus.id) == col(StimulusVersion.stimulus_id))
        .where(ItemParameters.parameter_set_id == parameter_set_id)
        .order_by(col(Item.code))
    ).all()
    enemies = _enemies(session, parameter_set_id)
    return ItemPool(
        _engine_item(item, version, parameters, stimulus or "", enemies.get(item.code, set()))
        for item, version, parameters, stimulus in rows
    )


def _enemies(session: Session, parameter_set_id: UUID) -> dict[str, set[str]]:
    """The enemies of each item, both ways round, as the set's versions name them.

    Enemies that are not in the set are left out: what joins other sets later changes nothing here.
    """
    named, enemy = aliased(ItemParameters), aliased(ItemParameters)
    item, other = aliased(Item), aliased(Item)
    pairs = session.exec(
        select(item.code, other.code)
        .select_from(ItemEnemy)
        .join(named, col(named.item_version_id) == col(ItemEnemy.item_version_id))
        .join(enemy, col(enemy.item_id) == col(ItemEnemy.enemy_id))
        .join(item, col(item.id) == col(named.item_id))
        .join(other, col(other.id) == col(enemy.item_id))
        .where(
            named.parameter_set_id == parameter_set_id, enemy.parameter_set_id == parameter_set_id
        )
    ).all()
    enemies: dict[str, set[str]] = {}
    for one, its in pairs:
        enemies.setdefault(one, set()).add(its)
        enemies.setdefault(its, set()).add(one)
    return enemies


def _engine_item(
    item: Item, version: ItemVersion, parameters: ItemParameters, stimulus: str, enemies: set[str]
) -> EngineItem:
    facts = facts_of(version.body)
    return EngineItem(
        id=item.code,
        dimension=item.competency,
        model=cast(Model, parameters.model),
        a=parameters.a,
        b=tuple(parameters.b),
        c=parameters.c,
        d=parameters.d,
        kind=cast(ItemKind, facts.kind),
        content=facts.content,
        enemies=frozenset(enemies),
        seconds=facts.seconds,
        n_options=len(version.body.get("options", ())),
        slopes=tuple(parameters.slopes),
        stimulus=stimulus,
        words=version.words,
        tags=frozenset(version.tags),
    )
