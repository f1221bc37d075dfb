"""Simulated responses; all randomness from the generator handed over."""

import numpy as np
from scipy.special import expit

from calibration.estimate.models import ADJACENT, CUMULATIVE
from calibration.parameters import ItemParameters, probabilities


def dichotomous(rng, a, b, n_persons, c=0.0):
    ability = rng.standard_normal(n_persons)
    probability = c + (1 - c) * expit(np.asarray(a) * (ability[:, None] - np.asarray(b)))
    return (rng.random(probability.shape) < probability).astype(float)


def polytomous(rng, family, a, b, n_persons):
    """``b`` (n_items, n_categories - 1)."""
    a, b = np.asarray(a), np.asarray(b)
    ability = rng.standard_normal(n_persons)
    parameters = np.column_stack([a, -a[:, None] * b])
    probability = np.exp(family.log_probability(parameters, ability))
    draw = rng.random((n_persons, len(a)))
    return (draw.T[:, None] > np.cumsum(probability, axis=1)[:, :-1]).sum(axis=1).T.astype(float)


def graded(rng, a, b, n_persons):
    return polytomous(rng, CUMULATIVE, a, b, n_persons)


def partial_credit(rng, a, b, n_persons):
    return polytomous(rng, ADJACENT, a, b, n_persons)


def parameters(rng, n_items):
    return rng.lognormal(0.1, 0.25, n_items), rng.standard_normal(n_items)


def two_pl(rng, n_items):
    """2PL items named i0, i1, ..."""
    slopes, difficulties = rng.lognormal(0, 0.25, n_items), rng.normal(0, 1, n_items)
    return [
        ItemParameters(f"i{place}", "2PL", (float(a),), (float(b),))
        for place, (a, b) in enumerate(zip(slopes, difficulties, strict=True))
    ]


def draw(items, ability, rng):
    """Categories of persons of known ability, as floats, (n_persons, n_items)."""
    passed = np.cumsum(probabilities(items, ability), axis=1)[:, :-1].transpose(2, 0, 1)
    return (rng.random((len(ability), len(items), 1)) > passed).sum(axis=2).astype(float)
