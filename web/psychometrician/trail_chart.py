"""The chart of abilities over the answers of a sitting, in the look of ``calibration.plots``."""

from collections.abc import Sequence
from typing import NamedTuple

import altair as alt

from calibration.plots.style import HEIGHT, LINE_WIDTH, Rows, Spec, dashes, shapes

LEGEND_COLUMNS = 2


class Point(NamedTuple):
    """Ability after one answer, logits."""

    position: int
    theta: float
    se: float
    series: str


def estimates_chart(points: Sequence[Point], *, answer: str, ability: str, legend: str) -> Spec:
    """Ability after each answer with one standard error to either side, a line a series.

    Parameters
    ----------
    points : sequence of Point
        One at least, ``se`` finite.
    answer, ability, legend : str
        Titles of the axes and of the legend.
    """
    names = list(dict.fromkeys(point.series for point in points))
    rows: Rows = [
        {
            "position": point.position,
            "theta": point.theta,
            "low": point.theta - point.se,
            "high": point.theta + point.se,
            "series": point.series,
        }
        for point in points
    ]
    domain = alt.Scale(domain=names)
    shown = alt.Legend(orient="top", columns=LEGEND_COLUMNS, labelLimit=0)
    x = alt.X(
        "position:Q",
        title=answer,
        axis=alt.Axis(tickMinStep=1, format="d"),
        scale=alt.Scale(zero=False, nice=False, padding=12),
    )
    y = alt.Y("theta:Q", title=ability, scale=alt.Scale(zero=False))
    colour = alt.Color("series:N", title=legend, legend=shown, scale=domain)
    whole = alt.Chart(alt.InlineData(values=rows))
    bars = whole.mark_rule(strokeWidth=1.5).encode(x=x, y="low:Q", y2="high:Q", color=colour)
    lines = whole.mark_line(strokeWidth=LINE_WIDTH / 2).encode(
        x=x,
        y=y,
        color=colour,
        strokeDash=alt.StrokeDash(
            "series:N",
            legend=None,
            scale=alt.Scale(domain=names, range=dashes(len(names))),
        ),
    )
    marks = whole.mark_point(filled=True, size=60, opacity=1).encode(
        x=x,
        y=y,
        color=colour,
        shape=alt.Shape(
            "series:N",
            title=legend,
            legend=shown,
            scale=alt.Scale(domain=names, range=shapes(len(names))),
        ),
    )
    spec: Spec = (
        alt.layer(bars, lines, marks).properties(width="container", height=HEIGHT).to_dict()
    )
    return spec
