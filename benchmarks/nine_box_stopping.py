"""Nine-box stopping against a standard error rule of the same accuracy.

Every simulee takes one adaptive test of 40 items (maximum information at the posterior mean); what
a stopping rule does is where it would have ended that test. The standard error rule gets the widest
target whose accuracy is at least that of nine-box stopping. Accuracy is compared as the mean
posterior probability of the band given, which tells the same as the share of right bands but varies
less from one sample of simulees to the next; both are printed, and what Rudner (2005) expects of
each cell from estimates and standard errors.

Run: python -m benchmarks.nine_box_stopping [--quick]
"""

import sys
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assessment_engine import Item, ItemPool
from assessment_engine.density import THETA_GRID, Posterior
from assessment_engine.pool import DimensionItems
from assessment_engine.stopping import Prospect, band_risk, remaining_information
from assessment_engine.stopping_rules import Axis, Linear
from calibration.accuracy import Classification, rudner

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

DIMENSION = "potensi"
CUTS = (-0.5, 0.8)
AXIS = Axis(CUTS, (Linear(DIMENSION),))
MIN_ITEMS, MAX_ITEMS = 5, 40
BANDS = ("low", "middle", "high")


def make_pool(n_items: int = 300, seed: int = 11) -> ItemPool:
    """Half 3PL, a quarter 2PL, a quarter graded answers in four categories."""
    random = np.random.default_rng(seed)
    items = []
    for i in range(n_items):
        a, b = float(random.lognormal(0.1, 0.3)), float(random.normal(0.0, 1.1))
        if i % 4 == 3:
            steps = tuple(np.sort(b + np.array([-0.9, 0.0, 0.9]) + random.normal(0, 0.1, 3)))
            items.append(Item(f"i{i:03}", DIMENSION, "GRM", a, tuple(map(float, steps))))
        elif i % 4 == 2:
            items.append(Item(f"i{i:03}", DIMENSION, "2PL", a, (b,)))
        else:
            items.append(Item(f"i{i:03}", DIMENSION, "3PL", a, (b,), float(random.beta(5, 17))))
    return ItemPool(items)


@dataclass(frozen=True)
class Course:
    """One simulee's test: after each answer the posterior, and the items still free."""

    theta: float
    densities: tuple[Posterior, ...]
    free: tuple[npt.NDArray[np.bool_], ...]


class Outcome(NamedTuple):
    """Every simulee's length, estimate, its standard error, probability of its band, ability."""

    length: IntArray
    theta: FloatArray
    se: FloatArray
    sure: FloatArray
    true: FloatArray

    @property
    def accuracy(self) -> float:
        return float(self.sure.mean())

    @property
    def observed(self) -> float:
        return float((_band(self.theta) == _band(self.true)).mean())


def take_tests(pool: ItemPool, thetas: FloatArray, seed: int = 12) -> list[Course]:
    """Let every simulee take the longest test."""
    items = pool.dimensions[DIMENSION]
    random = np.random.default_rng(seed)
    table, information = items.probabilities(THETA_GRID), items.arrays.information(THETA_GRID)
    logs = np.log(np.maximum(table, 1e-300))
    own, _ = items.arrays.evaluate(thetas)
    return [
        _course(own[:, :, i], logs, information, theta, random) for i, theta in enumerate(thetas)
    ]


def _course(
    own: FloatArray,
    logs: FloatArray,
    information: FloatArray,
    theta: float,
    random: np.random.Generator,
) -> Course:
    log_density = -0.5 * THETA_GRID**2
    left = np.ones(len(own), dtype=np.bool_)
    density = _posterior(log_density)
    densities, free = [], []
    for _ in range(MAX_ITEMS):
        node = int(np.abs(THETA_GRID - density.mean).argmin())
        item = int(np.where(left, information[:, node], -1.0).argmax())
        category = int((random.random() > np.cumsum(own[item])[:-1]).sum())
        log_density = log_density + logs[item, category]
        left[item] = False
        density = _posterior(log_density)
        densities.append(density)
        free.append(left.copy())
    return Course(float(theta), tuple(densities), tuple(free))


def _posterior(log_density: FloatArray) -> Posterior:
    mass = np.exp(log_density - log_density.max())
    mass /= mass.sum()
    mean = float(mass @ THETA_GRID)
    return Posterior(THETA_GRID, mass, mean, float(np.sqrt(mass @ (THETA_GRID - mean) ** 2)))


def by_band_risk(items: DimensionItems, courses: list[Course], risk: float) -> Outcome:
    """End each test where the engine's nine-box rule does."""
    return _outcome(courses, [_end_by_risk(items, course, risk) for course in courses])


