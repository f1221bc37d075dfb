"""What other prompts teach about a new one: which answers look good beside their key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring_models.errors import TrainingDataError
from scoring_models.scored.features import Prompt, Texts, lexical_likeness, surface, unit
from scoring_models.scored.kernels import Table, gaussian, table_of
from scoring_models.scored.terms import plain_words

FloatArray = npt.NDArray[np.float64]

_LANDMARKS = 500
_RIDGE = 3.0
_WIDTH = 0.15
_NEAREST = 10
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


def prior_features(answers: Texts, prompt: Prompt, pool: Texts) -> FloatArray:
    """Return features of answers that mean the same for every prompt.

    Likeness to the nearest key, to the question and to the other answers (by encoders, words and
    characters), coverage of the key's words, length beside the key's, "I do not know"; each once
    as it is and once standardised within the prompt.

    Parameters
    ----------
    pool : Texts
        All answers to the prompt at hand, scored or not; what is usual is learned from them.

    Raises
    ------
    TrainingDataError
        If the prompt has no key: nothing could then be carried over.
    """
    if not len(prompt.keys) or not len(prompt.question):
        raise TrainingDataError("the prompt has no key or no question, expected one of each")
    mine, usual = _columns(answers, prompt, pool), _columns(pool, prompt, pool)
    key_length = np.full((len(mine), 1), _log_words(prompt.keys).mean())
    return np.hstack([mine, table_of(usual).standardise(mine), key_length])


def fit_prior(features: Sequence[FloatArray], relative: Sequence[FloatArray]) -> Prior:
    """Fit kernel ridge regression on landmarks (Nyström) over the answers of many prompts.

    Parameters
    ----------
    features, relative : sequences with an array a prompt
        From ``prior_features``; human scores between 0 and 1.

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
    return Prior(table, landmarks, np.linalg.solve(system, near.T @ (target - mean)), mean)


def _columns(answers: Texts, prompt: Prompt, pool: Texts) -> FloatArray:
    columns = [surface(answers, prompt), lexical_likeness(answers, prompt, pool)]
    for name in sorted(answers.vectors):
        mine, others = unit(answers.vectors[name]), unit(pool.vectors[name])
        centre = others.mean(axis=0)
        for reference in (prompt.keys, prompt.question):
            theirs = unit(reference.vectors[name])
            columns.append((mine @ theirs.T).max(axis=1)[:, None])
            apart = unit(mine - centre) @ unit(theirs - centre).T
            columns.append(apart.max(axis=1)[:, None])
        alike = np.sort(mine @ others.T, axis=1)[:, -_NEAREST:]
        columns += [(mine @ centre)[:, None], alike.mean(axis=1)[:, None]]
    words = [plain_words(text) for text in answers.texts]
    unknown = np.array([sum(word in _NOT_KNOWN for word in row) for row in words])
    size = np.array([len(row) for row in words])
    columns.append((_log_words(answers) - _log_words(prompt.keys).mean())[:, None])
    columns.append((unknown / np.maximum(size, 1))[:, None])
    columns.append(((unknown > 0) & (size < 8)).astype(np.float64)[:, None])
    columns.append((size <= 1).astype(np.float64)[:, None])
    return np.hstack(columns)


def _log_words(texts: Texts) -> FloatArray:
    return np.log1p([float(len(plain_words(text))) for text in texts.texts])
