"""What a simulation of many sittings leaves, one row a simulee."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assessment_engine.irt import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """Simulated sittings of one test.

    Parameters
    ----------
    dimensions : tuple of str
        D of them, in alphabetical order.
    items : tuple of str
        Ids of the pool's items, in its order.
    theta : array of shape (n, D)
        True abilities, logits.
    estimate, se : arrays of shape (n, D)
        Ability by the rules' method and its standard error, logits; NaN where nothing was scored.
    given : array of shape (n, longest)
        Rows of the pool in the order of the offers, -1 after the last.
    category : array of shape (n, longest)
        Category of each answer; -1 where there is none.
    reason : array of shape (n, D)
        Place in ``reasons`` of why the dimension's last section ended; -1 where it never began.
    reasons : tuple of str
    seconds : array of shape (n,)
        Length of each sitting.
    notes : mapping of str to int
        How many offers carried each note.
    observed : tuple
        What was asked to be kept of each sitting besides, or nothing.
    """

    dimensions: tuple[str, ...]
    items: tuple[str, ...]
    theta: FloatArray
    estimate: FloatArray
    se: FloatArray
    given: NDArray[np.int32]
    category: NDArray[np.int8]
    reason: IntArray
    reasons: tuple[str, ...]
    seconds: FloatArray
    notes: Mapping[str, int]
    observed: tuple[Any, ...] = ()

    @property
    def n(self) -> int:
        """Number of sittings."""
        return len(self.theta)
