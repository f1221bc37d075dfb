"""Judging whether responses can be calibrated, and coding them from category 0."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.cells import cells_of
from calibration.data import Responses, listed
from calibration.errors import DataError, ModelError
from calibration.estimate.answers import Answers
from calibration.estimate.kernels import code_columns
from calibration.estimate.models import FAMILIES, POLYTOMOUS
from calibration.parameters import ItemParameters
from calibration.survey import Survey, Used, whole_codes_of

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Categories = npt.NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class Scheme:
    """How answers are coded, from category 0, and what is known of them all.

    ``counts`` (n_columns,) are the persons in each category, ``persons`` (n_groups,) those in each
    group; ``saw`` (n_groups, n_items) says which group answered which item.
    """

    items: tuple[str, ...]
    models: tuple[str, ...]
    groups: tuple[str, ...]
    n_categories: tuple[int, ...]
    lowest_code: int
    counts: FloatArray
    persons: FloatArray
    saw: BoolArray
    n_rows: int
    notes: tuple[str, ...]
    digest: str
    source: str

    @property
    def n_persons(self) -> float:
        return float(self.persons.sum())

    @property
    def n_columns(self) -> int:
        return int(sum(self.n_categories))


def scheme_of(
    found: Survey,
    model: str | Sequence[str],
    fixed: Mapping[str, ItemParameters],
    lowest_code: int | None = None,
) -> Scheme:
    """Judge what was counted, and settle how answers are coded.

    Raises
    ------
    DataError
        If an item was answered by nobody, or always alike; a category between two others never
        occurs; codes start above 1; or groups share no items.
    ModelError
        If a model is unknown or does not fit its item's categories.
    """
    models = _models(model, found.items, fixed)
    if not found.n_rows:
        raise DataError(f"{found.source}: no person has an answer")
    _refuse(found, found.occurring.sum(axis=1) == 0, "was answered by nobody; leave it out")
    lowest = int(np.argmax(found.occurring.any(axis=0)))
    if lowest_code is not None:
        if lowest_code not in (0, 1) or lowest < lowest_code:
            raise DataError(
                f"{found.source}: lowest_code is 0 or 1, and no code may lie below it; came "
                f"{lowest_code}, and the lowest code is {lowest}"
            )
        lowest = lowest_code
    elif lowest == 1 and fixed:
        raise DataError(
            f"{found.source}: no code is 0; say whether code 1 is the fixed items' category 0 "
            "(lowest_code=1) or their category 1 (lowest_code=0)"
        )
    if lowest > 1:
        raise DataError(f"{found.source}: codes must start at 0 or 1; the lowest is {lowest}")
    notes = found.notes
    if lowest == 1:
        notes = (*notes, "codes start at 1: code 1 is category 0")
    n_categories = _count_categories(found, models, lowest, fixed)
    _check_links(found, fixed)
    counts = [
        row[lowest : lowest + width]
        for row, width in zip(found.weighted, n_categories, strict=True)
    ]
    return Scheme(
        items=found.items,
        models=models,
        groups=found.groups,
        n_categories=n_categories,
        lowest_code=lowest,
        counts=np.concatenate(counts),
        persons=found.persons,
        saw=found.saw,
        n_rows=found.n_rows,
        notes=notes,
        digest=found.digest,
        source=found.source,
    )


def code_answers(used: Used, scheme: Scheme) -> Answers:
    """Answers as rows of the table of all categories."""
    first = np.concatenate([[0], np.cumsum(scheme.n_categories)[:-1]])
    kind = np.uint16 if scheme.n_columns <= np.iinfo(np.uint16).max else np.int32
    offset = (first - scheme.lowest_code).astype(np.int64)
    column = np.empty(len(used.cells.item), dtype=kind)
    code_columns(used.cells.item, used.cells.code, offset, column)
    return Answers(used.cells.start, column, used.weights, used.group, len(scheme.groups))


def categories_for(
    items: Sequence[ItemParameters], responses: Responses, *, lowest_code: int = 0
) -> Categories:
    """Responses to known items as categories from 0, -1 = not presented, (n_persons, n_items).

    Columns come in the order of ``items``; columns of other items are left out.

    Raises
    ------
    DataError
        If an item has no column, or a code is none of its item's categories.
    """
    absent = [item.name for item in items if item.name not in responses.items]
    if absent:
        raise DataError(f"{responses.source}: no column for item {listed(absent)}")
    whole_codes_of(cells_of(responses))
    places = [responses.items.index(item.name) for item in items]
    codes = responses.codes[:, places] - lowest_code
    missing: BoolArray = np.isnan(codes)
    categories = np.where(missing, -1, codes).astype(np.int16)
    for place, item in enumerate(items):
        column = categories[:, place]
        bad = (column >= item.n_categories) | ((column < 0) & ~missing[:, place])
        if bad.any():
            person = int(np.argmax(bad))
            raise DataError(
                f"{responses.source}, person {person + 1}, item {item.name!r}: code "
                f"{codes[person, place] + lowest_code:g} is none of its {item.n_categories} "
                f"categories, {lowest_code} to {item.n_categories - 1 + lowest_code}"
            )
    return categories


def _models(
    model: str | Sequence[str], items: tuple[str, ...], fixed: Mapping[str, ItemParameters]
) -> tuple[str, ...]:
    models = (model,) * len(items) if isinstance(model, str) else tuple(model)
    if len(models) != len(items):
        raise ModelError(f"{len(models)} models for {len(items)} items; give one, or one an item")
    for name, item in zip(models, items, strict=True):
        if name not in FAMILIES:
            raise ModelError(f"item {item!r}: no model {name!r}; there are {', '.join(FAMILIES)}")
    return tuple(
        fixed[item].model if item in fixed else name
        for name, item in zip(models, items, strict=True)
    )


def _refuse(found: Survey, bad: BoolArray, what: str) -> None:
    names = [found.items[place] for place in np.flatnonzero(bad)]
    if names:
        raise DataError(f"{found.source}: item {listed(names)} {what}")


def _count_categories(
    found: Survey,
    models: tuple[str, ...],
    lowest: int,
    fixed: Mapping[str, ItemParameters],
) -> tuple[int, ...]:
    occurs = found.occurring[:, lowest:] > 0
    highest = occurs.shape[1] - 1 - np.argmax(occurs[:, ::-1], axis=1)
    known = np.array([name in fixed for name in found.items])
    _refuse(
        found,
        (occurs.sum(axis=1) == 1) & ~known,
        "was answered alike by everybody; it has no estimate, leave it out",
    )
    for place, name in enumerate(found.items):
        top = int(highest[place])
        if name in fixed:
            if top >= fixed[name].n_categories:
                raise DataError(
                    f"{found.source}: item {name!r} has code {top + lowest}, but its fixed "
                    f"parameters have {fixed[name].n_categories} categories"
                )
            highest[place] = fixed[name].n_categories - 1
            continue
        if top > 1 and models[place] not in POLYTOMOUS:
            raise ModelError(
                f"item {name!r} has code {top + lowest}, but {models[place]} knows right and "
                "wrong only; use GRM or GPCM, or score it as two categories"
            )
        if not occurs[place, : top + 1].all():
            gap = int(np.argmin(occurs[place])) + lowest
            raise DataError(
                f"{found.source}: code {gap} of item {name!r} never occurs, though "
                f"{top + lowest} does; merge categories, or mend a code that means 'missing' "
                "(NaN or an empty cell)"
            )
    return tuple(int(top) + 1 for top in highest)


def _check_links(found: Survey, fixed: Mapping[str, ItemParameters]) -> None:
    """Refuse groups that nothing puts on one scale: no common items, and no fixed ones."""
    if len(found.groups) == 1:
        return
    anchored = np.array([name in fixed for name in found.items])
    reached: BoolArray = np.asarray(found.saw[:, anchored].any(axis=1))
    if not reached.any():
        reached[0] = True
    while True:
        common = found.saw[reached].any(axis=0)
        more: BoolArray = np.asarray(found.saw[:, common].any(axis=1)) | reached
        if (more == reached).all():
            break
        reached = more
    silent = ~found.saw.any(axis=1)
    if silent.any():
        names = listed([found.groups[place] for place in np.flatnonzero(silent)])
        raise DataError(f"{found.source}: group {names} has no answers that count; leave it out")
    if not reached.all():
        apart = listed([found.groups[place] for place in np.flatnonzero(~reached)])
        linked = listed([found.groups[place] for place in np.flatnonzero(reached)])
        raise DataError(
            f"{found.source}: group {apart} has no item in common with {linked}, so that their "
            "abilities cannot be compared; calibrate them apart, or fix items of known parameters "
            "in each"
        )
