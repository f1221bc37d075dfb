"""A simulation as a document, HTML or PDF, whole in one file."""

from collections.abc import Sequence
from pathlib import Path

from assessment_engine.summary import DimensionSummary, Summary
from calibration.documents import Figure, Section, Table, check_ending
from calibration.documents.content import Document, replace_file
from web.simulation import tables
from web.simulation.tables import Cells, number

Facts = Sequence[tuple[str, str]]


def write_report(
    summary: Summary, path: Path, *, title: str, facts: Facts, r_max: float = 1.0
) -> None:
    """Write a report with charts as one file that needs no other.

    Parameters
    ----------
    summary : Summary
    path : Path
        Ending in .html or .pdf. A file that is there is replaced when the new one is complete.
    title : str
    facts : sequence of (str, str)
        What was simulated: word and value.
    r_max : float
        The ceiling of exposure that was asked about.

    Raises
    ------
    DocumentError
        If the ending is another, or the file cannot be written.
    """
    check_ending(path)
    document = Document(title, "en", sections(summary, facts, r_max))
    if path.suffix.lower() == ".html":
        from calibration.documents.html import html

        replace_file(path, html(document))
    else:
        from calibration.documents.pdf import pdf

        replace_file(path, pdf(document))


def sections(summary: Summary, facts: Facts, r_max: float) -> tuple[Section, ...]:
    """What the report says, in its order."""
    said = (*facts, *tables.facts(summary, r_max))
    simulated = "What was simulated, and what came of it."
    return (
        Section(
            "The simulation",
            tables=(Table(simulated, ("Fact", "Value"), tuple(said), text_columns=2),),
        ),
        _precision(summary),
        *(_dimension(one) for one in summary.dimensions),
        _exposure(summary, r_max),
        _length(summary),
        _blueprint(summary),
    )


def _table(caption: str, cells: Cells) -> Table:
    return Table(caption, cells.head, cells.rows, cells.text_columns)


def _precision(summary: Summary) -> Section:
    caption = (
        "Abilities in logits. 95 %: share of persons whose true ability lies within 1.96 standard "
        "errors of the estimate. r2: squared correlation of true and estimated ability. "
        "Reliability: from the estimates alone, as a real test would report it."
    )
    levels = tables.levels(summary)
    said = (
        "Accuracy: share of persons given their true level. Expected accuracy and consistency are "
        "Rudner's, from the standard errors."
    )
    return Section(
        "Precision",
        tables=(
            _table(caption, tables.precision(summary)),
            *((_table(said, levels),) if levels.rows else ()),
            _table("Why the dimension's last section ended, sittings.", tables.reasons(summary)),
        ),
    )


def _dimension(one: DimensionSummary) -> Section:
    from web.simulation import charts

    whole = (
        f"RMSE of {one.dimension} is {number(one.rmse)} logits at a mean standard error of "
        f"{number(one.se)}; bias {number(one.bias)}."
    )
    items = f"{number(one.length, 2)} items of {one.dimension} on average."
    figures = [
        Figure("Bias, RMSE and mean standard error by true ability.", charts.precision(one), whole),
        Figure("Items by true ability.", charts.lengths_by_ability(one), items),
    ]
    found = [_table("By true ability, logits.", tables.by_ability(one))]
    if one.levels is not None:
        cuts = ", ".join(f"{cut:g}" for cut in one.levels.cuts)
        words = f"{number(100 * one.levels.accuracy, 1)} % of persons were given their true level."
        figures.append(
            Figure("Persons by true level and level given.", charts.confusion(one.levels), words)
        )
        caption = (
            f"Levels begin at {cuts} logits. Accuracy: of those who have the level, the share "
            "given it; right: of those given it, the share who have it; expected: that by their "
            "standard errors."
        )
        found.append(_table(caption, tables.confusion(one)))
    without = f"{one.n_without} sittings have no estimate." if one.n_without else ""
    return Section(
        one.dimension,
        paragraphs=tuple(filter(None, (whole, without))),
        figures=tuple(figures),
        tables=tuple(found),
    )


def _exposure(summary: Summary, r_max: float) -> Section:
    from web.simulation import charts

    found = summary.exposure
    said = (
        f"The most used item is in {number(100 * found.largest, 1)} % of the sittings; "
        f"{len(found.unused)} of {len(found.rates)} items are in none. Two sittings have "
        f"{number(100 * found.overlap, 1)} % of their items in common."
    )
    by_segment = tables.segments(summary)
    within = (
        "By segment of the ability estimate: the rate of the item most used among the sittings "
        "that ended there, beside the ceiling asked for; and the sittings in which no restriction "
        "was in force there."
    )
    above = f"Above the ceiling of {r_max:g}: {', '.join(found.above)}." if found.above else ""
    return Section(
        "Exposure",
        paragraphs=tuple(filter(None, (said, above))),
        figures=(Figure("Exposure rate of each item.", charts.exposure(summary, r_max), said),),
        tables=(
            *((_table(within, by_segment),) if by_segment.rows else ()),
            _table("The most used items.", tables.most_used(summary)),
        ),
    )


def _length(summary: Summary) -> Section:
    from web.simulation import charts

    said = (
        f"{number(summary.mean_length, 2)} items and {number(summary.seconds / 60, 1)} minutes on "
        f"average; 95 % of the sittings take at most {number(summary.seconds_95 / 60, 1)} minutes."
    )
    figure = Figure("Sittings by their number of items.", charts.lengths(summary), said)
    return Section("Length and time", paragraphs=(said,), figures=(figure,))


def _blueprint(summary: Summary) -> Section:
    broken = summary.violations
    said = (
        f"{broken.repeated} repeated items, {broken.enemies} pairs of enemies in one sitting. Each "
        "constraint was counted anew from the items given; a minimum that time or an empty pool "
        "left unmet is no violation."
    )
    remarks = tuple(f"{name}: {count} offers" for name, count in summary.notes.items())
    return Section(
        "Blueprint",
        paragraphs=(said,),
        remarks=remarks,
        tables=(_table("Sittings that missed a constraint.", tables.bounds(summary)),),
    )
