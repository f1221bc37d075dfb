"""The judge of `benchmarks.calibration`: a wrong one would call the wrong program unconverged."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm

from benchmarks.calibration_peers.evaluator import Estimate, log_likelihood, log_prior
from benchmarks.calibration_peers.simulate import Sample, load, save, simulate
from benchmarks.calibration_peers.table import CONVERGED_WITHIN, Row, counts, lines_of
from benchmarks.calibration_peers.tasks import Goal, Task
from calibration import calibrate, normal_grid
from calibration.estimate.priors import Beta


def small(model, n_categories=2, answers_each=None):
    return Task(
        name="small",
        title="small",
        model=model,
        n_persons=600,
        n_items=12,
        goal=Goal(times=5, seconds=1),
        peers=("mirt",),
        n_categories=n_categories,
        answers_each=answers_each,
    )


def estimate_of(result):
    return Estimate(
        a=np.array([item.a[0] for item in result.items]),
        b=np.array([item.b for item in result.items]),
        c=np.array([item.c for item in result.items]),
    )


@pytest.mark.parametrize(
    "task",
    [small("2PL"), small("2PL", answers_each=7), small("GRM", n_categories=4), small("3PL")],
    ids=["2PL", "2PL by design", "GRM", "3PL"],
)
def test_agrees_with_calibrate_on_the_same_nodes(task):
    sample = simulate(task, seed=5)
    priors = {"c": Beta(2, 8)} if task.model == "3PL" else None
    result = calibrate(
        sample.matrix(np.float64, missing=np.nan),
        task.model,
        priors=priors,
        quadrature=normal_grid(121),
        standard_errors="none",
    )
    found = log_likelihood(sample, estimate_of(result))
    assert found == pytest.approx(result.log_likelihood, abs=1e-6)


def test_agrees_with_adaptive_integration():
    """Oracle: scipy's quad, person by person, curves written out here."""
    a, b, c = np.array([0.7, 1.4]), np.array([[-0.5, 0.8], [0.2, 1.1]]), np.zeros(2)
    codes = np.array([[0, 2], [1, -1], [2, 1], [-1, 0]], dtype=np.int8)

    def density(theta, row):
        value = norm.pdf(theta)
        for item, code in enumerate(row):
            if code >= 0:
                at_least = [1.0, *expit(a[item] * (theta - b[item])), 0.0]
                value *= at_least[code] - at_least[code + 1]
        return value

    expected = sum(np.log(quad(density, -9, 9, args=(row,), epsabs=1e-13)[0]) for row in codes)
    answered = codes >= 0
    sample = Sample(
        n_items=2,
        code=codes[answered],
        start=np.concatenate([[0], np.cumsum(answered.sum(axis=1))]),
        item=np.nonzero(answered)[1].astype(np.int32),
    )
    assert log_likelihood(sample, Estimate(a, b, c)) == pytest.approx(expected, abs=1e-7)


def test_the_prior_is_the_one_that_calibrate_adds():
    """Beta(2, 8) without its constant: log c + 7 log(1 - c)."""
    estimate = Estimate(np.ones(2), np.zeros((2, 1)), np.array([0.2, 0.1]))
    expected = np.log(0.2) + 7 * np.log(0.8) + np.log(0.1) + 7 * np.log(0.9)
    assert log_prior(estimate) == pytest.approx(expected, abs=1e-12)


def test_a_sample_by_design_comes_back_from_its_files_with_so_many_answers_each(tmp_path):
    task = small("2PL", answers_each=7)
    sample = simulate(task, seed=3)
    save(sample, tmp_path)
    codes = load(task, tmp_path).matrix(np.int64)
    assert ((codes >= 0).sum(axis=1) == 7).all()
    np.testing.assert_array_equal(codes[100:130], sample.block(100, 130))


def row(program, warm, objective):
    return Row(program, warm, warm, 5, 200.0, 10.0, 20, True, objective)


def test_a_fast_program_that_stopped_early_is_shown_but_is_no_rival():
    rows = [
        row("takar", 1.0, -1000.0),
        row("mirt", 6.0, -1000.0 - 0.9 * CONVERGED_WITHIN),
        row("girth", 2.0, -1000.0 - 1.1 * CONVERGED_WITHIN),
    ]
    assert [counts(one, -1000.0) for one in rows] == [True, True, False]
    text = "\n".join(lines_of(small("2PL"), rows))
    assert "fastest that converged: mirt takes 6.0 times as long" in text
    assert next(line for line in text.splitlines() if line.startswith("girth")).endswith(
        "not converged"
    )
