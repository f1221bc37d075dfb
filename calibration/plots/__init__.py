"""Vega-Lite charts of a calibration as plain dictionaries.

Every chart is as wide as its container, and has neither a title nor colours of its own; see
``calibration.plots.style``. Importing this package imports altair, which takes a third of a
second: import it where it is used.
"""

from calibration.plots.curves import category_curves, information_curve, line_chart
from calibration.plots.observed import Observed, observed_proportions
from calibration.plots.points import (
    DifPoint,
    DriftPoint,
    FitPoint,
    dif_effects,
    drift,
    item_fit,
)
from calibration.plots.style import PRINT, PlotError, Spec
from calibration.plots.wright import wright_map

__all__ = [
    "PRINT",
    "DifPoint",
    "DriftPoint",
    "FitPoint",
    "Observed",
    "PlotError",
    "Spec",
    "category_curves",
    "dif_effects",
    "drift",
    "information_curve",
    "item_fit",
    "line_chart",
    "observed_proportions",
    "wright_map",
]
