"""How likely an answer shows or violates each indicator of its rubric, given its level.

Text alone tells little of single indicators on prompts that nobody rated, and the level of an
answer most of it, so the probabilities are conditional on the level: whoever knows it, from a
person or from a model that passed its acceptance, picks the row.

Features of an answer and an indicator, from one embedding a sentence: likeness of sentences to the
indicator as shown and as violated, and the pair head's reading of both. A multinomial logit on
these and the level, trained by ``benchmarks.scoring_indicators`` on synthetic answers, gives the
probabilities; its weights belong to one adapter.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scoring_models.encoders import polarity_of_vectors
from scoring_models.evidence import Reading
from scoring_models.prepared import PreparedRubric

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

FloatArray = npt.NDArray[np.float64]

WEIGHTS = Path(__file__).parent / "indicators.json"
FEATURES = (
    "most_like_shown",
    "most_like_violated",
    "most_rather_shown",
    "least_rather_shown",
    "most_for_shown",
    "mean_for_shown",
    "most_for_violated",
    "mean_for_violated",
)


@dataclass(frozen=True)
class IndicatorEvidence:
    """What an answer says of one indicator.

    Attributes
    ----------
    code : str
        The indicator.
    shown, violated : tuple of float
        Probabilities given that the answer is at level 1, 2, ... 5; the rest is "not touched".
    passage : str or None
        The sentence, verbatim, that is nearest to the indicator, shown or violated, of those that
        are nearer to it than to any other; which of the two it says, text alone hardly tells.
    """

    code: str
    shown: tuple[float, ...]
    violated: tuple[float, ...]
    passage: str | None


@dataclass(frozen=True)
class IndicatorWeights:
    """A multinomial logit: shown and violated against not touched.

    ``mean`` and ``scale`` standardise the features; ``text`` has shape ``(2, n_features)``,
    ``levels`` ``(2, 5)``: the logits of each level at mean features.
    """

    adapter: str
    mean: FloatArray
    scale: FloatArray
    text: FloatArray
    levels: FloatArray

    def effects(self, features: FloatArray) -> FloatArray:
        """Return what features ``(..., n_features)`` add to the two logits, ``(..., 2)``."""
        effect: FloatArray = ((features - self.mean) / self.scale) @ self.text.T
        return effect

    def probabilities(self, effects: FloatArray) -> FloatArray:
        """Return shown and violated at each level, ``(..., 5, 2)``, of effects ``(..., 2)``."""
        logits = effects[..., None, :] + self.levels.T
        rows = np.exp(logits - logits.max(axis=-1, keepdims=True).clip(min=0))
        rest = np.exp(-logits.max(axis=-1, keepdims=True).clip(min=0))
        proper: FloatArray = rows / (rows.sum(axis=-1, keepdims=True) + rest)
        return proper


@cache
def shipped_weights() -> IndicatorWeights:
    """Return the weights of this package, for its own polarity adapter."""
    given = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    arrays = (np.array(given[name]) for name in ("mean", "scale", "text", "levels"))
    return IndicatorWeights(given["adapter"], *arrays)


def indicator_evidence(
    answer: Reading,
    prepared: PreparedRubric,
    encoder: SentenceTransformer,
    weights: IndicatorWeights | None = None,
) -> tuple[IndicatorEvidence, ...]:
    """Return the evidence for each indicator of the rubric, in its order.

    Empty for an answer without sentences, and for an encoder that the weights do not belong to.
    """
    used = weights or shipped_weights()
    if not answer.sentences or prepared.encoder.adapter != used.adapter:
        return ()
    table = sentence_table(answer, prepared, encoder)
    probabilities = used.probabilities(used.effects(features(table)))
    likeness = prepared.likeness([answer.keep([i]) for i in range(len(answer.sentences))])
    return tuple(
        IndicatorEvidence(
            indicator.code,
            tuple(probabilities[i, :, 0].tolist()),
            tuple(probabilities[i, :, 1].tolist()),
            _passage(answer.sentences, likeness, i),
        )
        for i, indicator in enumerate(prepared.rubric.indicators)
    )


def sentence_table(
    answer: Reading, prepared: PreparedRubric, encoder: SentenceTransformer
) -> FloatArray:
    """Return ``(n_sentences, n_indicators, 4)``: likeness and reading, of shown and violated."""
    space = prepared.head.space
    statements = np.array([reading.vectors.mean(axis=0) for reading in prepared.indicators])
    own, other = answer.vectors - space.centre, statements - space.statement_centre
    likeness = _unit(own) @ _unit(other).T
    n, m = likeness.shape
    read = polarity_of_vectors(
        encoder, np.repeat(answer.vectors, m, axis=0), np.tile(_unit(statements), (n, 1))
    ).reshape(n, m)
    half = m // 2  # shown before violated
    parts = (likeness[:, :half], likeness[:, half:], read[:, :half], read[:, half:])
    return np.stack(parts, axis=-1)


def features(table: FloatArray) -> FloatArray:
    """Return the features of each indicator, ``(n_indicators, n_features)``; see ``FEATURES``."""
    rather = table[..., 0] - table[..., 1]
    rows = (
        table[..., 0].max(axis=0),
        table[..., 1].max(axis=0),
        rather.max(axis=0),
        rather.min(axis=0),
        table[..., 2].max(axis=0),
        table[..., 2].mean(axis=0),
        table[..., 3].max(axis=0),
        table[..., 3].mean(axis=0),
    )
    return np.stack(rows, axis=-1)


def _passage(sentences: Sequence[str], likeness: FloatArray, indicator: int) -> str | None:
    own = np.flatnonzero(likeness.argmax(axis=1) == indicator)
    return sentences[own[likeness[own, indicator].argmax()]] if len(own) else None


def _unit(rows: FloatArray) -> FloatArray:
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    unit: FloatArray = rows / np.maximum(length, 1e-9)
    return unit
