"""What a scorer sees of an answer: embeddings, terms, surface, likeness to reference answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from scoring_models.errors import TrainingDataError
from scoring_models.scored.terms import character_terms, learn_terms, plain_words, word_terms

FloatArray = npt.NDArray[np.float64]

SURFACE = (
    "log_words",
    "log_characters",
    "type_token_ratio",
    "word_length",
    "log_punctuation",
    "digit_share",
    "short_form_share",
    "key_words_used",
    "share_in_key",
    "key_pairs_used",
    "share_in_question",
)


@dataclass(frozen=True)
class Texts:
    """Texts with the vectors that encoders made of them.

    ``vectors`` maps an encoder's name to an array of shape ``(n_texts, d)``. Any encoder will do,
    as long as training and scoring use the same.
    """

    texts: tuple[str, ...]
    vectors: Mapping[str, FloatArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that every encoder gave one finite vector a text.

        Raises
        ------
        TrainingDataError
        """
        for name, matrix in self.vectors.items():
            if matrix.ndim != 2 or len(matrix) != len(self.texts):
                problem = f"{name} gave shape {matrix.shape} for {len(self.texts)} texts"
                raise TrainingDataError(f"{problem}, expected one row a text")
            if not np.isfinite(matrix).all():
                raise TrainingDataError(f"{name} gave a vector that is not finite")

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: npt.NDArray[np.int_]) -> Texts:
        """Return the texts of ``rows``, in that order."""
        vectors = {name: matrix[rows] for name, matrix in self.vectors.items()}
        return Texts(tuple(self.texts[row] for row in rows), vectors)


@dataclass(frozen=True)
class Prompt:
    """A question with the answers that its authors hold right, and those that they hold wrong.

    Each holds texts with vectors of the same encoders as the answers; ``keys`` and ``negatives``
    may be empty.
    """

    question: Texts
    keys: Texts = Texts(())
    negatives: Texts = Texts(())


def surface(answers: Texts, prompt: Prompt) -> FloatArray:
    """Return what can be counted without understanding, one column a name in ``SURFACE``."""
    key_terms = set().union(*(word_terms(key) for key in prompt.keys.texts))
    key_words = {term for term in key_terms if " " not in term}
    question = set().union(*(word_terms(part) for part in prompt.question.texts))
    rows = [_surface_row(text, key_terms, key_words, question) for text in answers.texts]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(SURFACE))


def likeness(answers: Texts, prompt: Prompt) -> FloatArray:
    """Return cosines to the nearest key, the nearest negative and the question, by each encoder.

    Without negatives their columns are left out, without keys likewise; the last column is the
    logarithm of the length, against which likeness must be read.
    """
    columns: list[FloatArray] = []
    for name in sorted(answers.vectors):
        mine = unit(answers.vectors[name])
        for others in (prompt.keys, prompt.negatives, prompt.question):
            if len(others):
                columns.append((mine @ unit(others.vectors[name]).T).max(axis=1))
    columns.append(np.log1p([len(plain_words(text)) for text in answers.texts]))
    return np.column_stack(columns)


def lexical_likeness(answers: Texts, prompt: Prompt, known: Texts) -> FloatArray:
    """Return TF-IDF cosines to the nearest key and to the question, by words and by characters.

    Terms are weighed by ``known`` (answers at hand, scored or not) and the prompt itself.
    """
    columns = []
    for terms in (word_terms, character_terms):
        own = [terms(text) for text in (*prompt.keys.texts, *prompt.question.texts)]
        space = learn_terms([terms(text) for text in known.texts] + own)
        mine = space.vectors([terms(text) for text in answers.texts])
        for others in (prompt.keys, prompt.question):
            cosines = mine @ space.vectors([terms(text) for text in others.texts]).T
            best = cosines.toarray().max(axis=1, initial=0.0)
            columns.append(best)
    return np.column_stack(columns)


def unit(matrix: FloatArray) -> FloatArray:
    """Return rows of length 1; a row of zeros stays."""
    rows = np.asarray(matrix, dtype=np.float64)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))


def _surface_row(
    text: str, key_terms: set[str], key_words: set[str], question: set[str]
) -> tuple[float, ...]:
    words, terms = plain_words(text), set(word_terms(text))
    single = {term for term in terms if " " not in term}
    pairs = terms - single
    size, distinct = max(len(words), 1), max(len(single), 1)
    raw = text.lower().split()
    return (
        np.log1p(len(words)),
        np.log1p(len(text)),
        len(set(words)) / size,
        sum(map(len, words)) / size,
        np.log1p(sum(text.count(mark) for mark in ",.;:")),
        sum(letter.isdigit() for letter in text) / max(len(text), 1),
        sum(word.strip(".,;:!?") not in words for word in raw) / max(len(raw), 1),
        len(single & key_words) / max(len(key_words), 1),
        len(single & key_words) / distinct,
        float(len(pairs & key_terms)),
        len(single & question) / distinct,
    )
