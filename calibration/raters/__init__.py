"""Severity of raters, by the many-facet Rasch model."""

from calibration.raters.design import DisconnectedDesignError
from calibration.raters.facets import (
    FacetItem,
    FacetPerson,
    ManyFacetResult,
    RaterEstimate,
    RaterSeparation,
    many_facet_rasch,
)
from calibration.raters.fair import fair_ratings
from calibration.raters.fit import FacetFit

__all__ = [
    "DisconnectedDesignError",
    "FacetFit",
    "FacetItem",
    "FacetPerson",
    "ManyFacetResult",
    "RaterEstimate",
    "RaterSeparation",
    "fair_ratings",
    "many_facet_rasch",
]
