"""Item selection: which items tell most at the present ability."""

from assessment_engine.selection.criteria import (
    CRITERIA,
    Criterion,
    about_selection,
    about_settings,
    criterion,
    values_of,
)
from assessment_engine.selection.fisher import information_at
from assessment_engine.selection.ranking import (
    TIE_DECIMALS,
    by_values,
    from_zero,
    maximum_information,
)
from assessment_engine.selection.view import View

__all__ = [
    "CRITERIA",
    "TIE_DECIMALS",
    "Criterion",
    "View",
    "about_selection",
    "about_settings",
    "by_values",
    "criterion",
    "from_zero",
    "information_at",
    "maximum_information",
    "values_of",
]
