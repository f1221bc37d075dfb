"""What a calibration gives back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calibration.errors import PoolError

if TYPE_CHECKING:
    from assessment_engine.pool import ItemPool


@dataclass(frozen=True)
class CalibrationResult:
    """Item parameters on the (a, b) scale, logits, D = 1, ability N(0, 1).

    Attributes
    ----------
    item_names, models : tuple of str
        One an item, in the order of the data.
    a, se_a : tuple of float
        Slopes and standard errors; the slope of a Rasch item is fixed at 1, so its standard error
        is 0.
    b, se_b : tuple of tuple of float
        Difficulties: one for Rasch to 3PL, ascending thresholds for GRM, step difficulties for
        GPCM.
    c, se_c : tuple of float
        Lower asymptotes; 0 with standard error 0 for every model but 3PL.
    log_likelihood : float
        Marginal, without priors.
    aic, bic : float
        From ``n_parameters`` and ``n_persons``.
    n_parameters : int
        Free parameters.
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

    Standard errors are None, all four, where they were not asked for.
    """

    item_names: tuple[str, ...]
    models: tuple[str, ...]
    a: tuple[float, ...]
    b: tuple[tuple[float, ...], ...]
    c: tuple[float, ...]
    se_a: tuple[float, ...] | None
    se_b: tuple[tuple[float, ...], ...] | None
    se_c: tuple[float, ...] | None
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
    def d(self) -> tuple[tuple[float, ...], ...]:
        """Intercepts, ``-a b``."""
        return tuple(
            tuple(-slope * one for one in difficulties)
            for slope, difficulties in zip(self.a, self.b, strict=True)
        )

    def pool(self, dimension: str) -> "ItemPool":
        """The items as the engine reads them, all on one dimension.

        Raises
        ------
        PoolError
            If the calibration did not converge, or an item's slope is not positive.
        """
        from assessment_engine.pool import ItemPool
        from assessment_engine.records import Item

        if not self.converged:
            raise PoolError(
                f"not converged after {self.iterations} iterations (largest change "
                f"{self.largest_change:.2g}); "
                "calibrate with a larger max_iterations"
            )
        falling = [name for name, slope in zip(self.item_names, self.a, strict=True) if slope <= 0]
        if falling:
            raise PoolError(
                f"slope not positive: {', '.join(falling)}; check the key of these items, or leave "
                "them out"
            )
        engine_model = {"Rasch": "1PL"}
        return ItemPool(
            tuple(
                Item(
                    id=name,
                    dimension=dimension,
                    model=engine_model.get(model, model),  # type: ignore[arg-type]
                    a=a,
                    b=b,
                    c=c,
                )
                for name, model, a, b, c in zip(
                    self.item_names, self.models, self.a, self.b, self.c, strict=True
                )
            )
        )
