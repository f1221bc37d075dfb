"""Simulated answers, in memory and in files; all randomness from one seeded generator."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.calibration_peers.tasks import Task

FloatArray = npt.NDArray[np.float64]
CodeArray = npt.NDArray[np.int8]

BLOCK = 10_000  # persons drawn at a time
NOT_PRESENTED = -1


@dataclass(frozen=True, eq=False)
class Sample:
    """Answers, category codes from 0.

    Complete data: ``code`` (n_persons, n_items). Else answered cells only: ``code`` and ``item``
    (n_answers,), those of person p from ``start[p]`` to ``start[p + 1]``, items ascending.
    """

    n_items: int
    code: CodeArray
    start: npt.NDArray[np.int64] | None = None
    item: npt.NDArray[np.int32] | None = None

    @property
    def n_persons(self) -> int:
        return len(self.code) if self.start is None else len(self.start) - 1

    def block(self, first: int, last: int) -> CodeArray:
        """Persons ``first`` to ``last - 1`` as a matrix, -1 = not presented."""
        if self.start is None or self.item is None:
            return self.code[first:last]
        out = np.full((last - first, self.n_items), NOT_PRESENTED, dtype=np.int8)
        person = np.repeat(np.arange(last - first), np.diff(self.start[first : last + 1]))
        cells = slice(self.start[first], self.start[last])
        out[person, self.item[cells]] = self.code[cells]
        return out

    def matrix(self, dtype: npt.DTypeLike, missing: float = NOT_PRESENTED) -> npt.NDArray[Any]:
        """All persons, (n_persons, n_items), ``missing`` = not presented."""
        out = np.empty((self.n_persons, self.n_items), dtype=dtype)
        for first in range(0, self.n_persons, BLOCK):
            last = min(first + BLOCK, self.n_persons)
            codes = self.block(first, last)
            out[first:last] = codes
            if self.start is not None:
                out[first:last][codes == NOT_PRESENTED] = missing
        return out


def simulate(task: Task, seed: int = 1) -> Sample:
    """Ability N(0, 1), slopes log-normal, difficulties N(0, 1), guessing uniform on [.1, .3]."""
    rng = np.random.default_rng(seed)
    slope = rng.lognormal(0, 0.3, task.n_items)
    location = rng.standard_normal(task.n_items)
    steps = np.arange(task.n_categories - 1) - (task.n_categories - 2) / 2
    thresholds = location[:, None] + steps
    guess = rng.uniform(0.1, 0.3, task.n_items) if task.model == "3PL" else np.zeros(task.n_items)
    codes, items = list[CodeArray](), list[npt.NDArray[np.int32]]()
    for first in range(0, task.n_persons, BLOCK):
        n = min(BLOCK, task.n_persons - first)
        ability = rng.standard_normal((n, 1))
        item = _presented(rng, n, task.n_items, task.answers_each)
        codes.append(_draw(rng, ability, slope[item], thresholds[item], guess[item]))
        items.append(item.astype(np.int32))
    code = np.concatenate(codes)
    if task.answers_each is None:
        return Sample(task.n_items, code)
    start = np.arange(task.n_persons + 1, dtype=np.int64) * task.answers_each
    return Sample(task.n_items, code.ravel(), start, np.concatenate(items).ravel())


def _presented(
    rng: np.random.Generator, n: int, n_items: int, answers_each: int | None
) -> npt.NDArray[np.intp]:
    """All items, or a random set for each person, so that no two persons share a pattern."""
    if answers_each is None:
        return np.broadcast_to(np.arange(n_items), (n, n_items))
    order = np.argpartition(rng.random((n, n_items)), answers_each, axis=1)
    return np.sort(order[:, :answers_each], axis=1)


def _draw(
    rng: np.random.Generator,
    ability: FloatArray,
    slope: FloatArray,
    thresholds: FloatArray,
    guess: FloatArray,
) -> CodeArray:
    draw = rng.random(slope.shape)
    code = np.zeros(slope.shape, dtype=np.int8)
    for step in range(thresholds.shape[2]):
        passed = 1 / (1 + np.exp(-slope * (ability - thresholds[:, :, step])))
        code += draw < guess + (1 - guess) * passed
    return code


def save(sample: Sample, folder: Path) -> None:
    for name in ("code", "start", "item"):
        values = getattr(sample, name)
        if values is not None:
            np.save(folder / f"{name}.npy", values)


def load(task: Task, folder: Path) -> Sample:
    def read(name: str) -> Any:
        path = folder / f"{name}.npy"
        return np.load(path) if path.exists() else None

    return Sample(task.n_items, read("code"), read("start"), read("item"))
