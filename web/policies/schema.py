"""The shape of a policy file, and the engine's policy made from it."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assessment_engine.policy import Aspect, Category, Component, PlacementPolicy, Source
from web.errors import ConfigError

Standing = Literal["above", "meets", "below"]
Pair = tuple[float, float]
Row = tuple[int, int, int]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ComponentIn(Strict):
    code: str
    name: str
    weight: float
    source: Source


class AspectIn(Strict):
    code: str
    name: str
    dimensions: tuple[str, ...] = ()


class CategoryIn(Strict):
    start: Annotated[float, Field(alias="from")]
    name: str


class BandsIn(Strict):
    x: Pair
    y: Pair


class JobClassIn(Strict):
    code: str
    name: str
    required_level: Annotated[int, Field(ge=1, le=5)]
    required: dict[str, int] = Field(default_factory=dict)


class IssuerIn(Strict):
    unit: str
    accreditation: str
    covers: tuple[str, ...]


class PolicyFile(Strict):
    """A policy file, checked; ``engine()`` is what placement reads."""

    version: str
    effective_from: date
    title: str
    sources: tuple[str, ...]
    result_valid_years: int
    bands: BandsIn
    boxes: dict[Standing, Row]
    box_names: dict[int, str]
    recommendations: dict[int, tuple[str, ...]]
    axis_x: tuple[ComponentIn, ...]
    axis_y: tuple[ComponentIn, ...]
    predicates: dict[Standing, dict[Standing, str]]
    predicate_scores: dict[str, float]
    record_scores: dict[str, dict[str, float]]
    record_categories: dict[str, dict[str, str]]
    behaviour_values: tuple[str, ...]
    job_classes: tuple[JobClassIn, ...]
    competencies: tuple[str, ...]
    eligibility: dict[str, tuple[int, ...]]
    jpm_filling: tuple[CategoryIn, ...]
    jpm_mapping: tuple[CategoryIn, ...]
    potential_categories: tuple[CategoryIn, ...]
    potential_aspects: tuple[AspectIn, ...]
    external_cost_per_person: int
    issuer: IssuerIn

    def engine(self) -> PlacementPolicy:
        """The policy as placement reads it; raises PolicyError where its parts contradict."""
        return PlacementPolicy(
            version=self.version,
            effective_from=self.effective_from.isoformat(),
            axis_x=_components(self.axis_x),
            axis_y=_components(self.axis_y),
            bands_x=self.bands.x,
            bands_y=self.bands.y,
            boxes=(self.boxes["below"], self.boxes["meets"], self.boxes["above"]),
            box_names=self.box_names,
            recommendations=self.recommendations,
            aspects=tuple(Aspect(one.code, one.dimensions) for one in self.potential_aspects),
            potential_categories=_categories(self.potential_categories),
            required_levels={one.code: self.required_levels(one.code) for one in self.job_classes},
            jpm_filling=_categories(self.jpm_filling),
            jpm_mapping=_categories(self.jpm_mapping),
            eligibility={name: frozenset(boxes) for name, boxes in self.eligibility.items()},
            predicates={
                (results, behaviour): predicate
                for results, row in self.predicates.items()
                for behaviour, predicate in row.items()
            },
            predicate_scores=self.predicate_scores,
            validity_years=self.result_valid_years,
            record_scores=self.record_scores,
        )

    def required_levels(self, job_class: str) -> dict[str, int]:
        """The level of each competency that a job class requires."""
        found = next(one for one in self.job_classes if one.code == job_class)
        return dict.fromkeys(self.competencies, found.required_level) | found.required

    def promotion_classes(self) -> list[str]:
        """The job classes with a rule of eligibility, in the order of the classes."""
        return [one.code for one in self.job_classes if one.code in self.eligibility]

    def class_name(self, job_class: str) -> str:
        return next((one.name for one in self.job_classes if one.code == job_class), job_class)

    def component_name(self, code: str) -> str:
        names = {one.code: one.name for one in (*self.axis_x, *self.axis_y)}
        names |= {one.code: one.name for one in self.potential_aspects}
        return names.get(code, code)


def read_policy(path: Path) -> PolicyFile:
    """Read and check a policy file.

    Raises
    ------
    ConfigError
        Naming the file and each field at fault.
    """
    try:
        policy = PolicyFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        policy.engine()
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()
        )
        raise ConfigError(f"{path.name}: {places}") from error
    except (OSError, yaml.YAMLError, KeyError) as error:
        raise ConfigError(f"{path.name}: not readable as a policy: {error}") from error
    return policy


def _components(given: tuple[ComponentIn, ...]) -> tuple[Component, ...]:
    return tuple(Component(one.code, one.weight, one.source) for one in given)


def _categories(given: tuple[CategoryIn, ...]) -> tuple[Category, ...]:
    return tuple(Category(one.name, one.start) for one in sorted(given, key=lambda one: one.start))
