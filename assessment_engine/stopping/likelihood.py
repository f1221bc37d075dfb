"""The likelihood of scored answers at given abilities, without a prior."""

from collections.abc import Sequence

import numpy as np

from assessment_engine.irt import FloatArray, ItemArrays
from assessment_engine.pool import LEAST_LIKELIHOOD, DimensionItems
from assessment_engine.records import Response


class Answers:
    """Scored answers to items of one dimension, ready to be evaluated at any ability.

    Answers are kept in a canonical order, so that sums do not depend on when they were given.

    Parameters
    ----------
    items : DimensionItems
    responses : sequence of Response
        A likelihood with several positive entries is a soft score.
    """

    def __init__(self, items: DimensionItems, responses: Sequence[Response]) -> None:
        ordered = sorted(responses, key=lambda response: (response.item, response.likelihood))
        self._arrays = ItemArrays.of([items.items[items.local[one.item]] for one in ordered])
        self._soft = np.zeros((len(ordered), self._arrays.n_categories, 1))
        for row, response in enumerate(ordered):
            self._soft[row, : len(response.likelihood), 0] = response.likelihood

    def log_likelihood(self, theta: FloatArray) -> FloatArray:
        """Log-likelihood at abilities of shape (n_theta,), logits."""
        p, _ = self._arrays.evaluate(theta)
        total: FloatArray = np.log(np.maximum((self._soft * p).sum(axis=1), LEAST_LIKELIHOOD)).sum(
            axis=0
        )
        return total
