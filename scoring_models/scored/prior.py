"""What other prompts teach about a new one: which answers look good beside their key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring_models.errors import TrainingDataError
from scoring_models.scored.features import Prompt, Texts, surface, unit
from scoring_models.scored.kernels import Table, gaussian, table_of
from scoring_models.scored.terms import (
    TermSpace,
    character_terms,
    learn_terms,
    plain_words,
    word_terms,
)

FloatArray = npt.NDArray[np.float64]

_LANDMARKS = 500
_RIDGE = 3.0
_WIDTH = 0.15
_NEAREST = 10
_COPY = 1 - 1e-6
_UNKNOWN = "lupa tahu tau gatau gtau gtw entah paham ngerti mengerti tw hafal apal know idk forgot"
_NOT_KNOWN = frozenset(_UNKNOWN.split())


@dataclass(frozen=True)
class Prior:
    """Relative score (0 lowest, 1 highest level) from features that no prompt owns."""

    table: Table
    landmarks: FloatArray
    coefficients: FloatArray
    mean: float

    def relative(self, features: FloatArray) -> FloatArray:
        """Return the relative score expected, shape ``(n,)``; a little outside 0 to 1 may come."""
        values = self.table.standardise(features)
        near = gaussian(values, self.landmarks, _WIDTH / values.shape[1])
        return np.asarray(self.mean + near @ self.coefficients)


@dataclass(frozen=True)
class PriorView:
    """How a prior sees one prompt's answers; what is usual is learned from all answers at hand."""

    prompt: Prompt
    spaces: tuple[TermSpace, TermSpace]
    vectors: Mapping[str, FloatArray]
    usual: Table

    def features(self, answers: Texts) -> FloatArray:
        """Return features of answers that mean the same for every prompt.

        Likeness to the nearest key, to the question and to the other answers (by encoders, words
        and characters), coverage of the key's words, length beside the key's, "I do not know";
        each once as it is and once standardised within the prompt.
        """
        return self._beside_usual(_columns(answers, self.prompt, self.spaces, self.vectors))

    def _beside_usual(self, columns: FloatArray) -> FloatArray:
        key_length = np.full((len(columns), 1), _log_words(self.prompt.keys).mean())
        return np.hstack([columns, self.usual.standardise(columns), key_length])


def learn_prior_view(pool: Texts, prompt: Prompt) -> PriorView:
    """Learn from all answers to a prompt, scored or not, how a prior is to see them.

    Raises
    ------
    TrainingDataError
        If the prompt has no key or no question: nothing could then be carried over.
    """
    return _learn(pool, prompt)[0]


def prior_features(pool: Texts, prompt: Prompt) -> tuple[PriorView, FloatArray]:
    """Return ``learn_prior_view`` and its features of the pool itself, read once.

    Raises
    ------
    TrainingDataError
        If the prompt has no key or no question: nothing could then be carried over.
    """
    view, columns = _learn(pool, prompt)
    return view, view._beside_usual(columns)


def _learn(pool: Texts, prompt: Prompt) -> tuple[PriorView, FloatArray]:
    if not len(prompt.keys) or not len(prompt.question):
        raise TrainingDataError("the prompt has no key or no question, expected one of each")
    texts = (*pool.texts, *prompt.keys.texts, *prompt.question.texts)
    words, characters = (
        learn_terms([terms(text) for text in texts]) for terms in (word_terms, character_terms)
    )
    vectors = {name: unit(pool.vectors[name]) for name in sorted(pool.vectors)}
    columns = _columns(pool, prompt, (words, characters), vectors)
    return PriorView(prompt, (words, characters), vectors, table_of(columns)), columns


