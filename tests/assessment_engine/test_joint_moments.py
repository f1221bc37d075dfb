"""The joint posterior by its moments: against quadrature and Laplace's, odd answers, coverage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessment_engine import Item, ItemPool, Response
from assessment_engine.density import THETA_GRID, Posterior, log_likelihood, posterior
from assessment_engine.irt import FloatArray, category_probabilities
from assessment_engine.joint import JointPosterior, joint_posterior
from assessment_engine.joint_moments import matched
from assessment_engine.joint_prior import JointPrior
from benchmarks import joint_ability

NAMES = ("x", "y")


def prior_of(correlation: float) -> JointPrior:
    return JointPrior(NAMES, (0.2, -0.3), ((1.0, correlation), (correlation, 1.0)))


def make_pool() -> ItemPool:
    random = np.random.default_rng(5)
    items = []
    for name in NAMES:
        for i in range(40):
            a, b = float(random.lognormal(0.3, 0.3)), float(random.normal())
            one = f"{name}{i:02}"
            if i % 3:
                items.append(Item(one, name, "3PL", a, (b,), 0.25))
            else:
                items.append(Item(one, name, "GRM", a, (b - 1.0, b, b + 1.0)))
    return ItemPool(items)


POOL = make_pool()


def answered(n: int, seed: int, correlation: float) -> tuple[FloatArray, list[Response]]:
    """Abilities drawn from the prior, and certain answers of one who has them."""
    random = np.random.default_rng(seed)
    prior = prior_of(correlation)
    theta = random.multivariate_normal(prior.mean, prior.covariance)
    found = []
    for place in random.permutation(len(POOL))[:n]:
        item = POOL.items[place]
        p = category_probabilities(item, theta[NAMES.index(item.dimension)])[0]
        category = random.choice(len(p), p=p)
        found.append(Response(item.id, tuple(float(k == category) for k in range(len(p)))))
    return theta, found


def odd(n: int, seed: int) -> list[Response]:
    """Answers of nobody, half of them divided scores."""
    random = np.random.default_rng(seed)
    found = []
    for place in random.permutation(len(POOL))[:n]:
        size = POOL.items[place].n_categories
        shares = random.dirichlet(np.full(size, 0.3))
        sure = np.eye(size)[random.integers(size)]
        found.append(Response(POOL.items[place].id, tuple((shares if n % 2 else sure).tolist())))
    return found


def both(prior: JointPrior, responses: list[Response]) -> tuple[JointPosterior, JointPosterior]:
    return joint_posterior(prior, POOL, responses), matched(prior, POOL, responses, THETA_GRID)


def own(responses: list[Response], name: str) -> list[Response]:
    return [one for one in responses if POOL[one.item].dimension == name]


def margin(joint: JointPosterior, responses: list[Response], name: str) -> Posterior:
    return posterior(POOL, own(responses, name), THETA_GRID, *joint.cavity(name))


def exact(prior: JointPrior, responses: list[Response]) -> tuple[FloatArray, FloatArray]:
    """Means and covariance by quadrature over both dimensions."""
    grid = THETA_GRID
    away = np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1) - np.array(prior.mean)
    inverse = np.linalg.inv(np.array(prior.covariance))
    log = -0.5 * np.einsum("abi,ij,abj->ab", away, inverse, away)
    for axis, name in enumerate(NAMES):
        if own(responses, name):
            log += np.expand_dims(log_likelihood(POOL, own(responses, name), grid), 1 - axis)
    mass = np.exp(log - log.max())
    mass /= mass.sum()
    means = np.array([mass.sum(axis=1) @ grid, mass.sum(axis=0) @ grid])
    x, y = grid - means[0], grid - means[1]
    cross = float(x @ mass @ y)
    return means, np.array([[x**2 @ mass.sum(axis=1), cross], [cross, y**2 @ mass.sum(axis=0)]])


@pytest.mark.parametrize(("n", "correlation"), [(6, 0.6), (24, 0.6), (24, 0.85)])
def test_matched_moments_are_nearer_to_quadrature_than_the_mode(n: int, correlation: float) -> None:
    """Three readings of a margin: Laplace's own, under Laplace's cavity, under matched moments."""
    prior = prior_of(correlation)
    errors = []
    for seed in range(20):
        _, responses = answered(n, seed, correlation)
        laplace, joint = both(prior, responses)
        means, covariance = exact(prior, responses)
        readings = [
            laplace.mean,
            np.array([margin(laplace, responses, name).mean for name in NAMES]),
            np.array([margin(joint, responses, name).mean for name in NAMES]),
        ]
        errors.append([np.abs(reading - means).max() for reading in readings])
        np.testing.assert_allclose(joint.mean, means, atol=0.002)
        np.testing.assert_allclose(joint.covariance, covariance, atol=0.004)
    normal, cavity, moments = np.mean(errors, axis=0)
    assert moments < 0.05 * cavity
    assert cavity < 0.7 * normal


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(0, 10_000), st.sampled_from((0.3, 0.6, 0.9)))
def test_whatever_the_answers_the_mode_is_found_and_no_prior_widens(
    n: int, seed: int, correlation: float
) -> None:
    prior, responses = prior_of(correlation), odd(n, seed)
    for joint in both(prior, responses):
        assert np.linalg.eigvalsh(joint.covariance)[0] > 0.0
        assert all(0.0 < joint.cavity(name).sd <= 1.0 + 1e-9 for name in NAMES)


def test_divided_scores_that_curve_upwards_leave_the_other_prior_alone() -> None:
    """Either of two far categories: the answers to y curve upwards between, and say nothing of x
    by their curvature."""
    items = [Item(f"x{i:02}", "x", "2PL", 1.5, (0.0,)) for i in range(30)]
    pool = ItemPool([*items, Item("y", "y", "GRM", 1.2, (-1.0, 0.0, 1.0))])
    sure = [Response(f"x{i:02}", (1.0, 0.0) if i % 2 else (0.0, 1.0)) for i in range(30)]
    responses = [*sure, Response("y", (0.5, 0.0, 0.0, 0.5))]
    prior = JointPrior(NAMES, (0.0, 0.0), ((1.0, 0.8), (0.8, 1.0)))
    joint = joint_posterior(prior, pool, responses)
    assert joint.precision[1] == 0.0
    assert joint.cavity("x").sd == pytest.approx(1.0)


@pytest.mark.parametrize(("n_right", "missed"), [(7, 7), (8, 6)])
def test_the_mode_is_found_where_guesses_are_lucky(n_right: int, missed: int) -> None:
    """Right answers to hard items against weak ones elsewhere: the likelihood of y curves upwards,
    and steps by Fisher information alone stall."""
    difficulties = (1.0, 1.2, 1.4, 1.6, 1.8, 2.0, -0.5, 0.0)
    guessed = [Item(f"y{i}", "y", "3PL", 2.0, (b,), 0.25) for i, b in enumerate(difficulties)]
    pool = ItemPool([*guessed, *(Item(f"x{i:02}", "x", "2PL", 1.5, (0.0,)) for i in range(30))])
    right, wrong = (0.0, 1.0), (1.0, 0.0)
    responses = [Response(f"x{i:02}", right if i < n_right else wrong) for i in range(30)]
    responses += [Response(f"y{i}", wrong if i == missed else right) for i in range(8)]
    prior = JointPrior(NAMES, (0.0, 0.0), ((1.0, 0.6), (0.6, 1.0)))
    joint = joint_posterior(prior, pool, responses)
    slope = joint.score - np.linalg.inv(np.array(prior.covariance)) @ joint.mean
    assert np.abs(slope).max() < 1e-8


def test_further_sweeps_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _, responses = answered(24, 9, 0.8)
    found = matched(prior_of(0.8), POOL, responses, THETA_GRID)
    monkeypatch.setattr("assessment_engine.joint_moments.SWEEPS", 60)
    final = matched(prior_of(0.8), POOL, responses, THETA_GRID)
    np.testing.assert_allclose(found.mean, final.mean, atol=1e-6)
    np.testing.assert_allclose(found.covariance, final.covariance, atol=1e-6)


def test_order_changes_not_one_bit() -> None:
    prior, responses = prior_of(0.6), odd(31, 3)
    _, one = both(prior, responses)
    _, other = both(prior, responses[::-1])
    assert one.mean.tobytes() == other.mean.tobytes()
    assert one.covariance.tobytes() == other.covariance.tobytes()


def test_intervals_cover_and_tell_more_than_separate_ones() -> None:
    """Abilities from the prior: 95 % intervals hold them in 95 of 100, within sampling error."""
    covered, sds, alone = 0, [], []
    n = 200
    for seed in range(n):
        theta, responses = answered(16, seed, 0.7)
        _, joint = both(prior_of(0.7), responses)
        for name, true, mean in zip(NAMES, theta, prior_of(0.7).mean, strict=True):
            density = margin(joint, responses, name)
            low, high = density.interval()
            covered += low <= true <= high
            sds.append(density.sd)
            alone.append(posterior(POOL, own(responses, name), THETA_GRID, mean, 1.0).sd)
    assert covered / (2 * n) == pytest.approx(0.95, abs=0.03)
    assert np.mean(sds) < 0.95 * np.mean(alone)


def test_nine_competencies_need_a_fifth_fewer_items_for_the_same_error() -> None:
    """``python -m benchmarks.joint_ability`` on more simulees: 28 % fewer, RMSE .383 and .378."""
    pool = joint_ability.make_pool()
    alone, together, across = (joint_ability.study(plan, pool, 16) for plan in joint_ability.PLANS)
    for found in (together, across):
        assert found.items < 0.8 * alone.items
        assert found.se <= alone.se + 0.002
        assert found.rmse < 1.05 * alone.rmse
        assert found.coverage == pytest.approx(0.95, abs=0.04)
