"""Item pools for the engine; a parameter set never changes, so a pool is kept once read."""

from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import cast
from uuid import UUID

from sqlmodel import Session, select

from assessment_engine.pool import ItemPool
from assessment_engine.records import Item as EngineItem
from assessment_engine.records import ItemKind, Model
from assessment_engine.rules import Rules
from item_bank.assessments import AssessmentIn, definition_of, rules_of
from item_bank.bank import facts_of
from item_bank.errors import ItemBankError
from item_bank.models import Assessment, Item, ItemParameters, ItemVersion, ParameterSet

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
        select(Item, ItemVersion, ItemParameters)
        .where(
            ItemParameters.parameter_set_id == parameter_set_id,
            ItemParameters.item_id == Item.id,
            ItemParameters.item_version_id == ItemVersion.id,
        )
        .order_by(Item.code)
    ).all()
    return ItemPool(_engine_item(*row) for row in rows)


def _engine_item(item: Item, version: ItemVersion, parameters: ItemParameters) -> EngineItem:
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
        seconds=facts.seconds,
        n_options=len(version.body.get("options", ())),
        slopes=tuple(parameters.slopes),
    )
