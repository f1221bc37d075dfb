"""The shape of a bank's files, as ``item_bank/starter/README.md`` describes it."""

from collections import Counter
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

Text = Annotated[str, Field(min_length=1)]
Level = Annotated[int, Field(ge=1, le=5)]
Difficulty = Literal["easy", "typical", "hard"]
Code = Annotated[str, Field(pattern=r"^[A-Z]{3}-[A-Z]?\d{1,3}$")]
OWN_LABELS = ("content", "kind", "stimulus")
"""What constraints ask of an item beside its tags, as ``content=data``."""


def _no_own_label(tag: str) -> str:
    name = tag.partition("=")[0]
    if name in OWN_LABELS:
        raise ValueError(f"{tag!r} would pass for the item's own {name}; give the tag another name")
    return tag


Tag = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_no_own_label)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class CompetencyIn(Strict):
    code: Text
    name_id: Text
    name_en: Text
    kind: Literal["managerial", "sociocultural", "potential"]


class OptionIn(Strict):
    text: Text
    score: Annotated[int, Field(ge=0, le=3)]
    rationale: Text


class IndicatorIn(Strict):
    code: Text
    shown: Text
    violated: Text


class RubricLevelIn(Strict):
    level: Level
    descriptor: Text
    anchors: Annotated[list[Text], Field(min_length=3)]
    negatives: Annotated[list[Text], Field(min_length=1)]


class RubricIn(Strict):
    indicators: Annotated[list[IndicatorIn], Field(min_length=1)]
    levels: list[RubricLevelIn]

    @model_validator(mode="after")
    def five_levels(self) -> Self:
        if [level.level for level in self.levels] != [1, 2, 3, 4, 5]:
            raise ValueError("levels must be 1, 2, 3, 4, 5 in this order")
        return self


class TableIn(Strict):
    columns: Annotated[list[str], Field(min_length=2)]
    rows: Annotated[list[list[str | int | float]], Field(min_length=1)]
    caption: str = ""

    @model_validator(mode="after")
    def full_rows(self) -> Self:
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"table row {number} has {len(row)} cells, expected {len(self.columns)}"
                )
        return self


class StimulusIn(Strict):
    """What several items share; they name it by its code."""

    code: Code
    title: Text
    text: str = ""
    table: TableIn | None = None

    @model_validator(mode="after")
    def something_to_read(self) -> Self:
        if not self.text and self.table is None:
            raise ValueError("it has neither a text nor a table; give it one")
        return self


class ItemBase(Strict):
    """``words`` is counted by the import where it is not given."""

    code: Code
    stimulus: Code | None = None
    tags: list[Tag] = Field(default_factory=list)
    enemies: list[Code] = Field(default_factory=list)
    words: Annotated[int, Field(ge=1)] | None = None
    target_level: Level
    difficulty: Difficulty
    seconds: Annotated[float, Field(gt=0)]
    stem: Text
    practice: bool = False

    @field_validator("stimulus", mode="before")
    @classmethod
    def one_stimulus(cls, given: Any) -> Any:
        if isinstance(given, list):
            raise ValueError(
                f"an item comes with one stimulus, {len(given)} came; keep one, or join their texts"
            )
        return given

    @field_validator("tags", "enemies")
    @classmethod
    def once_each(cls, given: list[str]) -> list[str]:
        twice = [name for name, times in Counter(given).items() if times > 1]
        if twice:
            raise ValueError(f"{', '.join(twice)} stands twice; once is enough")
        return given

    @field_validator("enemies")
    @classmethod
    def no_enemy_of_itself(cls, given: list[str], info: ValidationInfo) -> list[str]:
        if info.data.get("code") in given:
            raise ValueError("it is its own enemy; take it off its own list")
        return given


class ChoiceItemIn(ItemBase):
    kind: Literal["choice"]
    setting: Text
    options: Annotated[list[OptionIn], Field(min_length=4, max_length=4)]

    @property
    def content(self) -> str:
        return self.setting

    @model_validator(mode="after")
    def one_best(self) -> Self:
        scores = [option.score for option in self.options]
        if scores.count(3) != 1 or 0 not in scores:
            raise ValueError(
                f"options must have exactly one score 3 and a score 0; they have {scores}"
            )
        return self


class KeyedItemIn(ItemBase):
    kind: Literal["keyed"]
    content: Text
    table: TableIn | None = None
    options: Annotated[list[Text], Field(min_length=4, max_length=5)]
    key: Annotated[int, Field(ge=1)]
    explanation: Text
    proof: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def key_among_options(self) -> Self:
        if self.key > len(self.options):
            raise ValueError(f"key is {self.key}, there are {len(self.options)} options")
        if len(set(self.options)) != len(self.options):
            raise ValueError("two options are the same")
        return self


class FreeTextItemIn(ItemBase):
    kind: Literal["free_text"]
    setting: Text
    advised_words: tuple[int, int]
    rubric: RubricIn

    @property
    def content(self) -> str:
        return self.setting


ItemIn = Annotated[ChoiceItemIn | KeyedItemIn | FreeTextItemIn, Field(discriminator="kind")]


class ItemFileIn(Strict):
    competency: Text
    language: Literal["id", "en"] = "id"
    stimuli: list[StimulusIn] = Field(default_factory=list)
    items: Annotated[list[ItemIn], Field(min_length=1)]
