"""What correlation saves: joint ability against separate tests of the same precision.

Nine competencies correlated .6, forty items 2PL each. A competency is asked until its posterior
standard deviation is at most the target, maximum information at the posterior mean. *Separate*
reads each competency under its own prior; *joint* under what the other answers say, competencies in
turn; *joint, across* asks each time the competency whose best item lowers the log determinant of
the posterior covariance most (Bayesian D-optimality), leaving out those that are done.

Run: python -m benchmarks.joint_ability [--quick]
"""

import sys
import time
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assessment_engine import Item, ItemPool, Response
from assessment_engine.density import THETA_GRID, Posterior, posterior
from assessment_engine.joint import Normal
from assessment_engine.joint_moments import matched
from assessment_engine.joint_prior import JointPrior
from assessment_engine.optimality import bayesian_d_optimality

FloatArray = npt.NDArray[np.float64]

K, CORRELATION, EACH = 9, 0.6, 40
TARGET, MOST = 0.40, 30
NAMES = tuple(f"d{k}" for k in range(K))
PLANS = ("separate", "joint", "joint, across")


class Outcome(NamedTuple):
    """Of many sittings: mean items, RMSE, mean SE, coverage of 95 % intervals, share at target."""

    items: float
    rmse: float
    se: float
    coverage: float
    met: float


def prior() -> JointPrior:
    covariance = np.full((K, K), CORRELATION) + (1.0 - CORRELATION) * np.eye(K)
    return JointPrior(NAMES, (0.0,) * K, tuple(map(tuple, covariance.tolist())))


def make_pool(seed: int = 21) -> ItemPool:
    random = np.random.default_rng(seed)
    return ItemPool(
        Item(
            f"{name}-{i:02}",
            name,
            "2PL",
            float(random.lognormal(0.2, 0.25)),
            (float(random.normal(0.0, 1.1)),),
        )
        for name in NAMES
        for i in range(EACH)
    )


def study(plan: str, pool: ItemPool, n: int, seed: int = 22) -> Outcome:
    """The same abilities for every plan, and the same luck with each item."""
    random = np.random.default_rng(seed)
    root = np.linalg.cholesky(np.array(prior().covariance))
    lengths, rows = [], []
    for _ in range(n):
        theta, luck = root @ random.normal(size=K), random.random(len(pool))
        length, densities = sit(plan, pool, theta, luck)
        lengths.append(length)
        for true, density in zip(theta, densities, strict=True):
            low, high = density.interval()
            rows.append((density.mean - true, density.sd, low <= true <= high))
    error, sd, covered = np.array(rows, dtype=np.float64).T
    return Outcome(
        float(np.mean(lengths)),
        float(np.sqrt(np.mean(error**2))),
        float(sd.mean()),
        float(covered.mean()),
        float((sd <= TARGET).mean()),
    )


def sit(
    plan: str, pool: ItemPool, theta: FloatArray, luck: FloatArray
) -> tuple[int, list[Posterior]]:
    """One simulee's test: its length and the posterior of each competency."""
    answers: dict[str, list[Response]] = {name: [] for name in NAMES}
    left = {name: np.ones(EACH, dtype=np.bool_) for name in NAMES}
    turn = 0
    while True:
        given = [one for name in NAMES for one in answers[name]]
        joint = matched(prior(), pool, given, THETA_GRID)
        densities = [
            posterior(
                pool,
                answers[name],
                THETA_GRID,
                *(Normal(0.0, 1.0) if plan == "separate" else joint.cavity(name)),
            )
            for name in NAMES
        ]
        open_ = [
            k
            for k in range(K)
            if densities[k].sd > TARGET and len(answers[NAMES[k]]) < min(MOST, EACH)
        ]
        if not open_:
            return len(given), densities
        best = {}
        for k in open_:
            items = pool.dimensions[NAMES[k]].arrays
            told = items.information(np.array([densities[k].mean]))[:, 0]
            place = int(np.where(left[NAMES[k]], told, -1.0).argmax())
            best[k] = place, told[place]
        if plan == "joint, across":
            values = bayesian_d_optimality(
                joint, np.array([best[k][1] for k in open_]), np.array(open_)
            )
            chosen = open_[int(values.argmax())]
        else:
            chosen = min(open_, key=lambda k: (k - turn) % K)
            turn = (chosen + 1) % K
        name, place = NAMES[chosen], best[chosen][0]
        item = pool.dimensions[name].items[place]
        p = 1.0 / (1.0 + np.exp(-item.a * (theta[chosen] - item.b[0])))
        right = luck[pool.row[item.id]] < p
        answers[name].append(Response(item.id, (0.0, 1.0) if right else (1.0, 0.0)))
        left[name][place] = False


def main() -> None:
    n = 12 if "--quick" in sys.argv[1:] else 60
    pool = make_pool()
    print(f"{n} simulees, {K} competencies correlated {CORRELATION}, SE {TARGET}")
    print(f"{'':15}{'items':>8}{'saved':>8}{'RMSE':>8}{'SE':>8}{'95 %':>8}{'met':>8}{'s':>7}")
    alone = 0.0
    for plan in PLANS:
        start = time.perf_counter()
        found = study(plan, pool, n)
        alone = alone or found.items
        print(
            f"{plan:15}{found.items:8.1f}{1.0 - found.items / alone:8.1%}{found.rmse:8.3f}"
            f"{found.se:8.3f}{found.coverage:8.1%}{found.met:8.1%}"
            f"{time.perf_counter() - start:7.1f}"
        )


if __name__ == "__main__":
    main()
