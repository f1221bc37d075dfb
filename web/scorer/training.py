"""From scored answers to a model file."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from web.scorer.answers import HIGHEST, LOWEST, Answer, AnswerFile
from web.scorer.encoded import Encoder, Question, by_item
from web.scorer.errors import ScorerFileError
from web.scorer.model_file import Scorer, Trained

if TYPE_CHECKING:
    from scoring_models.scored.by_count import Fitted, Lesson, OtherPrompt
    from scoring_models.scored.features import Prompt, Texts
    from scoring_models.scored.model import Predicted

CURVE = (10, 20, 40, 80, 150)
COVERAGE = 0.9
"""Wanted of the conformal sets."""
DECIDED = 0.8
"""Share of answers that a model decides on; the riskiest fifth goes to people."""
N_FOLDS = 5


@dataclass(frozen=True)
class Left:
    """An item without a model, and why."""

    item: str
    reason: str


@dataclass(frozen=True)
class _Item:
    """One prompt's answers, a row a rating: copies of a text count once with their mean level."""

    code: str
    prompt: "Prompt"
    texts: "Texts"
    levels: np.ndarray[tuple[int], np.dtype[np.int_]]
    answers: Sequence[Answer]


def train(
    data: AnswerFile, bank: Mapping[str, Question], encoder: Encoder, encoder_name: str | None
) -> tuple[Scorer, tuple[Left, ...]]:
    """Train a model for every prompt with ten scored answers or more.

    Those with fewer than forty rest on what the file's other prompts teach, where five or more of
    them have forty.

    Raises
    ------
    ScorerFileError
        If no prompt has enough.
    """
    from scoring_models.errors import TrainingDataError
    from scoring_models.scored.by_count import learn_lesson, train_by_count
    from scoring_models.scored.store import to_bytes

    trained, left, models = [], [], {}
    seen: list[tuple[Predicted, _Item]] = []
    items = [
        _item(code, [data.answers[row] for row in rows], bank[code], encoder)
        for code, rows in by_item([one.item for one in data.answers]).items()
    ]
    versions = {"encoder": encoder.version, "data": data.digest}

    @cache
    def lesson() -> "Lesson | None":  # a prompt with few scores is never among those that teach
        return learn_lesson([_taught(one) for one in items], LOWEST, HIGHEST)

    for item in items:
        scale = item.prompt, LOWEST, HIGHEST
        try:
            fitted = train_by_count(
                item.texts, item.levels, *scale, lesson=lesson, versions=versions
            )
        except TrainingDataError as error:
            left.append(Left(item.code, str(error)))
            continue
        models[item.code] = to_bytes(fitted.model)
        seen.append((fitted.unseen, item))
        trained.append(_entry(data, item, fitted, models[item.code]))
    if not trained:
        raise ScorerFileError([f"{data.name}: {one.item}: {one.reason}" for one in left])
    scorer = Scorer(
        encoder.version,
        encoder_name,
        bank_digest(bank),
        data.name,
        data.digest,
        data.synthetic,
        COVERAGE,
        _quantile(seen),
        _curve([item for _, item in seen]),
        tuple(trained),
        models,
    )
    return scorer, tuple(left)


def _taught(item: _Item) -> "OtherPrompt":
    from scoring_models.scored.by_count import OtherPrompt

    row = {text: place for place, text in enumerate(item.texts.texts)}

    def read(texts: Sequence[str]) -> "tuple[Texts, Prompt]":
        rows = np.array([row[text] for text in texts], dtype=np.int_)
        return item.texts.take(rows), item.prompt

    return OtherPrompt(item.texts.texts, item.levels, read)


def _entry(data: AnswerFile, item: _Item, fitted: "Fitted", content: bytes) -> Trained:
    from scoring_models.scored.store import digest

    stage, accepted = _stage(data, item, fitted.unseen)
    keys = {_key(one.text) for one in item.answers}
    return Trained(
        item.code,
        stage,
        len(keys),
        accepted,
        fitted.limit(DECIDED),
        digest(content),
        tuple(sorted(keys)),
        asdict(fitted.source) if fitted.source else None,
    )


def bank_digest(bank: Mapping[str, Question]) -> str:
    """SHA-256 over the free-text items that models are made with."""
    return hashlib.sha256(repr(sorted(bank.items())).encode()).hexdigest()


