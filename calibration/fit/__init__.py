"""Fit of items, persons and pairs of items."""

from calibration.fit.common import FitError
from calibration.fit.item import ItemFit, item_fit, summed_score_distribution
from calibration.fit.local import LocalDependence, local_dependence
from calibration.fit.mean_squares import (
    ItemMeanSquares,
    MeanSquares,
    PersonMeanSquares,
    mean_squares,
)
from calibration.fit.person import PersonFit, person_fit
from calibration.fit.sparse import AbilityGroups, SparseItemFit, sparse_item_fit

__all__ = [
    "AbilityGroups",
    "FitError",
    "ItemFit",
    "ItemMeanSquares",
    "LocalDependence",
    "MeanSquares",
    "PersonFit",
    "PersonMeanSquares",
    "SparseItemFit",
    "item_fit",
    "local_dependence",
    "mean_squares",
    "person_fit",
    "sparse_item_fit",
    "summed_score_distribution",
]
