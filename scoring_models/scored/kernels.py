"""Likeness of two answers, seen in several ways: one kernel a way, each 1 for an answer itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from scoring_models.errors import TrainingDataError
from scoring_models.scored.features import Prompt, Texts, likeness, surface, unit
from scoring_models.scored.terms import TermSpace, character_terms, learn_terms, word_terms

FloatArray = npt.NDArray[np.float64]

_FARTHEST = 4.0


@dataclass(frozen=True)
class Table:
    """Columns on a common scale: standardised on training answers, cut at four deviations."""

    mean: FloatArray
    deviation: FloatArray

    def standardise(self, values: FloatArray) -> FloatArray:
        """Return standardised columns."""
        return np.clip((values - self.mean) / self.deviation, -_FARTHEST, _FARTHEST)


@dataclass(frozen=True)
class Views:
    """How answers to one prompt are seen, as learned from its training answers.

    ``centres`` and ``widths`` belong to the encoders of the same name: the mean vector, and the
    factor of the squared distance in the Gaussian kernel, 1 / median squared distance.
    """

    centres: Mapping[str, FloatArray]
    widths: Mapping[str, float]
    words: TermSpace
    characters: TermSpace
    surface: Table
    likeness: Table

    def see(self, answers: Texts, prompt: Prompt) -> Seen:
        """Return what the kernels need of ``answers``.

        Raises
        ------
        TrainingDataError
            If an encoder's vectors are missing or have another width.
        """
        for name, centre in self.centres.items():
            if name not in answers.vectors or answers.vectors[name].shape[1] != len(centre):
                raise TrainingDataError(f"answers need {name} vectors of {len(centre)} numbers")
        return Seen(
            {name: unit(answers.vectors[name]) for name in self.centres},
            self.words.vectors([word_terms(text) for text in answers.texts]),
            self.characters.vectors([character_terms(text) for text in answers.texts]),
            self.surface.standardise(surface(answers, prompt)),
            self.likeness.standardise(likeness(answers, prompt)),
        )

    def between(self, a: Seen, b: Seen) -> list[FloatArray]:
        """Return kernel matrices of shape ``(len(a), len(b))``.

        Linear and Gaussian of each encoder, then words, characters, surface, likeness.
        """
        kernels: list[FloatArray] = []
        for name, centre in self.centres.items():
            mine, theirs = a.vectors[name], b.vectors[name]
            kernels.append(unit(mine - centre) @ unit(theirs - centre).T)
            kernels.append(gaussian(mine, theirs, self.widths[name]))
        kernels.append((a.words @ b.words.T).toarray())
        kernels.append((a.characters @ b.characters.T).toarray())
        for left, right in ((a.surface, b.surface), (a.likeness, b.likeness)):
            kernels.append(gaussian(left, right, 0.5 / left.shape[1]))
        return kernels


@dataclass(frozen=True)
class Seen:
    """Answers as ``Views`` see them."""

    vectors: Mapping[str, FloatArray]
    words: sparse.csr_array
    characters: sparse.csr_array
    surface: FloatArray
    likeness: FloatArray

    def __len__(self) -> int:
        return len(self.surface)


def learn_views(answers: Texts, prompt: Prompt) -> Views:
    """Learn vocabularies, centres and scales from answers; their scores are not needed."""
    vectors = {name: unit(answers.vectors[name]) for name in sorted(answers.vectors)}
    return Views(
        {name: matrix.mean(axis=0) for name, matrix in vectors.items()},
        {name: _width(matrix) for name, matrix in vectors.items()},
        learn_terms([word_terms(text) for text in answers.texts]),
        learn_terms([character_terms(text) for text in answers.texts]),
        table_of(surface(answers, prompt)),
        table_of(likeness(answers, prompt)),
    )


def table_of(values: FloatArray) -> Table:
    """Learn mean and deviation of columns."""
    return Table(values.mean(axis=0), values.std(axis=0) + 1e-6)


def gaussian(a: FloatArray, b: FloatArray, factor: float) -> FloatArray:
    """Return exp(-factor x squared distance), shape ``(len(a), len(b))``."""
    return np.asarray(np.exp(-factor * _squared_distances(a, b)))


def _squared_distances(a: FloatArray, b: FloatArray) -> FloatArray:
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.asarray(np.maximum(squares, 0.0))


def _width(vectors: FloatArray) -> float:
    distances = _squared_distances(vectors, vectors)
    apart = distances[distances > 1e-9]
    return float(1 / np.median(apart)) if apart.size else 1.0
