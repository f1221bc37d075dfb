"""What a report of a calibration says, section by section."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from calibration.documents.content import (
    Document,
    Figure,
    Section,
    Table,
    number,
    numbers,
    with_error,
)
from calibration.documents.parameter_table import parameter_table
from calibration.documents.words import Words, words_of
from calibration.estimate.quadrature import Quadrature
from calibration.parameters import ItemParameters, information, probabilities
from calibration.plots import (
    Observed,
    category_curves,
    information_curve,
    observed_proportions,
    wright_map,
)
from calibration.plots.style import THETA
from calibration.posterior import Categories
from calibration.result import CalibrationResult, GroupDistribution

BESIDE = 6
"""The table of an item with more categories stands below its chart."""


def compose(
    result: CalibrationResult,
    *,
    categories: Categories | None,
    weights: npt.ArrayLike | None,
    language: str,
    title: str | None,
    more: Sequence[Section],
) -> Document:
    """All sections, ``more`` before the provenance; see ``write_report`` for the arguments."""
    words = words_of(language)
    observed: tuple[Observed | None, ...] = (None,) * len(result.items)
    if categories is not None:
        observed = observed_proportions(
            result.items, categories, _all_groups(result.groups), weights=weights
        )
    sections = (
        _calibrated(result, words, language),
        _groups(result, words, language),
        Section(words.parameters, tables=(parameter_table(result, words, language),)),
        _test(result, words, language),
        _items(result, observed, words, language),
        *more,
        _provenance(result, words),
    )
    return Document(title or words.title, language, sections)


def _all_groups(groups: Sequence[GroupDistribution]) -> Quadrature:
    """The ability distribution of all persons: all groups stand on the same nodes."""
    shares = np.array([group.n_persons for group in groups])
    weights = np.stack([group.quadrature.weights for group in groups])
    return Quadrature(groups[0].quadrature.nodes, shares @ weights)


def _calibrated(result: CalibrationResult, words: Words, language: str) -> Section:
    models = Counter(item.model for item in result.items)
    kinds = ", ".join(f"{count} {model}" for model, count in models.items())
    log_likelihood, aic, bic = numbers((result.log_likelihood, result.aic, result.bic), language)
    rows = (
        (words.data, result.provenance["source"]),
        (words.persons, f"{result.n_persons:g}"),
        (words.items, f"{len(result.items)} ({kinds})"),
        (words.log_likelihood, log_likelihood),
        ("AIC", aic),
        ("BIC", bic),
        (words.free_parameters, str(result.n_parameters)),
        (words.converged, words.yes if result.converged else words.no),
        (words.iterations, str(result.iterations)),
        (words.largest_change, _rough(result.largest_change, language)),
        (words.digest, result.provenance["data_sha256"]),
    )
    notes = Section(words.notes, remarks=result.notes)
    return Section(
        words.calibrated,
        paragraphs=() if result.converged else (words.not_converged,),
        tables=(Table(words.facts, (words.fact, words.value), rows, text_columns=2),),
        sections=(notes,) if result.notes else (),
    )


def _rough(value: float, language: str) -> str:
    """Two digits, and a power of ten: 2.6 × 10^-7."""
    digits, power = f"{value:.1e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{number(float(digits), language, 1)} × 10{raised}"


def _groups(result: CalibrationResult, words: Words, language: str) -> Section:
    rows = tuple(
        (
            group.name,
            f"{group.n_persons:g}",
            with_error(group.mean, group.se_mean, language),
            with_error(group.sd, group.se_sd, language),
        )
        for group in result.groups
    )
    head = (words.group, words.persons, words.mean, "SD")
    return Section(words.groups, tables=(Table(words.groups_caption, head, rows),))


def _test(result: CalibrationResult, words: Words, language: str) -> Section:
    total = information(result.items, THETA).sum(axis=0)
    peak = int(total.argmax())
    told = Figure(
        words.information_caption,
        information_curve(
            result.items,
            ability=words.ability,
            information_axis=words.information,
            error_axis=words.standard_error,
        ),
        words.information_said.format(
            value=number(float(total[peak]), language, 2),
            theta=number(float(THETA[peak]), language, 1),
            error=number(float(total[peak]) ** -0.5, language, 2),
        ),
    )
    placed = [item for item in result.items if item.model != "NRM"]
    figures = (told, _wright(result, placed, words, language)) if placed else (told,)
    return Section(
        words.test,
        paragraphs=tuple(figure.alternative for figure in figures)
        + (() if placed else (words.wright_nominal,)),
        figures=figures,
    )


def _wright(
    result: CalibrationResult, placed: Sequence[ItemParameters], words: Words, language: str
) -> Figure:
    easiest = min(placed, key=lambda item: min(item.b))
    hardest = max(placed, key=lambda item: max(item.b))
    first = result.groups[0]
    return Figure(
        words.wright_caption,
        wright_map(
            placed,
            {group.name: group.quadrature for group in result.groups},
            ability=words.wright_axis,
            persons=words.persons,
            items_title=words.items_side,
            step=words.threshold,
            group=words.group,
        ),
        words.wright_said.format(
            low=number(min(easiest.b), language, 2),
            easiest=easiest.name,
            high=number(max(hardest.b), language, 2),
            hardest=hardest.name,
            mean=number(first.mean, language, 2),
            sd=number(first.sd, language, 2),
        ),
    )


def _items(
    result: CalibrationResult, observed: Sequence[Observed | None], words: Words, language: str
) -> Section:
    asked = any(own is not None for own in observed)
    return Section(
        words.each_item,
        paragraphs=(words.curves_and_points if asked else words.curves_only,),
        sections=tuple(
            _item(item, own, result.lowest_code, words, language)
            for item, own in zip(result.items, observed, strict=True)
        ),
    )


def _item(
    item: ItemParameters, observed: Observed | None, lowest: int, words: Words, language: str
) -> Section:
    names = tuple(str(place + lowest) for place in range(item.n_categories))
    seen = observed if observed is not None and len(observed.theta) else None
    figure = Figure(
        words.curves_caption.format(item=item.name, model=item.model),
        category_curves(
            item,
            seen,
            names=names,
            ability=words.ability,
            probability=words.probability,
            category=words.category,
        ),
        _likeliest(item, names, words, language),
    )
    return Section(
        item.name,
        paragraphs=(words.nobody,) if observed is not None and seen is None else (),
        figures=(figure,),
        tables=(_proportions(item, seen, names, words, language),) if seen is not None else (),
        beside=item.n_categories <= BESIDE,
    )


def _proportions(
    item: ItemParameters, seen: Observed, names: Sequence[str], words: Words, language: str
) -> Table:
    columns = zip(seen.theta, seen.persons, seen.proportions.T, strict=True)
    rows = tuple(
        (
            number(float(theta), language, 2),
            number(float(persons), language, 1),
            *numbers(shares.tolist(), language),
        )
        for theta, persons, shares in columns
    )
    return Table(
        words.points_caption.format(item=item.name),
        (words.ability, words.persons, *names),
        rows,
        text_columns=0,
    )


def _likeliest(item: ItemParameters, names: Sequence[str], words: Words, language: str) -> str:
    """Which category is the likeliest, from low to high ability."""
    best = probabilities([item], THETA)[0].argmax(axis=0)
    ends = np.flatnonzero(np.diff(best)).tolist()
    parts = [
        words.until.format(name=names[best[end]], theta=number(float(THETA[end]), language, 1))
        for end in ends
    ]
    last = words.after if ends else words.everywhere
    parts.append(last.format(name=names[best[-1]]))
    return words.likeliest.format(parts="; ".join(parts))


def _provenance(result: CalibrationResult, words: Words) -> Section:
    rows = tuple((name, value) for name, value in result.provenance.items())
    table = Table(words.provenance_caption, (words.fact, words.value), rows, text_columns=2)
    return Section(words.provenance, tables=(table,))