def was_seen(trained: Trained, text: str) -> bool:
    """Whether the model learned from this text, or a copy of its letters."""
    return _key(text) in trained.seen


def _key(text: str) -> str:
    from scoring_models.scored.terms import folded

    return hashlib.sha256(folded(text).encode()).hexdigest()[:16]


def _item(code: str, answers: Sequence[Answer], question: Question, encoder: Encoder) -> _Item:
    rated = [(one, level) for one in answers for level in one.levels.values()]
    row = {id(one): place for place, one in enumerate(answers)}
    texts = encoder.texts([one.text for one in answers])
    taken = texts.take(np.array([row[id(one)] for one, _ in rated], dtype=np.int_))
    levels = np.array([level for _, level in rated], dtype=np.int_)
    return _Item(code, encoder.prompt(question), taken, levels, [one for one, _ in rated])


def _stage(data: AnswerFile, item: _Item, unseen: "Predicted") -> tuple[str, bool]:
    """The stage that the number of answers and the cross-validation allow."""
    from scoring_models.scored.stages import acceptance, stage_of

    first = {id(one): place for place, one in reversed(list(enumerate(item.answers)))}
    rows = sorted(first.values())
    answers = [item.answers[row] for row in rows]
    ratings = data.ratings(answers)
    human, second = first_two(ratings)
    column = next(iter(data.columns), None)
    report = acceptance(
        unseen.probabilities[rows],
        unseen.decided[rows],
        human,
        LOWEST,
        second_human=second,
        subgroups=[one.groups[column] for one in answers] if column else (),
    )
    distinct = len({_key(one.text) for one in answers})
    return str(stage_of(distinct, report)), report.passed


def first_two(
    ratings: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], ...]:
    """The first and the second level that each answer has, NaN where there is no second."""
    moved = np.take_along_axis(ratings, np.argsort(np.isnan(ratings), axis=1, kind="stable"), 1)
    second = moved[:, 1] if moved.shape[1] > 1 else np.full(len(moved), np.nan)
    return moved[:, 0], second


def _quantile(seen: Sequence[tuple["Predicted", _Item]]) -> float | None:
    from scoring_models.errors import TrainingDataError
    from scoring_models.scored.conformal import calibrate

    probabilities = np.concatenate([unseen.probabilities for unseen, _ in seen])
    levels = np.concatenate([item.levels for _, item in seen])
    try:
        return calibrate(probabilities, levels, LOWEST, COVERAGE).quantile
    except TrainingDataError:
        return None


def _curve(items: Sequence[_Item]) -> tuple[tuple[int, float, int], ...]:
    """Mean kappa over prompts of models trained on the first n answers of each fold's others."""
    found = []
    for n in CURVE:
        kappas = [kappa for item in items if (kappa := _kappa_at(item, n)) is not None]
        if kappas:
            found.append((n, float(np.mean(kappas)), len(kappas)))
    return tuple(found)


def _kappa_at(item: _Item, n: int) -> float | None:
    from scoring_models.agreement import quadratic_weighted_kappa
    from scoring_models.errors import AgreementError, TrainingDataError
    from scoring_models.scored.diversity import diverse_order
    from scoring_models.scored.model import folds_of, train_model

    fold = folds_of(item.texts.texts, N_FOLDS, 1)
    decided = np.zeros(len(fold))
    try:
        for number in range(N_FOLDS):
            others = np.flatnonzero(fold != number)
            if len(others) < n:
                return None
            chosen = others[diverse_order(item.texts.vectors["sentence"][others], n)]
            model = train_model(
                item.texts.take(chosen), item.levels[chosen], item.prompt, LOWEST, HIGHEST
            ).model
            test = np.flatnonzero(fold == number)
            decided[test] = model.score(item.texts.take(test)).decided
        return quadratic_weighted_kappa(decided, item.levels)
    except (AgreementError, TrainingDataError):
        return None


def bank_of(folder: Path) -> dict[str, Question]:
    """The bank's free-text items.

    Raises
    ------
    ScorerFileError
        If it has none.
    """
    from web.scorer.encoded import questions

    found = questions(folder)
    if not found:
        raise ScorerFileError([f"{folder}: no free-text item; give a bank that has some"])
    return found
