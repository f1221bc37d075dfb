"""How charts look: what a page and a printed report share, and the colours of print.

A chart differs its series by dash or shape beside colour, so that it reads in greyscale, and has
no title of its own: the page or the caption has it. Colours are the renderer's configuration
(``PRINT`` on paper), never part of a chart, so that a page may have a dark theme.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from calibration.errors import CalibrationError

FloatArray = npt.NDArray[np.float64]
Spec = dict[str, Any]
Rows = list[dict[str, Any]]


class PlotError(CalibrationError):
    """There is nothing to draw, or names and values do not fit together."""


THETA: FloatArray = np.linspace(-4.0, 4.0, 161)
"""Where curves are drawn, logits."""

HEIGHT = 280
ROW = 22
"""Height of one item in charts that have a line an item."""

DASHES = [[1, 0], [8, 3], [3, 3], [10, 3, 2, 3], [14, 4]]
SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"]
REFERENCE_DASH = [4, 4]
LINE_WIDTH = 2.5

_INK, _QUIET, _LINE = "#14181f", "#505a68", "#c9d0d9"
PRINT: Spec = {
    "aria": False,
    "background": "transparent",
    "view": {"stroke": _LINE},
    "axis": {
        "labelColor": _INK,
        "titleColor": _INK,
        "labelFontSize": 12,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
        "gridColor": _LINE,
        "gridOpacity": 0.5,
        "domainColor": _QUIET,
        "tickColor": _QUIET,
    },
    "legend": {
        "labelColor": _INK,
        "titleColor": _INK,
        "labelFontSize": 12,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
        "symbolSize": 200,
        "columnPadding": 24,
    },
    "range": {"category": ["#0b3d91", "#a3181d", "#17693a", "#7a4d00", _QUIET]},
    "rule": {"color": _QUIET},
    "text": {"color": _INK, "fontSize": 12},
}
"""Vega configuration for white paper, the colours of the pages' light theme."""


def dashes(n_series: int) -> list[list[int]]:
    """One a series; after the fifth they come again."""
    return [DASHES[place % len(DASHES)] for place in range(n_series)]


def shapes(n_series: int) -> list[str]:
    """One a series; after the sixth they come again."""
    return [SHAPES[place % len(SHAPES)] for place in range(n_series)]


def some(points: Sequence[Any], what: str) -> None:
    """Raise PlotError if there is nothing to draw."""
    if not points:
        raise PlotError(f"{what}: nothing to draw; give one point at least")
