"""Answers written to build and try the scorer, labelled by the authors; they validate nothing."""

from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from item_bank.errors import ImportFileError
from item_bank.importing.schema import Level, Strict, Text

Attack = Literal[
    "boilerplate",
    "copied_prompt",
    "gibberish",
    "keyword_stuffing",
    "negated",
    "off_topic",
    "shuffled",
    "word_salad",
]
Kind = Literal["natural", "typos", "regional", "short", "padded", "english", "gaming"]


class DevelopmentAnswer(Strict):
    """One synthetic answer, with the level that its rubric gives it and why."""

    item: Text
    level: Level
    kind: Kind
    attack: Attack | None = None
    shown: list[Text]
    violated: list[Text]
    note: Text
    text: Text

    @model_validator(mode="after")
    def attack_of_gaming(self) -> Self:
        if (self.kind == "gaming") != (self.attack is not None):
            raise ValueError("an answer has an attack if its kind is gaming, and only then")
        return self

    @model_validator(mode="after")
    def one_label_an_indicator(self) -> Self:
        both = sorted(set(self.shown) & set(self.violated))
        if both:
            raise ValueError(f"{', '.join(both)} cannot be shown and violated at once")
        return self


class _File(Strict):
    answers: Annotated[list[DevelopmentAnswer], Field(min_length=1)]


def read_development(folder: Path) -> tuple[DevelopmentAnswer, ...]:
    """Read a bank's ``development/*.yaml``, file after file in alphabetical order.

    Raises
    ------
    ImportFileError
        With every problem found, each naming file, answer and field; also where there is no file.
    """
    problems: list[str] = []
    found: list[DevelopmentAnswer] = []
    paths = sorted((folder / "development").glob("*.yaml"))
    for path in paths:
        try:
            found += _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).answers
        except (OSError, yaml.YAMLError) as error:
            problems.append(f"{path.name}: not readable: {error}")
        except ValidationError as error:
            problems += [
                f"{path.name}, {'.'.join(map(str, problem['loc']))}: {problem['msg']}"
                for problem in error.errors()
            ]
    if not paths:
        problems.append(f"{folder}: no answers were found below development/")
    if problems:
        raise ImportFileError(problems)
    return tuple(found)
