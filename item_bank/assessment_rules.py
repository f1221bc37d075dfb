"""The parts of an assessment file that say how a section stops, is put together and is exposed.

Each shape here is one record of the engine: ``engine()`` makes it, and what the engine asks of the
record is asked as the file is read, so that an error names the field.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import Field, model_validator

from assessment_engine import constraints, exposure, stopping_rules
from assessment_engine.constraints import Assembly, Constraint
from assessment_engine.exposure import ItemEligibility, Progressive, SympsonHetter
from assessment_engine.joint_prior import JointPrior
from assessment_engine.pretest import Pretest
from assessment_engine.rules import SelectionSettings
from assessment_engine.stopping_rules import Axis, Levels, Linear, StoppingRule, about_stopping
from item_bank.importing.schema import Strict, Text

Record = TypeVar("Record")
Problems = Iterable[tuple[bool, str]]
Count = Annotated[int, Field(ge=0)]
Amount = Annotated[float, Field(ge=0)]


def asked(problems: Problems) -> None:
    """Raise ValueError, which a reader turns into a line with the field's name."""
    for holds, problem in problems:
        if not holds:
            raise ValueError(problem)


def nothing(value: Any) -> bool:
    """Whether a part is left out of what is kept.

    So the digests of definitions that do without these parts stay as they were before there were
    such parts, and importing their files again adds no version.
    """
    return value is None or value == []


class RecordIn(Strict, Generic[Record]):
    """A shape with the fields of one record of the engine.

    ``makes`` is the record, ``about`` says what must hold for it beyond the fields' types, and
    ``tag`` is the field that tells the shape from others in its place, which the record has not.
    """

    makes: ClassVar[Callable[..., Any]]
    about: ClassVar[Callable[[Any], Problems]] = lambda _record: ()
    tag: ClassVar[str] = ""

    def engine(self) -> Record:
        """The engine's record."""
        names = [name for name in type(self).model_fields if name != self.tag]
        made: Record = type(self).makes(**{name: getattr(self, name) for name in names})
        return made

    @model_validator(mode="after")
    def admissible(self) -> Self:
        asked(type(self).about(self.engine()))
        return self


# --- stopping -------------------------------------------------------------------------------------


def _about_rule(rule: StoppingRule) -> Problems:
    return about_stopping((rule,))


class StoppingRuleIn(RecordIn[StoppingRule]):
    tag = "rule"
    about = _about_rule


class StandardErrorIn(StoppingRuleIn):
    makes = stopping_rules.StandardError
    rule: Literal["se"]
    target: float


class MinimumInformationIn(StoppingRuleIn):
    makes = stopping_rules.MinimumInformation
    rule: Literal["minimum_information"]
    least: float


class PredictedReductionIn(StoppingRuleIn):
    makes = stopping_rules.PredictedReduction
    rule: Literal["predicted_reduction"]
    se_target: float
    hypo: float
    hyper: float


class AbilityChangeIn(StoppingRuleIn):
    makes = stopping_rules.AbilityChange
    rule: Literal["ability_change"]
    least: float
    steps: int = 1


class SprtIn(StoppingRuleIn):
    makes = stopping_rules.Sprt
    rule: Literal["sprt"]
    cuts: tuple[float, ...]
    delta: float
    alpha: float = 0.05
    beta: float = 0.05


class GlrIn(StoppingRuleIn):
    makes = stopping_rules.Glr
    rule: Literal["glr"]
    cuts: tuple[float, ...]
    delta: float
    alpha: float = 0.05
    beta: float = 0.05
    low: float = -6.0
    high: float = 6.0


class ConfidenceIntervalIn(StoppingRuleIn):
    makes = stopping_rules.ConfidenceInterval
    rule: Literal["confidence_interval"]
    cuts: tuple[float, ...]
    level: float = 0.90


class LinearIn(RecordIn[Linear]):
    makes = Linear
    tag = "kind"
    kind: Literal["linear"]
    dimension: Text
    slope: float = 1.0


class LevelsIn(RecordIn[Levels]):
    makes = Levels
    tag = "kind"
    kind: Literal["levels"]
    dimension: Text
    cuts: tuple[float, ...]
    added: tuple[float, ...]


class AxisIn(Strict):
    cuts: tuple[float, ...]
    contributions: list[Annotated[LinearIn | LevelsIn, Field(discriminator="kind")]]
    rest_mean: float = 0.0
    rest_sd: float = 0.0

    def engine(self) -> Axis:
        added = tuple(one.engine() for one in self.contributions)
        return Axis(self.cuts, added, self.rest_mean, self.rest_sd)


class BandRiskIn(StoppingRuleIn):
    """``axis`` is left out where each sitting brings its own."""

    rule: Literal["band_risk"]
    risk: float
    axis: AxisIn | None = None

    def engine(self) -> StoppingRule:
        return stopping_rules.BandRisk(self.risk, self.axis.engine() if self.axis else None)


StoppingIn = Annotated[
    StandardErrorIn
    | MinimumInformationIn
    | PredictedReductionIn
    | AbilityChangeIn
    | SprtIn
    | GlrIn
    | ConfidenceIntervalIn
    | BandRiskIn,
    Field(discriminator="rule"),
]


