"""True abilities of simulated persons."""

import numpy as np
import numpy.typing as npt

from web.errors import WebError


class SimuleesError(WebError):
    """No such persons can be drawn."""


def draw_abilities(
    n: int, n_dimensions: int, *, mean: float, sd: float, correlation: float, seed: int
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
