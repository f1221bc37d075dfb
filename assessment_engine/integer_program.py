"""Small binary programmes, solved exactly by HiGHS through scipy.

The linear relaxation comes first. If it is not whole, a core of the columns with the least reduced
costs is solved by branch and bound; every column left out is then proven useless by its reduced
cost, or joins a second core. Work is counted in nodes, so that a limit means the same everywhere.

References
----------
Balas & Zemel (1980), An algorithm for large zero-one knapsack problems, doi:10.1287/opre.28.5.1130
(core problems); Huangfu & Hall (2018), doi:10.1007/s12532-017-0130-5 (HiGHS)
"""

from enum import Enum
from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, linprog, milp
from scipy.sparse import csc_array, vstack

from assessment_engine.irt import FloatArray, IntArray

CORE = 150  # columns of the first core; fewer need a second one more often
WHOLE = 1e-7
MARGIN = 1e-4  # of reduced costs, for the solver's rounding; objectives are of size 1e4
MAX_PIVOTS = 100_000


class Status(Enum):
    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    OUT_OF_WORK = "out_of_work"


class Solution(NamedTuple):
    """``x`` is empty unless the status is optimal."""

    status: Status
    x: FloatArray
    nodes: int


class Program:
    """A binary programme: maximise a sum within bounds of rows. Columns begin at ``lower``."""

    def __init__(self, objective: FloatArray) -> None:
        self.objective = list(objective)
        self.lower = [0.0] * len(objective)
        self.named: dict[int, int] = {}
        self.low: list[float] = []
        self.high: list[float] = []
        self._entries: list[tuple[IntArray, IntArray, FloatArray]] = []

    def add_rows(self, coefficients: FloatArray, low: FloatArray, high: FloatArray) -> None:
        """Add rows over the first columns, ``(n_rows, n_first)``."""
        row, column = np.nonzero(coefficients)
        self._entries.append((row + len(self.low), column, coefficients[row, column]))
        self.low.extend(low)
        self.high.extend(high)

    def add_row(self, columns: list[int], values: list[float], low: float, high: float) -> None:
        """Add one row by its entries."""
        row = np.full(len(columns), len(self.low))
        self._entries.append((row, np.array(columns, dtype=np.int64), np.array(values)))
        self.low.append(low)
        self.high.append(high)

    def add_column(self, name: int) -> int:
        """Add a column of no value under a name, and return its number."""
        self.named[len(self.objective)] = name
        self.objective.append(0.0)
        self.lower.append(0.0)
        return len(self.objective) - 1

    def matrix(self) -> csc_array:
        """All rows, ``(n_rows, n_columns)``."""
        row, column, value = (
            np.concatenate([entry[k] for entry in self._entries]) if self._entries else np.empty(0)
            for k in range(3)
        )
        shape = (len(self.low), len(self.objective))
        return csc_array((value, (row.astype(np.int64), column.astype(np.int64))), shape=shape)


class _Arrays(NamedTuple):
    cost: FloatArray
    matrix: csc_array
    low: FloatArray
    high: FloatArray
    lower: FloatArray


def maximise(program: Program, max_nodes: int, start: FloatArray | None = None) -> Solution:
    """Solve a binary programme to its exact optimum.

    Parameters
    ----------
    program : Program
        Its objective is best scaled to some 1e4 at most: the solver's absolute gap is 1e-6.
    max_nodes : int
        Branch-and-bound nodes after which the search gives up.
    start : array of shape (n_columns,), optional
        A solution if it is admissible; its value bounds the search, the optimum stays the same.
    """
    arrays = _Arrays(
        -np.array(program.objective),
        program.matrix(),
        np.array(program.low),
        np.array(program.high),
        np.array(program.lower),
    )
    if not arrays.cost.size:
        feasible = (arrays.low <= WHOLE).all() and (arrays.high >= -WHOLE).all()
        return Solution(Status.OPTIMAL if feasible else Status.INFEASIBLE, np.zeros(0), 0)
    relaxed = _relax(arrays)
    if relaxed.status == 1:
        return Solution(Status.OUT_OF_WORK, np.empty(0), 0)
    if relaxed.x is None:
        return Solution(Status.INFEASIBLE, np.empty(0), 0)
    if (np.abs(relaxed.x - np.round(relaxed.x)) < WHOLE).all():
        return Solution(Status.OPTIMAL, np.round(relaxed.x), 0)
    reduced = np.where(arrays.lower > 0.0, 0.0, relaxed.lower.marginals)  # those are in any core
    return _search(arrays, relaxed.fun, reduced, max_nodes, start)


