"""What the bank's pages show, gathered from the bank and the engine."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from flask_babel import gettext as _
from sqlmodel import Session

from assessment_engine import Item as EngineItem
from assessment_engine.records import Model
from item_bank.bank import competencies
from item_bank.browse import (
    Relations,
    SetRow,
    item_by_code,
    parameters_of,
    relations_of,
    rows_of_set,
    versions_of,
)
from item_bank.models import CalibrationRun, Item, ItemParameters, ItemVersion, ParameterSet
from item_bank.pool import load_pool
from item_bank.ratings import count_human_ratings
from web.errors import NotFoundError
from web.psychometrician.plots import (
    TABLE_POINTS,
    Plot,
    category_plot,
    information_plot,
    pool_plot,
    total_information,
)
from web.psychometrician.words import category_names, competency_name
from web.rendering import number
from web.usecases.calibration_words import note_in_words


@dataclass(frozen=True, slots=True)
class ItemPage:
    item: Item
    competency: str
    shown: ItemVersion
    versions: Sequence[ItemVersion]
    parameters: list[tuple[ItemParameters, ParameterSet]]
    chosen: ParameterSet | None
    relations: Relations
    plots: tuple[Plot, ...]
    n_human: int


@dataclass(frozen=True, slots=True)
class SetPage:
    parameter_set: ParameterSet
    rows: list[SetRow]
    names: dict[str, str]
    chosen: str
    plot: Plot | None
    information_head: tuple[str, ...]
    information_rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class FittedItem:
    """One item of a calibration, with its standard errors where there are any.

    ``a`` holds one slope; of a nominal item those of categories 1, 2, ... against category 0.
    """

    name: str
    model: str
    a: tuple[float, ...]
    b: tuple[float, ...]
    c: float
    d: float
    se_a: tuple[float, ...]
    se_b: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class RunResult:
    items: tuple[FittedItem, ...]
    facts: Mapping[str, Any]
    notes: tuple[str, ...]
    chosen: str
    plots: tuple[Plot, ...]

    @property
    def choices(self) -> list[tuple[str, str]]:
        return [(item.name, item.name) for item in self.items]


def competency_names(session: Session) -> dict[str, str]:
    """Names in the reader's language, by code, in the dictionary's order."""
    return {found.code: competency_name(found) for found in competencies(session)}


def item_page(session: Session, code: str, version: int | None, set_id: UUID | None) -> ItemPage:
    """One item: a version of its words, its parameters, and its curves in one parameter set.

    Raises
    ------
    NotFoundError
        If the bank has no such item, version, or set that holds it.
    """
    item = item_by_code(session, code)
    if item is None:
        raise NotFoundError("no such item")
    versions = versions_of(session, item.id)
    parameters = parameters_of(session, item.id)
    shown = versions[0] if version is None else _one(v for v in versions if v.version == version)
    chosen = None
    if set_id is not None:
        chosen = _one(found for _p, found in parameters if found.id == set_id)
    elif parameters:
        chosen = parameters[0][1]
    return ItemPage(
        item=item,
        competency=competency_names(session)[item.competency],
        shown=shown,
        versions=versions,
        parameters=parameters,
        chosen=chosen,
        relations=relations_of(session, shown),
        plots=_item_plots(session, item, shown.body, chosen) if chosen else (),
        n_human=count_human_ratings(session, item.id),
    )


def _one(found: Any) -> Any:
    first = next(iter(found), None)
    if first is None:
        raise NotFoundError("no such version or parameter set")
    return first


def _item_plots(
    session: Session, item: Item, body: dict[str, Any], chosen: ParameterSet
) -> tuple[Plot, ...]:
    engine_item = load_pool(session, chosen.id)[item.code]
    scores = [option["score"] for option in body["options"]] if item.kind == "choice" else []
    return _plots(engine_item, category_names(item.kind, scores, engine_item.n_categories))


def _plots(item: EngineItem, names: Sequence[str]) -> tuple[Plot, ...]:
    title = _("Informasi butir %(code)s", code=item.id)
    return (
        category_plot(item, names),
        information_plot([item], title, "informasi-butir"),
    )


def set_page(session: Session, set_id: UUID, competency: str | None) -> SetPage:
    """A parameter set with all its items, and how much the pool tells about each competency.

    Raises
    ------
    NotFoundError
        If there is no such set, or it has no items of ``competency``.
    """
    parameter_set = session.get(ParameterSet, set_id)
    if parameter_set is None:
        raise NotFoundError("no such parameter set")
    pool = load_pool(session, set_id)
    names = {
        code: name for code, name in competency_names(session).items() if code in pool.dimensions
    }
    chosen = competency or next(iter(names), "")
    if names and chosen not in names:
        raise NotFoundError("no such competency in this set")
    plot = None
    if names:
        cuts = parameter_set.cut_scores.get(chosen, [])
        plot = pool_plot(pool.dimensions[chosen].items, names[chosen], cuts)
    head = (_("Kompetensi"), *(number(float(theta), 1) for theta in TABLE_POINTS[::2]))
    return SetPage(
        parameter_set=parameter_set,
        rows=rows_of_set(session, set_id),
        names=names,
        chosen=chosen,
        plot=plot,
        information_head=head,
        information_rows=tuple(
            (
                name,
                *(
                    number(float(value), 1)
                    for value in total_information(pool.dimensions[code].items, TABLE_POINTS[::2])
                ),
            )
            for code, name in names.items()
        ),
    )


def set_csv(session: Session, parameter_set: ParameterSet) -> str:
    """All parameters of a set as CSV; numbers with a point, as programs read them."""
    rows = rows_of_set(session, parameter_set.id)
    width = max((len(row.parameters.b) for row in rows), default=1)
    steps = [f"b{step}" for step in range(1, width + 1)]
    n_slopes = max((len(row.parameters.slopes) for row in rows), default=0)
    slopes = [f"slope{category}" for category in range(1, n_slopes + 1)]
    about = ["item", "version", "competency", "kind", "target_level", "model", "a"]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["parameter_set", "status", *about, *steps, "c", "d", *slopes])
    for row in rows:
        writer.writerow(
            [
                parameter_set.name,
                parameter_set.status,
                row.item.code,
                row.version,
                row.item.competency,
                row.item.kind,
                row.item.target_level,
                row.parameters.model,
                row.parameters.a,
                *row.parameters.b,
                *[""] * (width - len(row.parameters.b)),
                row.parameters.c,
                row.parameters.d,
                *row.parameters.slopes,
                *[""] * (n_slopes - len(row.parameters.slopes)),
            ]
        )
    return out.getvalue()


def calibration_result(run: CalibrationRun, chosen: str | None) -> RunResult | None:
    """A finished run's items and the curves of one of them; None while there is no result.

    Raises
    ------
    NotFoundError
        If the run has no item ``chosen``.
    """
    if run.status != "done":
        return None
    items = _fitted(run.result)
    item = items[0] if chosen is None else _one(found for found in items if found.name == chosen)
    curves = [_engine_item(found) for found in items]
    names = category_names("", [], len(item.b) + 1)
    total = _("Informasi seluruh butir berkas ini")
    return RunResult(
        items=items,
        facts=run.result,
        notes=tuple(note_in_words(note) for note in run.result["notes"]),
        chosen=item.name,
        plots=(
            category_plot(_engine_item(item), names),
            information_plot(curves, total, "informasi-seluruh"),
        ),
    )


def _fitted(result: Mapping[str, Any]) -> tuple[FittedItem, ...]:
    return tuple(
        FittedItem(
            name=row["name"],
            model=row["model"],
            a=tuple(row["a"]),
            b=tuple(row["b"]),
            c=row["c"],
            d=row["d"],
            se_a=tuple(row["se"]["a"]) if "se" in row else (),
            se_b=tuple(row["se"]["b"]) if "se" in row else (),
        )
        for row in result["items"]
    )


def _engine_item(fitted: FittedItem) -> EngineItem:
    nominal = fitted.model == "NRM"
    return EngineItem(
        id=fitted.name,
        dimension="",
        model=cast(Model, fitted.model),
        a=1.0 if nominal else fitted.a[0],
        b=fitted.b,
        c=fitted.c,
        d=fitted.d,
        slopes=fitted.a if nominal else (),
    )
