"""Which answers a machine leaves to a person: by the squared error that it expects of itself."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scoring_models.errors import SettingsError

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def expected_risk(
    probabilities: FloatArray, decided: npt.NDArray[np.int_], lowest: int
) -> FloatArray:
    """Return the expected squared distance between the level decided and the human level."""
    levels = np.arange(lowest, lowest + probabilities.shape[1])
    distance = (levels[None, :] - decided[:, None]) ** 2
    return np.asarray((probabilities * distance).sum(axis=1))


def risk_limit(risks: FloatArray, coverage: float) -> float:
    """Return the risk up to which ``coverage`` of unseen training answers would be scored.

    Raises
    ------
    SettingsError
        If ``coverage`` is not above 0 and at most 1.
    """
    if not 0 < coverage <= 1:
        raise SettingsError(f"coverage {coverage} came, expected one above 0 and at most 1")
    return float(np.quantile(risks, coverage))


def left_to_people(
    risks: FloatArray, limit: float, sets: BoolArray | None = None, widest_set: int | None = None
) -> BoolArray:
    """Return which answers a person scores: risk above the limit, or too wide a conformal set."""
    wide = np.zeros(len(risks), dtype=bool)
    if sets is not None and widest_set is not None:
        wide = sets.sum(axis=1) > widest_set
    return np.asarray((risks > limit) | wide)