def _relax(arrays: _Arrays) -> OptimizeResult:
    equal = arrays.low == arrays.high
    above = np.isfinite(arrays.high) & ~equal
    below = np.isfinite(arrays.low) & ~equal
    rows = arrays.matrix.tocsr()
    # The stubs know no sparse matrix here.
    return linprog(  # type: ignore[call-overload, no-any-return]
        arrays.cost,
        A_ub=vstack([rows[above], -rows[below]]),
        b_ub=np.concatenate((arrays.high[above], -arrays.low[below])),
        A_eq=rows[equal],
        b_eq=arrays.high[equal],
        bounds=np.column_stack((arrays.lower, np.ones(arrays.lower.size))),
        method="highs-ds",
        options={"maxiter": MAX_PIVOTS},
    )


def _search(
    arrays: _Arrays, bound: float, reduced: FloatArray, max_nodes: int, start: FloatArray | None
) -> Solution:
    """Branch and bound over cores of columns, from those with the least reduced costs."""
    known = np.inf if start is None else _cost_of(arrays, start)
    size = CORE
    nodes = 0
    while True:
        limit = np.inf if size >= reduced.size else float(np.partition(reduced, size)[size])
        # No solution as good as the known one holds a column of larger reduced cost.
        limit = min(limit, known - bound + MARGIN) if np.isfinite(known) else limit
        core = np.flatnonzero(reduced <= limit)
        solution = _branch(arrays, core, max_nodes - nodes)
        nodes += solution.nodes
        if solution.status == Status.OUT_OF_WORK:
            return Solution(solution.status, np.empty(0), nodes)
        if solution.status == Status.OPTIMAL:
            known = min(known, float(arrays.cost @ solution.x))
            if limit >= known - bound + MARGIN or core.size == reduced.size:
                return Solution(Status.OPTIMAL, solution.x, nodes)
        elif core.size == reduced.size:
            return Solution(Status.INFEASIBLE, np.empty(0), nodes)
        size = reduced.size if solution.status == Status.OPTIMAL else 4 * size


def _cost_of(arrays: _Arrays, x: FloatArray) -> float:
    if x.size != arrays.cost.size:
        return np.inf
    total = arrays.matrix @ x
    admissible = (
        (total >= arrays.low - WHOLE).all()
        and (total <= arrays.high + WHOLE).all()
        and (x >= arrays.lower).all()
    )
    return float(arrays.cost @ x) if admissible else np.inf


def _branch(arrays: _Arrays, core: IntArray, max_nodes: int) -> Solution:
    if max_nodes <= 0:
        return Solution(Status.OUT_OF_WORK, np.empty(0), 0)
    result = milp(
        arrays.cost[core],
        integrality=np.ones(core.size, dtype=np.int64),
        bounds=Bounds(arrays.lower[core], 1.0),
        constraints=LinearConstraint(arrays.matrix[:, core], arrays.low, arrays.high),
        options={"node_limit": max_nodes, "mip_rel_gap": 0.0},
    )
    nodes = int(result.get("mip_node_count") or 0)
    if result.status == 0:
        x = np.zeros(arrays.cost.size)
        x[core] = np.round(result.x)
        return Solution(Status.OPTIMAL, x, nodes)
    status = Status.OUT_OF_WORK if result.status == 1 else Status.INFEASIBLE
    return Solution(status, np.empty(0), nodes)
