"""What a model of a free-text item is trained on: levels, the prompt, and what others teach."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
from sqlmodel import Session

from item_bank.bank import ItemText
from item_bank.scorers import HumanScores, count_rated_answers, human_scores, unrated_texts
from web.usecases.scorers import HIGHEST, LOWEST, embed

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from scoring_models import EncoderVersion
    from scoring_models.scored.by_count import Lesson, OtherPrompt
    from scoring_models.scored.features import Prompt, Texts

FairLevels = dict[tuple[UUID, int], float]
"""By sitting and position."""
KEY_LEVELS = (4, 5)
"""Levels whose anchors stand as answers that are right."""


def level_of(answer: HumanScores, fair: FairLevels) -> int:
    """The level to train on, rounded from the middle upwards: adjudicated, fair, or the mean."""
    if answer.adjudicated is not None:
        return answer.adjudicated
    mean = float(np.mean(answer.levels))
    level = np.floor(fair.get((answer.sitting_id, answer.position), mean) + 0.5)
    return int(np.clip(level, LOWEST, HIGHEST))


def prompt_of(
    text: ItemText, encoder: "SentenceTransformer", version: "EncoderVersion"
) -> "Prompt":
    """The question with the rubric's high anchors as right answers and its negatives as wrong."""
    from scoring_models.scored.features import Prompt

    levels = text.body["rubric"]["levels"]
    keys = [one for level in levels if level["level"] in KEY_LEVELS for one in level["anchors"]]
    negatives = [one for level in levels for one in level["negatives"]]
    return Prompt(*(embed(part, encoder, version) for part in ([text.question], keys, negatives)))


def lesson_for(
    session: Session,
    item_id: UUID,
    bank: Sequence[ItemText],
    fair: FairLevels,
    encoder: "SentenceTransformer",
    version: "EncoderVersion",
) -> "Lesson | None":
    """What the bank's other free-text items teach about one; None where too few have many ratings.

    No answer to the item itself is among what they teach.
    """
    from scoring_models.scored.by_count import learn_lesson
    from scoring_models.scored.stages import FEWEST_SCORES, Stage

    others = [one for one in bank if one.item.kind == "free_text" and one.item.id != item_id]
    counts = count_rated_answers(session, [one.item.id for one in others])
    rated = [one for one in others if counts.get(one.item.id, 0) >= FEWEST_SCORES[Stage.OWN]]
    prompts = [_other_prompt(session, one, fair, encoder, version) for one in rated]
    return learn_lesson(prompts, LOWEST, HIGHEST)


def unscored_answers(
    session: Session, item_id: UUID, encoder: "SentenceTransformer", version: "EncoderVersion"
) -> "Texts":
    """Answers to an item that nobody has rated, as many as a model looks at."""
    from scoring_models.scored.by_count import MOST_ANSWERS

    return embed(unrated_texts(session, item_id, MOST_ANSWERS), encoder, version)


def _other_prompt(
    session: Session,
    text: ItemText,
    fair: FairLevels,
    encoder: "SentenceTransformer",
    version: "EncoderVersion",
) -> "OtherPrompt":
    from scoring_models.scored.by_count import OtherPrompt

    answers = human_scores(session, text.item.id)

    def read(texts: Sequence[str]) -> "tuple[Texts, Prompt]":
        return embed(list(texts), encoder, version), prompt_of(text, encoder, version)

    return OtherPrompt(
        [one.text for one in answers], [level_of(one, fair) for one in answers], read
    )
