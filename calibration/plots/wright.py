"""Persons and items on one scale."""

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np

from calibration.estimate.quadrature import Quadrature
from calibration.parameters import ItemParameters
from calibration.plots.style import LINE_WIDTH, PlotError, Rows, Spec, dashes, shapes

HEIGHT = 420
LEAST_DENSITY = 1e-3
"""Where a distribution is less than this share of its peak it is not drawn."""
LONG_NAME = 4
"""Longer names of items stand aslant."""


def wright_map(
    items: Sequence[ItemParameters],
    groups: Mapping[str, Quadrature],
    *,
    ability: str = "Ability and difficulty (logits)",
    persons: str = "Persons",
    items_title: str = "Items, the easiest first",
    step: str = "Threshold",
    group: str = "Group",
) -> Spec:
    """Distribution of ability on the left, difficulties of items on the right.

    Items stand in order of their mean difficulty. Thresholds of GRM items and step difficulties
    of PCM and GPCM items are the points of one line, told apart by shape. An NRM item has no
    difficulty and is left out.

    Parameters
    ----------
    items : sequence of ItemParameters
        Logits, D = 1.
    groups : mapping of name to Quadrature
        Ability distribution of each group.
    ability, persons, items_title, step, group : str
        Titles of the axis, its two sides and the legends.

    Raises
    ------
    PlotError
        If no item has a difficulty, or there is no group.

    References
    ----------
    Wilson (2005), Constructing measures, doi:10.4324/9781410611697
    """
    placed = sorted(
        (item for item in items if item.model != "NRM"), key=lambda item: float(np.mean(item.b))
    )
    if not placed:
        raise PlotError("Wright map: no item has a difficulty (NRM has none); give one at least")
    if not groups:
        raise PlotError("Wright map: no group; give one ability distribution at least")
    width = max(1.5, 0.4 * len(placed))
    scale = alt.X(
        "x:Q",
        title=None,
        scale=alt.Scale(domain=[-width, len(placed) + 0.6], nice=False, zero=False),
        axis=_item_axis([item.name for item in placed]),
    )
    layers: list[alt.Chart] = [
        *_distributions(groups, width, scale, ability, group),
        *_sides(persons, items_title, width),
        *_points(placed, scale, step),
    ]
    chart = alt.layer(*layers).resolve_scale(
        color="independent", shape="independent", strokeDash="independent"
    )
    spec: Spec = chart.properties(width="container", height=HEIGHT).to_dict()
    return spec


def _item_axis(names: Sequence[str]) -> alt.Axis:
    longest = max(map(len, names))
    quoted = ", ".join("'" + name.replace("\\", r"\\").replace("'", r"\'") + "'" for name in names)
    return alt.Axis(
        values=list(range(1, len(names) + 1)),
        labelExpr=f"[{quoted}][datum.value - 1]",
        labelAngle=-45 if longest > LONG_NAME else 0,
        labelAlign="right" if longest > LONG_NAME else "center",
        labelOverlap="greedy",
        labelLimit=90,
        grid=False,
    )


def _distributions(
    groups: Mapping[str, Quadrature], width: float, x: alt.X, ability: str, title: str
) -> list[alt.Chart]:
    """Density to the left of 0, the highest peak ``width`` less a margin away."""
    densities = {name: own.weights / own.spacing for name, own in groups.items()}
    peak = max(float(density.max()) for density in densities.values())
    rows: Rows = [
        {"x": -0.9 * width * float(value) / peak, "end": 0, "theta": float(theta), "group": name}
        for name, density in densities.items()
        for theta, value in zip(groups[name].nodes, density, strict=True)
        if value > LEAST_DENSITY * peak
    ]
    chart = alt.Chart(alt.InlineData(values=rows))
    theta = alt.Y("theta:Q", title=ability)
    names = list(groups)
    shown = alt.Legend(orient="top") if len(names) > 1 else None
    color = alt.Color("group:N", title=title, legend=shown, scale=alt.Scale(domain=names))
    line = chart.mark_line(strokeWidth=LINE_WIDTH).encode(
        x=x,
        y=theta,
        order="theta:Q",
        color=color,
        strokeDash=alt.StrokeDash(
            "group:N",
            title=title,
            legend=shown,
            scale=alt.Scale(domain=names, range=dashes(len(names))),
        ),
    )
    if len(names) > 1:
        return [line]
    area = chart.mark_area(orient="horizontal", fillOpacity=0.2).encode(
        x=x, x2="end:Q", y=theta, color=color
    )
    return [area, line]


def _sides(persons: str, items: str, width: float) -> list[alt.Chart]:
    """The line between the two sides, and their titles."""
    titles: Rows = [{"x": -width, "side": persons}, {"x": 0.0, "side": items}]
    text = (
        alt.Chart(alt.InlineData(values=titles))
        .mark_text(align="left", baseline="top", dx=6, fontSize=13)
        .encode(x="x:Q", y=alt.value(6), text="side:N")
    )
    between = alt.Chart(alt.InlineData(values=[{"x": 0.0}])).mark_rule().encode(x="x:Q")
    return [between, text]


def _points(items: Sequence[ItemParameters], x: alt.X, title: str) -> list[alt.Chart]:
    rows: Rows = [
        {"x": place + 1, "theta": float(b), "step": str(number + 1), "item": item.name}
        for place, item in enumerate(items)
        for number, b in enumerate(item.b)
    ]
    n_steps = max(len(item.b) for item in items)
    names = [str(number + 1) for number in range(n_steps)]
    shown = alt.Legend(orient="top") if n_steps > 1 else None
    chart = alt.Chart(alt.InlineData(values=rows))
    points = chart.mark_point(filled=True, size=70, opacity=1).encode(
        x=x,
        y="theta:Q",
        color=alt.Color("step:N", title=title, legend=shown, scale=alt.Scale(domain=names)),
        shape=alt.Shape(
            "step:N",
            title=title,
            legend=shown,
            scale=alt.Scale(domain=names, range=shapes(n_steps)),
        ),
    )
    if n_steps == 1:
        return [points]
    spans: Rows = [
        {"x": place + 1, "low": min(item.b), "high": max(item.b)}
        for place, item in enumerate(items)
    ]
    joined = (
        alt.Chart(alt.InlineData(values=spans)).mark_rule().encode(x="x:Q", y="low:Q", y2="high:Q")
    )
    return [joined, points]
