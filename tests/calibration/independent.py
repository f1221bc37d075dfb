"""A second, plain evaluation of the marginal likelihood: no code of the package.

Items are given as (model, parameters): 2PL (a, d), 3PL (a, d, logit c), 4PL (a, d, logit c, logit
d), GRM and GPCM (a, d1, ...), NRM (a1, a2, ..., d1, d2, ...).
"""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logsumexp

NODES = np.linspace(-6, 6, 121)
LOG_WEIGHTS = -0.5 * NODES**2 - logsumexp(-0.5 * NODES**2)


def log_curves(model, parameters, nodes=NODES):
    """Log-probability of each category, (n_categories, n_nodes)."""
    a, d = parameters[0], np.asarray(parameters[1:])
    if model == "NRM":
        half = len(parameters) // 2
        steps = (
            np.asarray(parameters[:half])[:, None] * nodes + np.asarray(parameters[half:])[:, None]
        )
        steps = np.vstack([np.zeros_like(nodes), steps])
        return steps - logsumexp(steps, axis=0)
    if model == "4PL":
        low, high = expit(d[1]), expit(d[2])
        right = low + (high - low) * expit(a * nodes + d[0])
        return np.log(np.stack([1 - right, right]))
    if model == "3PL":
        right = expit(d[1]) + (1 - expit(d[1])) * expit(a * nodes + d[0])
        return np.log(np.stack([1 - right, right]))
    eta = a * nodes + d[:, None]
    if model in ("GPCM", "PCM"):
        steps = np.vstack([np.zeros_like(nodes), np.cumsum(eta, axis=0)])
        return steps - logsumexp(steps, axis=0)
    passed = np.vstack([np.ones_like(nodes), expit(eta), np.zeros_like(nodes)])
    return np.log(passed[:-1] - passed[1:])


def log_likelihood(items, categories, weights=None):
    """Marginal log-likelihood; ``categories`` from 0, NaN = not presented."""
    total = np.tile(LOG_WEIGHTS, (len(categories), 1))
    for (model, parameters), column in zip(items, categories.T, strict=True):
        curves = log_curves(model, parameters)
        seen = ~np.isnan(column)
        total[seen] += curves[column[seen].astype(int)]
    per_person = logsumexp(total, axis=1)
    return float(per_person.sum() if weights is None else weights @ per_person)


def split(vector, models, widths):
    cuts = np.cumsum(widths)[:-1]
    return list(zip(models, np.split(vector, cuts), strict=True))


def maximise(models, widths, categories, weights=None):
    """Free maximum of the likelihood by BFGS with numerical derivatives: (value, parameters)."""
    start = np.concatenate([[1.0, *np.linspace(1.5, -1.5, width - 1)] for width in widths])
    n_persons = len(categories) if weights is None else weights.sum()
    found = minimize(
        lambda vector: (
            -log_likelihood(split(vector, models, widths), categories, weights) / n_persons
        ),
        start,
        method="BFGS",
        options={"gtol": 1e-6},
    )
    return -found.fun * n_persons, [parameters for _, parameters in split(found.x, models, widths)]


def hessian(function, at, step=1e-3):
    """Central second differences."""
    n, out = len(at), np.empty((len(at), len(at)))
    unit = np.eye(n) * step
    for i in range(n):
        for j in range(i + 1):
            out[i, j] = out[j, i] = (
                function(at + unit[i] + unit[j])
                - function(at + unit[i] - unit[j])
                - function(at - unit[i] + unit[j])
                + function(at - unit[i] - unit[j])
            ) / (4 * step**2)
    return out
