"""The core method against one plain call of HiGHS, with cores so small that they must grow."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from assessment_engine import integer_program
from assessment_engine.integer_program import Program, Status, maximise


def knapsack(seed: int, n: int = 70) -> tuple[Program, NDArray[np.float64], NDArray[np.float64]]:
    """Values, weights of three kinds, and a programme that allows a tenth of each weight."""
    random = np.random.default_rng(seed)
    values = 1e4 * random.random(n)
    weights = random.integers(5, 60, (3, n)).astype(np.float64)
    program = Program(values)
    program.add_rows(weights, np.full(3, -np.inf), weights.sum(axis=1) // 10)
    return program, values, weights


def plain(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    result = milp(
        -values,
        integrality=np.ones(values.size, dtype=np.int64),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(weights, -np.inf, weights.sum(axis=1) // 10),
        options={"mip_rel_gap": 0.0},
    )
    assert result.fun is not None
    return -float(result.fun)


@pytest.mark.parametrize("core", [1, 10, 1_000])
def test_optimum_does_not_depend_on_the_core(core: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integer_program, "CORE", core)
    for seed in range(2):
        program, values, weights = knapsack(seed)
        solution = maximise(program, 100_000)
        assert solution.status == Status.OPTIMAL
        assert (weights @ solution.x <= weights.sum(axis=1) // 10).all()
        assert values @ solution.x == pytest.approx(plain(values, weights), rel=1e-9)


def test_a_start_changes_nothing_be_it_good_bad_or_inadmissible() -> None:
    program, values, _ = knapsack(7)
    best = maximise(program, 100_000).x
    poor = np.zeros(values.size)
    for start in (best, poor, np.ones(values.size), np.ones(3)):
        assert (maximise(program, 100_000, start).x == best).all()


def test_columns_that_must_be_one_are_so_at_any_price(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integer_program, "CORE", 1)
    program, values, _ = knapsack(9)
    worst = int(np.argmin(values))
    assert maximise(program, 100_000).x[worst] == 0.0
    program.lower[worst] = 1.0
    assert maximise(program, 100_000).x[worst] == 1.0


def test_limits_and_contradictions_have_a_status_of_their_own() -> None:
    program, _, _ = knapsack(1)
    assert maximise(program, 0).status == Status.OUT_OF_WORK
    program.add_row([0, 1], [1.0, 1.0], 3.0, np.inf)
    assert maximise(program, 100_000).status == Status.INFEASIBLE


@pytest.mark.parametrize(("low", "status"), [(0.0, Status.OPTIMAL), (1.0, Status.INFEASIBLE)])
def test_a_programme_without_columns(low: float, status: Status) -> None:
    program = Program(np.zeros(0))
    program.add_row([], [], low, 2.0)
    assert maximise(program, 10).status == status
