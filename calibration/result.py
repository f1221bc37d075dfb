"""What a calibration gives back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from calibration.errors import PoolError
from calibration.estimate.quadrature import Quadrature
from calibration.parameters import ItemParameters, engine_item

if TYPE_CHECKING:
    from assessment_engine.pool import ItemPool

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ItemErrors:
    """Standard errors of one item, in the shape of ``ItemParameters``; 0 where fixed."""

    a: tuple[float, ...]
    b: tuple[float, ...]
    c: float = 0.0
    d: float = 0.0


@dataclass(frozen=True, slots=True)
class GroupDistribution:
    """The ability distribution of one group, logits.

    ``se_mean`` and ``se_sd`` are 0 where the value was fixed, None where standard errors were not
    asked for. ``quadrature`` is the distribution itself on the grid that was used.
    """

    name: str
    n_persons: float
    mean: float
    sd: float
    se_mean: float | None
    se_sd: float | None
    quadrature: Quadrature


@dataclass(frozen=True, eq=False)
class CalibrationResult:
    """Item parameters on the (a, b) scale, logits, D = 1.

    Attributes
    ----------
    items : tuple of ItemParameters
        In the order of the data.
    standard_errors : tuple of ItemErrors, or None
        None where they were not asked for.
    groups : tuple of GroupDistribution
        One for each group, the reference group first; a single one where there are no groups.
    covariance : array of shape (n_reported, n_reported), or None
        Sampling covariance of the reported item parameters.
    parameter_names : tuple of (str, str)
        Item and parameter ("a", "b1", "c", ...) of each row of ``covariance``, fixed ones included
        with variance 0.
    log_likelihood : float
        Marginal, without priors.
    aic, bic : float
        From ``n_parameters`` and ``n_persons``.
    n_parameters : int
        Free parameters, those of ability distributions included.
    iterations : int
    converged : bool
        False where ``max_iterations`` ended the ascent; such a result gives no pool.
    largest_change : float
        By how much one further step would change an intercept-scale parameter at most.
    n_persons : float
        Sum of the weights of the persons used.
    lowest_code : int
        The code in the data that is category 0 here, 0 or 1.
    notes : tuple of str
        Exclusions and whatever else the reader of the numbers should know.
    provenance : mapping of str to str
        Digest of the data, options, versions.
    """

    items: tuple[ItemParameters, ...]
    standard_errors: tuple[ItemErrors, ...] | None
    groups: tuple[GroupDistribution, ...]
    covariance: FloatArray | None
    parameter_names: tuple[tuple[str, str], ...]
    log_likelihood: float
    aic: float
    bic: float
    n_parameters: int
    iterations: int
    converged: bool
    largest_change: float
    n_persons: float
    lowest_code: int
    notes: tuple[str, ...]
    provenance: Mapping[str, str]

    @property
    def item_names(self) -> tuple[str, ...]:
        return tuple(item.name for item in self.items)

    @property
    def a(self) -> tuple[float, ...]:
        """Slopes; of an NRM item the first."""
        return tuple(item.a[0] for item in self.items)

    @property
    def b(self) -> tuple[tuple[float, ...], ...]:
        return tuple(item.b for item in self.items)

    @property
    def c(self) -> tuple[float, ...]:
        return tuple(item.c for item in self.items)

    @property
    def d(self) -> tuple[float, ...]:
        return tuple(item.d for item in self.items)

    @property
    def se_a(self) -> tuple[float, ...] | None:
        errors = self.standard_errors
        return None if errors is None else tuple(error.a[0] for error in errors)

    @property
    def se_b(self) -> tuple[tuple[float, ...], ...] | None:
        errors = self.standard_errors
        return None if errors is None else tuple(error.b for error in errors)

    @property
    def se_c(self) -> tuple[float, ...] | None:
        errors = self.standard_errors
        return None if errors is None else tuple(error.c for error in errors)

    @property
    def quadrature(self) -> Quadrature:
        """The ability distribution of the first group."""
        return self.groups[0].quadrature

    def pool(self, dimension: str) -> "ItemPool":
        """The items as the engine reads them, all on one dimension.

        Raises
        ------
        PoolError
            If the calibration did not converge, or a slope of an item, NRM aside, is not positive.
        """
        from assessment_engine.pool import ItemPool

        if not self.converged:
            raise PoolError(
                f"not converged after {self.iterations} iterations (largest change "
                f"{self.largest_change:.2g}); "
                "calibrate with a larger max_iterations"
            )
        falling = [item.name for item in self.items if item.model != "NRM" and item.a[0] <= 0]
        if falling:
            raise PoolError(
                f"slope not positive: {', '.join(falling)}; check the key of these items, or leave "
                "them out"
            )
        return ItemPool(engine_item(item, dimension) for item in self.items)
