"""The table of items: a column a parameter, or a row where that would be too wide."""

from calibration.documents.content import Table, number, with_error
from calibration.documents.words import Words
from calibration.parameters import ItemParameters
from calibration.result import CalibrationResult, ItemErrors

MOST_COLUMNS = 7
"""Of parameters; more do not fit on paper."""


def parameter_table(result: CalibrationResult, words: Words, language: str) -> Table:
    """Estimates of all items, with standard errors in brackets, or in a column of their own."""
    errors = result.standard_errors
    owns = errors or (None,) * len(result.items)
    several_a = max(len(item.a) for item in result.items) > 1
    several_b = max(len(item.b) for item in result.items) > 1
    cells = [
        _named(item, own, several_a, several_b)
        for item, own in zip(result.items, owns, strict=True)
    ]
    names = sorted(
        {name for own in cells for name in own}, key=lambda name: (name[0], len(name), name)
    )
    caption = words.parameters_caption if errors else words.without_errors
    if len(names) > MOST_COLUMNS:
        return _long(result, cells, caption, words, language)
    rows = tuple(
        (item.name, item.model, *(_cell(own.get(name), language) for name in names))
        for item, own in zip(result.items, cells, strict=True)
    )
    return Table(caption, (words.item, words.model, *names), rows, text_columns=2)


Named = dict[str, tuple[float, float | None]]


def _named(
    item: ItemParameters, errors: ItemErrors | None, several_a: bool, several_b: bool
) -> Named:
    """Value and standard error of each parameter by name; "b1" where another item has a "b2"."""
    found: Named = {}
    for letter, several in (("a", several_a), ("b", several_b)):
        values = getattr(item, letter)
        owns = getattr(errors, letter) if errors else (None,) * len(values)
        for place, (value, own) in enumerate(zip(values, owns, strict=True)):
            found[f"{letter}{place + 1}" if several else letter] = value, own
    if item.model in ("3PL", "4PL"):
        found["c"] = item.c, errors.c if errors else None
    if item.model == "4PL":
        found["d"] = item.d, errors.d if errors else None
    return found


def _cell(found: tuple[float, float | None] | None, language: str) -> str:
    return with_error(*found, language) if found else ""


def _long(
    result: CalibrationResult, cells: list[Named], caption: str, words: Words, language: str
) -> Table:
    rows = tuple(
        (
            item.name,
            item.model,
            name,
            number(value, language),
            number(error, language) if error else "",
        )
        for item, own in zip(result.items, cells, strict=True)
        for name, (value, error) in own.items()
    )
    head = (words.item, words.model, words.parameter, words.estimate, words.error)
    return Table(caption, head, rows, text_columns=3)