# --- assembly -------------------------------------------------------------------------------------


def _about_bounds(constraint: Constraint) -> Problems:
    low, high = getattr(constraint, "minimum", 0), getattr(constraint, "maximum", None)
    return [(high is None or low <= high, f"minimum {low} exceeds maximum {high}")]


class ConstraintIn(RecordIn[Constraint]):
    tag = "kind"
    about = _about_bounds


class ItemCountIn(ConstraintIn):
    makes = constraints.ItemCount
    kind: Literal["item_count"]
    where: tuple[Annotated[tuple[Text, ...], Field(min_length=1)], ...]
    minimum: Count = 0
    maximum: Count | None = None
    weight: Annotated[float, Field(gt=0)] = 1.0


class BudgetIn(ConstraintIn):
    makes = constraints.Budget
    kind: Literal["budget"]
    attribute: Literal["words", "seconds"]
    minimum: Amount = 0.0
    maximum: Amount | None = None
    weight: Annotated[float, Field(gt=0)] = 1.0


class SetSizeIn(ConstraintIn):
    makes = constraints.SetSize
    kind: Literal["set_size"]
    minimum: Annotated[int, Field(ge=1)] = 1
    maximum: Count | None = None


class SetCountIn(ConstraintIn):
    makes = constraints.SetCount
    kind: Literal["set_count"]
    minimum: Count = 0
    maximum: Count | None = None


Items = Annotated[tuple[Text, ...], Field(min_length=1)]


class AllOrNoneIn(ConstraintIn):
    makes = constraints.AllOrNone
    kind: Literal["all_or_none"]
    items: Items


class IncludeIn(ConstraintIn):
    makes = constraints.Include
    kind: Literal["include"]
    items: Items


class ExcludeIn(ConstraintIn):
    makes = constraints.Exclude
    kind: Literal["exclude"]
    items: Items


AnyConstraintIn = Annotated[
    ItemCountIn | BudgetIn | SetSizeIn | SetCountIn | AllOrNoneIn | IncludeIn | ExcludeIn,
    Field(discriminator="kind"),
]


class AssemblyIn(Strict):
    method: Literal["greedy", "priority", "deviation", "penalty", "shadow"] = "greedy"
    constraints: list[AnyConstraintIn] = Field(default_factory=list)
    max_nodes: Annotated[int, Field(ge=1)] = 2_000

    def engine(self) -> Assembly:
        return Assembly(
            self.method, tuple(one.engine() for one in self.constraints), self.max_nodes
        )

    @model_validator(mode="after")
    def greedy_has_none(self) -> Self:
        plain = self.method != "greedy" or not self.constraints
        asked([(plain, "greedy keeps quotas and enemies only; for constraints use shadow")])
        return self


# --- items on trial and exposure ------------------------------------------------------------------


def _about_pretest(pretest: Pretest) -> Problems:
    n, first, last, n_items = pretest.n, pretest.first, pretest.last, len(pretest.items)
    room = last - first + 1
    yield first <= last, f"first={first} is after last={last}"
    yield n <= room, f"{n} items do not fit into {room} positions"
    yield n <= n_items, f"n={n}, but {n_items} items on trial"


class PretestIn(RecordIn[Pretest]):
    """``n`` of ``items`` at positions ``first`` to ``last`` of the section."""

    makes = Pretest
    about = _about_pretest
    n: Annotated[int, Field(ge=1)]
    first: Annotated[int, Field(ge=1)]
    last: Annotated[int, Field(ge=1)]
    items: Items


class ProgressiveIn(RecordIn[Progressive]):
    makes = Progressive
    about = exposure.about_progressive
    tag = "method"
    method: Literal["progressive"]
    acceleration: float = 1.0
    ceiling: float | None = None


class SympsonHetterIn(RecordIn[SympsonHetter]):
    makes = SympsonHetter
    about = exposure.about_sympson_hetter
    tag = "method"
    method: Literal["sympson_hetter"]
    probabilities: Mapping[str, tuple[float, ...]]
    cuts: tuple[float, ...] = ()


ExposureIn = Annotated[ProgressiveIn | SympsonHetterIn, Field(discriminator="method")]


class EligibilityIn(RecordIn[ItemEligibility]):
    """Defaults are the engine's; see :class:`assessment_engine.exposure.ItemEligibility`."""

    makes = ItemEligibility
    about = exposure.about_eligibility
    r_max: float = 0.25
    cuts: tuple[float, ...] = (-1.5, -0.5, 0.5, 1.5)
    fading: float = 0.999
    acceleration: float = 16.0
    least_mass: float = 0.03


# --- selection and ability ------------------------------------------------------------------------


class SelectionSettingsIn(RecordIn[SelectionSettings]):
    """What holds for them depends on the selection, beside which they are checked."""

    makes = SelectionSettings
    n_strata: int = 4
    acceleration: float = 1.0


class JointIn(RecordIn[JointPrior]):
    """Correlated abilities: means and covariance in the order of ``dimensions``, logits."""

    makes = JointPrior
    dimensions: tuple[Text, ...]
    mean: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
