"""Curves over ability: categories of an item, information of items."""

from collections.abc import Sequence

import altair as alt
import numpy as np
import numpy.typing as npt

from calibration.parameters import ItemParameters, information, probabilities
from calibration.plots.observed import Observed
from calibration.plots.style import (
    HEIGHT,
    LINE_WIDTH,
    REFERENCE_DASH,
    THETA,
    FloatArray,
    PlotError,
    Rows,
    Spec,
    dashes,
    shapes,
)

ERRORS_SHOWN = 3.0
"""The standard error is drawn up to so many times its least."""
SHORT_NAME, SHORT_COLUMNS = 3, 8
"""Names no longer than this stand so many in a row of the legend."""


def line_chart(
    theta: FloatArray,
    curves: FloatArray,
    names: Sequence[str],
    *,
    value: str,
    ability: str = "Ability (logits)",
    legend: str | None = None,
    bounds: tuple[float, float] | None = None,
    cuts: Sequence[float] = (),
) -> Spec:
    """Lines over ability, told apart by colour and dash.

    Parameters
    ----------
    theta : array of shape (n_theta,)
        Logits.
    curves : array of shape (n_curves, n_theta)
    names : sequence of str
        One a curve.
    value, ability : str
        Titles of the axes.
    legend : str, optional
        Title of the legend; none is drawn without.
    bounds : (float, float), optional
        Ends of the upright axis; from 0 without.
    cuts : sequence of float
        Abilities, drawn as upright rules.

    Raises
    ------
    PlotError
        If names, curves and abilities differ in number.
    """
    layers = [_lines(theta, curves, names, value, ability, legend, bounds), *_rules(cuts)]
    return _layered(layers)


def category_curves(
    item: ItemParameters,
    observed: Observed | None = None,
    *,
    theta: FloatArray = THETA,
    names: Sequence[str] | None = None,
    ability: str = "Ability (logits)",
    probability: str = "Probability",
    category: str = "Category",
) -> Spec:
    """Probability of each category against ability, with observed proportions as points.

    Parameters
    ----------
    item : ItemParameters
    observed : Observed, optional
        From ``observed_proportions``. A point's area goes with the persons in its bin.
    theta : array of shape (n_theta,)
        Where the curves are drawn, logits, D = 1.
    names : sequence of str, optional
        Of the categories; their numbers from 0 without.
    ability, probability, category : str
        Titles of axes and legend.

    Raises
    ------
    PlotError
        If there are not as many names, or observed categories, as the item has categories.
    """
    shown = tuple(names) if names else tuple(str(place) for place in range(item.n_categories))
    curves = probabilities([item], theta)[0]
    layers = [_lines(theta, curves, shown, probability, ability, category, (0.0, 1.0))]
    if observed is not None:
        layers.append(_proportions(item, observed, shown))
    return _layered(layers)


def information_curve(
    items: Sequence[ItemParameters],
    *,
    theta: FloatArray = THETA,
    cuts: Sequence[float] = (),
    ability: str = "Ability (logits)",
    information_axis: str = "Information (per squared logit)",
    error_axis: str = "Standard error (logits)",
) -> Spec:
    """Information of one item or of several together, and the standard error that it means.

    Parameters
    ----------
    items : sequence of ItemParameters
        Their information is summed.
    theta : array of shape (n_theta,)
        Logits, D = 1.
    cuts : sequence of float
        Abilities, drawn as upright rules.
    ability, information_axis, error_axis : str
        Titles of the axes, left and right; the last two also name the lines.

    Notes
    -----
    The standard error is 1 / sqrt(information), that of the maximum likelihood estimate; it is
    drawn where it is at most ``ERRORS_SHOWN`` times its least.

    Raises
    ------
    PlotError
        If there is no item.
    """
    if not items:
        raise PlotError("test information: no item; give one at least")
    total = information(items, theta).sum(axis=0)
    informative = total > 0
    if not informative.any():
        raise PlotError("test information: the items tell nothing at any of these abilities")
    error = 1.0 / np.sqrt(total[informative])
    kept = error <= ERRORS_SHOWN * error.min()
    names = (information_axis, error_axis)
    told = _series(theta, total, information_axis)
    doubted = _series(theta[informative][kept], error[kept], error_axis)
    left = _styled(told, names, None).encode(
        y=alt.Y("value:Q", title=information_axis, scale=alt.Scale(domainMin=0)),
        x=_ability(ability),
    )
    right = _styled(doubted, names, None).encode(
        y=alt.Y(
            "value:Q", title=error_axis, scale=alt.Scale(domainMin=0), axis=alt.Axis(grid=False)
        ),
        x=_ability(ability),
    )
    both = alt.layer(left, right).resolve_scale(y="independent")
    return _layered([both, *_rules(cuts)])


