"""A rubric made ready for scoring: its texts embedded, its head trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scoring_models.background import BACKGROUND
from scoring_models.encoders import EncoderVersion, encoder_version
from scoring_models.evidence import FloatArray, Reading, read
from scoring_models.heads import NO_RUBRIC, Head, HeadSettings, Sample, train_heads
from scoring_models.perturb import Change, perturb
from scoring_models.rubric import Rubric
from scoring_models.text import content_stems, language

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

MANNERS: tuple[Change, ...] = ("typos", "formal", "javanese", "sundanese", "betawi", "minang")
MOST_CHANGED = 30
"""Anchors that are changed, each in all manners."""


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
        codes = [indicator.code for indicator in self.rubric.indicators]
        return [codes[column] for column in self.likeness(readings).argmax(axis=1)]

    def likeness(self, readings: Sequence[Reading]) -> FloatArray:
        """Return how near readings are to indicators, shown or violated, ``(n, n_indicators)``."""
        space = self.head.space
        likeness = space.meaning(readings) @ space.meaning(self.indicators).T
        stems = space.lexical(readings, signed=False)
        likeness += stems @ space.lexical(self.indicators, signed=False).T
        half = len(self.rubric.indicators)
        return np.maximum(likeness[:, :half], likeness[:, half:])

    def relatedness(self, answer: Reading, prompt: str) -> float:
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
        asked = content_stems(prompt)
        usual += [space.coverage(reading, asked) for reading in self.texts]
        here = float((own @ space.meaning([answer])[0]).mean()) + space.coverage(answer, asked)
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
    samples = embed_rubrics(rubrics, encoder)
    return train(rubrics, samples, encoder_version(encoder), settings=settings)


def train(
    rubrics: Sequence[Rubric],
    samples: Sequence[Sample],
    encoder: EncoderVersion,
    *,
    settings: HeadSettings | None = None,
) -> tuple[PreparedRubric, ...]:
    """Train heads on rubrics that are embedded already; see ``embed_rubrics``."""
    heads = train_heads(samples, settings or HeadSettings())
    return tuple(
        PreparedRubric(
            rubric,
            head,
            tuple(s.reading for s in samples if s.rubric == i and s.is_answer),
            tuple(s.reading for s in samples if s.rubric == i and s.level is None),
            encoder,
        )
        for i, (rubric, head) in enumerate(zip(rubrics, heads, strict=True))
    )


def embed_rubrics(rubrics: Sequence[Rubric], encoder: SentenceTransformer) -> list[Sample]:
    """Embed all texts of rubrics, in one batch: the slow part of preparing them.

    Samples carry the position of their rubric; indicators keep their order, shown before violated.
    Background sentences and changed anchors come last, of no rubric.
    """
    answers = [(i, label) for i, rubric in enumerate(rubrics) for label in _answers(rubric)]
    statements = [(i, label) for i, rubric in enumerate(rubrics) for label in _statements(rubric)]
    readings = (
        *read([text for _, (text, _, _) in answers], encoder),
        *read([text for _, (text, _, _) in statements], encoder, statements=True),
    )
    found = [
        Sample(reading, number, level, shown)
        for reading, (number, (_, level, shown)) in zip(
            readings, (*answers, *statements), strict=True
        )
    ]
    neutral = read(BACKGROUND, encoder, statements=True)
    found += [Sample(reading, NO_RUBRIC, None, None) for reading in neutral]
    return found + _changed(found, encoder)


def _changed(samples: Sequence[Sample], encoder: SentenceTransformer) -> list[Sample]:
    """Some anchors with their manner changed, what they say kept."""
    anchors = {s.reading.text: s.reading for s in samples if s.is_answer and s.shown}
    texts = sorted(text for text in anchors if language(text) == "id")
    texts = texts[:: max(1, len(texts) // MOST_CHANGED)][:MOST_CHANGED]
    pairs = [
        (text, changed)
        for change in MANNERS
        for place, text in enumerate(texts)
        if (changed := perturb(text, change, seed=place)) != text
    ]
    readings = read([changed for _, changed in pairs], encoder)
    return [
        Sample(reading, NO_RUBRIC, None, None, anchors[text])
        for reading, (text, _) in zip(readings, pairs, strict=True)
    ]


_Label = tuple[str, int | None, bool | None]


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
