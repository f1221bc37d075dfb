from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.optimize import approx_fprime

from scoring_models.scored import ridge

FloatArray = npt.NDArray[np.float64]


def _data(n: int = 25, seed: int = 1) -> tuple[FloatArray, FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    kernel = np.exp(-0.5 * ((x[:, None] - x[None]) ** 2).sum(axis=2)) * 2.5
    return kernel, x[:, 0] + 0.3 * rng.normal(size=n), rng.integers(1, 4, n).astype(float)


def _refit_without(
    row: int, kernel: FloatArray, y: FloatArray, counts: FloatArray
) -> tuple[float, float]:
    """Solve the bordered system anew without one answer, and predict it."""
    rest = np.arange(len(y)) != row
    n = int(rest.sum())
    system = np.zeros((n + 1, n + 1))
    system[:n, :n] = kernel[np.ix_(rest, rest)] + np.diag(1 / counts[rest])
    system[n, :n] = system[:n, n] = 1
    solved = np.linalg.solve(system, np.append(y[rest], 0))
    prediction = kernel[row, rest] @ solved[:n] + solved[n]
    cross = np.append(kernel[row, rest], 1.0)
    variance = 1 + kernel[row, row] - cross @ np.linalg.solve(system, cross)
    return float(prediction), float(variance)


def test_left_out_predictions_equal_refits() -> None:
    kernel, y, counts = _data()
    fitted = ridge.fit_ridge(kernel, y, counts)
    refits = [_refit_without(row, kernel, y, counts) for row in range(len(y))]
    assert fitted.left_out == pytest.approx([r[0] for r in refits], abs=1e-9)
    assert fitted.left_out_variance == pytest.approx([r[1] for r in refits], abs=1e-9)


def test_new_variance_is_that_of_the_bordered_system() -> None:
    kernel, y, counts = _data()
    _, expected = _refit_without(0, kernel, y, counts)
    inverse = ridge.inverse_of(kernel[1:, 1:], counts[1:])
    found = ridge.new_variances(inverse, kernel[:1, 1:], kernel[:1, 0])
    assert found == pytest.approx([expected], abs=1e-9)


def test_copies_counted_equal_copies_repeated() -> None:
    """One answer with count 3 gives the same predictions as three equal answers."""
    kernel, y, _ = _data(12)
    counts = np.ones(12)
    counts[4] = 3
    rows = np.repeat(np.arange(12), counts.astype(int))
    once = ridge.fit_ridge(kernel, y, counts)
    thrice = ridge.fit_ridge(kernel[np.ix_(rows, rows)], y[rows], np.ones(14))
    assert once.predict(kernel) == pytest.approx(thrice.predict(kernel[:, rows]), abs=1e-9)


def test_weights_settle_where_the_left_out_error_is_flat() -> None:
    """Oracle: the error recomputed by refits has no slope at the chosen weights."""
    kernel, y, counts = _data(18)
    noise = np.random.default_rng(2).normal(size=(18, 40))
    kernels = [kernel, noise @ noise.T / 40]
    start = np.zeros(2)
    chosen = ridge.weigh_kernels(kernels, y, counts, start, pull=0.5)

    def loss(log_weights: FloatArray) -> float:
        total = sum(np.exp(w) * k for w, k in zip(log_weights, kernels, strict=True))
        errors = [y[i] - _refit_without(i, np.asarray(total), y, counts)[0] for i in range(18)]
        size = counts.sum()
        error = float(counts @ np.square(errors))
        return float(size / 2 * np.log(error / size) + 0.25 * (log_weights @ log_weights))

    assert approx_fprime(chosen, loss, 1e-5) == pytest.approx([0, 0], abs=0.01)
    assert loss(chosen) < loss(start) - 0.1
    assert chosen[0] > chosen[1]  # the kernel that tells something weighs more than noise


def test_a_strong_pull_keeps_the_start() -> None:
    kernel, y, counts = _data()
    start = np.array([0.7])
    assert ridge.weigh_kernels([kernel], y, counts, start, pull=1e7) == pytest.approx(
        start, abs=1e-4
    )
