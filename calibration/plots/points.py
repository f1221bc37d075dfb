"""One point an item: fit, differential functioning, drift."""

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from calibration.plots.style import (
    HEIGHT,
    REFERENCE_DASH,
    ROW,
    Rows,
    Spec,
    shapes,
    some,
)

PADDING = 12
"""So that no point lies on the frame, pixels."""


@dataclass(frozen=True, slots=True)
class FitPoint:
    """A fit statistic of one item, or its RMSEA, and whether somebody should look at it."""

    name: str
    value: float
    flagged: bool


@dataclass(frozen=True, slots=True)
class DifPoint:
    """An effect of differential item functioning with its interval; None where it has none.

    ``label`` is its class, "A", "B" or "C".
    """

    name: str
    effect: float
    low: float | None
    high: float | None
    label: str


@dataclass(frozen=True, slots=True)
class DriftPoint:
    """A parameter before and after, on one scale, and whether the item stayed an anchor."""

    name: str
    before: float
    after: float
    kept: bool


def item_fit(
    points: Sequence[FitPoint],
    *,
    limits: Sequence[float] = (),
    value: str = "RMSEA",
    item: str = "Item",
    flagged: str = "flagged",
    unflagged: str = "not flagged",
) -> Spec:
    """Fit of each item, with the lines from which it is flagged.

    Parameters
    ----------
    points : sequence of FitPoint
        In the order in which they are drawn, from above.
    limits : sequence of float
        Drawn as upright dashed rules.
    value, item : str
        Titles of the axes.
    flagged, unflagged : str
        Words of the legend.

    Raises
    ------
    PlotError
        If there is no point.
    """
    some(points, "item fit")
    rows: Rows = [
        {"item": one.name, "value": one.value, "state": flagged if one.flagged else unflagged}
        for one in points
    ]
    names = [one.name for one in points]
    drawn = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_point(filled=True, size=80, opacity=1)
        .encode(
            x=alt.X("value:Q", title=value, scale=_around([one.value for one in points], limits)),
            y=_items(names, item),
            **_told_apart("state", [unflagged, flagged], None),
        )
    )
    return _by_item([*_rules("value", limits), drawn], len(names))


def dif_effects(
    points: Sequence[DifPoint],
    *,
    limits: Sequence[float] = (),
    effect: str = "Effect",
    item: str = "Item",
    label: str = "Class",
) -> Spec:
    """Effect of differential functioning of each item, with its interval and class.

    Parameters
    ----------
    points : sequence of DifPoint
        In the order in which they are drawn, from above.
    limits : sequence of float
        Where classes part, drawn as upright dashed rules; 0 is always drawn.
    effect, item, label : str
        Titles of axes and legend.

    Raises
    ------
    PlotError
        If there is no point.
    """
    some(points, "DIF")
    rows: Rows = [{"item": one.name, "value": one.effect, "label": one.label} for one in points]
    spans: Rows = [
        {"item": one.name, "low": one.low, "high": one.high}
        for one in points
        if one.low is not None and one.high is not None
    ]
    names = [one.name for one in points]
    labels = sorted({"A", "B", "C"} | {one.label for one in points})
    none = alt.Chart(alt.InlineData(values=[{"value": 0.0}])).mark_rule().encode(x="value:Q")
    intervals = (
        alt.Chart(alt.InlineData(values=spans))
        .mark_rule(strokeWidth=1.5)
        .encode(x="low:Q", x2="high:Q", y=_items(names, item))
    )
    drawn = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_point(filled=True, size=90, opacity=1)
        .encode(
            x=alt.X("value:Q", title=effect, scale=alt.Scale(padding=PADDING)),
            y=_items(names, item),
            **_told_apart("label", labels, label),
        )
    )
    return _by_item([none, *_rules("value", limits), intervals, drawn], len(names))


def drift(
    points: Sequence[DriftPoint],
    *,
    before: str = "Difficulty before (logits)",
    after: str = "Difficulty after (logits)",
    kept: str = "anchor kept",
    dropped: str = "anchor dropped",
) -> Spec:
    """New against old parameters, with the line on which nothing drifted; the dropped are named.

    Parameters
    ----------
    points : sequence of DriftPoint
        Logits.
    before, after : str
        Titles of the axes.
    kept, dropped : str
        Words of the legend.

    Raises
    ------
    PlotError
        If there is no point.
    """
    some(points, "drift")
    rows: Rows = [
        {
            "item": one.name,
            "before": one.before,
            "after": one.after,
            "state": kept if one.kept else dropped,
        }
        for one in points
    ]
    values = [value for one in points for value in (one.before, one.after)]
    margin = 0.08 * (max(values) - min(values)) or 0.5
    ends = [min(values) - margin, max(values) + margin]
    scale = alt.Scale(domain=ends, nice=False, zero=False)
    x = alt.X("before:Q", title=before, scale=scale)
    y = alt.Y("after:Q", title=after, scale=scale)
    same: Rows = [{"from": ends[0], "to": ends[1]}]
    identity = (
        alt.Chart(alt.InlineData(values=same))
        .mark_rule(strokeDash=REFERENCE_DASH)
        .encode(
            x=alt.X("from:Q", title=before, scale=scale),
            x2="to:Q",
            y=alt.Y("from:Q", title=after, scale=scale),
            y2="to:Q",
        )
    )
    drawn = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_point(filled=True, size=90, opacity=1)
        .encode(x=x, y=y, **_told_apart("state", [kept, dropped], None))
    )
    named = (
        alt.Chart(alt.InlineData(values=[row for row in rows if row["state"] == dropped]))
        .mark_text(align="left", baseline="middle", dx=9)
        .encode(x=x, y=y, text="item:N")
    )
    spec: Spec = (
        alt.layer(identity, drawn, named)
        .properties(width="container", height=round(1.3 * HEIGHT))
        .to_dict()
    )
    return spec


def _around(values: Sequence[float], limits: Sequence[float]) -> alt.Scale:
    """From a little below to a little above; not below 0 for what cannot be."""
    low, high = min((*values, *limits)), max((*values, *limits))
    margin = 0.06 * (high - low) or 0.5
    start = max(low - margin, 0.0) if low >= 0 else low - margin
    return alt.Scale(domain=[start, high + margin], nice=False, zero=False)


def _items(names: Sequence[str], title: str) -> alt.Y:
    return alt.Y("item:N", title=title, sort=list(names), axis=alt.Axis(grid=True, labelLimit=160))


def _told_apart(
    field: str, names: Sequence[str], title: str | None
) -> dict[str, alt.Color | alt.Shape]:
    legend = alt.Legend(orient="top", columns=3, labelLimit=0)
    domain = list(names)
    return {
        "color": alt.Color(
            f"{field}:N", title=title, legend=legend, scale=alt.Scale(domain=domain)
        ),
        "shape": alt.Shape(
            f"{field}:N",
            title=title,
            legend=legend,
            scale=alt.Scale(domain=domain, range=shapes(len(names))),
        ),
    }


def _rules(field: str, at: Sequence[float]) -> list[alt.Chart]:
    marks: Rows = [{field: float(value)} for value in at]
    if not marks:
        return []
    rule = alt.Chart(alt.InlineData(values=marks)).mark_rule(strokeDash=REFERENCE_DASH)
    return [rule.encode(x=f"{field}:Q")]


def _by_item(layers: Sequence[alt.Chart], n_items: int) -> Spec:
    spec: Spec = (
        alt.layer(*layers).properties(width="container", height=ROW * n_items + ROW).to_dict()
    )
    return spec
