"""What a text offers a head: its sentences as vectors, and its content words with polarity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scoring_models.plain import plain
from scoring_models.text import language, scoped_terms, sentences, words
from scoring_models.words import NEGATORS

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

FloatArray = npt.NDArray[np.float64]

LEAST_WEIGHT = 0.02
N_MANNER = 8
"""Directions of manner that are left out; 4 to 16 were tried on half of the competencies."""
WHOLE_FROM = 0.02
"""Quantile of the training answers' sentences from which on a sentence counts whole."""


@dataclass(frozen=True)
class Reading:
    """A text taken apart.

    Attributes
    ----------
    sentences : tuple of str
        Verbatim pieces of the text.
    plain : tuple of str
        The same as ``plain.plain`` gives them, empty where a sentence is courtesy alone; an English
        text stays as it is.
    vectors : array of shape (n_sentences, dimension)
        Embeddings of the plain sentences; of the verbatim one where the plain one is empty.
    terms : tuple
        For each plain sentence its content stems with polarity, see ``text.scoped_terms``.
    statement : bool
        True for a rubric's own sentence (descriptor, indicator), which is in another register
        than an answer: no "I", no reasons.
    """

    text: str
    sentences: tuple[str, ...]
    plain: tuple[str, ...]
    vectors: FloatArray
    terms: tuple[tuple[tuple[str, int], ...], ...]
    statement: bool = False

    @cached_property
    def stems(self) -> frozenset[str]:
        """Content stems, whatever their polarity."""
        return frozenset(stem for sentence in self.terms for stem, _ in sentence)

    @cached_property
    def negators(self) -> int:
        """How many negating words the text has."""
        return sum(word in NEGATORS for piece in self.plain for word in words(piece))

    def keep(self, rows: Sequence[int]) -> Reading:
        """Return the reading of some of the sentences."""
        kept = tuple(self.sentences[i] for i in rows)
        said = tuple(self.plain[i] for i in rows)
        terms = tuple(self.terms[i] for i in rows)
        return Reading(" ".join(kept), kept, said, self.vectors[list(rows)], terms, self.statement)


def read(
    texts: Sequence[str], encoder: SentenceTransformer, *, statements: bool = False
) -> tuple[Reading, ...]:
    """Take texts apart, embedding all their sentences in one batch.

    A text without a single word gives a reading without sentences.
    """
    split = [sentences(text) for text in texts]
    said = [_plain(text, pieces) for text, pieces in zip(texts, split, strict=True)]
    embedded = [
        tuple(own or piece for own, piece in zip(plain_pieces, pieces, strict=True))
        for plain_pieces, pieces in zip(said, split, strict=True)
    ]
    distinct = list(dict.fromkeys(piece for pieces in embedded for piece in pieces))
    row = {piece: i for i, piece in enumerate(distinct)}
    vectors = _encode(distinct, encoder)
    return tuple(
        Reading(
            text,
            pieces,
            plain_pieces,
            vectors[[row[piece] for piece in own]],
            tuple(scoped_terms(piece) for piece in plain_pieces),
            statements,
        )
        for text, pieces, plain_pieces, own in zip(texts, split, said, embedded, strict=True)
    )


def _plain(text: str, pieces: tuple[str, ...]) -> tuple[str, ...]:
    return pieces if language(text) == "en" else tuple(plain(piece) for piece in pieces)


def _encode(pieces: list[str], encoder: SentenceTransformer) -> FloatArray:
    if not pieces:
        return np.empty((0, encoder.get_embedding_dimension() or 0))
    vectors = encoder.encode(pieces, show_progress_bar=False, convert_to_numpy=True)
    return np.asarray(vectors, dtype=np.float64)


@dataclass(frozen=True)
class Space:
    """Where readings become comparable vectors.

    The mean vector of all sentences of answers, or of statements, is taken off first, because
    embeddings of one language and register share most of their length. ``negation`` is the
    direction in which texts of the same kind move when they hold more negating words; polarity
    features leave it out, so that a good answer that says "I do not sign" is not taken for a bad
    one. ``manner``, ``(n_directions, dimension)``, are the directions in which texts move when they
    are misspelt, padded with office phrases or mixed with a regional language; they are left out.
    """

    centre: FloatArray
    statement_centre: FloatArray
    negation: FloatArray
    column: dict[str, int]
    rarity: FloatArray
    unseen_rarity: float
    topics: FloatArray
    background: FloatArray
    relevance: tuple[float, float]
    manner: FloatArray

    def weights(self, reading: Reading) -> FloatArray:
        """Return how much each sentence counts, shape ``(n_sentences,)``, ``LEAST_WEIGHT`` to 1.

        A sentence that lies nearer to the background (the weather, the way to the office) than to
        the statements of the rubrics says little of behaviour, and courtesy alone nothing at all.
        """
        counts = np.ones(len(reading.sentences))
        if len(self.background):
            low, high = self.relevance
            counts = (self._relevance(reading) - low) / max(high - low, 1e-9)
        counts[[not piece for piece in reading.plain]] = 0.0
        return np.clip(counts, LEAST_WEIGHT, 1.0)

    def _relevance(self, reading: Reading) -> FloatArray:
        """Cosine with the nearest statement above that with the nearest background sentence."""
        own = _unit(self._off_centre(reading.vectors, reading.statement))
        return np.asarray((own @ self.topics.T).max(axis=1) - (own @ self.background.T).max(axis=1))

    def meaning(self, readings: Sequence[Reading]) -> FloatArray:
        """Return unit vectors, ``(n_readings, dimension)``: the weighted mean off the centre."""
        means = [
            self._off_centre(np.average(r.vectors, axis=0, weights=self.weights(r)), r.statement)
            for r in readings
        ]
        return _unit(np.array(means))

    def _off_centre(self, vectors: FloatArray, statement: bool) -> FloatArray:
        off = vectors - (self.statement_centre if statement else self.centre)
        return _without(off, self.manner)

    def stance(self, readings: Sequence[Reading]) -> FloatArray:
        """Return ``meaning`` without the direction of plain negation."""
        meaning = self.meaning(readings)
        return _unit(meaning - np.outer(meaning @ self.negation, self.negation))

    def lexical(self, readings: Sequence[Reading], *, signed: bool) -> FloatArray:
        """Return unit vectors of content stems by rarity, ``(n_readings, n_stems)``.

        With ``signed`` a negated stem counts against the same stem asserted. Stems never seen in
        training count in the length alone, so that a text of foreign words comes out short.
        """
        table = np.zeros((len(readings), len(self.column)))
        unseen = np.zeros(len(readings))
        for row, reading in enumerate(readings):
            for weight, sentence in zip(self.weights(reading), reading.terms, strict=True):
                for stem, polarity in sentence:
                    if stem in self.column:
                        table[row, self.column[stem]] += weight * (polarity if signed else 1)
                    else:
                        unseen[row] += weight * self.unseen_rarity**2
        table *= self.rarity
        length = np.sqrt((table**2).sum(axis=1) + unseen)
        scaled: FloatArray = table / np.maximum(length, 1e-9)[:, None]
        return scaled

    def coverage(self, reading: Reading, source: frozenset[str]) -> float:
        """Return the share of ``reading``'s stems, weighted by rarity, that ``source`` holds."""
        weights = {stem: self._rarity_of(stem) for stem in sorted(reading.stems)}
        total = sum(weights.values())
        shared = sum(weight for stem, weight in weights.items() if stem in source)
        return shared / total if total else 0.0

    def _rarity_of(self, stem: str) -> float:
        column = self.column.get(stem)
        return self.unseen_rarity if column is None else float(self.rarity[column])


