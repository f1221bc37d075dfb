"""Which question an answer speaks of, by its words and by its vector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from scoring_models.text import content_stems

FloatArray = npt.NDArray[np.float64]

# chosen on the eight questions of decision 11; answers to them, not anchors, were told apart
_PRIOR_WORDS = 20.0
_DISCOUNT = 0.9
_SHARED_SPREAD = 0.6
_OF_VECTOR = 0.1


@dataclass(frozen=True)
class Topics:
    """What the texts of each question have in common, and how they differ from the others.

    Two log likelihood ratios of a question against all questions together are added: that of the
    answer's content stems, over the root of their number; and that of its unit vector under normal
    densities with one covariance (linear discriminants, shrunk to a sphere), at a tenth.
    Frequencies are discounted, so that a stem of one text alone, such as a word of a regional
    language that one candidate used, says next to nothing. By its vector alone the default encoder,
    taught to tell statements apart rather than subjects, finds the question of 7 answers in 10;
    stems find 9.

    Attributes
    ----------
    texts : tuple of tuple of frozenset
        The content stems of each text of each question.
    stems : tuple of Counter
        In how many texts of each question a stem stands.
    everywhere : Counter
        The same over all questions.
    vectors : tuple of arrays of shape (n_texts, dimension)
        Unit vectors of the texts of each question, less their common mean ``centre``.
    means : array of shape (n_questions, dimension)
        Of ``vectors``.
    precision : array of shape (dimension, dimension)
        Inverse of the shrunk covariance within questions.
    weight : float
        What the square of one text's distance from the mean of its question adds to it.

    References
    ----------
    Ney, Essen & Kneser (1994), On structuring probabilistic dependences in stochastic language
    modelling, doi:10.1006/csla.1994.1001 (absolute discounting)
    Friedman (1989), Regularized Discriminant Analysis, doi:10.1080/01621459.1989.10478752
    """

    texts: tuple[tuple[frozenset[str], ...], ...]
    stems: tuple[Counter[str], ...]
    everywhere: Counter[str]
    centre: FloatArray
    vectors: tuple[FloatArray, ...]
    means: FloatArray
    precision: FloatArray
    weight: float

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]], vectors: Sequence[FloatArray]) -> Topics:
        """Learn from the texts of each question, and from the vectors of the first of them."""
        stems = tuple(tuple(content_stems(text) for text in own) for own in texts)
        counts = tuple(Counter(chain.from_iterable(own)) for own in stems)
        units = [_unit(rows) for rows in vectors]
        centre = np.vstack(units).mean(axis=0)
        rows = tuple(unit - centre for unit in units)
        means = np.array([own.mean(axis=0) for own in rows])
        within = np.vstack([own - mean for own, mean in zip(rows, means, strict=True)])
        free = max(len(within) - len(rows), 1)
        covariance = within.T @ within / free
        size = len(covariance)
        sphere = float(np.trace(covariance)) / size + 1e-12
        shrunk = (1 - _SHARED_SPREAD) * covariance + _SHARED_SPREAD * sphere * np.eye(size)
        return cls(
            stems,
            counts,
            sum(counts, Counter()),
            centre,
            rows,
            means,
            np.linalg.inv(shrunk),
            (1 - _SHARED_SPREAD) / free,
        )

    def evidence(self, text: str, vector: FloatArray) -> FloatArray:
        """Return for each question the log likelihood ratio of an answer, shape (n_questions,)."""
        row = _unit(vector) - self.centre
        by_vector = _discriminants(row, self.means, self.precision)
        by_stems = _of_stems(content_stems(text), self.stems, self.everywhere)
        return by_stems + _OF_VECTOR * by_vector

    def evidence_of(self, question: int, text: int) -> FloatArray:
        """Return the same for one of the questions' own texts, as if it had not been seen."""
        said, row = self.texts[question][text], self.vectors[question][text]
        left = Counter(said)
        stems = list(self.stems)
        stems[question] = stems[question] - left
        means, precision = self.means.copy(), self.precision
        n, apart = len(self.vectors[question]), row - means[question]
        if n > 1:
            means[question] -= apart / (n - 1)
            precision = _without(precision, apart, self.weight * n / (n - 1))
        else:
            means[question] = 0.0
        by_vector = _discriminants(row, means, precision)
        return _of_stems(said, stems, self.everywhere - left) + _OF_VECTOR * by_vector


def _of_stems(
    said: Iterable[str], stems: Sequence[Counter[str]], everywhere: Counter[str]
) -> FloatArray:
    known = sorted(stem for stem in said if everywhere[stem])
    if not known:
        return np.zeros(len(stems))
    usual = np.array([everywhere[stem] for stem in known]) / everywhere.total()
    own = np.array([[max(counts[stem] - _DISCOUNT, 0) for stem in known] for counts in stems])
    spare = np.array([[_DISCOUNT * len(counts) + _PRIOR_WORDS] for counts in stems])
    sizes = np.array([[counts.total() + _PRIOR_WORDS] for counts in stems])
    ratios = (own / usual + spare) / sizes
    return np.asarray(np.log(ratios).sum(axis=1) / np.sqrt(len(known)))


def _discriminants(row: FloatArray, means: FloatArray, precision: FloatArray) -> FloatArray:
    sharpened = means @ precision
    return np.asarray(sharpened @ row - 0.5 * (sharpened * means).sum(axis=1))


def _without(precision: FloatArray, apart: FloatArray, weight: float) -> FloatArray:
    """Take one text out of the covariance within questions (Sherman & Morrison)."""
    pulled = precision @ apart
    left = max(1 - weight * float(apart @ pulled), 1e-6)
    return np.asarray(precision + np.outer(pulled, pulled) * (weight / left))


def _unit(rows: FloatArray) -> FloatArray:
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(length, 1e-12), dtype=np.float64)
