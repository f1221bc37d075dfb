"""Judging whether responses can be calibrated, and coding them from category 0."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from calibration.data import HIGHEST_CODE, NAMED, Cells, Responses, cells_of, listed
from calibration.errors import DataError, ModelError
from calibration.estimate.answers import Answers, merge_equal_persons
from calibration.estimate.kernels import code_columns, count_codes, whole_codes
from calibration.estimate.models import FAMILIES, POLYTOMOUS
from calibration.parameters import ItemParameters

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Categories = npt.NDArray[np.int16]

WIDTH = HIGHEST_CODE + 1


@dataclass(frozen=True, eq=False)
class Survey:
    """What judging takes of the data, and what can be added up over parts of it.

    ``occurring`` (n_items, 100) counts codes, ``weighted`` sums the persons' weights by code,
    ``persons`` (n_groups,) the weights by group; ``saw`` (n_groups, n_items) says which group
    answered which item.
    """

    items: tuple[str, ...]
    groups: tuple[str, ...]
    occurring: npt.NDArray[np.int64]
    weighted: FloatArray
    saw: BoolArray
    persons: FloatArray
    n_rows: int
    notes: tuple[str, ...]
    digest: str
    source: str


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


@dataclass(frozen=True, eq=False)
class Used:
    """The persons that carry information: an answer, and a weight above 0."""

    cells: Cells
    weights: FloatArray
    group: npt.NDArray[np.int32]


def prepare(
    cells: Cells,
    model: str | Sequence[str],
    *,
    groups: npt.ArrayLike | None = None,
    fixed: Mapping[str, ItemParameters] | None = None,
) -> tuple[Scheme, Answers]:
    """Judge the data and code it from category 0.

    Codes may start at 0, or at 1 where no item has a 0 anywhere; ``lowest_code`` says which. Rows
    without an answer, and rows with weight 0, carry no information: they are left out with a note.
    Items in ``fixed`` have their models and categories from there.

    Raises
    ------
    DataError
        If a code is no whole number from 0 to 99; an item was answered by nobody, or always alike;
        a category between two others never occurs; weights are not finite, negative or of another
        length; groups have another length, or share no items.
    ModelError
        If a model is unknown or does not fit its item's categories.
    """
    found, used = survey(cells, groups)
    scheme = scheme_of(found, model, fixed or {})
    return scheme, merge_equal_persons(code_answers(used, scheme))


def survey(cells: Cells, groups: npt.ArrayLike | None) -> tuple[Survey, Used]:
    """Check codes, weights and groups, and count."""
    if groups is None:
        groups = cells.groups
    elif cells.groups is not None:
        raise DataError("groups came twice, with the responses and as an argument; leave one out")
    if not cells.items or cells.n_persons == 0:
        raise DataError(
            f"{cells.source}: need a person and an item at least; came "
            f"({cells.n_persons}, {len(cells.items)})"
        )
    if len(set(cells.items)) != len(cells.items):
        raise DataError(f"{cells.source}: item names must differ")
    cells = _whole(cells)
    weights = _check_weights(cells)
    group, names = _check_groups(cells, groups)
    digest = _digest(cells, groups)
    cells, weights, group, notes = _used_rows(cells, weights, group)
    occurring = np.zeros((len(cells.items), WIDTH), dtype=np.int64)
    weighted = np.zeros((len(cells.items), WIDTH))
    count_codes(cells.start, cells.item, cells.code, weights, occurring, weighted)
    saw = np.zeros((len(names), len(cells.items)), dtype=bool)
    if len(names) == 1:
        saw[0] = occurring.any(axis=1)
    else:
        saw[np.repeat(group, np.diff(cells.start)), cells.item] = True
    found = Survey(
        items=cells.items,
        groups=names,
        occurring=occurring,
        weighted=weighted,
        saw=saw,
        persons=np.bincount(group, weights, minlength=len(names)).astype(np.float64),
        n_rows=len(weights),
        notes=tuple(notes),
        digest=digest,
        source=cells.source,
    )
    return found, Used(cells, weights, group)


def scheme_of(
    found: Survey,
    model: str | Sequence[str],
    fixed: Mapping[str, ItemParameters],
    lowest_code: int | None = None,
) -> Scheme:
    """Judge what was counted, and settle how answers are coded."""
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
    _whole(cells_of(responses))
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


def _whole(cells: Cells) -> Cells:
    """The same with codes as small whole numbers; refuses any other."""
    code = np.empty(len(cells.code), dtype=np.uint8)
    values = np.ascontiguousarray(cells.code, dtype=np.float64)
    at = whole_codes(values, HIGHEST_CODE, code)
    if at >= 0:
        person = int(np.searchsorted(cells.start, at, side="right")) - 1
        raise DataError(
            f"{cells.source}, {cells.person_name(person)}, item "
            f"{cells.items[cells.item[at]]!r}: {values[at]:g} is no category code; give a whole "
            f"number from 0 to {HIGHEST_CODE}, NaN where not presented"
        )
    return replace(cells, code=code)


def _check_weights(cells: Cells) -> FloatArray:
    if cells.weights is None:
        return np.ones(cells.n_persons)
    weights = np.asarray(cells.weights, dtype=np.float64)
    if weights.shape != (cells.n_persons,):
        raise DataError(
            f"weights of shape {weights.shape} for {cells.n_persons} persons; give one a person"
        )
    bad = ~(np.isfinite(weights) & (weights >= 0))
    if bad.any():
        person = int(np.argmax(bad))
        raise DataError(
            f"weight of {cells.person_name(person)} is {weights[person]}; give a number, 0 or more"
        )
    return weights


def _check_groups(
    cells: Cells, groups: npt.ArrayLike | None
) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
    """Group of each person, numbered in order of first appearance, and their names."""
    if groups is None:
        return np.zeros(cells.n_persons, dtype=np.int32), ("all",)
    masked = np.ma.getmaskarray(np.ma.asarray(groups))
    missing = masked | np.array([_is_missing(one) for one in _listed(groups)], dtype=bool)
    labels = np.asarray(groups)
    if labels.shape != (cells.n_persons,):
        raise DataError(
            f"groups of shape {labels.shape} for {cells.n_persons} persons; give one a person"
        )
    if missing.any():
        person = int(np.argmax(missing))
        raise DataError(f"the group of {cells.person_name(person)} is missing; name it")
    names, where, inverse = np.unique(labels.astype(str), return_index=True, return_inverse=True)
    order = np.argsort(where)
    number = np.empty(len(names), dtype=np.int32)
    number[order] = np.arange(len(names))
    return number[inverse.ravel()], tuple(str(names[place]) for place in order)


def _listed(groups: npt.ArrayLike) -> list[Any]:
    """Labels as they came: an array of texts would spell a missing one out."""
    return groups.tolist() if isinstance(groups, np.ndarray) else list(groups)  # type: ignore[arg-type]


def _is_missing(label: Any) -> bool:
    if label is None or label in ("", "nan"):
        return True
    return isinstance(label, float) and bool(np.isnan(label))


def _used_rows(
    cells: Cells, weights: FloatArray, group: npt.NDArray[np.int32]
) -> tuple[Cells, FloatArray, npt.NDArray[np.int32], list[str]]:
    lengths = np.diff(cells.start)
    empty = lengths == 0
    unweighted = (weights == 0) & ~empty
    notes = []
    for left_out, why in ((empty, "no answer"), (unweighted, "weight 0")):
        rows = [cells.person_name(int(row)) for row in np.flatnonzero(left_out)[:NAMED]]
        if rows:
            n_more = int(left_out.sum()) - NAMED
            more = f" and {n_more} more" if n_more > 0 else ""
            named = ", ".join([rows[0], *(row.removeprefix("person ") for row in rows[1:])])
            notes.append(f"left out, {why}: {named}{more}")
    used = ~(empty | unweighted)
    if used.all():
        return cells, weights, group, notes
    kept = np.repeat(used, lengths)
    start = np.concatenate([[0], np.cumsum(lengths[used])]).astype(np.int64)
    fewer = replace(cells, start=start, item=cells.item[kept], code=cells.code[kept])
    return fewer, weights[used], group[used], notes


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


def _digest(cells: Cells, groups: npt.ArrayLike | None) -> str:
    content = hashlib.sha256("\x1f".join(cells.items).encode())
    # where everybody answered everything, where the answers start says which items they are to
    complete = len(cells.code) == cells.n_persons * len(cells.items)
    for part in (cells.start, None if complete else cells.item, cells.code, cells.weights):
        if part is not None:
            content.update(np.ascontiguousarray(part).data)
    if groups is not None:
        content.update("\x1f".join(map(str, np.asarray(groups).tolist())).encode())
    return content.hexdigest()