def _end_by_risk(items: DimensionItems, course: Course, risk: float) -> int:
    for n in range(MIN_ITEMS, MAX_ITEMS):
        density = course.densities[n - 1]
        left = remaining_information(items, course.free[n - 1], MAX_ITEMS - n, density)
        if band_risk(AXIS, {DIMENSION: Prospect(density, left)}).risk <= risk:
            return n
    return MAX_ITEMS


def by_standard_error(courses: list[Course], target: float) -> Outcome:
    """End each test where its standard error reaches the target."""
    ends = []
    for course in courses:
        reached = [n for n in range(MIN_ITEMS, MAX_ITEMS) if course.densities[n - 1].sd <= target]
        ends.append(reached[0] if reached else MAX_ITEMS)
    return _outcome(courses, ends)


def tuned_standard_error(courses: list[Course], accuracy: float) -> tuple[float, Outcome]:
    """The widest target that classifies at least as well, and what it does."""
    for target in np.arange(0.60, 0.14, -0.0025):
        outcome = by_standard_error(courses, float(target))
        if outcome.accuracy >= accuracy:
            return float(target), outcome
    return 0.0, by_standard_error(courses, 0.0)


def _outcome(courses: list[Course], ends: list[int]) -> Outcome:
    last = [course.densities[end - 1] for course, end in zip(courses, ends, strict=True)]
    return Outcome(
        np.array(ends),
        np.array([density.mean for density in last]),
        np.array([density.sd for density in last]),
        np.array([_sure(density) for density in last]),
        np.array([course.theta for course in courses]),
    )


def _sure(density: Posterior) -> float:
    """Posterior probability of the band of the mean; the cuts are nodes of the grid."""
    nodes = np.searchsorted(THETA_GRID, np.array(CUTS) - 1e-9)
    below = np.cumsum(density.mass)[nodes] - 0.5 * density.mass[nodes]
    band = int(np.searchsorted(np.array(CUTS), density.mean, side="right"))
    return float(np.diff(np.concatenate(([0.0], below, [1.0])))[band])


def _band(theta: FloatArray) -> IntArray:
    return np.searchsorted(np.array(CUTS), theta, side="right").astype(np.int64)


def report(name: str, outcome: Outcome) -> None:
    """Print one rule: length, accuracy of each band, cells, both kinds of error."""
    true, given = _band(outcome.true), _band(outcome.theta)
    expected: Classification = rudner(outcome.theta, outcome.se, CUTS)
    print(f"\n{name}: {outcome.length.mean():.1f} items (median {np.median(outcome.length):.0f})")
    print(
        f"  right band: {outcome.accuracy:.3f} by posteriors, {outcome.observed:.3f} observed, "
        f"{expected.accuracy:.3f} by Rudner"
    )
    for k, band in enumerate(BANDS):
        here = true == k
        print(
            f"  {band:7} right {(given[here] == k).mean():.3f}, "
            f"{outcome.length[here].mean():4.1f} items; true x given "
            + " ".join(f"{(here & (given == j)).mean():.3f}" for j in range(len(BANDS)))
            + "; expected "
            + " ".join(f"{share:.3f}" for share in expected.cells[k])
        )
    for cut in CUTS:
        over = (outcome.theta >= cut) & (outcome.true < cut)
        under = (outcome.theta < cut) & (outcome.true >= cut)
        print(f"  cut {cut:+.1f}: false positive {over.mean():.3f}, negative {under.mean():.3f}")


def main() -> None:
    n_simulees = 1200 if "--quick" in sys.argv else 3000
    pool = make_pool()
    thetas = np.random.default_rng(13).normal(size=n_simulees)
    courses = take_tests(pool, thetas)
    print(
        f"{n_simulees} simulees N(0, 1), {len(pool)} items (3PL, 2PL, GRM), cuts {CUTS}, "
        f"{MIN_ITEMS} to {MAX_ITEMS} items"
    )
    report("full length", by_standard_error(courses, 0.0))
    for risk in (0.02, 0.05, 0.10):
        ours = by_band_risk(pool.dimensions[DIMENSION], courses, risk)
        full = _band(by_standard_error(courses, 0.0).theta)
        target, other = tuned_standard_error(courses, ours.accuracy)
        report(f"nine-box stopping, risk {risk}", ours)
        changed = (full != _band(ours.theta)).mean()
        print(f"  the full length would have changed the band of {changed:.3f}")
        report(f"standard error at most {target:.4f}", other)
        saved = 1.0 - ours.length.mean() / other.length.mean()
        print(f"  nine-box stopping saves {saved:.0%} of the items")


if __name__ == "__main__":
    main()
