"""Which answers a machine leaves to a person: those that cost agreement most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring_models.errors import SettingsError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int_]
BoolArray = npt.NDArray[np.bool_]

_ROUNDS = 50
_NO_PRICE = 0.0


@dataclass(frozen=True)
class Selection:
    """What keeping an answer costs: risk - price x what it adds to the variance of levels.

    Kappa is 1 - (sum of squared errors) / (sum of squared distances of both raters from a common
    centre). Leaving out by risk alone leaves out the rare levels first, and kappa of what remains
    falls with its variance. A price of 0 is that rule.
    """

    centre: float
    price: float

    def costs(self, probabilities: FloatArray, decided: IntArray, lowest: int) -> FloatArray:
        """Return the cost of each answer; the larger, the sooner a person scores it."""
        levels = np.arange(lowest, lowest + probabilities.shape[1])
        human = probabilities @ (levels - self.centre) ** 2
        weight = human + (decided - self.centre) ** 2
        return expected_risk(probabilities, decided, lowest) - self.price * weight


def learn_selection(
    probabilities: FloatArray, decided: IntArray, lowest: int, coverage: float = 0.8
) -> Selection:
    """Learn the price from training answers, each predicted by the rest; their scores are not used.

    The subset that is kept maximises a ratio of sums, so that the price is the ratio itself:
    1 - expected kappa of what is kept.

    References
    ----------
    Dinkelbach (1967), On nonlinear fractional programming, doi:10.1287/mnsc.13.7.492
    """
    levels = np.arange(lowest, lowest + probabilities.shape[1])
    centre = float((probabilities @ levels).mean())
    risk = expected_risk(probabilities, decided, lowest)
    weight = probabilities @ (levels - centre) ** 2 + (decided - centre) ** 2
    price = _NO_PRICE
    for _ in range(_ROUNDS):
        cost = risk - price * weight
        kept = cost <= np.quantile(cost, coverage)
        improved = float(risk[kept].sum() / max(weight[kept].sum(), 1e-12))
        if improved == price:
            break
        price = improved
    return Selection(centre, price)


def expected_risk(probabilities: FloatArray, decided: IntArray, lowest: int) -> FloatArray:
    """Return the expected squared distance between the level decided and the human level."""
    levels = np.arange(lowest, lowest + probabilities.shape[1])
    distance = (levels[None, :] - decided[:, None]) ** 2
    return np.asarray((probabilities * distance).sum(axis=1))


def cost_limit(costs: FloatArray, coverage: float) -> float:
    """Return the cost up to which ``coverage`` of unseen training answers would be scored.

    Raises
    ------
    SettingsError
        If ``coverage`` is not above 0 and at most 1.
    """
    if not 0 < coverage <= 1:
        raise SettingsError(f"coverage {coverage} came, expected one above 0 and at most 1")
    return float(np.quantile(costs, coverage))


def left_to_people(
    costs: FloatArray, limit: float, sets: BoolArray | None = None, widest_set: int | None = None
) -> BoolArray:
    """Return which answers a person scores: cost above the limit, or too wide a conformal set."""
    wide = np.zeros(len(costs), dtype=bool)
    if sets is not None and widest_set is not None:
        wide = sets.sum(axis=1) > widest_set
    return np.asarray((costs > limit) | wide)
