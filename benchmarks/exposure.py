"""Item eligibility at work: realised exposure by segment, overlap and precision, with and without.

Persons from N(0, 1) sit one after the other a test of 30 items from a bank of 500 (2PL), by maximum
information and EAP; each opening draws from the counts of all sittings before it.

Run: python -m benchmarks.exposure [--sittings 8000] [--together 1]
"""

import argparse
import time
from dataclasses import dataclass

import numpy as np

from assessment_engine import Item, ItemPool, Rules, Section
from assessment_engine.exposure import (
    EligibilityCounts,
    ItemEligibility,
    Outcome,
    exposure_report,
    segment_of,
    uniforms,
    withheld_now,
)
from assessment_engine.irt import FloatArray
from assessment_engine.opening import open_with
from assessment_engine.selection import TIE_DECIMALS


@dataclass(frozen=True, slots=True, eq=False)
class Bank:
    """A pool of one dimension with its tables on a grid."""

    pool: ItemPool
    a: FloatArray
    b: FloatArray
    grid: FloatArray
    right: FloatArray  # (n_items, n_points)

    @classmethod
    def drawn(cls, n_items: int, seed: int = 1) -> "Bank":
        random = np.random.default_rng(seed)
        a, b = random.lognormal(0.2, 0.3, n_items), random.normal(0.0, 1.0, n_items)
        pool = ItemPool(
            Item(f"i{i:04}", "x", "2PL", float(a[i]), (float(b[i]),)) for i in range(n_items)
        )
        grid = np.linspace(-4.0, 4.0, 61)
        right = 1.0 / (1.0 + np.exp(-a[:, np.newaxis] * (grid - b[:, np.newaxis])))
        return cls(pool, a, b, grid, right)


@dataclass(frozen=True, slots=True)
class Study:
    """Items offered and abilities, a sitting each, and the share of draws that were dropped."""

    offered: list[frozenset[str]]
    theta: FloatArray
    estimate: FloatArray
    lifted: float
    seconds: float


def study(
    bank: Bank,
    length: int,
    n_sittings: int,
    config: ItemEligibility | None,
    together: int = 1,
) -> Study:
    """Sittings that learn from those before if ``config`` is given; ``together`` open at once."""
    begun = time.perf_counter()
    rules = Rules((Section("s", "x", length, length, 0.0),), eligibility=config)
    theta = np.random.default_rng(5).normal(size=n_sittings)
    counts = None
    if config is not None:
        ids = [item.id for item in bank.pool]
        counts = EligibilityCounts.none(ids, ["x"] * len(ids), len(config.cuts) + 1)
    offered, estimates, lifted = [], [], 0
    ended: list[Outcome] = []
    for seed in range(n_sittings):
        opened = open_with(rules, bank.pool, seed, counts=counts)
        lifted += bool(opened.lifted)
        items, estimate = _sit(bank, length, float(theta[seed]), seed, opened.withheld, config)
        offered.append(items)
        estimates.append(estimate)
        if config is not None and counts is not None:
            held = tuple(map(frozenset, opened.withheld))
            segments = {"x": segment_of(estimate, config.cuts)}
            ended.append(Outcome(segments, items, held, frozenset(opened.lifted)))
            if len(ended) == together:
                counts = counts.after(ended, config.fading)
                ended = []
    seconds = time.perf_counter() - begun
    return Study(offered, theta, np.array(estimates), lifted / n_sittings, seconds)


def _sit(
    bank: Bank,
    length: int,
    theta: float,
    seed: int,
    withheld: tuple[tuple[str, ...], ...],
    config: ItemEligibility | None,
) -> tuple[frozenset[str], float]:
    mass = np.exp(-0.5 * bank.grid**2)
    mass /= mass.sum()
    estimate = 0.0
    free = np.ones(len(bank.pool), dtype=np.bool_)
    segment = np.searchsorted(config.cuts, bank.grid, side="right") if config else None
    chances = uniforms(seed, 0, "answers", length)
    for chance in chances.tolist():
        allowed = free
        if config is not None and segment is not None:
            masses = np.bincount(segment, mass, len(config.cuts) + 1)
            held = withheld_now(withheld, config, estimate, masses.tolist())
            allowed = free.copy()
            allowed[[bank.pool.row_of(item) for item in held]] = False
        p = 1.0 / (1.0 + np.exp(-bank.a * (estimate - bank.b)))
        value = np.where(allowed, np.round(bank.a**2 * p * (1.0 - p), TIE_DECIMALS), -1.0)
        row = int(value.argmax())
        free[row] = False
        correct = chance < 1.0 / (1.0 + np.exp(-bank.a[row] * (theta - bank.b[row])))
        mass = mass * (bank.right[row] if correct else 1.0 - bank.right[row])
        mass /= mass.sum()
        estimate = float(mass @ bank.grid)
    return frozenset(bank.pool.items[row].id for row in np.flatnonzero(~free).tolist()), estimate


def largest_rates(result: Study, ability: FloatArray, config: ItemEligibility) -> list[float]:
    """The largest exposure rate within each segment, sittings parted by ``ability``."""
    segments = np.array([segment_of(value, config.cuts) for value in ability])
    found = []
    for k in range(len(config.cuts) + 1):
        own = [result.offered[i] for i in np.flatnonzero(segments == k).tolist()]
        ids = sorted(set().union(*own))
        found.append(exposure_report(ids, own).largest)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sittings", type=int, default=8000)
    parser.add_argument("--together", type=int, default=1, help="sittings that open at once")
    arguments = parser.parse_args()
    n_sittings = arguments.sittings
    bank, config = Bank.drawn(500), ItemEligibility()
    ids = [item.id for item in bank.pool]
    print(f"{n_sittings} sittings, 500 items, 30 given; r_max {config.r_max}, cuts {config.cuts}")
    for name, control in (("no control", None), ("item eligibility", config)):
        result = study(bank, 30, n_sittings, control, arguments.together)
        report = exposure_report(ids, result.offered, config.r_max)
        error = result.estimate - result.theta
        print(f"\n{name} ({result.seconds:.1f} s)")
        print(f"  RMSE {np.sqrt((error**2).mean()):.4f}  bias {error.mean():+.4f}")
        print(f"  overlap {report.overlap:.3f}  chi-square {report.chi_square:.1f}", end="")
        print(f"  largest rate {report.largest:.3f}  never used {len(report.unused)}", end="")
        print(f"  draws dropped {result.lifted:.4f}")
        for label, ability in (("estimate", result.estimate), ("true ability", result.theta)):
            rates = "  ".join(f"{rate:.3f}" for rate in largest_rates(result, ability, config))
            print(f"  largest rate by segment of {label:13} {rates}")


if __name__ == "__main__":
    main()
