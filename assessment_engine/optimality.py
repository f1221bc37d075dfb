"""Which dimension to ask next: optimal design for joint ability.

Items load on one dimension each, so that an item changes the information matrix by one number on
its diagonal: the determinant and the trace of what follows are known in closed form.

References
----------
Segall (1996), doi:10.1007/BF02294343; Mulder & van der Linden (2009), doi:10.1007/s11336-008-9097-5
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from assessment_engine.irt import FloatArray, IntArray
from assessment_engine.joint import JointPosterior
from assessment_engine.rules import Optimality

# ``information`` (n,) of items on dimensions ``place`` (n,), at the joint mode -> values (n,).
JointCriterion: TypeAlias = Callable[[JointPosterior, FloatArray, IntArray], FloatArray]

LEAST = 1e-9  # information of a dimension that no answer has told of yet


def d_optimality(posterior: JointPosterior, information: FloatArray, place: IntArray) -> FloatArray:
    """Rise of the log determinant of the answers' information, the prior left out."""
    have = np.maximum(posterior.precision, LEAST)[place]
    return np.log1p(information / have)


def bayesian_d_optimality(
    posterior: JointPosterior, information: FloatArray, place: IntArray
) -> FloatArray:
    """Fall of the log determinant of the posterior covariance."""
    return np.log1p(information * np.diag(posterior.covariance)[place])


def a_optimality(posterior: JointPosterior, information: FloatArray, place: IntArray) -> FloatArray:
    """Fall of the sum of the posterior variances."""
    column = (posterior.covariance**2).sum(axis=0)
    own = np.diag(posterior.covariance)[place]
    fall: FloatArray = information * column[place] / (1.0 + information * own)
    return fall


OPTIMALITY: Mapping[Optimality, JointCriterion] = MappingProxyType(
    {
        "D-optimality": d_optimality,
        "Bayesian D-optimality": bayesian_d_optimality,
        "A-optimality": a_optimality,
    }
)
