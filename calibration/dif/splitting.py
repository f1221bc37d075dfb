"""One calibration of several groups in which some items have parameters for each group.

A split item becomes one item a group, seen by that group alone; all others are common and put the
groups on one scale. Means and SDs of ability are free in every group but the reference group.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calibration.data import Responses
from calibration.dif.screening import DifError, Groups, groups_of
from calibration.errors import CalibrationError
from calibration.mml import calibrate
from calibration.result import CalibrationResult

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


def split_name(item: str, group: str) -> str:
    """Name of an item's version for one group."""
    return f"{item} | {group}"


@dataclass(frozen=True, eq=False)
class Comparison:
    """Answers of several groups, the reference group first, ready to be calibrated again and again.

    Attributes
    ----------
    items : tuple of str
    models : tuple of str
    codes : array of shape (n_persons, n_items)
        Category codes, NaN = not presented.
    groups : Groups
    weights : array of shape (n_persons,), or None
    options : mapping
        Handed on to ``calibrate``.
    """

    items: tuple[str, ...]
    models: tuple[str, ...]
    codes: FloatArray
    groups: Groups
    weights: FloatArray | None
    options: Mapping[str, Any]

    def groups_with(self, item: str) -> tuple[str, ...]:
        """Groups that answered an item."""
        column = self.codes[:, self.items.index(item)]
        seen = np.unique(self.groups.number[~np.isnan(column)])
        return tuple(self.groups.names[place] for place in seen)

    def obstacle(self, item: str) -> str | None:
        """Why an item's groups cannot have parameters of their own, or None."""
        column = self.codes[:, self.items.index(item)]
        wanted = np.unique(column[~np.isnan(column)])
        if len(wanted) < 2:
            return "answered by nobody" if len(wanted) == 0 else "everybody answers alike"
        answered = self.groups_with(item)
        if len(answered) < 2:
            return f"answered in group {answered[0]} only"
        for name in answered:
            own = column[self.groups.number == self.groups.names.index(name)]
            lacking = np.setdiff1d(wanted, own)
            if len(lacking):
                return f"nobody of group {name} has code {lacking[0]:g}"
        return None

    @staticmethod
    def _says_nothing(column: FloatArray) -> bool:
        seen = column[~np.isnan(column)]
        return len(seen) == 0 or bool((seen == seen[0]).all())

    def calibrated(self, split: Sequence[str], standard_errors: str = "none") -> CalibrationResult:
        """The calibration with ``split`` items apart and all others common."""
        names: list[str] = []
        models: list[str] = []
        columns: list[FloatArray] = []
        for place, item in enumerate(self.items):
            column = self.codes[:, place]
            if self._says_nothing(column):
                continue
            if item not in split:
                names.append(item)
                models.append(self.models[place])
                columns.append(column)
                continue
            for group in self.groups_with(item):
                member = self.groups.number == self.groups.names.index(group)
                names.append(split_name(item, group))
                models.append(self.models[place])
                columns.append(np.where(member, column, np.nan))
        labels = np.array(self.groups.names)[self.groups.number]
        responses = Responses(tuple(names), np.column_stack(columns), source="DIF comparison")
        return calibrate(
            responses,
            models,
            groups=labels,
            weights=self.weights,
            standard_errors=standard_errors,  # type: ignore[arg-type]
            **self.options,
        )


def comparison_of(
    responses: Responses | npt.ArrayLike,
    model: str | Sequence[str],
    groups: npt.ArrayLike,
    reference: object,
    options: Mapping[str, Any],
) -> Comparison:
    """Judge the data and put the reference group first, where ``calibrate`` fixes the scale.

    Raises
    ------
    DifError
        If data, models or groups do not fit each other, or an option would break the comparison.
    """
    if not isinstance(responses, Responses):
        codes = np.array(responses, dtype=np.float64)
        if codes.ndim != 2:
            raise DifError(f"responses need two dimensions, persons by items; came {codes.shape}")
        responses = Responses(tuple(f"item{n + 1}" for n in range(codes.shape[1])), codes)
    bad = {"fixed", "groups", "weights", "standard_errors", "engine"} & set(options)
    if bad:
        raise DifError(f"{', '.join(sorted(bad))} cannot be handed on to calibrate here")
    n_items = len(responses.items)
    models = (model,) * n_items if isinstance(model, str) else tuple(model)
    if len(models) != n_items:
        raise DifError(f"{len(models)} models for {n_items} items; give one, or one an item")
    found = groups_of(groups, len(responses.codes), reference)
    order = np.argsort(found.number, kind="stable")
    # A row without an answer is nobody's: calibrate names the first group by its first used row.
    order = order[~np.isnan(responses.codes[order]).all(axis=1)]
    weights = responses.weights
    if weights is not None:
        order = order[weights[order] > 0]
    number = found.number[order]
    if len(number) == 0 or number[0] != 0:
        raise DifError(f"nobody of the reference group {found.names[0]!r} has an answer")
    return Comparison(
        items=responses.items,
        models=models,
        codes=responses.codes[order],
        groups=Groups(found.names, number),
        weights=None if weights is None else weights[order],
        options=dict(options),
    )


def free_by_group(
    comparison: Comparison, anchors: Sequence[str], obstacles: Mapping[str, str | None]
) -> tuple[str, ...]:
    """Items that are neither anchors nor beyond comparison: apart in every calibration."""
    return tuple(
        item for item in comparison.items if item not in anchors and obstacles[item] is None
    )


def failure(error: CalibrationError) -> str:
    return f"the calibration failed: {error}"
