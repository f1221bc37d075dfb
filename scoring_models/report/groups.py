"""How a machine treats the groups of one column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from scoring_models.agreement import (
    Regression,
    conditional_score_difference,
    difference_of_standardised_means,
    overall_score_accuracy,
    overall_score_difference,
)
from scoring_models.errors import AgreementError
from scoring_models.report.records import Grouping, GroupResult

FloatArray = npt.NDArray[np.float64]

REGRESSIONS = {
    "accuracy": overall_score_accuracy,
    "difference": overall_score_difference,
    "conditional": conditional_score_difference,
}


def grouping(column: str, machine: FloatArray, human: FloatArray, names: Sequence[str]) -> Grouping:
    """Differences between groups; answers without a group are left out."""
    kept = np.array([bool(name) for name in names])
    groups = [name for name in names if name]
    x, y = machine[kept], human[kept]
    notes: list[str] = []
    try:
        means = difference_of_standardised_means(x, y, groups)
    except AgreementError as error:
        means = {}
        notes.append(str(error))
    found: dict[str, Regression] = {}
    for name, regression in REGRESSIONS.items():
        try:
            found[name] = regression(x, y, groups)
        except AgreementError as error:
            notes.append(f"{name}: {error}")
    base = next((one.base for one in found.values()), None)
    return Grouping(
        column,
        base,
        tuple(
            _group(name, np.array([one == name for one in groups]), x, y, means, found)
            for name in sorted(set(groups))
        ),
        {name: one.r_squared for name, one in found.items()},
        {name: one.p for name, one in found.items()},
        "; ".join(dict.fromkeys(notes)),
    )


def _group(
    name: str,
    rows: npt.NDArray[np.bool_],
    machine: FloatArray,
    human: FloatArray,
    means: dict[str, float],
    found: dict[str, Regression],
) -> GroupResult:
    contrasts = {
        kind: one.contrasts[name].estimate for kind, one in found.items() if name in one.contrasts
    }
    return GroupResult(
        name,
        int(rows.sum()),
        float(human[rows].mean()),
        float(machine[rows].mean()),
        means.get(name),
        **contrasts,
    )
