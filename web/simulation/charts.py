"""Vega-Lite charts of a simulation's summary, in the look of ``calibration.plots``."""

from collections.abc import Sequence

import altair as alt
import numpy as np

from assessment_engine.level_accuracy import LevelAccuracy
from assessment_engine.summary import DimensionSummary, Summary
from calibration.plots.style import (
    HEIGHT,
    LINE_WIDTH,
    REFERENCE_DASH,
    Rows,
    Spec,
    dashes,
    shapes,
)


def precision(one: DimensionSummary) -> Spec:
    """Bias, RMSE and mean standard error by true ability; bins with nobody have no point."""
    found = one.conditional
    series = {"bias": found.bias, "RMSE": found.rmse, "mean SE": found.se}
    rows: Rows = [
        {"theta": float(theta), "value": float(value), "series": name}
        for name, values in series.items()
        for theta, value in zip(found.theta, values, strict=True)
        if np.isfinite(value)
    ]
    return _lines(rows, list(series), "Logits", 0.0)


def lengths_by_ability(one: DimensionSummary) -> Spec:
    """Mean number of items by true ability."""
    found = one.conditional
    rows: Rows = [
        {"theta": float(theta), "value": float(value), "series": one.dimension}
        for theta, value in zip(found.theta, found.length, strict=True)
        if np.isfinite(value)
    ]
    return _lines(rows, [one.dimension], "Items", None)


def lengths(summary: Summary) -> Spec:
    """How many sittings had each number of items."""
    first = int(np.flatnonzero(summary.lengths)[0])
    rows: Rows = [
        {"items": length, "sittings": int(count)}
        for length, count in enumerate(summary.lengths)
        if length >= first
    ]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar()
        .encode(
            x=alt.X("items:O", title="Items of a sitting", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("sittings:Q", title="Sittings"),
        )
    )
    return _whole(chart)


def exposure(summary: Summary, r_max: float) -> Spec:
    """Exposure rates from the most to the least used item, and the ceiling where there is one."""
    rates = sorted(summary.exposure.rates.values(), reverse=True)
    rows: Rows = [{"rank": rank, "rate": rate} for rank, rate in enumerate(rates, start=1)]
    drawn = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_line(strokeWidth=LINE_WIDTH, interpolate="step-after")
        .encode(
            x=alt.X("rank:Q", title="Items, the most used first"),
            y=alt.Y("rate:Q", title="Exposure rate", scale=alt.Scale(domain=[0, 1])),
        )
    )
    return _whole(alt.layer(drawn, *_rule(r_max if r_max < 1.0 else None, "rate")))


def confusion(levels: LevelAccuracy) -> Spec:
    """Persons by true level and level given; darker is a larger share of those of the true one."""
    n_levels = len(levels.confusion)
    of_level = np.maximum(levels.confusion.sum(axis=1), 1)
    rows: Rows = [
        {
            "true": true + 1,
            "given": given + 1,
            "persons": int(levels.confusion[true, given]),
            "share": float(levels.confusion[true, given] / of_level[true]),
        }
        for true in range(n_levels)
        for given in range(n_levels)
    ]
    x = alt.X("given:O", title="Level given", axis=alt.Axis(labelAngle=0))
    y = alt.Y("true:O", title="True level")
    chart = alt.Chart(alt.InlineData(values=rows))
    tiles = chart.mark_rect().encode(
        x=x,
        y=y,
        opacity=alt.Opacity("share:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[0, 0.5])),
    )
    numbers = chart.mark_text().encode(x=x, y=y, text="persons:Q")
    return _whole(alt.layer(tiles, numbers))


def _lines(rows: Rows, names: Sequence[str], value: str, zero: float | None) -> Spec:
    legend = alt.Legend(orient="top") if len(names) > 1 else None
    domain = list(names)
    chart = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("theta:Q", title="True ability (logits)"),
        y=alt.Y("value:Q", title=value),
        color=alt.Color("series:N", title=None, legend=legend, scale=alt.Scale(domain=domain)),
    )
    line = chart.mark_line(strokeWidth=LINE_WIDTH).encode(
        strokeDash=alt.StrokeDash(
            "series:N",
            title=None,
            legend=legend,
            scale=alt.Scale(domain=domain, range=dashes(len(names))),
        )
    )
    points = chart.mark_point(filled=True, size=70, opacity=1).encode(
        shape=alt.Shape(
            "series:N",
            title=None,
            legend=legend,
            scale=alt.Scale(domain=domain, range=shapes(len(names))),
        )
    )
    return _whole(alt.layer(*_rule(zero, "value"), line, points))


def _rule(at: float | None, field: str) -> list[alt.Chart]:
    if at is None:
        return []
    rule = alt.Chart(alt.InlineData(values=[{field: at}])).mark_rule(strokeDash=REFERENCE_DASH)
    return [rule.encode(y=f"{field}:Q")]


def _whole(chart: alt.Chart | alt.LayerChart | alt.FacetChart) -> Spec:
    spec: Spec = chart.properties(width="container", height=HEIGHT).to_dict()
    return spec
