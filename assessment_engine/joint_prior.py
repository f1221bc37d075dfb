"""The prior of correlated abilities, as rules hold it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JointPrior:
    """Means (k,) and covariance (k, k) of the abilities of k dimensions, logits.

    Calibration estimates the covariance (``calibration.correlations``).
    """

    dimensions: tuple[str, ...]
    mean: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
