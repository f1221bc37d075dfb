"""Checking codes, weights and groups, and counting them."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from calibration.cells import Cells
from calibration.data import HIGHEST_CODE, NAMED
from calibration.errors import DataError
from calibration.estimate.kernels import count_codes, whole_codes

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

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
class Used:
    """The persons that carry information: an answer, and a weight above 0."""

    cells: Cells
    weights: FloatArray
    group: npt.NDArray[np.int32]


def survey(cells: Cells, groups: npt.ArrayLike | None) -> tuple[Survey, Used]:
    """Check codes, weights and groups, and count.

    Raises
    ------
    DataError
        If a code is no whole number from 0 to 99; weights are not finite, negative or of another
        length; or groups have another length.
    """
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
    cells = whole_codes_of(cells)
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


def whole_codes_of(cells: Cells) -> Cells:
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
