"""Simulated answers of two groups; all randomness from the generator handed over."""

import numpy as np
from scipy.special import expit


def two_groups(rng, n_each, impact=0.0):
    """Labels and abilities; the focal group is ``impact`` lower on average."""
    labels = np.repeat(["reference", "focal"], n_each)
    return labels, rng.standard_normal(2 * n_each) - impact * (labels == "focal")


def complete(rng, theta, a, b, shift=0.0):
    """Right or wrong on all items; ``shift`` (n_persons, n_items) or 0 is added to difficulty."""
    probability = expit(a * (theta[:, None] - b - shift))
    return (rng.random(probability.shape) < probability).astype(np.int16)


def adaptive(rng, theta, a, b, n_given, shift=0.0, n_best=10):
    """Each person takes ``n_given`` items, each drawn from the ``n_best`` most informative left.

    Items are chosen by the posterior mean under N(0, 1) of the answers so far, by parameters that
    know of no DIF, as an operational test would.
    """
    answers = complete(rng, theta, a, b, shift)
    nodes = np.linspace(-5, 5, 61)
    passed = expit(a * (nodes[:, None] - b))
    log_right, log_wrong = np.log(passed), np.log1p(-passed)
    given = np.full(answers.shape, -1, dtype=np.int16)
    posterior = np.tile(-0.5 * nodes**2, (len(theta), 1))
    rows = np.arange(len(theta))
    for _ in range(n_given):
        weight = np.exp(posterior - posterior.max(axis=1, keepdims=True))
        estimate = weight @ nodes / weight.sum(axis=1)
        known = expit(a * (estimate[:, None] - b))
        information = np.where(given < 0, known * (1 - known), -1.0)
        best = np.argpartition(-information, n_best, axis=1)[:, :n_best]
        chosen = best[rows, rng.integers(0, n_best, len(theta))]
        answer = answers[rows, chosen]
        given[rows, chosen] = answer
        posterior += np.where(answer[:, None] == 1, log_right.T[chosen], log_wrong.T[chosen])
    return given


def as_codes(categories):
    return np.where(categories < 0, np.nan, categories.astype(float))
