"""A simulation's summary as tables of printed cells, for the terminal and for a report."""

from dataclasses import dataclass

import numpy as np

from assessment_engine.summary import DimensionSummary, Summary
from assessment_engine.violations import Bound

MOST_ITEMS = 10
"""So many of the most used items are listed."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A head and its rows; the first ``text_columns`` columns are words."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text_columns: int = 1


def number(value: float | None, digits: int = 3) -> str:
    """Nothing where there is no number; no minus before a zero."""
    return "" if value is None or not np.isfinite(value) else f"{value:z.{digits}f}"


def precision(summary: Summary) -> Cells:
    """One row a dimension: length, errors, coverage, reliability."""
    head = ("dimension", "persons", "items", "bias", "RMSE", "mean SE", "95 %", "r2", "reliability")
    rows = tuple(
        (
            one.dimension,
            str(one.n),
            number(one.length, 2),
            number(one.bias),
            number(one.rmse),
            number(one.se),
            number(one.coverage),
            number(None if one.correlation is None else one.correlation**2),
            number(one.empirical_reliability),
        )
        for one in summary.dimensions
    )
    return Cells(head, rows)


def by_ability(one: DimensionSummary) -> Cells:
    """One row a bin of true ability that has somebody."""
    found = one.conditional
    head = ("true ability", "persons", "items", "bias", "RMSE", "mean SE", "95 %", "top exposure")
    columns = (
        found.length,
        found.bias,
        found.rmse,
        found.se,
        found.coverage,
        found.largest_rate,
    )
    rows = tuple(
        (
            _interval(found.low[k], found.high[k]),
            str(int(found.persons[k])),
            *(
                number(float(values[k]), 2 if place == 0 else 3)
                for place, values in enumerate(columns)
            ),
        )
        for k in range(len(found.low))
        if np.isfinite(found.theta[k])
    )
    return Cells(head, rows)


def segments(summary: Summary) -> Cells:
    """Realised exposure beside the ceiling, one row a dimension and segment of ability."""
    head = (
        "estimate of",
        "within",
        "sittings",
        "top exposure",
        "r_max",
        "items above",
        "lifted",
    )
    rows = tuple(
        (
            one.dimension,
            _interval(one.low, one.high),
            str(one.sittings),
            number(one.largest if one.sittings else None),
            f"{one.r_max:g}",
            str(one.above),
            str(one.lifted),
        )
        for one in summary.segments
    )
    return Cells(head, rows, text_columns=2)


def reasons(summary: Summary) -> Cells:
    """Why sections ended, one row a dimension."""
    names = sorted({name for one in summary.dimensions for name in one.reasons})
    rows = tuple(
        (one.dimension, *(str(one.reasons.get(name, 0)) for name in names))
        for one in summary.dimensions
    )
    return Cells(("ended by", *names), rows)


def most_used(summary: Summary) -> Cells:
    """The items with the largest exposure rates."""
    rates = summary.exposure.rates
    used = sorted(rates, key=lambda item: (-rates[item], item))[:MOST_ITEMS]
    return Cells(("item", "exposure rate"), tuple((item, number(rates[item])) for item in used))


def bounds(summary: Summary) -> Cells:
    """Every limit, quota and constraint, and how often it was missed."""
    head = ("dimension", "constraint", "too few", "cut short", "too many", "violations")
    return Cells(head, tuple(_bound(one) for one in summary.violations.bounds), text_columns=2)


def confusion(one: DimensionSummary) -> Cells:
    """Persons by true level (row) and level given (column), with shares that agree."""
    levels = one.levels
    if levels is None:
        return Cells((), ())
    names = [str(rate.level) for rate in levels.levels]
    head = ("true level", *(f"given {name}" for name in names), "accuracy", "right", "expected")
    rows = tuple(
        (
            str(rate.level),
            *(str(int(count)) for count in levels.confusion[place]),
            number(rate.accuracy),
            number(rate.right),
            number(rate.expected),
        )
        for place, rate in enumerate(levels.levels)
    )
    return Cells(head, rows)


def levels(summary: Summary) -> Cells:
    """Accuracy and consistency of levels, one row a dimension that has cuts."""
    head = ("levels of", "accuracy", "expected", "kappa", "consistency")
    rows = tuple(
        (
            one.dimension,
            number(one.levels.accuracy),
            number(one.levels.expected_accuracy),
            number(one.levels.kappa),
            number(one.levels.expected_consistency),
        )
        for one in summary.dimensions
        if one.levels is not None
    )
    return Cells(head, rows)


def facts(summary: Summary, r_max: float) -> tuple[tuple[str, str], ...]:
    """What is said in a word and a number."""
    used = summary.exposure
    broken = summary.violations
    named = ", ".join(f"{name} {count}" for name, count in summary.notes.items())
    ceiling = (("items above the ceiling", str(len(used.above))),) if r_max < 1.0 else ()
    return (
        ("sittings", str(summary.n)),
        ("items a sitting", number(summary.mean_length, 2)),
        (
            "minutes a sitting",
            f"{number(summary.seconds / 60, 1)}, 95th percentile "
            f"{number(summary.seconds_95 / 60, 1)}",
        ),
        (
            "exposure",
            f"largest {number(used.largest)}, unused {len(used.unused)} of {len(used.rates)}, "
            f"chi-square {number(used.chi_square, 2)}",
        ),
        *ceiling,
        ("overlap of two sittings", number(used.overlap)),
        (
            "violations",
            f"{broken.total} (repeated items {broken.repeated}, enemies {broken.enemies}, "
            f"constraints {broken.total - broken.repeated - broken.enemies})",
        ),
        ("notes", named or "none"),
    )


def _interval(low: float, high: float) -> str:
    if not np.isfinite(low):
        return f"below {high:g}"
    return f"{low:g} and above" if not np.isfinite(high) else f"{low:g} to {high:g}"


def _bound(one: Bound) -> tuple[str, ...]:
    counts = (one.below, one.cut_short, one.above, one.violations)
    return (one.dimension, one.name, *map(str, counts))
