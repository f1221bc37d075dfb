"""The bank and the simulees of a batch, the same for every program."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.adaptive_peers.tasks import N_ITEMS

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sample:
    """P(right) = c + (1 - c) logistic(a (theta - b)), D = 1; ``theta`` (n_simulees,), logits."""

    a: FloatArray
    b: FloatArray
    c: FloatArray
    theta: FloatArray


def simulate(model: str, n_simulees: int, seed: int = 1) -> Sample:
    """Slopes log-normal(.2, .3), difficulties and abilities N(0, 1), guessing on [.1, .3]."""
    rng = np.random.default_rng(seed)
    a = rng.lognormal(0.2, 0.3, N_ITEMS)
    b = rng.standard_normal(N_ITEMS)
    c = rng.uniform(0.1, 0.3, N_ITEMS) if model == "3PL" else np.zeros(N_ITEMS)
    return Sample(a, b, c, rng.standard_normal(n_simulees))
