"""From calibrations of several dimensions to the joint prior that an adaptive test takes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.correlations import LatentCorrelations, latent_correlations
from calibration.data import Responses
from calibration.errors import PoolError
from calibration.prepare import categories_for
from calibration.result import CalibrationResult

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class AbilityPrior:
    """Means (k,) and covariance (k, k) of k abilities, logits on the calibrations' scales.

    ``correlations`` holds what the covariance rests on, with standard errors and notes.
    """

    mean: FloatArray
    covariance: FloatArray
    correlations: LatentCorrelations

    @property
    def dimensions(self) -> tuple[str, ...]:
        return self.correlations.dimensions


def ability_prior(results: Mapping[str, CalibrationResult], responses: Responses) -> AbilityPrior:
    """The joint distribution of the abilities behind items that were calibrated a dimension apart.

    Parameters
    ----------
    results : mapping of dimension to CalibrationResult
        Each of one group, converged.
    responses : Responses
        The persons of all of them, with a column for every item.

    Returns
    -------
    AbilityPrior
        Means and standard deviations are those of the calibrations (0 and 1 unless items were
        held), correlations pairwise maximum likelihood (:func:`calibration.latent_correlations`).

    Raises
    ------
    PoolError
        If a calibration did not converge.
    DataError
        If there are fewer than two dimensions, or nobody answered items of some two.
    """
    failed = [name for name, result in results.items() if not result.converged]
    if failed:
        raise PoolError(f"the calibration of {', '.join(failed)} did not converge; mend that first")
    found = latent_correlations(
        {name: result.items for name, result in results.items()},
        {
            name: categories_for(result.items, responses, lowest_code=result.lowest_code)
            for name, result in results.items()
        },
        quadrature={name: result.quadrature for name, result in results.items()},
        weights=responses.weights,
    )
    groups = [result.groups[0] for result in results.values()]
    sd = np.array([group.sd for group in groups])
    return AbilityPrior(
        mean=np.array([group.mean for group in groups]),
        covariance=found.prior * np.outer(sd, sd),
        correlations=found,
    )
