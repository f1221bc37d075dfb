"""Does the interval of ability cover what it says when a machine has scored the answers?

Protocol, fixed before any result. Persons have N(0, 1) ability and write answers to items with five
levels (graded response model, parameters as if calibrated on human scores). The machine sees a
latent score: the level, noise of .8 level new with each answer, and in two of three conditions a
bias that all answers of a person share, N(0, .3) or +.3 and -.3 levels with equal chance. Its link
(cumulative logit) and its severity's spread come from 300 other persons with four answers each,
rated by people. Then 4,000 persons are estimated by EAP from their answers alone, four ways: the
most likely level as if it were certain; the expected level, rounded; the soft likelihood; the soft
likelihood integrated over the machine's severity. Counted is how often the central 95 % interval
holds the true ability, and how wide it is.

Run: python -m benchmarks.scoring_ability [--persons N] [--items 2 4 8] [--seed N]
"""

import argparse
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from assessment_engine import Item, ItemPool, Response, posterior
from assessment_engine.irt import FloatArray, IntArray, category_probabilities
from scoring_models import severity_likelihood, severity_sd, soft_likelihood
from scoring_models.ordinal import CumulativeLogit, fit_cumulative

NOISE = 0.8
BIAS = 0.3
N_TRAINING, N_RATED = 300, 4
LEVELS = np.arange(1, 6)
RATES = (0.2,) * 5  # the link weighs every level alike
CONDITIONS = ("no bias", "normal bias, sd .3", "bias of +.3 or -.3")
METHODS = ("most likely level", "expected level", "soft", "soft, over severities")


class Covered(NamedTuple):
    share: float
    width: float


def make_pool(n_items: int, random: np.random.Generator) -> ItemPool:
    def item(k: int) -> Item:
        centre = random.normal(0.0, 0.5)
        steps = tuple((centre + np.array([-1.5, -0.5, 0.5, 1.5])).tolist())
        return Item(f"t{k}", "x", "GRM", float(random.lognormal(0.4, 0.2)), steps)

    return ItemPool([item(k) for k in range(n_items)])


def biases(condition: str, n: int, random: np.random.Generator) -> FloatArray:
    if condition == CONDITIONS[0]:
        return np.zeros(n)
    if condition == CONDITIONS[1]:
        return random.normal(0.0, BIAS, n)
    return BIAS * random.choice([-1.0, 1.0], n)


def answer(
    pool: ItemPool, condition: str, n: int, random: np.random.Generator
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Abilities ``(n,)``, levels and latent scores ``(n, n_items)``."""
    theta = random.normal(size=n)
    chances = [np.cumsum(category_probabilities(item, theta), axis=1) for item in pool]
    uniform = random.random((n, len(pool)))
    level = np.stack(
        [1 + (uniform[:, [k]] > chance[:, :-1]).sum(axis=1) for k, chance in enumerate(chances)], 1
    )
    bias = biases(condition, n, random)[:, np.newaxis]
    return theta, level, level + bias + random.normal(0.0, NOISE, level.shape)


def machine(
    condition: str, random: np.random.Generator
) -> tuple[CumulativeLogit, float, float, float]:
    """Link, slope a level, spread of the severity, and agreement with people (QWK)."""
    _, level, latent = answer(make_pool(N_RATED, random), condition, N_TRAINING, random)
    link = fit_cumulative(latent.ravel(), level.ravel())
    p = link.probabilities(latent.ravel())
    person = np.repeat(np.arange(N_TRAINING), N_RATED)
    sd = severity_sd((latent - level).ravel(), person.tolist())
    guess = np.rint(p @ LEVELS)
    true = level.ravel()
    spread = guess.var() + true.var() + (guess.mean() - true.mean()) ** 2
    return link, 1.0 / link.temperature, sd, 1.0 - ((guess - true) ** 2).mean() / spread


def _response(item: str, p: FloatArray, method: str, sd: float, slope: float) -> Response:
    if method == METHODS[3]:
        found = severity_likelihood(p.tolist(), RATES, sd=sd, slope=slope)
        return Response(item, found.average, found.by_node)
    if method == METHODS[2]:
        return Response(item, soft_likelihood(p.tolist(), RATES))
    best = int(p.argmax()) if method == METHODS[0] else round(float(p @ LEVELS)) - 1
    return Response(item, tuple(float(k == best) for k in range(5)))


def coverage(condition: str, n_items: int, persons: int, seed: int) -> tuple[list[Covered], str]:
    random = np.random.default_rng([seed, n_items, CONDITIONS.index(condition)])
    link, slope, sd, kappa = machine(condition, random)
    pool = make_pool(n_items, random)
    theta, _, latent = answer(pool, condition, persons, random)
    p = link.probabilities(latent.ravel()).reshape(persons, n_items, 5)
    found = []
    for method in METHODS:
        held, width = 0, 0.0
        for person in range(persons):
            given = [
                _response(item.id, p[person, k], method, sd, slope) for k, item in enumerate(pool)
            ]
            low, high = posterior(pool, given).interval()
            held += low <= theta[person] <= high
            width += high - low
        found.append(Covered(held / persons, width / persons))
    return found, f"QWK {kappa:.2f}, severity {sd:.2f}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--persons", type=int, default=4_000)
    parser.add_argument("--items", type=int, nargs="+", default=[2, 4, 8])
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    print(f"coverage of 95 % intervals (and their width, logits), {options.persons} persons")
    for condition in CONDITIONS:
        for n_items in options.items:
            found, note = coverage(condition, n_items, options.persons, options.seed)
            figures = "  ".join(
                f"{method} {one.share:.3f} ({one.width:.2f})"
                for method, one in zip(METHODS, found, strict=True)
            )
            print(f"{condition}, {n_items} answers ({note}): {figures}", flush=True)


if __name__ == "__main__":
    main()
