"""Correlations, with what else goes along taken out, and the machine's against people's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scoring_models.agreement.ratings import Ratings, pair
from scoring_models.errors import AgreementError


def correlation(a: Ratings, b: Ratings) -> float:
    """Product-moment correlation.

    Raises
    ------
    AgreementError
        If lengths differ, fewer than two pairs came, or one of the two does not vary.
    """
    x, y = pair(a, b)
    if not (np.ptp(x) > 0 and np.ptp(y) > 0):
        raise AgreementError("the correlation is undefined: one of the two does not vary")
    return float(np.corrcoef(x, y)[0, 1])


def partial_correlation(a: Ratings, b: Ratings, given: Sequence[Ratings]) -> float:
    """Correlation of ``a`` and ``b`` with the linear part of every one in ``given`` taken out.

    Of machine scores and word counts given the human scores: whether, among answers that people
    found equally good, the machine prefers the longer ones.

    Raises
    ------
    AgreementError
        As ``correlation``; also where nothing of ``a`` or ``b`` is left, or there are not three
        more answers than variables in ``given``.
    """
    x, y = pair(a, b)
    others = [pair(a, one)[1] for one in given]
    if len(x) < len(others) + 3:
        raise AgreementError(
            f"{len(x)} answers for {len(others)} variables taken out; give three more than those"
        )
    design = np.column_stack([np.ones_like(x), *others])
    rest = np.column_stack([x, y])
    rest = rest - design @ np.linalg.lstsq(design, rest, rcond=None)[0]
    spread = np.linalg.norm(rest, axis=0)
    if (spread <= 1e-10 * np.linalg.norm(np.column_stack([x, y]), axis=0)).any():
        raise AgreementError("the partial correlation is undefined: nothing of one is left")
    return float(rest[:, 0] @ rest[:, 1] / spread.prod())


def degradation(human_human: float, machine_human: float) -> float:
    """How far the machine agrees less with people than people among themselves.

    Human-human minus machine-human agreement, by the same statistic on the same answers; at most
    .10 is asked of a machine.

    References
    ----------
    Williamson, Xi & Breyer (2012), doi:10.1111/j.1745-3992.2011.00223.x
    """
    return human_human - machine_human
