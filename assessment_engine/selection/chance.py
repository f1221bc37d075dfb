"""Rules with chance in them; the draws depend on the sitting's seed and the position alone."""

import numpy as np

from assessment_engine.exposure import (
    progressive_values,
    progressive_weight,
    progressive_weight_by_precision,
    uniforms,
)
from assessment_engine.irt import FloatArray
from assessment_engine.pool import LEAST_LIKELIHOOD
from assessment_engine.selection.fisher import information_at
from assessment_engine.selection.view import View

_HALF_STEP = 2.0**-54  # of the draws; keeps logarithms finite


def random(view: View) -> FloatArray:
    """Uniform draws."""
    return uniforms(view.seed, view.position, "random", view.eligible.size)


def progressive(view: View) -> FloatArray:
    """Chance at first, Fisher information more and more; ineligible items have 0."""
    values = np.zeros(view.eligible.size)
    information = information_at(view.items, view.theta)[view.eligible]
    values[view.eligible] = progressive_values(
        information, weight_of_information(view), view.seed, view.position
    )
    return values


def proportional(view: View) -> FloatArray:
    """Draws of which the largest is an item's with probability in proportion to information**H.

    H grows from 0 to the length of the test, or, for a test that stops at a standard error, to
    the information that it asks for.

    Notes
    -----
    The largest of ``log w_i`` plus independent standard Gumbel draws is item i's with probability
    ``w_i / sum w`` (Gumbel 1954), so that a draw is a value as any other.
    """
    full = view.se_target**-2 if view.se_target > 0.0 else float(view.n_max)
    power = full * weight_of_information(view)
    information = np.maximum(information_at(view.items, view.theta), LEAST_LIKELIHOOD)
    drawn = uniforms(view.seed, view.position, "proportional", view.eligible.size)
    gumbel = -np.log(-np.log(np.maximum(drawn, _HALF_STEP)))
    values: FloatArray = power * np.log(information) + gumbel
    return values


def weight_of_information(view: View) -> float:
    """How far the test has come, from 0 before the first item to 1 before the last."""
    acceleration = view.settings.acceleration
    if view.se_target > 0.0 and view.se > 0.0:
        return progressive_weight_by_precision(
            view.n_given, view.n_max, view.se, view.se_target, acceleration
        )
    return progressive_weight(view.n_given, view.n_max, acceleration)
