"""The item pool: validated items with the arrays that fast selection and estimation need."""

import hashlib
import json
import math
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from assessment_engine.errors import ItemError, UnknownItemError
from assessment_engine.irt import FloatArray, IntArray, ItemArrays
from assessment_engine.records import Item, Model, Response

MODELS = get_args(Model)
POLYTOMOUS = frozenset({"GRM", "PCM", "GPCM", "NRM"})
UNIT_SLOPE = {"Rasch": "1PL", "PCM": "GPCM", "NRM": "slopes"}  # and where another slope belongs
TABLES_KEPT = 4  # grids per dimension whose probability tables stay in memory
LEAST_LIKELIHOOD = 1e-300  # keeps logarithms finite where an answer is all but impossible


class ItemType(NamedTuple):
    """What blueprints see of an item."""

    dimension: str
    content: str
    kind: str


def likelihood_of(n_categories: int, category: int) -> tuple[float, ...]:
    """The likelihood of a certain score: a single 1."""
    return tuple(1.0 if k == category else 0.0 for k in range(n_categories))


class DimensionItems:
    """The items of one dimension: rows in the pool, parameter arrays, tables on grids.

    ``kept`` holds what selection has worked out of them, see ``selection.kept``.
    """

    def __init__(self, rows: IntArray, items: tuple[Item, ...]) -> None:
        self.rows = rows
        self.items = items
        self.arrays = ItemArrays.of(items)
        self.local = {item.id: i for i, item in enumerate(items)}
        self.kept: dict[Hashable, Any] = {}
        self._tables: OrderedDict[bytes, FloatArray] = OrderedDict()
        self._logarithms: OrderedDict[bytes, FloatArray] = OrderedDict()
        self._moments: OrderedDict[bytes, FloatArray] = OrderedDict()

    def __getstate__(self) -> dict[str, Any]:
        """All but what is kept, which another process works out for itself."""
        return {**self.__dict__, "kept": {}}

    @cached_property
    def certain_rows(self) -> dict[tuple[str, tuple[float, ...]], int]:
        """Row of each certain score, (item id, likelihood), in :meth:`log_probabilities`."""
        width = self.arrays.n_categories
        return {
            (item.id, likelihood_of(item.n_categories, category)): place * width + category
            for place, item in enumerate(self.items)
            for category in range(item.n_categories)
        }

    def log_probabilities(self, grid: FloatArray) -> FloatArray:
        """Logarithms of :meth:`probabilities`, ``(n_items * n_categories, n_points)``."""
        return self._kept(self._logarithms, grid, self._take_logarithms)

    def moments(self, grid: FloatArray) -> FloatArray:
        """I, I', I'' and J of each item, ``(4, n_items, n_points)``; see ``Derivatives``."""
        make = self.arrays.derivatives
        return self._kept(self._moments, grid, lambda points: make(points).moments())

    def _take_logarithms(self, grid: FloatArray) -> FloatArray:
        table = np.log(np.maximum(self.probabilities(grid), LEAST_LIKELIHOOD))
        return table.reshape(-1, grid.size)

    def probabilities(self, grid: FloatArray) -> FloatArray:
        """Category probabilities, ``(n_items, n_categories, n_points)``, zero where padded."""
        return self._kept(self._tables, grid, lambda points: self.arrays.evaluate(points)[0])

    def _kept(
        self,
        tables: OrderedDict[bytes, FloatArray],
        grid: FloatArray,
        make: Callable[[FloatArray], FloatArray],
    ) -> FloatArray:
        key = grid.tobytes()
        table = tables.get(key)
        if table is None:
            table = make(grid)
            table.setflags(write=False)
            tables[key] = table
            while len(tables) > TABLES_KEPT:
                tables.popitem(last=False)
        return table


