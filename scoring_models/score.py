"""Scoring one answer: distribution over levels, passages that explain it, and who decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from scoring_models.encoders import EncoderVersion
from scoring_models.evidence import FloatArray, Reading, read
from scoring_models.gaming.check import GamingCheck
from scoring_models.gate import (
    Decision,
    GateSettings,
    Measured,
    Reason,
    judge_gaming,
    judge_ratings,
    judge_score,
    judge_text,
)
from scoring_models.heads import HEAD_NAME, mix
from scoring_models.indicators import IndicatorEvidence, indicator_evidence
from scoring_models.prepared import PreparedRubric, prepare
from scoring_models.rubric import LEVELS, Rubric

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_LEVELS = np.array(LEVELS, dtype=float)
_LEAST = 1e-6


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
    lifts : tuple of float
        For each level, log of its probability with the sentence over that without it: above 0 the
        sentence speaks for the level, below 0 against it.
    """

    sentence: str
    level: int
    stance: Literal["for", "against"]
    weight: float
    indicator: str
    lifts: tuple[float, ...]


@dataclass(frozen=True)
class Versions:
    """What a score came from; ``fluency`` where the check for gaming took part, its model's."""

    encoder: EncoderVersion
    head: str
    head_digest: str
    rubric_digest: str
    fluency: str | None = None


@dataclass(frozen=True)
class ScoredAnswer:
    """The outcome for one answer.

    ``probabilities`` over levels 1 to 5, ``expected_level`` and ``shown``, the probability that
    the answer shows the behaviour that it is about and does not turn it round, are None where
    there is nothing to read; otherwise they are given even if a person decides, as advice.
    ``indicators`` say how likely each indicator is shown or violated at each level; empty where
    there is nothing to read and for encoders other than the default one.
    ``base_rates`` are the level shares that they presume, ``slope`` the logits of the cumulative
    probabilities for one level of the head's latent score.
    """

    probabilities: tuple[float, ...] | None
    expected_level: float | None
    shown: float | None
    passages: tuple[Passage, ...]
    indicators: tuple[IndicatorEvidence, ...]
    decision: Decision
    reasons: tuple[Reason, ...]
    base_rates: tuple[float, ...]
    slope: float
    versions: Versions


def score_answer(
    text: str,
    prompt: str,
    rubric: Rubric | PreparedRubric,
    encoder: SentenceTransformer,
    *,
    settings: GateSettings,
    n_human_ratings: int = 0,
    advised_words: tuple[int, int] | None = None,
    gaming: GamingCheck | None = None,
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
        gaming=gaming,
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
    gaming: GamingCheck | None = None,
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
    gaming : GamingCheck, optional
        The check for gaming, fitted on a bank that holds this rubric.

    Returns
    -------
    tuple of ScoredAnswer
        In the order of ``texts``.
    """
    prepared = rubric if isinstance(rubric, PreparedRubric) else prepare(rubric, encoder)
    answers = read(texts, encoder)
    ratings = judge_ratings(n_human_ratings, settings)
    case = _Case(prompt, settings, ratings, advised_words, gaming)
    evidence = [indicator_evidence(answer, prepared, encoder) for answer in answers]
    return tuple(
        _scored(answer, prepared, case, indicators)
        for answer, indicators in zip(answers, evidence, strict=True)
    )


@dataclass(frozen=True)
class _Case:
    prompt: str
    settings: GateSettings
    ratings: tuple[Reason, ...]
    advised_words: tuple[int, int] | None
    gaming: GamingCheck | None


def _scored(
    answer: Reading,
    prepared: PreparedRubric,
    case: _Case,
    indicators: tuple[IndicatorEvidence, ...],
) -> ScoredAnswer:
    head = prepared.head
    reasons = judge_text(answer.text, case.prompt, case.settings, case.advised_words)
    fluency = case.gaming.language.fluency.digest if case.gaming and answer.sentences else None
    versions = Versions(prepared.encoder, HEAD_NAME, head.digest, prepared.rubric.digest, fluency)
    base_rates, slope = head.settings.base_rates, 1.0 / head.level_link.temperature
    if not answer.sentences:
        reasons += case.ratings
        return ScoredAnswer(None, None, None, (), (), "human", reasons, base_rates, slope, versions)
    shown = head.shown([answer])
    row = mix(head.about([answer]), shown)[0]
    probabilities, expected = tuple(map(float, row)), float(row @ _LEVELS)
    relatedness = prepared.relatedness(answer, case.prompt)
    measured = Measured(probabilities, float(shown[0]), relatedness)
    reasons += judge_score(measured, case.settings)
    if case.gaming is not None:
        gamed = judge_gaming(case.gaming.judge(answer, prepared.rubric.digest))
        known = {reason.code for reason in reasons}
        reasons += tuple(reason for reason in gamed if reason.code not in known)
    reasons += case.ratings
    return ScoredAnswer(
        probabilities,
        expected,
        measured.shown,
        _passages(answer, prepared, row),
        indicators,
        "human" if reasons else "machine",
        reasons,
        base_rates,
        slope,
        versions,
    )


def _passages(answer: Reading, prepared: PreparedRubric, row: FloatArray) -> tuple[Passage, ...]:
    head, n = prepared.head, len(answer.sentences)
    alone = [answer.keep([i]) for i in range(n)]
    about = head.about(alone).argmax(axis=1) + 1
    shown = head.shown(alone) >= 0.5
    nearest = prepared.nearest_indicators(alone)
    if n > 1:
        without = [answer.keep([j for j in range(n) if j != i]) for i in range(n)]
        rest = head.probabilities(without)
    else:
        rest = np.array([head.settings.base_rates])
    lifts = np.log(np.maximum(row, _LEAST)) - np.log(np.maximum(rest, _LEAST))
    return tuple(
        Passage(
            sentence,
            int(about[i]),
            "for" if shown[i] else "against",
            float((row - rest[i]) @ _LEVELS),
            nearest[i],
            tuple(lifts[i].tolist()),
        )
        for i, sentence in enumerate(answer.sentences)
    )
