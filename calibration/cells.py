"""Answers as stored cells, person by person, from whatever form they came in."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from calibration.data import LONG, Responses
from calibration.errors import DataError

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Cells:
    """Answered cells only, person by person, the items of a person ascending.

    ``item[start[p]:start[p + 1]]`` are the items that person p answered, ``code`` what was given.
    ``persons`` names them, and ``groups`` gives each one's group, where the data did.
    """

    items: tuple[str, ...]
    start: npt.NDArray[np.int64]
    item: npt.NDArray[np.int32]
    code: npt.NDArray[Any]
    weights: FloatArray | None = None
    persons: tuple[str, ...] | None = None
    source: str = "array"
    groups: tuple[str, ...] | None = None

    @property
    def n_persons(self) -> int:
        return len(self.start) - 1

    def person_name(self, person: int) -> str:
        if self.persons is not None:
            return f"person {self.persons[person]}"
        return f"person {person + 1}"


def cells_of(responses: Any, weights: npt.ArrayLike | None = None) -> Cells:
    """Bring every accepted form of data to ``Cells``; raises DataError at any other.

    ``Responses``, an array (n_persons, n_items), a polars frame of the same shape, a long polars
    frame with the columns ``person``, ``item`` and ``category``, or a scipy.sparse matrix whose
    stored entries, explicit zeros included, are the answers.
    """
    if hasattr(responses, "collect"):
        responses = responses.collect()  # a lazy frame
    if isinstance(responses, Cells):
        found = responses
    elif isinstance(responses, Responses):
        found = _from_responses(responses)
    elif hasattr(responses, "columns") and set(responses.columns) >= LONG:
        found = _from_long(responses)
    elif hasattr(responses, "columns"):
        found = _from_responses(_from_frame(responses))
    elif hasattr(responses, "tocsr"):
        found = _from_sparse(responses)
    else:
        found = _from_responses(_from_array(responses))
    if weights is None:
        return found
    if found.weights is not None:
        raise DataError("weights came twice, with the responses and as an argument; leave one out")
    try:
        numbers = np.ma.filled(np.ma.array(weights, dtype=np.float64), np.nan)
    except (TypeError, ValueError) as error:
        raise DataError(f"weights must be numbers ({error})") from error
    return replace(found, weights=numbers)


def _from_responses(responses: Responses) -> Cells:
    codes = responses.codes
    if codes.ndim != 2:
        raise DataError(f"responses need two dimensions, persons by items; came {codes.shape}")
    n_persons, n_items = codes.shape
    if len(responses.items) != n_items:
        raise DataError(
            f"{responses.source}: {len(responses.items)} item names for {n_items} columns; give "
            "one a column"
        )
    present = ~np.isnan(codes)
    if present.all():
        start = np.arange(n_persons + 1, dtype=np.int64) * n_items
        item = np.tile(np.arange(n_items, dtype=np.int32), n_persons)
        code = codes.ravel()
    else:
        start = np.concatenate([[0], np.cumsum(present.sum(axis=1))]).astype(np.int64)
        item = np.nonzero(present)[1].astype(np.int32)
        code = codes[present]
    return Cells(
        items=responses.items,
        start=start,
        item=item,
        code=code,
        weights=responses.weights,
        source=responses.source,
        groups=responses.groups,
    )


def _from_sparse(matrix: Any) -> Cells:
    rows = matrix.tocsr().sorted_indices()
    person = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    twice = (np.diff(person) == 0) & (np.diff(rows.indices) == 0)
    if twice.any():
        at = int(np.argmax(twice))
        raise DataError(
            f"sparse matrix: person {person[at] + 1} answers item {rows.indices[at] + 1} twice; "
            "keep one entry"
        )
    names = tuple(f"item{place + 1}" for place in range(rows.shape[1]))
    return Cells(
        names,
        rows.indptr.astype(np.int64),
        rows.indices.astype(np.int32),
        np.asarray(rows.data),
        source="sparse matrix",
    )


def _from_long(frame: Any) -> Cells:
    import polars as pl

    if frame["category"].dtype.is_numeric() is False:
        raise DataError(
            f"column 'category' holds {frame['category'].dtype}, not numbers; cast it to category "
            "codes"
        )
    kept = frame.select("person", "item", "category").drop_nulls("category")
    if kept["category"].dtype.is_float():
        kept = kept.drop_nans("category")
    if kept["person"].null_count() or kept["item"].null_count():
        raise DataError("the long frame has a row without person or item; fill both")
    persons = frame["person"].unique(maintain_order=True)
    names = kept["item"].unique(maintain_order=True)
    numbered = (
        kept.join(pl.DataFrame({"person": persons}).with_row_index("p"), on="person", how="left")
        .join(pl.DataFrame({"item": names}).with_row_index("i"), on="item", how="left")
        .sort("p", "i")
    )
    names = tuple(map(str, names.to_list()))
    person = numbered["p"].to_numpy().astype(np.int64)
    item = numbered["i"].to_numpy()
    twice = (person[1:] == person[:-1]) & (item[1:] == item[:-1])
    if twice.any():
        at = int(np.argmax(twice))
        raise DataError(
            f"person {persons[int(person[at])]} answers item {names[int(item[at])]!r} twice; keep "
            "one row"
        )
    start = np.searchsorted(person, np.arange(len(persons) + 1)).astype(np.int64)
    return Cells(
        names,
        start,
        item.astype(np.int32),
        numbered["category"].to_numpy(),
        persons=tuple(map(str, persons.to_list())),
        source="long frame",
    )


def _from_array(responses: Any) -> Responses:
    try:
        codes = np.ma.filled(np.ma.array(responses, dtype=np.float64), np.nan)
    except (TypeError, ValueError) as error:
        raise DataError(f"responses must be numbers, NaN = not presented ({error})") from error
    if codes.ndim != 2:
        raise DataError(f"responses need two dimensions, persons by items; came {codes.shape}")
    return Responses(tuple(f"item{place + 1}" for place in range(codes.shape[1])), codes)


def _from_frame(frame: Any) -> Responses:
    import polars as pl

    for name, dtype in frame.schema.items():
        if not (dtype.is_numeric() or dtype == pl.Null):
            raise DataError(
                f"column {name!r} holds {dtype}, not numbers; cast it to category codes"
            )
    codes = frame.select(pl.all().cast(pl.Float64)).to_numpy()
    return Responses(tuple(frame.columns), np.array(codes, dtype=np.float64), source="frame")
