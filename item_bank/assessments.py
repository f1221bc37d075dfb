"""Assessment files: their shape, their rules for the engine, and their versions in the bank."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import yaml
from pydantic import Field, ValidationError, ValidationInfo, field_validator
from sqlmodel import Session, col, select

from assessment_engine.constraints import PLAIN
from assessment_engine.rules import (
    Estimation,
    Method,
    Optimality,
    Quota,
    Rules,
    Section,
    SelectionSettings,
)
from assessment_engine.selection import CRITERIA, about_settings
from assessment_engine.stopping_rules import about_stopping
from item_bank.assessment_rules import (
    AssemblyIn,
    EligibilityIn,
    ExposureIn,
    JointIn,
    PretestIn,
    SelectionSettingsIn,
    StoppingIn,
    asked,
    nothing,
)
from item_bank.bank import practice_texts
from item_bank.errors import ImportFileError
from item_bank.importing.schema import Strict, Text
from item_bank.models import Assessment


class QuotaIn(Strict):
    attribute: Literal["content", "kind"]
    value: Text
    minimum: Annotated[int, Field(ge=0)] = 0
    maximum: int | None = None


class SectionIn(Strict):
    """``se_target`` is null where only length, time and ``stopping`` end the section."""

    code: Text
    title: Text
    intro: Text
    dimension: Text
    min_items: Annotated[int, Field(ge=1)]
    max_items: Annotated[int, Field(ge=1)]
    se_target: Annotated[float, Field(gt=0)] | None
    time_limit_minutes: Annotated[float, Field(gt=0)] | None = None
    free_text: Annotated[int, Field(ge=0)] = 0
    quotas: list[QuotaIn] = Field(default_factory=list)
    stopping: list[StoppingIn] = Field(default_factory=list, exclude_if=nothing)
    assembly: AssemblyIn | None = Field(default=None, exclude_if=nothing)
    pretest: PretestIn | None = Field(default=None, exclude_if=nothing)

    @field_validator("stopping")
    @classmethod
    def stopping_agrees(cls, rules: list[StoppingIn]) -> list[StoppingIn]:
        asked(about_stopping(tuple(rule.engine() for rule in rules)))
        return rules


class EstimationIn(Strict):
    method: Method = "EAP"
    prior_mean: float = 0.0
    prior_sd: Annotated[float, Field(gt=0)] = 1.0
    low: float = -6.0
    high: float = 6.0
    n_nodes: Annotated[int, Field(ge=21)] = 121


class AssessmentIn(Strict):
    """An assessment file after its defaults were filled in."""

    code: Text
    title: Text
    time_limit_minutes: Annotated[float, Field(gt=0)] | None = None
    selection: str = "MFI"
    selection_settings: SelectionSettingsIn | None = Field(default=None, exclude_if=nothing)
    randomesque: Annotated[int, Field(ge=1)] = 1
    seen_years: Annotated[int, Field(ge=0, le=50)] = 0
    """Items that a person was offered in the last so many years are not offered again."""
    exposure: ExposureIn | None = Field(default=None, exclude_if=nothing)
    eligibility: EligibilityIn | None = Field(default=None, exclude_if=nothing)
    joint: JointIn | None = Field(default=None, exclude_if=nothing)
    across: Optimality | None = Field(default=None, exclude_if=nothing)
    estimation: EstimationIn = Field(default_factory=EstimationIn)
    practice: list[str] = Field(default_factory=list)
    sections: Annotated[list[SectionIn], Field(min_length=1)]

    @field_validator("selection")
    @classmethod
    def known_selection(cls, name: str) -> str:
        asked([(name in CRITERIA, f"no selection {name!r}; expected one of {', '.join(CRITERIA)}")])
        return name

    @field_validator("selection_settings")
    @classmethod
    def taken_by_the_selection(
        cls, settings: SelectionSettingsIn | None, info: ValidationInfo
    ) -> SelectionSettingsIn | None:
        if settings is not None and "selection" in info.data:
            asked(about_settings(info.data["selection"], settings.engine()))
        return settings

    @field_validator("across")
    @classmethod
    def needs_joint(cls, name: Optimality | None, info: ValidationInfo) -> Optimality | None:
        together = name is None or info.data.get("joint") is not None
        asked([(together, f"{name} across sections needs a joint prior")])
        return name


def read_assessment(path: Path) -> AssessmentIn:
    """Read one assessment file.

    Raises
    ------
    ImportFileError
        Naming the file and each field at fault.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ImportFileError([f"{path.name}: not readable as YAML: {error}"]) from error
    try:
        return AssessmentIn.model_validate(_with_defaults(content))
    except ValidationError as error:
        raise ImportFileError(
            [
                f"{path.name}, {'.'.join(map(str, problem['loc'])) or 'file'}: {problem['msg']}"
                for problem in error.errors()
            ]
        ) from error


