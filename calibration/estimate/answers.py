"""Who answered what: answered cells only, person by person."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

SAMPLE = 512  # persons looked at before all are sorted


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers of weighted persons in groups.

    ``column[start[p]:start[p + 1]]`` are the answers of person p, ascending: rows of the table of
    all categories, in which an item's categories stand together.
    """

    start: npt.NDArray[np.int64]
    column: npt.NDArray[Any]
    weights: FloatArray
    group: npt.NDArray[np.int32]
    n_groups: int

    @property
    def n_persons(self) -> int:
        return len(self.weights)

    @property
    def n_answers(self) -> int:
        return len(self.column)

    def counts(self, n_columns: int) -> FloatArray:
        """Weighted number of persons in each category, (n_columns,)."""
        weights = np.repeat(self.weights, np.diff(self.start))
        return np.bincount(self.column, weights, minlength=n_columns).astype(np.float64)

    def only(self, columns: npt.NDArray[np.bool_]) -> "Answers":
        """The answers in the given columns (n_columns,), of all persons."""
        kept = columns[self.column]
        ends = np.concatenate([[0], np.cumsum(kept)])
        return replace(self, start=ends[self.start].astype(np.int64), column=self.column[kept])

    def every(self, step: int) -> "Answers":
        """Each ``step``-th person."""
        rows = np.arange(0, self.n_persons, step)
        lengths = np.diff(self.start)[rows]
        start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        source = np.repeat(self.start[rows] - start[:-1], lengths) + np.arange(start[-1])
        return replace(
            self,
            start=start,
            column=self.column[source],
            weights=self.weights[rows],
            group=self.group[rows],
        )

    def dense(self, n_categories: Sequence[int]) -> npt.NDArray[np.int16]:
        """Categories (n_persons, n_items), -1 = not presented."""
        item = np.repeat(np.arange(len(n_categories)), n_categories)
        category: npt.NDArray[np.int16] = np.concatenate(
            [np.arange(width) for width in n_categories]
        ).astype(np.int16)
        if self.n_answers == self.n_persons * len(n_categories):
            whole: npt.NDArray[np.int16] = category[self.column]
            return whole.reshape(self.n_persons, len(n_categories))
        out = np.full((self.n_persons, len(n_categories)), -1, dtype=np.int16)
        person = np.repeat(np.arange(self.n_persons), np.diff(self.start))
        out[person, item[self.column]] = category[self.column]
        return out


def merge_equal_persons(answers: Answers) -> Answers:
    """Persons of one group with the same answers become one of their summed weight, if it pays."""
    # Sorting is wasted on long tests, where hardly two persons answer alike: look at a sample
    # first.
    sample = _keys(answers, min(SAMPLE, answers.n_persons))
    if len(np.unique(sample)) > 0.9 * len(sample) > 90:
        return answers
    key = _keys(answers, answers.n_persons)
    _, where, inverse = np.unique(key, return_index=True, return_inverse=True)
    lengths = np.diff(answers.start)[where]
    start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    source = np.repeat(answers.start[where] - start[:-1], lengths) + np.arange(start[-1])
    return Answers(
        start=start,
        column=answers.column[source],
        weights=np.bincount(inverse.ravel(), weights=answers.weights).astype(np.float64),
        group=answers.group[where],
        n_groups=answers.n_groups,
    )


def _keys(answers: Answers, n_persons: int) -> npt.NDArray[np.void]:
    """The first persons' answers, padded, with the group, as one comparable value each."""
    lengths = np.diff(answers.start[: n_persons + 1])
    widest = int(lengths.max())
    padded = np.full((n_persons, widest + 1), -1, dtype=np.int32)
    padded[:, -1] = answers.group[:n_persons]
    person = np.repeat(np.arange(n_persons), lengths)
    place = np.arange(answers.start[n_persons]) - answers.start[:-1][person]
    padded[person, place] = answers.column[: len(person)]
    return padded.view(np.dtype((np.void, padded.dtype.itemsize * padded.shape[1]))).ravel()