def fit_prior(features: Sequence[FloatArray], relative: Sequence[FloatArray]) -> Prior:
    """Fit kernel ridge regression on landmarks (Nyström) over the answers of many prompts.

    Parameters
    ----------
    features, relative : sequences with an array a prompt
        From ``PriorView.features``; human scores between 0 and 1.

    References
    ----------
    Williams & Seeger (2001), Using the Nyström method to speed up kernel machines
    """
    stacked, target = np.vstack(features), np.concatenate(relative)
    table = table_of(stacked)
    values = table.standardise(stacked)
    chosen = np.random.default_rng(0).permutation(len(values))[:_LANDMARKS]
    landmarks = values[chosen]
    factor = _WIDTH / values.shape[1]
    near, among = gaussian(values, landmarks, factor), gaussian(landmarks, landmarks, factor)
    mean = float(target.mean())
    system = near.T @ near + _RIDGE * among + 1e-6 * np.eye(len(landmarks))
    coefficients = np.asarray(np.linalg.solve(system, near.T @ (target - mean)), np.float64)
    return Prior(table, landmarks, coefficients, mean)


@dataclass(frozen=True)
class Borrowed:
    """What a prior of other prompts expects of this prompt's answers, as a view beside others.

    ``centre`` and ``spread`` standardise the relative score on the training answers: whether the
    prior's order is right here, and how far apart its levels lie, their own scores say.
    """

    prior: Prior
    view: PriorView
    centre: float
    spread: float

    def column(self, answers: Texts) -> FloatArray:
        """Return standardised expected scores, shape ``(n,)``."""
        expected = self.prior.relative(self.view.features(answers))
        return np.asarray((expected - self.centre) / self.spread)


def borrow(prior: Prior, answers: Texts, prompt: Prompt) -> tuple[Borrowed, FloatArray]:
    """Learn from the training answers, not from their scores, how to read a prior.

    Returns also the column of these answers.

    Raises
    ------
    TrainingDataError
        As ``learn_prior_view``.
    """
    view, features = prior_features(answers, prompt)
    expected = prior.relative(features)
    centre, spread = float(expected.mean()), float(expected.std()) + 1e-6
    return Borrowed(prior, view, centre, spread), np.asarray((expected - centre) / spread)


def _columns(
    answers: Texts,
    prompt: Prompt,
    spaces: tuple[TermSpace, TermSpace],
    pool: Mapping[str, FloatArray],
) -> FloatArray:
    columns = [surface(answers, prompt)]
    for terms, space in zip((word_terms, character_terms), spaces, strict=True):
        rows = space.vectors([terms(text) for text in answers.texts])
        for reference in (prompt.keys, prompt.question):
            theirs = space.vectors([terms(text) for text in reference.texts])
            columns.append((rows @ theirs.T).toarray().max(axis=1)[:, None])
    for name, others in pool.items():
        mine, centre = unit(answers.vectors[name]), others.mean(axis=0)
        for reference in (prompt.keys, prompt.question):
            right = unit(reference.vectors[name])
            columns.append((mine @ right.T).max(axis=1)[:, None])
            apart = unit(mine - centre) @ unit(right - centre).T
            columns.append(apart.max(axis=1)[:, None])
        columns += [(mine @ centre)[:, None], _alike(mine @ others.T)[:, None]]
    words = [plain_words(text) for text in answers.texts]
    unknown = np.array([sum(word in _NOT_KNOWN for word in row) for row in words])
    size = np.array([len(row) for row in words])
    columns.append((_log_words(answers) - _log_words(prompt.keys).mean())[:, None])
    columns.append((unknown / np.maximum(size, 1))[:, None])
    columns.append(((unknown > 0) & (size < 8)).astype(np.float64)[:, None])
    columns.append((size <= 1).astype(np.float64)[:, None])
    return np.hstack(columns)


def _alike(cosines: FloatArray) -> FloatArray:
    """Mean cosine to the nearest others; an answer of the pool must not be its own neighbour."""
    others = np.where(cosines > _COPY, -1.0, cosines)
    # a pool may be so small that an answer of it has fewer neighbours than a new answer has
    nearest = max(min(_NEAREST, cosines.shape[1] - 1), 1)
    return np.asarray(np.sort(others, axis=1)[:, -nearest:].mean(axis=1))


def _log_words(texts: Texts) -> FloatArray:
    return np.log1p([float(len(plain_words(text))) for text in texts.texts])
