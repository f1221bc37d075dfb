"""Whom a simulation lets sit the test: true abilities, and seeds that no two studies share."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from web.errors import WebError

SEEDS_APART = 2**32
"""So that two seeds have no sitting in common."""

GROUPS_APART = 2**24
"""More than a group has persons, and few enough that a seed has room for 256 groups."""


class SimuleesError(WebError):
    """No such persons can be drawn."""


@dataclass(frozen=True, slots=True)
class Persons:
    """``n`` persons; mean, SD and correlation of their true abilities, logits."""

    n: int
    mean: float = 0.0
    sd: float = 1.0
    correlation: float = 0.0
    seed: int = 1

    @property
    def first_seed(self) -> int:
        """The seed of the first person's sitting; those of the others follow."""
        return self.seed * SEEDS_APART

    def abilities(self, n_dimensions: int) -> npt.NDArray[np.float64]:
        """True abilities, ``(n, n_dimensions)``."""
        return self._drawn(n_dimensions, self.seed)

    def group(self, number: int, n_dimensions: int) -> tuple[npt.NDArray[np.float64], int]:
        """True abilities of another ``n`` such persons, and the first's seed; from 0 to 255."""
        theta = self._drawn(n_dimensions, (self.seed, number))
        return theta, self.first_seed + number * GROUPS_APART

    def said(self) -> str:
        return (
            f"mean {self.mean:g}, SD {self.sd:g}, correlation {self.correlation:g}, "
            f"seed {self.seed}"
        )

    def _drawn(self, n_dimensions: int, seed: int | Sequence[int]) -> npt.NDArray[np.float64]:
        return draw_abilities(
            self.n,
            n_dimensions,
            mean=self.mean,
            sd=self.sd,
            correlation=self.correlation,
            seed=seed,
        )


def draw_abilities(
    n: int,
    n_dimensions: int,
    *,
    mean: float,
    sd: float,
    correlation: float,
    seed: int | Sequence[int],
) -> npt.NDArray[np.float64]:
    """Abilities of ``n`` persons, ``(n, n_dimensions)``, logits.

    Normal with one mean, one SD and one correlation between any two dimensions.

    Raises
    ------
    SimuleesError
        If there is no such distribution.
    """
    least = -1.0 if n_dimensions < 3 else -1.0 / (n_dimensions - 1)
    if not sd > 0.0 or not least <= correlation <= 1.0:
        raise SimuleesError(
            f"abilities with sd {sd:g} and correlation {correlation:g} of {n_dimensions} dimensions"
            f" do not exist; expected sd above 0 and a correlation of {least:.3g} to 1"
        )
    shared = np.full((n_dimensions, n_dimensions), correlation)
    np.fill_diagonal(shared, 1.0)
    values, vectors = np.linalg.eigh(shared)
    mixing = vectors * np.sqrt(np.maximum(values, 0.0))
    found: npt.NDArray[np.float64] = (
        mean + sd * np.random.default_rng(seed).normal(size=(n, n_dimensions)) @ mixing.T
    )
    return found
