"""Charts as SVG, without a network and without a browser."""

import re

import vl_convert

from calibration.documents.content import DocumentError, Figure
from calibration.plots.style import PRINT

DECIMAL_COMMA = {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["Rp", ""]}
DECIMAL_POINT = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["$", ""]}


def draw(figure: Figure, *, language: str, font: str, width: int, height: int | None = None) -> str:
    """An SVG element with letters as text.

    Parameters
    ----------
    figure : Figure
    language : str
        "id" gives decimal commas.
    font : str
        Names of font families, as CSS has them.
    width : int
        Of the plotting area, pixels, where the chart is as wide as its container.
    height : int, optional
        Of the plotting area, pixels; the chart's own without.

    Raises
    ------
    DocumentError
        If the chart cannot be drawn; the message names it.
    """
    spec = dict(figure.spec)
    spec.pop("title", None)  # the caption has it
    if spec.get("width") == "container":
        spec["width"] = width
    if height is not None:
        spec["height"] = height
    try:
        svg = vl_convert.vegalite_to_svg(
            spec,
            config={**PRINT, "font": font},
            format_locale=DECIMAL_COMMA if language == "id" else DECIMAL_POINT,
            allowed_base_urls=[],
        )
    except ValueError as error:
        raise DocumentError(
            f"chart {figure.caption!r} cannot be drawn: {str(error).splitlines()[0]}"
        ) from error
    return str(svg)


def inline(svg: str, name: str) -> str:
    """The same for an HTML page: no namespaces, and ids that no other chart has."""
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"', "", svg, count=2)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    return svg.replace("<svg ", '<svg aria-hidden="true" ', 1)
