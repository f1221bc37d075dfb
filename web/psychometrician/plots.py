"""Plots of items and pools: a Vega-Lite specification, its words, and the same as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flask_babel import gettext as _

from assessment_engine import Item, category_probabilities, information
from assessment_engine.irt import FloatArray
from web.rendering import number

CURVE_POINTS = np.linspace(-4.0, 4.0, 161)
TABLE_POINTS = np.linspace(-3.0, 3.0, 13)


@dataclass(frozen=True, slots=True)
class Plot:
    """One figure: what is drawn, what it says in words, and its table as text."""

    id: str
    title: str
    alternative: str
    spec: dict[str, Any]
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def category_plot(item: Item, names: Sequence[str]) -> Plot:
    """Probability of each category of an item against ability."""
    title = _("Peluang tiap kategori butir %(code)s", code=item.id)
    curves = category_probabilities(item, CURVE_POINTS)
    return Plot(
        id=f"kategori-{item.id}",
        title=title,
        alternative=_most_likely(curves, names),
        spec=_drawn(
            curves.T,
            names,
            axis=_("Peluang (0 sampai 1)"),
            legend=_("Kategori"),
            bounds=(0.0, 1.0),
        ),
        head=(_("Kemampuan (logit)"), *names),
        rows=_table(category_probabilities(item, TABLE_POINTS).T),
    )


def information_plot(items: Sequence[Item], title: str, plot_id: str) -> Plot:
    """Expected information of one item, or of several together, against ability."""
    return _information(title, plot_id, items, ())


def pool_plot(items: Sequence[Item], name: str, cuts: Sequence[float]) -> Plot:
    """Information of all items of one competency, with the places where levels 2 to 5 begin."""
    title = _("Informasi seluruh butir %(name)s", name=name)
    return _information(title, "informasi-kumpulan", items, cuts)


def total_information(items: Sequence[Item], points: FloatArray = TABLE_POINTS) -> FloatArray:
    """Sum over items of the expected information at ``points``, per squared logit."""
    return np.sum([information(item, points) for item in items], axis=0)  # type: ignore[no-any-return]


def _information(title: str, plot_id: str, items: Sequence[Item], cuts: Sequence[float]) -> Plot:
    axis = _("Informasi (per logit kuadrat)")
    curve = total_information(items, CURVE_POINTS)
    peak = int(curve.argmax())
    words = _(
        "Informasi tertinggi %(value)s per logit kuadrat pada kemampuan %(theta)s logit.",
        value=number(float(curve[peak]), 2),
        theta=number(float(CURVE_POINTS[peak]), 1),
    )
    if len(cuts):
        words += " " + _(
            "Garis tegak menandai awal level 2 sampai 5: %(cuts)s logit.",
            cuts="; ".join(number(cut, 2) for cut in cuts),
        )
    table = total_information(items)
    return Plot(
        id=plot_id,
        title=title,
        alternative=words,
        spec=_drawn(curve[None], (axis,), axis=axis, cuts=cuts),
        head=(_("Kemampuan (logit)"), axis, _("Galat baku (logit)")),
        rows=_table(np.array([table, 1.0 / np.sqrt(table)])),
    )


def _most_likely(curves: FloatArray, names: Sequence[str]) -> str:
    """Which category is the likeliest, from low to high ability."""
    best = curves.argmax(axis=1)
    ends = np.flatnonzero(np.diff(best)).tolist()
    parts = [
        _(
            "%(name)s hingga %(theta)s logit",
            name=names[int(best[end])],
            theta=number(float(CURVE_POINTS[end]), 1),
        )
        for end in ends
    ]
    last = names[int(best[-1])]
    parts.append(
        _("%(name)s sesudahnya", name=last) if ends else _("%(name)s di mana pun", name=last)
    )
    return str(_("Kategori yang paling mungkin: %(parts)s.", parts="; ".join(parts)))


def _table(columns: FloatArray) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (number(float(theta), 1), *(number(float(value), 2) for value in values))
        for theta, values in zip(TABLE_POINTS, columns.T, strict=True)
    )


def _drawn(curves: FloatArray, names: Sequence[str], *, axis: str, **look: Any) -> dict[str, Any]:
    from calibration.plots import line_chart  # altair is slow, and only plots need it

    return line_chart(
        CURVE_POINTS, curves, names, value=axis, ability=_("Kemampuan (logit)"), **look
    )