def _lines(
    theta: FloatArray,
    curves: FloatArray,
    names: Sequence[str],
    value: str,
    ability: str,
    legend: str | None,
    bounds: tuple[float, float] | None,
) -> alt.Chart:
    if curves.shape != (len(names), len(theta)):
        raise PlotError(
            f"{len(names)} names and {len(theta)} abilities for curves of shape {curves.shape}; "
            "give a name a curve"
        )
    rows = [
        row
        for name, curve in zip(names, curves, strict=True)
        for row in _series(theta, curve, name)
    ]
    scale = alt.Scale(domain=list(bounds)) if bounds else alt.Scale(domainMin=0)
    return _styled(rows, names, legend, shown=legend is not None).encode(
        x=_ability(ability), y=alt.Y("value:Q", title=value, scale=scale)
    )


def _ability(title: str) -> alt.X:
    return alt.X("theta:Q", title=title, axis=alt.Axis(tickCount=9))


def _series(theta: FloatArray, values: FloatArray, name: str) -> Rows:
    return [
        {"theta": float(at), "value": float(value), "series": name}
        for at, value in zip(theta, values, strict=True)
    ]


def _styled(
    rows: Rows, names: Sequence[str], title: str | None, *, shown: bool = True
) -> alt.Chart:
    columns = 3 if max(map(len, names)) > SHORT_NAME else SHORT_COLUMNS
    legend = alt.Legend(orient="top", columns=columns, labelLimit=0) if shown else None
    lines = alt.Chart(alt.InlineData(values=rows)).mark_line(strokeWidth=LINE_WIDTH)
    styled: alt.Chart = lines.encode(
        color=alt.Color(
            "series:N", title=title, legend=legend, scale=alt.Scale(domain=list(names))
        ),
        strokeDash=alt.StrokeDash(
            "series:N",
            title=title,
            legend=legend,
            scale=alt.Scale(domain=list(names), range=dashes(len(names))),
        ),
    )
    return styled


def _proportions(item: ItemParameters, observed: Observed, names: Sequence[str]) -> alt.Chart:
    if len(observed.proportions) != item.n_categories:
        raise PlotError(
            f"item {item.name!r} has {item.n_categories} categories, the observed proportions "
            f"{len(observed.proportions)}; take those of the same item"
        )
    rows: Rows = [
        {"theta": float(theta), "value": float(value), "series": name, "persons": float(persons)}
        for name, values in zip(names, observed.proportions, strict=True)
        for theta, value, persons in zip(observed.theta, values, observed.persons, strict=True)
    ]
    largest = float(observed.persons.max(initial=1.0))
    points = alt.Chart(alt.InlineData(values=rows)).mark_point(filled=True, opacity=0.9)
    drawn: alt.Chart = points.encode(
        x="theta:Q",
        y="value:Q",
        color=alt.Color("series:N", scale=alt.Scale(domain=list(names))),
        shape=alt.Shape(
            "series:N",
            legend=None,
            scale=alt.Scale(domain=list(names), range=shapes(len(names))),
        ),
        size=alt.Size(
            "persons:Q", legend=None, scale=alt.Scale(domain=[0, largest], range=[0, 140])
        ),
    )
    return drawn


def _rules(cuts: npt.ArrayLike) -> list[alt.Chart]:
    marks: Rows = [{"theta": float(cut)} for cut in np.asarray(cuts, dtype=np.float64)]
    if not marks:
        return []
    rule = alt.Chart(alt.InlineData(values=marks)).mark_rule(strokeDash=REFERENCE_DASH)
    return [rule.encode(x="theta:Q")]


def _layered(layers: Sequence[alt.Chart | alt.LayerChart]) -> Spec:
    spec: Spec = alt.layer(*layers).properties(width="container", height=HEIGHT).to_dict()
    return spec
