"""Everything that calibration can refuse, one hierarchy."""


class CalibrationError(Exception):
    """Base of all errors of this package."""


class DataError(CalibrationError):
    """The responses cannot be calibrated as they are; the message names the place and the mend."""


class ModelError(CalibrationError):
    """A model is unknown, or does not fit the categories of its item."""


class QuadratureError(CalibrationError):
    """The quadrature grid is malformed, or too coarse for the data."""


class ConvergenceError(CalibrationError):
    """Estimation has no interior maximum, or stopped at a point that is none.

    Attributes
    ----------
    iterations : int
        Steps taken.
    log_likelihood : float
        Marginal log-likelihood where it stopped.
    items : tuple of str
        The items that it hangs on, where they are known.
    """

    def __init__(
        self, message: str, *, iterations: int, log_likelihood: float, items: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.iterations = iterations
        self.log_likelihood = log_likelihood
        self.items = items


class PoolError(CalibrationError):
    """A result cannot be handed to the engine: not converged, or a slope that is not positive."""


class StandardSettingError(CalibrationError):
    """An item has no location at the response probability, or the cut scores do not ascend."""
