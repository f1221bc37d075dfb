"""One scale for several calibrations: links, chains of links, and anchors that drift."""

from calibration.linking.drift import AnchorDrift, Drift, DriftError, find_drift
from calibration.linking.links import (
    Link,
    Linking,
    apply_link,
    apply_link_to_covariance,
    chain,
    link,
)
from calibration.linking.scale import LinkingError, transform_items

__all__ = [
    "AnchorDrift",
    "Drift",
    "DriftError",
    "Link",
    "Linking",
    "LinkingError",
    "apply_link",
    "apply_link_to_covariance",
    "chain",
    "find_drift",
    "link",
    "transform_items",
]
