"""How often ``sparse_item_fit`` rejects items that fit, and one that does not, on adaptive data.

Run as ``python -m benchmarks.fit_type_one [--replications N] [--seed N]``. Each simulee answers
30 % of a pool, chosen one by one for most information at the posterior mean so far ("strict"), or
at random among the five best ("random of 5"), or at random altogether ("at random"). Rates of
fitting items should be .05 +/- .01; those of the item with guessing, calibrated as 2PL, are power.
"""

import argparse
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from calibration import ConvergenceError, Quadrature, calibrate, normal_grid
from calibration.fit import SparseItemFit, sparse_item_fit
from calibration.parameters import (
    ItemParameters,
    information,
    log_probabilities,
    probabilities,
)

FloatArray = npt.NDArray[np.float64]
Categories = npt.NDArray[np.int16]

GRID = normal_grid(61, -5, 5)
COVERAGE = 0.3
GUESSES = 7  # place of the item that does not fit, where there is one


@dataclass(frozen=True)
class Condition:
    model: str  # 2PL or GRM
    best_of: int | None  # choose at random among so many most informative items; None: among all
    is_estimated: bool
    n_persons: int
    n_items: int = 60
    has_misfit: bool = False

    def __str__(self) -> str:
        chosen = {None: "at random", 1: "strict"}.get(self.best_of, f"random of {self.best_of}")
        known = "estimated" if self.is_estimated else "known"
        return f"{self.model}  {chosen:12}  {known:9}  {self.n_persons:5} persons"


CONDITIONS = (
    *(
        Condition("2PL", best_of, is_estimated, n_persons)
        for is_estimated in (False, True)
        for best_of in (1, 5, None)
        for n_persons in (1000, 3000)
    ),
    Condition("GRM", 5, False, 2000, n_items=40),
    Condition("GRM", 5, True, 2000, n_items=40),
    Condition("2PL", 5, True, 3000, has_misfit=True),
    Condition("2PL", None, True, 3000, has_misfit=True),
)


def pool(rng: np.random.Generator, condition: Condition) -> tuple[ItemParameters, ...]:
    """Items as they are; the one that misfits has guessing that 2PL does not know."""
    items = []
    for place in range(condition.n_items):
        a, b = float(rng.lognormal(0.1, 0.25)), float(rng.standard_normal())
        thresholds = (b - 0.8, b, b + 0.8) if condition.model == "GRM" else (b,)
        items.append(ItemParameters(f"item{place + 1}", condition.model, (a,), thresholds))
    if condition.has_misfit:
        items[GUESSES] = ItemParameters("guesses", "3PL", (2.0,), (0.5,), c=0.25)
    return tuple(items)


def adaptive_answers(
    rng: np.random.Generator,
    items: Sequence[ItemParameters],
    n_persons: int,
    n_answers: int,
    best_of: int | None,
) -> Categories:
    """Answers of N(0, 1) persons to items chosen by their earlier answers; -1 = not presented."""
    ability = rng.standard_normal(n_persons)
    passed = np.cumsum(probabilities(items, ability), axis=1)[:, :-1]
    every = (rng.random((len(items), 1, n_persons)) > passed).sum(axis=1).T.astype(np.int16)
    nodes = np.linspace(-4, 4, 33)
    table, worth = log_probabilities(items, nodes), information(items, nodes)
    joint = np.tile(-0.5 * nodes**2, (n_persons, 1))
    out = np.full(every.shape, -1, dtype=np.int16)
    row = np.arange(n_persons)
    for _ in range(n_answers):
        posterior = np.exp(joint - joint.max(axis=1, keepdims=True))
        mean = posterior @ nodes / posterior.sum(axis=1)
        at = np.clip(np.round((mean + 4) * 4).astype(int), 0, 32)
        value = rng.random(every.shape) if best_of is None else worth[:, at].T.copy()
        value[out >= 0] = -1
        among = 1 if best_of is None else best_of
        best = np.argpartition(-value, among - 1, axis=1)[:, :among]
        pick = best[row, rng.integers(among, size=n_persons)]
        out[row, pick] = every[row, pick]
        joint += table[pick, every[row, pick]]
    return out


def one_replication(rng: np.random.Generator, condition: Condition) -> tuple[SparseItemFit, ...]:
    """Fit of the items of one simulated data set."""
    items = pool(rng, condition)
    n_answers = round(COVERAGE * len(items))
    categories = adaptive_answers(rng, items, condition.n_persons, n_answers, condition.best_of)
    quadrature = GRID
    if condition.is_estimated:
        items, categories, quadrature = _calibrated(items, categories)
    return sparse_item_fit(items, categories, quadrature, estimated=condition.is_estimated)


def _calibrated(
    items: tuple[ItemParameters, ...], categories: Categories
) -> tuple[tuple[ItemParameters, ...], Categories, Quadrature]:
    """Estimates of the items that have one; others are left out, as in practice."""
    kept = [place for place in range(len(items)) if _can_be_calibrated(categories[:, place])]
    while True:
        codes = np.where(categories[:, kept] < 0, np.nan, categories[:, kept])
        models = ["2PL" if items[at].model == "3PL" else items[at].model for at in kept]
        try:
            result = calibrate(codes, models, standard_errors="none")
            break
        except ConvergenceError as error:
            lost = {f"item{column + 1}": place for column, place in enumerate(kept)}
            for name in error.items or tuple(lost):
                kept.remove(lost[name])
    named = tuple(
        replace(found, name=items[place].name)
        for found, place in zip(result.items, kept, strict=True)
    )
    return named, categories[:, kept], result.quadrature


def _can_be_calibrated(column: Categories) -> bool:
    """Enough answers, and in a strict adaptive test not nearly all alike."""
    counts = np.bincount(column[column >= 0], minlength=2)
    return bool(counts.sum() >= 50 and counts.min() >= 5)


def p_values(seed: int, condition: Condition, replications: int) -> tuple[FloatArray, FloatArray]:
    """Of items that fit, and of the item that does not."""
    fits = [
        fit
        for replication in range(replications)
        for fit in one_replication(np.random.default_rng([seed, replication]), condition)
    ]
    of_kind = [
        np.array(
            [fit.p for fit in fits if fit.p is not None and (fit.item == "guesses") is misfits]
        )
        for misfits in (False, True)
    ]
    return of_kind[0], of_kind[1]


def _rates(values: FloatArray, levels: Iterable[float] = (0.01, 0.05, 0.1)) -> str:
    return "  ".join(f"{np.mean(values < level):.4f}" for level in levels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print("share rejected at                                       .01     .05     .10   (SE .05)")
    for condition in CONDITIONS:
        start = time.perf_counter()
        fitting, misfitting = p_values(options.seed, condition, options.replications)
        error = np.sqrt(0.05 * 0.95 / len(fitting))
        seconds = time.perf_counter() - start
        print(
            f"{condition!s:50}  {_rates(fitting)}   ({error:.4f})  "
            f"{len(fitting)} tests, {seconds:.0f} s",
            flush=True,
        )
        if len(misfitting):
            print(f"{'  power against guessing':50}  {_rates(misfitting)}")


if __name__ == "__main__":
    main()