def _with_defaults(content: Any) -> Any:
    """Each section over the file's ``defaults``; what has not the shape is left to validation."""
    if not isinstance(content, dict):
        return content
    filled = {name: value for name, value in content.items() if name != "defaults"}
    defaults, sections = content.get("defaults", {}), content.get("sections")
    if not isinstance(defaults, dict):
        return content  # refused by its name: a file may hold no other field called defaults
    if isinstance(sections, list):
        filled["sections"] = [
            defaults | section if isinstance(section, dict) else section for section in sections
        ]
    return filled


def rules_of(definition: AssessmentIn) -> Rules:
    """The engine's rules of an assessment."""
    return Rules(
        sections=tuple(_section(section) for section in definition.sections),
        selection=definition.selection,
        randomesque=definition.randomesque,
        selection_settings=_settings(definition.selection_settings),
        exposure=definition.exposure.engine() if definition.exposure else None,
        eligibility=definition.eligibility.engine() if definition.eligibility else None,
        estimation=Estimation(**definition.estimation.model_dump()),
        joint=definition.joint.engine() if definition.joint else None,
        across=definition.across,
        time_limit=_seconds(definition.time_limit_minutes),
    )


def _settings(given: SelectionSettingsIn | None) -> SelectionSettings:
    return given.engine() if given else SelectionSettings()


def _section(section: SectionIn) -> Section:
    quotas = [Quota(**quota.model_dump()) for quota in section.quotas]
    if not any(quota.attribute == "kind" for quota in section.quotas):
        quotas.append(Quota("kind", "free_text", section.free_text, section.free_text))
    return Section(
        code=section.code,
        dimension=section.dimension,
        min_items=section.min_items,
        max_items=section.max_items,
        se_target=section.se_target or 0.0,
        time_limit=_seconds(section.time_limit_minutes),
        quotas=tuple(quotas),
        stopping=tuple(rule.engine() for rule in section.stopping),
        assembly=section.assembly.engine() if section.assembly else PLAIN,
        pretest=section.pretest.engine() if section.pretest else None,
    )


def _seconds(minutes: float | None) -> float | None:
    return None if minutes is None else 60.0 * minutes


def publish_assessment(
    session: Session, definition: AssessmentIn, parameter_set_id: UUID
) -> Assessment:
    """Add a version of the assessment; the same content and parameters are not added twice.

    Raises
    ------
    ItemBankError
        If a practice item is not there, or counts.
    """
    practice_texts(session, definition.practice)
    content: dict[str, Any] = definition.model_dump(mode="json")
    digest = hashlib.sha256(
        json.dumps([content, str(parameter_set_id)], sort_keys=True).encode()
    ).hexdigest()
    latest = latest_version(session, definition.code)
    if latest is not None and latest.digest == digest:
        return latest
    assessment = Assessment(
        code=definition.code,
        version=latest.version + 1 if latest else 1,
        title=definition.title,
        parameter_set_id=parameter_set_id,
        definition=content,
        practice_items=definition.practice,
        digest=digest,
    )
    session.add(assessment)
    session.flush()
    return assessment


def latest_version(session: Session, code: str) -> Assessment | None:
    return session.exec(
        select(Assessment)
        .where(Assessment.code == code)
        .order_by(col(Assessment.version).desc())
        .limit(1)
    ).first()


def definition_of(assessment: Assessment) -> AssessmentIn:
    return AssessmentIn.model_validate(assessment.definition)
