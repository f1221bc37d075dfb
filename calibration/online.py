"""Online calibration: pretest items seeded into adaptive tests, put on the bank's scale."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from calibration.cells import Cells, cells_of
from calibration.data import listed
from calibration.errors import DataError
from calibration.estimate.priors import Priors
from calibration.mml import PriorUpdates, calibrate
from calibration.parameters import ItemParameters
from calibration.result import CalibrationResult

LEAST_ANSWERS = 200
LEAST_IN_CATEGORY = 10


@dataclass(frozen=True, eq=False)
class PretestResult:
    """``calibrated`` names the pretest items in ``result``; ``waiting`` those that lack answers,
    each with the reason; ``result`` is None while all wait."""

    calibrated: tuple[str, ...]
    waiting: tuple[tuple[str, str], ...]
    result: CalibrationResult | None


def calibrate_pretest(
    operational: Sequence[ItemParameters],
    responses: Any,
    model: str | Sequence[str] = "2PL",
    *,
    groups: npt.ArrayLike | None = None,
    weights: npt.ArrayLike | None = None,
    least_answers: int = LEAST_ANSWERS,
    least_in_category: int = LEAST_IN_CATEGORY,
    prior_updates: PriorUpdates = "multiple",
    priors: Priors | None = None,
    lowest_code: int = 0,
) -> PretestResult:
    """Calibrate seeded pretest items with the operational items held at the bank's parameters.

    What the adaptive rule chose depends on the answers before it and on nothing else, so that
    likelihood inference may ignore the choice: persons enter with the operational answers that
    chose their items, never with the pretest answers alone.

    Parameters
    ----------
    operational : sequence of ItemParameters
        The bank, logits, D = 1; those that nobody answered are left out.
    responses
        As for ``calibrate``: columns that ``operational`` does not name are pretest items.
    model : str or sequence of str
        One for all pretest items, or one each, in the order of their columns.
    groups, weights, prior_updates, priors
        As for ``calibrate``.
    lowest_code : {0, 1}
        The code that is category 0.
    least_answers, least_in_category : int
        An item with fewer answers, or fewer in one of its categories, waits.

    Returns
    -------
    PretestResult

    Raises
    ------
    DataError
        If no operational item has answers, or there is no pretest item.

    References
    ----------
    Ban, Hanson, Wang, Yi & Harris (2001), doi:10.1111/j.1745-3984.2001.tb01123.x; Mislevy & Chang
    (2000), doi:10.1007/BF02294370 (ignorability of adaptive selection)
    """
    cells = cells_of(responses, weights)
    bank = {item.name: item for item in operational}
    pretest = [name for name in cells.items if name not in bank]
    if not pretest:
        raise DataError(
            f"{cells.source}: every column is an operational item; none is to calibrate"
        )
    models = [model] * len(pretest) if isinstance(model, str) else list(model)
    if len(models) != len(pretest):
        raise DataError(
            f"{len(models)} models for {len(pretest)} pretest items ({listed(pretest)}); give one, "
            "or one each"
        )
    answered = np.bincount(cells.item, minlength=len(cells.items)) > 0
    used = [n for n, seen in zip(cells.items, answered, strict=True) if seen and n in bank]
    if not used:
        raise DataError(f"{cells.source}: no operational item has an answer to set the scale")
    waiting = [
        (name, why)
        for name in pretest
        if (why := _why_it_waits(cells, name, least_answers, least_in_category))
    ]
    ready = [name for name in pretest if name not in dict(waiting)]
    if not ready:
        return PretestResult((), tuple(waiting), None)
    chosen = dict(zip(pretest, models, strict=True)) | {name: bank[name].model for name in used}
    kept = _only(cells, {*used, *ready})
    result = calibrate(
        kept,
        [chosen[name] for name in kept.items],
        groups=groups,
        fixed={name: bank[name] for name in used},
        prior_updates=prior_updates,
        priors=priors,
        lowest_code=lowest_code,
    )
    return PretestResult(tuple(ready), tuple(waiting), result)


def _why_it_waits(cells: Cells, name: str, least: int, least_in_category: int) -> str:
    codes = cells.code[cells.item == cells.items.index(name)]
    if len(codes) < least:
        return f"{len(codes)} answers of {least}"
    values, counts = np.unique(codes, return_counts=True)
    if len(values) < 2:
        return f"answered {values[0]:g} by all {len(codes)}"
    if counts.min() < least_in_category:
        rarest = values[np.argmin(counts)]
        return f"{counts.min()} answers of {least_in_category} in category {rarest:g}"
    return ""


def _only(cells: Cells, names: set[str]) -> Cells:
    kept = np.array([name in names for name in cells.items])
    number = np.cumsum(kept, dtype=np.int32) - 1
    in_use = kept[cells.item]
    ends = np.concatenate([[0], np.cumsum(in_use)])
    return replace(
        cells,
        items=tuple(name for name in cells.items if name in names),
        start=ends[cells.start].astype(np.int64),
        item=number[cells.item[in_use]].astype(np.int32),
        code=cells.code[in_use],
    )
