"""Sums over persons in the workers of a Dask cluster.

Persons are partitioned; each E-step sends the curves out and only expected counts back. A partition
is a task of its own: when a worker dies, another builds it again and the sum stays what it was.
Partitions are added in their order, so that the result does not depend on which came first.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from calibration.errors import DataError
from calibration.estimate.answers import Answers, merge_equal_persons
from calibration.estimate.estep import Engine, Expectation, Local, ScoreProducts, ScoreTables, local
from calibration.parameters import ItemParameters
from calibration.parquet import ParquetAnswers, read_file
from calibration.prepare import Scheme, code_answers, scheme_of
from calibration.survey import Survey, Used, survey

FloatArray = npt.NDArray[np.float64]

LARGEST_PART = 2_000_000  # answers of a partition made from data in memory
RETRIES = 5  # times that a task may be lost with its worker


def on_workers(client: Any, answers: Answers, n_categories: Sequence[int]) -> Engine:
    """The answers, split over the workers of ``client`` (a ``distributed.Client``)."""
    n_workers = max(1, len(client.nthreads()))
    n_parts = max(n_workers, -(-answers.n_answers // LARGEST_PART))
    parts = [
        client.submit(_local, part, tuple(n_categories), pure=False, retries=RETRIES)
        for part in _split(answers, n_parts)
    ]
    return Workers(client, tuple(parts))


@dataclass(frozen=True, eq=False)
class Workers:
    """E-steps over partitions that stay with the workers."""

    client: Any
    parts: tuple[Any, ...]

    def expect(self, probability: FloatArray, density: FloatArray, *, narrow: bool) -> Expectation:
        found = self._on_all(_expect, probability, density, narrow)
        return Expectation(
            log_likelihood=sum(one.log_likelihood for one in found),
            counts=np.sum([one.counts for one in found], axis=0),
            mass=np.sum([one.mass for one in found], axis=0),
        )

    def score_products(self, tables: ScoreTables) -> ScoreProducts:
        found = self._on_all(_score_products, tables)
        return ScoreProducts(
            squares=np.sum([one.squares for one in found], axis=0),
            means=np.sum([one.means for one in found], axis=0),
        )

    def _on_all(self, function: Any, *arguments: Any) -> list[Any]:
        futures = [
            self.client.submit(function, part, *arguments, pure=False, retries=RETRIES)
            for part in self.parts
        ]
        found: list[Any] = self.client.gather(futures)
        return found


class FileSource:
    """Answers in Parquet files: a partition a file, on workers or one after the other here."""

    def __init__(self, answers: ParquetAnswers, client: Any) -> None:
        self._paths = answers.paths
        self._client = client
        surveys = self._on_each(_survey_file)
        self._paths = tuple(
            path for path, one in zip(answers.paths, surveys, strict=True) if one is not None
        )
        self._survey = _merged([one for one in surveys if one is not None])

    @property
    def items(self) -> tuple[str, ...]:
        return self._survey.items

    def scheme(
        self,
        model: str | Sequence[str],
        fixed: Mapping[str, ItemParameters],
        lowest_code: int | None,
    ) -> Scheme:
        return scheme_of(self._survey, model, fixed, lowest_code)

    def engine(self, scheme: Scheme) -> Engine:
        if self._client is None:
            return Files(self._paths, scheme)
        parts = [
            self._client.submit(_load_file, path, scheme, pure=False, retries=RETRIES)
            for path in self._paths
        ]
        return Workers(self._client, tuple(parts))

    def _on_each(self, function: Any) -> list[Any]:
        if self._client is None:
            return [function(path) for path in self._paths]
        futures = [
            self._client.submit(function, path, pure=False, retries=RETRIES) for path in self._paths
        ]
        found: list[Any] = self._client.gather(futures)
        return found


@dataclass(frozen=True, eq=False)
class Files:
    """E-steps that read one file after the other, so that only one is in memory at a time."""

    paths: tuple[str, ...]
    scheme: Scheme

    def expect(self, probability: FloatArray, density: FloatArray, *, narrow: bool) -> Expectation:
        total = Expectation(0.0, np.zeros_like(probability), np.zeros_like(density))
        for path in self.paths:
            one = _load_file(path, self.scheme).expect(probability, density, narrow=narrow)
            total = Expectation(
                total.log_likelihood + one.log_likelihood,
                total.counts + one.counts,
                total.mass + one.mass,
            )
        return total

    def score_products(self, tables: ScoreTables) -> ScoreProducts:
        zero = np.zeros((tables.n_free, tables.n_free))
        total = ScoreProducts(zero, zero)
        for path in self.paths:
            one = _load_file(path, self.scheme).score_products(tables)
            total = ScoreProducts(total.squares + one.squares, total.means + one.means)
        return total


def _split(answers: Answers, n_parts: int) -> list[Answers]:
    wanted = np.linspace(0, answers.n_answers, n_parts + 1)
    bounds = np.searchsorted(answers.start, wanted)
    bounds[0], bounds[-1] = 0, answers.n_persons
    parts = []
    for low, high in pairwise(bounds):
        if low == high:
            continue
        first, last = answers.start[low], answers.start[high]
        parts.append(
            replace(
                answers,
                start=answers.start[low : high + 1] - first,
                column=answers.column[first:last],
                weights=answers.weights[low:high],
                group=answers.group[low:high],
            )
        )
    return parts


def _local(answers: Answers, n_categories: tuple[int, ...]) -> Local:
    return local(answers, n_categories, n_threads=1)


def _expect(part: Local, probability: FloatArray, density: FloatArray, narrow: bool) -> Expectation:
    return part.expect(probability, density, narrow=narrow)


def _score_products(part: Local, tables: ScoreTables) -> ScoreProducts:
    return part.score_products(tables)


def _survey_file(path: str) -> Survey | None:
    """What stands in a file; None where nobody in it counts."""
    cells = read_file(path)
    if not cells.items:
        return None
    found = survey(cells, None)[0]
    return found if found.n_rows else None


def _load_file(path: str, scheme: Scheme) -> Local:
    found, used = survey(read_file(path), None)
    place = {name: number for number, name in enumerate(scheme.items)}
    items = np.array([place[name] for name in found.items])
    numbers = np.array([scheme.groups.index(name) for name in found.groups])
    ordered = _by_scheme(used, items, numbers)
    answers = merge_equal_persons(code_answers(ordered, scheme))
    return local(answers, scheme.n_categories, n_threads=1)


def _by_scheme(used: Used, items: npt.NDArray[np.intp], groups: npt.NDArray[np.intp]) -> Used:
    """Items and groups by their numbers in the whole, the items of a person ascending again."""
    cells = used.cells
    item = items[cells.item].astype(np.int32)
    person = np.repeat(np.arange(cells.n_persons), np.diff(cells.start))
    order = np.lexsort((item, person))
    moved = replace(cells, item=item[order], code=cells.code[order])
    return Used(moved, used.weights, groups[used.group].astype(np.int32))


def _merged(surveys: Sequence[Survey]) -> Survey:
    if not surveys:
        raise DataError("the Parquet files hold no answers")
    items = tuple(sorted({name for one in surveys for name in one.items}))
    groups = tuple(dict.fromkeys(name for one in surveys for name in one.groups))
    width = surveys[0].occurring.shape[1]
    occurring = np.zeros((len(items), width), dtype=np.int64)
    weighted = np.zeros((len(items), width))
    saw = np.zeros((len(groups), len(items)), dtype=bool)
    persons = np.zeros(len(groups))
    place = {name: number for number, name in enumerate(items)}
    for one in surveys:
        columns = np.array([place[name] for name in one.items])
        rows = np.array([groups.index(name) for name in one.groups])
        occurring[columns] += one.occurring
        weighted[columns] += one.weighted
        saw[np.ix_(rows, columns)] |= one.saw
        persons[rows] += one.persons
    content = hashlib.sha256("".join(one.digest for one in surveys).encode())
    source = f"{len(surveys)} Parquet files" if len(surveys) > 1 else surveys[0].source
    return Survey(
        items=items,
        groups=groups,
        occurring=occurring,
        weighted=weighted,
        saw=saw,
        persons=persons,
        n_rows=sum(one.n_rows for one in surveys),
        notes=tuple(f"{one.source}: {note}" for one in surveys for note in one.notes),
        digest=content.hexdigest(),
        source=source,
    )
