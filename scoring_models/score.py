"""Scoring one answer: distribution over levels, passages that explain it, and who decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from scoring_models.encoders import EncoderVersion, encoder_version
from scoring_models.errors import LikelihoodError
from scoring_models.evidence import FloatArray, Reading, read
from scoring_models.gate import (
    Decision,
    GateSettings,
    Measured,
    Reason,
    judge_ratings,
    judge_score,
    judge_text,
)
from scoring_models.heads import HEAD_NAME, Head, HeadSettings, Sample, train_heads
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
    indicators: FloatArray
    encoder: EncoderVersion

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
    samples = [
        sample for i, rubric in enumerate(rubrics) for sample in _samples(rubric, i, encoder)
    ]
    heads = train_heads(samples, settings or HeadSettings())
    prepared = []
    for i, (rubric, head) in enumerate(zip(rubrics, heads, strict=True)):
        texts = tuple(sample.reading for sample in samples if sample.rubric == i)
        pairs = [
            text
            for indicator in rubric.indicators
            for text in (indicator.shown, indicator.violated)
        ]
        vectors = head.space.meaning(read(pairs, encoder))
        prepared.append(PreparedRubric(rubric, head, texts, vectors, version))
    return tuple(prepared)


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


def _samples(rubric: Rubric, number: int, encoder: SentenceTransformer) -> list[Sample]:
    labelled = [
        (text.strip(), level.level, shown)
        for level in rubric.levels
        for shown, texts in ((True, level.anchors), (False, level.negatives))
        for text in texts
    ]
    readings = read([text for text, _, _ in labelled], encoder)
    return [
        Sample(reading, level, shown, number)
        for reading, (_, level, shown) in zip(readings, labelled, strict=True)
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
        row = head.probabilities([answer])[0]
        probabilities = tuple(map(float, row))
        expected = float(row @ _LEVELS)
        passages = _passages(answer, prepared, expected)
        relatedness = prepared.relatedness(answer, case.prompt)
        reasons += judge_score(Measured(probabilities, relatedness), case.settings)
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
    nearest = (head.space.meaning(alone) @ prepared.indicators.T).argmax(axis=1) // 2
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
            prepared.rubric.indicators[int(nearest[i])].code,
        )
        for i, sentence in enumerate(answer.sentences)
    )
