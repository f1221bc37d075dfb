"""The model that a prompt's number of human scores calls for, trained and judged.

With 10 to 39 scored answers it rests on what other prompts taught, where enough of them have many
scores; else it learns from the prompt's own answers alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring_models.errors import TrainingDataError
from scoring_models.scored.features import Prompt, Texts
from scoring_models.scored.few import (
    FEWEST_PROMPTS,
    FewModel,
    Rehearsal,
    Shared,
    learn_shared,
    rehearse,
    train_few,
)
from scoring_models.scored.model import (
    Predicted,
    copies,
    cross_validate,
    folds_of,
    gather,
    train_model,
)
from scoring_models.scored.selective import cost_limit
from scoring_models.scored.stages import FEWEST_SCORES, Stage, stage_by_count
from scoring_models.scored.store import PromptModel, digest, shared_to_bytes
from scoring_models.scored.terms import folded, forget

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int_]

MOST_PROMPTS = 30
MOST_ANSWERS = 300
"""Of one prompt, scored or not. Both bounds keep a training short."""
FOLDS, LEAVE_ONE_OUT = "cross_validation", "leave_one_out"
_MOST_FOLDS = 10
_SEED = 20240


@dataclass(frozen=True)
class OtherPrompt:
    """Another prompt's scored answers.

    ``read`` gives vectors of the answers that are used, and the prompt; it is called only for
    prompts that are used.
    """

    texts: Sequence[str]
    scores: Sequence[int] | IntArray
    read: Callable[[Sequence[str]], tuple[Texts, Prompt]]


@dataclass(frozen=True)
class LearnedFrom:
    """What a prior learned from: prompts, answers, and the SHA-256 of what they share."""

    prompts: int
    answers: int
    sha256: str


@dataclass(frozen=True)
class Lesson:
    """What other prompts taught."""

    shared: Shared
    source: LearnedFrom


@dataclass(frozen=True)
class Fitted:
    """A model, and predictions of its training answers by models that had not seen them.

    ``method`` says how: ``FOLDS``, or ``LEAVE_ONE_OUT`` where a model of its own had too few
    answers for folds. ``costs`` are those by which answers are left to people. ``source`` is what
    the prior learned from, None for a model of its own.
    """

    model: PromptModel
    unseen: Predicted
    method: str
    costs: FloatArray
    source: LearnedFrom | None

    def limit(self, coverage: float) -> float:
        """Return the cost up to which to score so that about ``coverage`` of answers are."""
        return cost_limit(self.costs, coverage)


def learn_lesson(others: Sequence[OtherPrompt], lowest: int, highest: int) -> Lesson | None:
    """Learn from other prompts what one with few scores needs; None where they are too few.

    Used are those with 40 distinct scored answers or more, of two levels or more, with a key and a
    question; at most ``MOST_PROMPTS``, the ones with most answers first, and ``MOST_ANSWERS`` of
    each, whatever the order they came in.
    """
    taught = []
    for other in others:
        rows, scores = _distinct(other.texts, np.asarray(other.scores))
        if len(rows) >= FEWEST_SCORES[Stage.OWN] and len(np.unique(scores)) > 1:
            taught.append((other, rows, scores))
    if len(taught) < FEWEST_PROMPTS:
        return None
    rehearsals: list[Rehearsal] = []
    for other, rows, scores in sorted(taught, key=lambda one: -len(one[1])):
        kept = np.sort(np.random.default_rng(0).permutation(len(rows))[:MOST_ANSWERS])
        answers, prompt = other.read([other.texts[row] for row in rows[kept]])
        if can_teach(prompt):
            rehearsals.append(rehearse(answers, scores[kept], prompt, lowest, highest))
        forget()  # thousands of texts would otherwise stay in the memory of whoever trains
        if len(rehearsals) == MOST_PROMPTS:
            break
    if len(rehearsals) < FEWEST_PROMPTS:
        return None
    shared = learn_shared(rehearsals)
    n_answers = sum(len(one.relative) for one in rehearsals)
    source = LearnedFrom(len(rehearsals), n_answers, digest(shared_to_bytes(shared)))
    return Lesson(shared, source)


def can_teach(prompt: Prompt) -> bool:
    """Whether anything carries over from a prompt or to it: it has a key and a question."""
    return bool(len(prompt.keys) and len(prompt.question))


def train_by_count(
    answers: Texts,
    scores: Sequence[int] | IntArray,
    prompt: Prompt,
    lowest: int,
    highest: int,
    *,
    lesson: Callable[[], Lesson | None],
    unscored: Callable[[], Texts] | None = None,
    versions: Mapping[str, str] | None = None,
) -> Fitted:
    """Train the model that the number of distinct scored answers calls for, and judge it.

    Parameters
    ----------
    answers : Texts
        The scored ones.
    lesson, unscored : callables
        What others taught, and more answers to the prompt; called only where they are used.

    Raises
    ------
    TrainingDataError
        As ``train_model``.
    """
    levels, scale = np.asarray(scores), (lowest, highest)
    stage = stage_by_count(len(copies(answers.texts)))
    taught = lesson() if stage is Stage.PRIOR and can_teach(prompt) else None
    if taught is not None:
        more = Texts(()) if unscored is None else unscored()
        return _from_others(taught, answers, levels, more, prompt, scale, versions)
    trained = train_model(answers, levels, prompt, *scale, versions=versions)
    try:
        unseen, method = cross_validate(answers, levels, prompt, *scale), FOLDS
    except TrainingDataError:  # a fold's training part was too small, or of one level
        unseen, method = trained.left_out, LEAVE_ONE_OUT
    return Fitted(trained.model, unseen, method, trained.model.costs, None)


def _from_others(
    lesson: Lesson,
    answers: Texts,
    levels: IntArray,
    unscored: Texts,
    prompt: Prompt,
    scale: tuple[int, int],
    versions: Mapping[str, str] | None,
) -> Fitted:
    """An answer that is left out is no answer of the pool either, nor are its copies."""
    known = {folded(text) for text in answers.texts}
    first = np.array([rows[0] for rows in copies(unscored.texts)], dtype=np.int_)
    new = [row for row in first if folded(unscored.texts[row]) not in known]
    more = unscored.take(np.array(new, dtype=np.int_))
    recorded = {**(versions or {}), "prior": lesson.source.sha256}

    def model_of(rows: IntArray) -> FewModel:
        distinct, means = _distinct([answers.texts[row] for row in rows], levels[rows])
        pool = _joined(answers.take(rows[distinct]), more)
        scored = np.arange(len(distinct))
        return train_few(lesson.shared, pool, scored, means, prompt, *scale, recorded)

    fold = folds_of(answers.texts, min(_MOST_FOLDS, len(known)), _SEED)
    parts = []
    for number in np.unique(fold):
        rest, left = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        parts.append((left, model_of(rest).score(answers.take(left))))
    unseen = gather(parts, len(levels))
    model = model_of(np.arange(len(levels)))
    return Fitted(model, unseen, FOLDS, np.sort(unseen.cost), lesson.source)


def _distinct(texts: Sequence[str], scores: IntArray) -> tuple[IntArray, FloatArray]:
    """First row and mean score of each distinct text."""
    groups = copies(texts)
    rows = np.array([rows[0] for rows in groups], dtype=np.int_)
    return rows, np.array([scores[rows].mean() for rows in groups])


def _joined(scored: Texts, more: Texts) -> Texts:
    if not len(more):
        return scored
    vectors = {name: np.vstack([own, more.vectors[name]]) for name, own in scored.vectors.items()}
    return Texts((*scored.texts, *more.texts), vectors)
