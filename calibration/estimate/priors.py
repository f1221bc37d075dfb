"""The mild priors that a 3PL cannot do without; no other model has any.

- slope: log(a) ~ N(0, .5^2), so that 95 % of slopes lie between .37 and 2.7;
- lower asymptote: logit(c) ~ N(logit(.2), .5^2), so that 95 % lie between .09 and .40, as for items
  with four or
  five options.

They enter as densities of (log a, logit c): the estimate is the mode on that scale, and the
curvature of their logarithms enters the standard errors.

References
----------
Mislevy (1986), doi:10.1007/BF02293979
"""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

SLOPE_SD = 0.5
GUESS_MEAN = float(np.log(0.2 / 0.8))
GUESS_SD = 0.5
DESCRIPTION = "3PL: log(a) ~ N(0, .5), logit(c) ~ N(logit(.2), .5)"


def log_density(parameters: FloatArray) -> float:
    """Log prior, up to a constant, of 3PL parameters (n_items, 3) = (a, d, logit c)."""
    slope, guess = _standardised(parameters)
    return float(-0.5 * (slope @ slope + guess @ guess))


def gradient(parameters: FloatArray) -> FloatArray:
    """Its derivatives, (n_items, 3)."""
    slope, guess = _standardised(parameters)
    out = np.zeros_like(parameters)
    out[:, 0] = -slope / SLOPE_SD / parameters[:, 0]
    out[:, 2] = -guess / GUESS_SD
    return out


def information(parameters: FloatArray, *, expected: bool) -> FloatArray:
    """Negative second derivatives, (n_items, 3, 3); ``expected`` keeps what is always positive."""
    slope, _ = _standardised(parameters)
    out = np.zeros((len(parameters), 3, 3))
    bent = 0.0 if expected else slope / SLOPE_SD
    out[:, 0, 0] = (1 / SLOPE_SD**2 - bent) / parameters[:, 0] ** 2
    out[:, 2, 2] = 1 / GUESS_SD**2
    return out


def _standardised(parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
    return np.log(parameters[:, 0]) / SLOPE_SD, (parameters[:, 2] - GUESS_MEAN) / GUESS_SD
