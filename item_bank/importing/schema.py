"""The shape of a bank's files, as ``item_bank/starter/README.md`` describes it."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Text = Annotated[str, Field(min_length=1)]
Level = Annotated[int, Field(ge=1, le=5)]
Difficulty = Literal["easy", "typical", "hard"]


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


class ItemBase(Strict):
    code: Annotated[str, Field(pattern=r"^[A-Z]{3}-[A-Z]?\d{1,3}$")]
    target_level: Level
    difficulty: Difficulty
    seconds: Annotated[float, Field(gt=0)]
    stem: Text
    practice: bool = False


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
    items: Annotated[list[ItemIn], Field(min_length=1)]
