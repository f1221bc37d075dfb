"""Scoring one answer: distribution over levels, passages that explain it, and who decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from scoring_models.encoders import EncoderVersion, encoder_version
from scoring_models.errors import LikelihoodError
from scoring_models.evidence import Reading, read
from scoring_models.gate import (
    Decision,
    GateSettings,
    Measured,
    Reason,
    judge_ratings,
    judge_score,
    judge_text,
)
from scoring_models.heads import (
    HEAD_NAME,
    Head,
    HeadSettings,
    LeftOut,
    Sample,
    leave_anchors_out,
    mix,
    train_heads,
)
from scoring_models.rubric import LEVELS, Rubric

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_LEVELS = np.array(LEVELS, dtype=float)


@dataclass(frozen=True)
class Passage:
    """A sentence of the answer and what it speaks for.

    Attributes
    ----------
    sentence : str
        Verbatim.
    level : int
        The level whose behaviour the sentence is about.
    stance : {"for", "against"}
        Whether it shows that behaviour or turns it round.
    weight : float
        How far the expected level would fall if the sentence were left out, in levels; negative
        where it would rise.
    indicator : str
        Code of the nearest indicator of the rubric.
    """

    sentence: str
    level: int
    stance: Literal["for", "against"]
    weight: float
    indicator: str


@dataclass(frozen=True)
class Versions:
    """What a score came from."""

    encoder: EncoderVersion
    head: str
    head_digest: str
    rubric_digest: str


@dataclass(frozen=True)
class ScoredAnswer:
    """The outcome for one answer.

    ``probabilities`` over levels 1 to 5 and ``expected_level`` are None where there is nothing to
    read; otherwise they are given even if a person decides, as advice. ``base_rates`` are the
    level shares that they presume.
    """

    probabilities: tuple[float, ...] | None
    expected_level: float | None
    passages: tuple[Passage, ...]
    decision: Decision
    reasons: tuple[Reason, ...]
    base_rates: tuple[float, ...]
    versions: Versions


@dataclass(frozen=True)
class PreparedRubric:
    """A rubric with its texts embedded and its head trained; good for one encoder."""

    rubric: Rubric
    head: Head
    texts: tuple[Reading, ...]
    indicators: tuple[Reading, ...]
    encoder: EncoderVersion

    def nearest_indicators(self, readings: Sequence[Reading]) -> list[str]:
        """Return for each reading the code of the indicator nearest in meaning and words."""
        space = self.head.space
        likeness = space.meaning(readings) @ space.meaning(self.indicators).T
        stems = space.lexical(readings, signed=False)
        likeness += stems @ space.lexical(self.indicators, signed=False).T
        codes = [indicator.code for indicator in self.rubric.indicators] * 2
        return [codes[column] for column in likeness.argmax(axis=1)]

    def relatedness(self, answer: Reading, prompt: Reading) -> float:
        """Return how near the answer is to prompt and rubric.

        Rarity-weighted share of its stems that the prompt has, plus its mean similarity to the
        rubric's texts; in standard deviations from the mean of the rubric's texts themselves,
        each compared with the others.
        """
        space = self.head.space
        own = space.meaning(self.texts)
        similar = own @ own.T
        n = len(self.texts)
        usual = (similar.sum(axis=1) - np.diag(similar)) / (n - 1)
        usual += [space.coverage(reading, prompt) for reading in self.texts]
        here = float((own @ space.meaning([answer])[0]).mean()) + space.coverage(answer, prompt)
        return (here - float(usual.mean())) / max(float(usual.std()), 1e-6)


def prepare(
    rubric: Rubric,
    encoder: SentenceTransformer,
    *,
    others: Sequence[Rubric] = (),
    settings: HeadSettings | None = None,
) -> PreparedRubric:
    """Embed a rubric's texts and train its head: seconds once, so that an answer takes little.

    Parameters
    ----------
    rubric : Rubric
        The rubric that answers will be scored by.
    encoder : SentenceTransformer
        As ``load_encoder`` gives it.
    others : sequence of Rubric
        Further rubrics of the bank. The head learns from them what levels and violations look
        like in general; give them whenever there are any.
    settings : HeadSettings, optional
        How the head is trained.
    """
    apart = [other for other in others if other.digest != rubric.digest]
    return prepare_bank([rubric, *apart], encoder, settings=settings)[0]


def prepare_bank(
    rubrics: Sequence[Rubric],
    encoder: SentenceTransformer,
    *,
    settings: HeadSettings | None = None,
) -> tuple[PreparedRubric, ...]:
    """Prepare all rubrics of a bank at once, each learning from all; see ``prepare``."""
    version = encoder_version(encoder)
    samples = _samples(rubrics, encoder)
    heads = train_heads(samples, settings or HeadSettings())
    prepared = []
    for i, (rubric, head) in enumerate(zip(rubrics, heads, strict=True)):
        texts = tuple(s.reading for s in samples if s.rubric == i and s.is_answer)
        indicators = tuple(s.reading for s in samples if s.rubric == i and s.level is None)
        prepared.append(PreparedRubric(rubric, head, texts, indicators, version))
    return tuple(prepared)


def leave_one_anchor_out(
    rubrics: Sequence[Rubric],
    encoder: SentenceTransformer,
    *,
    settings: HeadSettings | None = None,
) -> tuple[LeftOut, ...]:
    """Score each anchor of a bank as a new answer: what the head makes of its own rubrics.

    Anchors are written by the authors of the rubric, so this says more about the rubrics than
    about answers of candidates, which will be harder.
    """
    return leave_anchors_out(_samples(rubrics, encoder), settings or HeadSettings())


def score_answer(
    text: str,
    prompt: str,
    rubric: Rubric | PreparedRubric,
    encoder: SentenceTransformer,
    *,
    settings: GateSettings,
    n_human_ratings: int = 0,
    advised_words: tuple[int, int] | None = None,
) -> ScoredAnswer:
    """Score one free-text answer; see ``score_answers``."""
    return score_answers(
        [text],
        prompt,
        rubric,
        encoder,
        settings=settings,
        n_human_ratings=n_human_ratings,
        advised_words=advised_words,
    )[0]


def score_answers(
    texts: Sequence[str],
    prompt: str,
    rubric: Rubric | PreparedRubric,
    encoder: SentenceTransformer,
    *,
    settings: GateSettings,
    n_human_ratings: int = 0,
    advised_words: tuple[int, int] | None = None,
) -> tuple[ScoredAnswer, ...]:
    """Score free-text answers to one prompt.

    Parameters
    ----------
    texts : sequence of str
        The answers, as they were written.
    prompt : str
        The stem that they answer.
    rubric : Rubric or PreparedRubric
        A ``Rubric`` is prepared first, which takes seconds; prepare once where speed matters.
    encoder : SentenceTransformer
        The encoder that the rubric was prepared with.
    settings : GateSettings
        Limits beyond which a person decides.
    n_human_ratings : int
        Ratings by people that the prompt has; below ``settings.min_ratings`` a person decides.
    advised_words : (int, int), optional
        Fewest and most words that the prompt advises.

    Returns
    -------
    tuple of ScoredAnswer
        In the order of ``texts``.
    """
    prepared = rubric if isinstance(rubric, PreparedRubric) else prepare(rubric, encoder)
    asked, *answers = read([prompt, *texts], encoder)
    ratings = judge_ratings(n_human_ratings, settings)
    case = _Case(asked, settings, ratings, advised_words)
    return tuple(_scored(answer, prepared, case) for answer in answers)


def soft_likelihood(
    probabilities: Sequence[float], base_rates: Sequence[float]
) -> tuple[float, ...]:
    """Return p_k / base rate_k, the weights of L(theta) = sum over k of w_k P_k(theta).

    Dividing by the base rates takes the scorer's prior off, so that the test's own prior on
    ability is not counted twice.

    Raises
    ------
    LikelihoodError
        If the lengths differ, a probability is negative, or a base rate is not above 0.
    """
    if len(probabilities) != len(base_rates):
        raise LikelihoodError(
            f"{len(probabilities)} probabilities came with {len(base_rates)} base rates"
        )
    if not all(p >= 0 for p in probabilities) or not sum(probabilities) > 0:
        raise LikelihoodError(f"probabilities are {list(probabilities)}, expected 0 or more")
    if not all(rate > 0 for rate in base_rates):
        raise LikelihoodError(f"base rates are {list(base_rates)}, expected all above 0")
    return tuple(p / rate for p, rate in zip(probabilities, base_rates, strict=True))


_Label = tuple[str, int | None, bool | None]


def _samples(rubrics: Sequence[Rubric], encoder: SentenceTransformer) -> list[Sample]:
    answers = [(i, label) for i, rubric in enumerate(rubrics) for label in _answers(rubric)]
    statements = [(i, label) for i, rubric in enumerate(rubrics) for label in _statements(rubric)]
    readings = (
        *read([text for _, (text, _, _) in answers], encoder),
        *read([text for _, (text, _, _) in statements], encoder, statements=True),
    )
    return [
        Sample(reading, number, level, shown)
        for reading, (number, (_, level, shown)) in zip(
            readings, (*answers, *statements), strict=True
        )
    ]


def _answers(rubric: Rubric) -> list[_Label]:
    return [
        (text, level.level, shown)
        for level in rubric.levels
        for shown, texts in ((True, level.anchors), (False, level.negatives))
        for text in texts
    ]


def _statements(rubric: Rubric) -> list[_Label]:
    return [
        *((level.descriptor, level.level, None) for level in rubric.levels),
        *((pair.shown, None, True) for pair in rubric.indicators),
        *((pair.violated, None, False) for pair in rubric.indicators),
    ]


@dataclass(frozen=True)
class _Case:
    prompt: Reading
    settings: GateSettings
    ratings: tuple[Reason, ...]
    advised_words: tuple[int, int] | None


def _scored(answer: Reading, prepared: PreparedRubric, case: _Case) -> ScoredAnswer:
    head = prepared.head
    reasons = judge_text(answer.text, case.prompt.text, case.settings, case.advised_words)
    probabilities: tuple[float, ...] | None = None
    expected: float | None = None
    passages: tuple[Passage, ...] = ()
    if answer.sentences:
        shown = head.shown([answer])
        row = mix(head.about([answer]), shown)[0]
        probabilities = tuple(map(float, row))
        expected = float(row @ _LEVELS)
        passages = _passages(answer, prepared, expected)
        relatedness = prepared.relatedness(answer, case.prompt)
        reasons += judge_score(Measured(probabilities, float(shown[0]), relatedness), case.settings)
    reasons += case.ratings
    versions = Versions(prepared.encoder, HEAD_NAME, head.digest, prepared.rubric.digest)
    return ScoredAnswer(
        probabilities,
        expected,
        passages,
        "human" if reasons else "machine",
        reasons,
        head.settings.base_rates,
        versions,
    )


def _passages(answer: Reading, prepared: PreparedRubric, expected: float) -> tuple[Passage, ...]:
    head, n = prepared.head, len(answer.sentences)
    alone = [answer.keep([i]) for i in range(n)]
    about = head.about(alone).argmax(axis=1) + 1
    shown = head.shown(alone) >= 0.5
    nearest = prepared.nearest_indicators(alone)
    if n > 1:
        without = [answer.keep([j for j in range(n) if j != i]) for i in range(n)]
        rest = head.probabilities(without) @ _LEVELS
    else:
        rest = np.array([np.dot(head.settings.base_rates, _LEVELS)])
    return tuple(
        Passage(
            sentence,
            int(about[i]),
            "for" if shown[i] else "against",
            expected - float(rest[i]),
            nearest[i],
        )
        for i, sentence in enumerate(answer.sentences)
    )
