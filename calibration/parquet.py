"""Answers in Parquet files, read one file at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from glob import glob
from pathlib import Path

import numpy as np

from calibration.cells import Cells, cells_of
from calibration.data import LONG
from calibration.errors import DataError


@dataclass(frozen=True, slots=True)
class ParquetAnswers:
    """Long tables, one answer a row, in several files.

    Each file has the columns ``person``, ``item`` and ``category``, and may have ``group`` (one
    label a person) and ``weight``. All answers of a person stand in one file.
    """

    paths: tuple[str, ...]


def parquet_answers(where: str | Path | Sequence[str | Path]) -> ParquetAnswers:
    """Parquet files by path, by pattern (``answers/*.parquet``), or one by one.

    Raises
    ------
    DataError
        If there is no such file.
    """
    if isinstance(where, str | Path):
        found = sorted(glob(str(where)))
    else:
        found = [str(path) for path in where]
    absent = [path for path in found if not Path(path).is_file()]
    if not found or absent:
        raise DataError(f"there is no file {absent[0] if absent else where}")
    twice = {path for path in found if found.count(path) > 1}
    if twice:
        raise DataError(f"{sorted(twice)[0]} is named twice; its persons would count twice")
    return ParquetAnswers(tuple(found))


def read_file(path: str) -> Cells:
    """One file's answers, with its persons' groups and weights where it has them.

    Raises
    ------
    DataError
        If the file is not readable, lacks a column, or gives one person several groups or weights.
    """
    import polars as pl

    name = Path(path).name
    try:
        frame = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{name}: not readable as Parquet ({error})") from error
    lacking = LONG - set(frame.columns)
    if lacking:
        raise DataError(
            f"{name}: no column {', '.join(sorted(lacking))}; there are {frame.columns}"
        )
    try:
        cells = cells_of(frame)
    except DataError as error:
        raise DataError(f"{name}: {error}") from error
    own = [column for column in ("group", "weight") if column in frame.columns]
    persons = frame.select("person", *own).unique(maintain_order=True)
    if len(persons) != cells.n_persons:
        twice = persons.filter(pl.col("person").is_duplicated())["person"][0]
        raise DataError(f"{name}: person {twice} has more than one {' or '.join(own)}; keep one")
    weights = groups = None
    if "weight" in own:
        if not persons["weight"].dtype.is_numeric():
            raise DataError(f"{name}: column 'weight' holds {persons['weight'].dtype}, not numbers")
        weights = persons["weight"].cast(pl.Float64).to_numpy().astype(np.float64)
    if "group" in own:
        groups = tuple(persons["group"].cast(pl.String).to_list())
    return replace(cells, weights=weights, groups=groups, source=name)