@dataclass(frozen=True, eq=False)
class ItemPool:
    """The items that a sitting may draw on, with their parameters.

    Items are kept in the order of their ids, so that the order in which they came changes nothing.

    Parameters
    ----------
    items : iterable of Item
        Ids unique; ``a > 0``, and 1 for Rasch, PCM and NRM; ``0 <= c < d <= 1``; GRM thresholds
        strictly ascending; for NRM as many ``slopes`` as ``b``.

    Raises
    ------
    ItemError
        If an item is not admissible or an id occurs twice.
    """

    items: tuple[Item, ...]

    def __init__(self, items: Iterable[Item]) -> None:
        ordered = tuple(sorted(items, key=lambda item: item.id))
        for item in ordered:
            _check(item)
        for first, second in pairwise(ordered):
            if first.id == second.id:
                raise ItemError(f"item {first.id!r} occurs twice; give every item its own id")
        object.__setattr__(self, "items", ordered)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __contains__(self, item_id: object) -> bool:
        return item_id in self.row

    def __getitem__(self, item_id: str) -> Item:
        return self.items[self.row_of(item_id)]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ItemPool) and self.items == other.items

    def __hash__(self) -> int:
        return hash(self.digest)

    def row_of(self, item_id: str) -> int:
        """Row of an item in the pool's arrays."""
        row = self.row.get(item_id)
        if row is None:
            raise UnknownItemError(item_id, len(self.items))
        return row

    def subset(self, ids: Iterable[str]) -> "ItemPool":
        """A pool of the named items only."""
        return ItemPool(self[item_id] for item_id in ids)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the items' canonical content, hexadecimal, independent of their order."""
        content = json.dumps([_canonical(item) for item in self.items], ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()

    @cached_property
    def row(self) -> dict[str, int]:
        return {item.id: i for i, item in enumerate(self.items)}

    @cached_property
    def dimensions(self) -> dict[str, DimensionItems]:
        """Items by dimension, dimensions in alphabetical order."""
        rows: dict[str, list[int]] = {}
        for i, item in enumerate(self.items):
            rows.setdefault(item.dimension, []).append(i)
        return {
            name: DimensionItems(np.array(rows[name]), tuple(self.items[i] for i in rows[name]))
            for name in sorted(rows)
        }

    @cached_property
    def types(self) -> tuple[ItemType, ...]:
        """The distinct item types of the pool."""
        return tuple(sorted({_type(item) for item in self.items}))

    @cached_property
    def arrays(self) -> ItemArrays:
        """The parameters of all items, in the order of the pool."""
        return ItemArrays.of(self.items)

    @cached_property
    def type_of(self) -> dict[str, ItemType]:
        """The type of each item, by its id."""
        return {item.id: _type(item) for item in self.items}

    @cached_property
    def certain(self) -> dict[tuple[str, int | None], Response]:
        """The response that each item's category is, by id and category; None has none."""
        return {
            (item.id, category): Response(item.id, likelihood_of(item.n_categories, category))
            for item in self.items
            for category in range(item.n_categories)
        }

    @cached_property
    def type_codes(self) -> IntArray:
        """For each row, the index of its type in :attr:`types`."""
        code = {kind: i for i, kind in enumerate(self.types)}
        return np.array([code[_type(item)] for item in self.items], dtype=np.int64)

    @cached_property
    def enemy_rows(self) -> tuple[tuple[int, ...], ...]:
        """For each row, the rows of its enemies in this pool; made symmetric."""
        enemies: list[set[int]] = [set() for _ in self.items]
        for i, item in enumerate(self.items):
            for name in item.enemies:
                j = self.row.get(name)
                if j is not None:
                    enemies[i].add(j)
                    enemies[j].add(i)
        return tuple(tuple(sorted(rows)) for rows in enemies)

    @cached_property
    def has_enemies(self) -> NDArray[np.bool_]:
        return np.array([bool(rows) for rows in self.enemy_rows], dtype=np.bool_)

    @cached_property
    def every(self) -> NDArray[np.bool_]:
        """All rows, to take from."""
        return np.ones(len(self.items), dtype=np.bool_)

    @cached_property
    def has_any_enemies(self) -> bool:
        return bool(self.has_enemies.any())

    @cached_property
    def hostile_dimensions(self) -> frozenset[tuple[str, str]]:
        """Pairs of different dimensions that some pair of enemies connects, both ways round."""
        return frozenset(
            (self.items[i].dimension, self.items[j].dimension)
            for i, rows in enumerate(self.enemy_rows)
            for j in rows
            if self.items[i].dimension != self.items[j].dimension
        )


def _type(item: Item) -> ItemType:
    return ItemType(item.dimension, item.content, item.kind)


def _canonical(item: Item) -> list[object]:
    given = (item.a, *item.b, item.c, item.d, item.seconds, *item.slopes)
    numbers = [repr(float(x) + 0.0) for x in given]
    names = [item.id, item.dimension, item.model, item.kind, item.content]
    content = [*names, numbers, len(item.b), sorted(item.enemies), item.n_options]
    # Digests of pools that do without these attributes stay as they were.
    if item.stimulus or item.words or item.tags:
        content.append([item.stimulus, item.words, sorted(item.tags)])
    return content


def _check(item: Item) -> None:
    for admissible, problem in (*_common(item), *_by_model(item)):
        if not admissible:
            raise ItemError(f"item {item.id!r} ({item.model}): {problem}")


def _common(item: Item) -> Iterator[tuple[bool, str]]:
    """What must hold for every item, each with what to say where it does not."""
    parameters = (item.a, *item.b, item.c, item.d, *item.slopes)
    limits = f"c={item.c}, d={item.d}, expected 0 <= c < d <= 1"
    yield bool(item.id), "its id is empty; give it one"
    yield item.model in MODELS, f"the model is unknown; expected one of {', '.join(MODELS)}"
    yield all(map(math.isfinite, parameters)), f"parameters {parameters} must be finite numbers"
    yield item.a > 0.0, f"a={item.a}, expected a > 0; reverse the key or drop the item"
    yield 0.0 <= item.c < item.d <= 1.0, limits
    yield 0.0 <= item.seconds < math.inf, f"seconds={item.seconds}, expected a number >= 0"
    yield item.n_options >= 0, f"n_options={item.n_options}, expected a number >= 0"
    yield item.words >= 0, f"words={item.words}, expected a number >= 0"
    yield item.id not in item.enemies, "it is its own enemy; take it off its own list"


def _by_model(item: Item) -> Iterator[tuple[bool, str]]:
    """What must hold for items of one model."""
    if item.model in POLYTOMOUS:
        yield bool(item.b), "b is empty, expected one value for each step between categories"
    else:
        yield len(item.b) == 1, f"b has {len(item.b)} values, expected one difficulty"
    if item.model == "GRM":
        ascending = all(low < high for low, high in pairwise(item.b))
        yield ascending, f"thresholds {item.b} must ascend strictly; merge categories nobody chose"
    if item.model == "NRM":
        n_slopes, n_intercepts = len(item.slopes), len(item.b)
        unequal = f"{n_slopes} slopes and {n_intercepts} intercepts in b, expected as many of both"
        yield n_slopes == n_intercepts, unequal
        yield any(item.slopes), "every slope is 0, so that it tells nothing; drop the item"
    else:
        yield not item.slopes, f"slopes={item.slopes}, but only NRM has them; use a"
    if item.model in UNIT_SLOPE:
        yield item.a == 1.0, f"a={item.a}, but this model has a=1; use {UNIT_SLOPE[item.model]}"
    if item.model not in ("3PL", "4PL"):
        yield item.c == 0.0, f"c={item.c}, but this model has c=0; use 3PL or 4PL"
    if item.model != "4PL":
        yield item.d == 1.0, f"d={item.d}, but this model has d=1; use 4PL"
