"""Median time of a 2PL calibration, 5,000 persons by 50 items, complete data, beside GIRTH.

Run as ``python -m benchmarks.calibration [--repeats N]``. Both results are judged by one evaluator,
the marginal log-likelihood on 121 points, so that a fast but unconverged result shows.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, log_expit, logsumexp

from calibration import calibrate

FloatArray = npt.NDArray[np.float64]


def simulate(n_persons: int, n_items: int, seed: int = 1) -> FloatArray:
    rng = np.random.default_rng(seed)
    a, b = rng.lognormal(0, 0.3, n_items), rng.standard_normal(n_items)
    probability = expit(a * (rng.standard_normal(n_persons)[:, None] - b))
    return (rng.random(probability.shape) < probability).astype(np.float64)


def log_likelihood(codes: FloatArray, a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    nodes = np.linspace(-6, 6, 121)
    weights = -0.5 * nodes**2 - logsumexp(-0.5 * nodes**2)
    eta = np.asarray(a)[:, None] * (nodes - np.asarray(b)[:, None])
    joint = codes @ log_expit(eta) + (1 - codes) @ log_expit(-eta) + weights
    return float(logsumexp(joint, axis=1).sum())


def timed(call: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = call()
        seconds.append(time.perf_counter() - start)
    return median(seconds), result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    codes = simulate(5000, 50)
    calibrate(codes[:200])

    print(f"2PL, 5,000 x 50, complete, median of {repeats}")
    for kind in ("none", "observed"):
        seconds, got = timed(lambda: calibrate(codes, standard_errors=kind), repeats)  # noqa: B023
        value = log_likelihood(codes, got.a, np.ravel(got.b))
        print(f"takar, standard errors {kind:9} {seconds:7.3f} s   log-likelihood {value:.3f}")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from girth import twopl_mml

        seconds, theirs = timed(lambda: twopl_mml(codes.T.astype(int)), max(1, repeats // 2))
    value = log_likelihood(codes, theirs["Discrimination"], theirs["Difficulty"])
    print(f"girth                           {seconds:7.3f} s   log-likelihood {value:.3f}")


if __name__ == "__main__":
    main()
