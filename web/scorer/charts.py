"""Vega-Lite charts of a scoring report, in the look of ``calibration.plots``."""

import altair as alt

from calibration.plots.style import (
    HEIGHT,
    LINE_WIDTH,
    REFERENCE_DASH,
    Rows,
    Spec,
    dashes,
    shapes,
)
from scoring_models.report import ScoringReport
from web.scorer.words import Words


def levels(report: ScoringReport, words: Words) -> Spec:
    """How many answers people and the machine put at each level, side by side."""
    names = [words.people, words.machine]
    rows: Rows = [
        {"level": one.level, "answers": count, "by": name}
        for one in report.shares
        for name, count in zip(names, (one.human, one.machine), strict=True)
    ]
    scale = alt.Scale(domain=names)
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(stroke="currentColor")
        .encode(
            x=alt.X("level:O", title=words.level, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("by:N", sort=names),
            y=alt.Y("answers:Q", title=words.answers),
            color=alt.Color("by:N", title=None, scale=scale, legend=alt.Legend(orient="top")),
            opacity=alt.Opacity(
                "by:N", title=None, scale=alt.Scale(domain=names, range=[1.0, 0.45]), legend=None
            ),
        )
    )
    return _whole(chart)


def confusion(report: ScoringReport, words: Words) -> Spec:
    """Answers by human and machine level; darker is a larger share of those of the human one."""
    rows: Rows = [
        {
            "human": report.lowest + row,
            "machine": report.lowest + column,
            "answers": count,
            "share": count / max(sum(counts), 1),
        }
        for row, counts in enumerate(report.confusion)
        for column, count in enumerate(counts)
    ]
    x = alt.X("machine:O", title=words.machine_level, axis=alt.Axis(labelAngle=0))
    y = alt.Y("human:O", title=words.human_level)
    chart = alt.Chart(alt.InlineData(values=rows))
    shade = alt.Scale(domain=[0, 1], range=[0, 0.5])
    tiles = chart.mark_rect().encode(
        x=x, y=y, opacity=alt.Opacity("share:Q", legend=None, scale=shade)
    )
    return _whole(alt.layer(tiles, chart.mark_text().encode(x=x, y=y, text="answers:Q")))


def reliability(report: ScoringReport, words: Words) -> Spec:
    """Predicted against observed shares of "above a level"; the dashed line is perfect."""
    rows: Rows = [
        {"predicted": one.predicted, "observed": one.observed, "n": one.n}
        for one in report.reliability
    ]
    whole = alt.Scale(domain=[0, 1])
    x = alt.X("predicted:Q", title=words.predicted, scale=whole)
    y = alt.Y("observed:Q", title=words.observed, scale=whole)
    chart = alt.Chart(alt.InlineData(values=rows)).encode(x=x, y=y)
    ends = alt.InlineData(values=[{"predicted": 0, "observed": 0}, {"predicted": 1, "observed": 1}])
    perfect = alt.Chart(ends).mark_line(strokeDash=REFERENCE_DASH, strokeWidth=1)
    return _whole(
        alt.layer(
            perfect.encode(x=x, y=y),
            chart.mark_line(strokeWidth=LINE_WIDTH),
            chart.mark_point(filled=True, size=60),
        )
    )


def standardised_differences(report: ScoringReport, words: Words, limit: float) -> Spec:
    """DSM of every group with the limits; a shape for each column of groups."""
    columns = [one.column for one in report.groupings]
    rows: Rows = [
        {"group": f"{one.column}: {group.group}", "dsm": group.dsm, "column": one.column}
        for one in report.groupings
        for group in one.groups
        if group.dsm is not None
    ]
    shape = alt.Scale(domain=columns, range=shapes(len(columns)))
    points = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_point(filled=True, size=90)
        .encode(
            x=alt.X("dsm:Q", title=words.dsm_axis),
            y=alt.Y("group:N", title=None, sort=None),
            shape=alt.Shape("column:N", legend=None, scale=shape),
        )
    )
    ends = alt.InlineData(values=[{"at": -limit}, {"at": 0.0}, {"at": limit}])
    rule = alt.Chart(ends).mark_rule(strokeDash=REFERENCE_DASH).encode(x="at:Q")
    spec: Spec = alt.layer(rule, points).properties(width="container").to_dict()
    spec["height"] = 22 * max(len(rows), 2)
    return spec


def learning_curve(report: ScoringReport, words: Words) -> Spec:
    """Agreement by the number of scored answers a prompt."""
    rows: Rows = [
        {"n": one.n, "kappa": one.kappa, "prompts": one.prompts} for one in report.learning_curve
    ]
    chart = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("n:Q", title=words.scored_answers),
        y=alt.Y("kappa:Q", title=words.kappa, scale=alt.Scale(domain=[0, 1])),
    )
    return _whole(
        alt.layer(
            chart.mark_line(strokeWidth=LINE_WIDTH, strokeDash=dashes(1)[0]),
            chart.mark_point(filled=True, size=60),
        )
    )


def _whole(chart: alt.Chart | alt.LayerChart | alt.FacetChart) -> Spec:
    spec: Spec = chart.properties(width="container", height=HEIGHT).to_dict()
    return spec