def build_space(
    readings: Sequence[Reading],
    kinds: Sequence[int],
    background: Sequence[Reading] = (),
    changed: Sequence[tuple[Reading, Reading]] = (),
) -> Space:
    """Fit centres, negation direction and stem rarities.

    Parameters
    ----------
    readings : sequence of Reading
        Training texts, none of them empty: answers and statements.
    kinds : sequence of int
        For each the kind (for example shown or violated) within which the negation direction is
        estimated, from answers alone.
    background : sequence of Reading
        Sentences that say nothing of behaviour; without them every sentence counts whole.
    changed : sequence of (Reading, Reading)
        Texts as they were and after a change of manner alone.
    """
    column, rarity, unseen = _rarities(readings)
    answers = [reading for reading in readings if not reading.statement]
    statements = [reading for reading in readings if reading.statement] or answers
    centre, other = (
        np.concatenate([reading.vectors for reading in group]).mean(axis=0)
        for group in (answers, statements)
    )
    manner = _manner(changed, len(centre))
    topics = _unit(_without(np.concatenate([r.vectors for r in statements]) - other, manner))
    neutral = np.concatenate([np.empty((0, len(centre))), *(r.vectors for r in background)])
    start = Space(
        centre,
        other,
        np.zeros_like(centre),
        column,
        rarity,
        unseen,
        topics,
        _unit(_without(neutral - centre, manner)),
        (0.0, 0.0),
        manner,
    )
    if background:
        found = np.concatenate([start._relevance(reading) for reading in answers])
        whole, middle = np.quantile(found, [WHOLE_FROM, 0.5])
        start = replace(start, relevance=(float(2 * whole - middle), float(whole)))
    own = np.array([k for k, r in zip(kinds, readings, strict=True) if not r.statement])
    negation = _negation_direction(start.meaning(answers), answers, own)
    return replace(start, negation=negation)


def _manner(changed: Sequence[tuple[Reading, Reading]], dimension: int) -> FloatArray:
    """The directions of most movement under changes of manner, orthonormal."""
    moves = [after.vectors.mean(axis=0) - before.vectors.mean(axis=0) for before, after in changed]
    _, lengths, directions = np.linalg.svd(np.array(moves).reshape(-1, dimension), False)
    return np.asarray(directions[:N_MANNER][lengths[:N_MANNER] > 1e-6])


def _without(vectors: FloatArray, directions: FloatArray) -> FloatArray:
    """Take orthonormal directions out of vectors."""
    left: FloatArray = vectors - (vectors @ directions.T) @ directions
    return left


def _rarities(readings: Sequence[Reading]) -> tuple[dict[str, int], FloatArray, float]:
    counts = Counter(_chain(sorted(reading.stems) for reading in readings))
    stems = sorted(counts)
    n = len(readings)
    rarity = np.array([np.log(n / counts[stem]) + 1 for stem in stems])
    return {stem: i for i, stem in enumerate(stems)}, rarity, float(np.log(2 * n) + 1)


def _negation_direction(
    meaning: FloatArray, readings: Sequence[Reading], kinds: npt.NDArray[np.int_]
) -> FloatArray:
    counts = np.minimum([float(reading.negators) for reading in readings], 5.0)
    vectors = meaning.copy()
    for kind in np.unique(kinds):
        rows = kinds == kind
        counts[rows] -= counts[rows].mean()
        vectors[rows] -= vectors[rows].mean(axis=0)
    direction = counts @ vectors
    length = float(np.linalg.norm(direction))
    return direction / length if length > 1e-9 else np.zeros_like(direction)


def _unit(rows: FloatArray) -> FloatArray:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: FloatArray = rows / np.maximum(length, 1e-9)
    return unit


def _chain(lists: Iterable[Iterable[str]]) -> Iterable[str]:
    return (entry for entries in lists for entry in entries)
