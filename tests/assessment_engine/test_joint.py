"""Joint ability: derivatives, exact quadrature, the cavity, order, and what correlation saves."""

from dataclasses import replace
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessment_engine import Item, ItemPool, Offered, Response, Rules, Section, profile, simulate
from assessment_engine.abilities import Abilities
from assessment_engine.blueprint import check_rules
from assessment_engine.density import log_likelihood
from assessment_engine.errors import RulesError
from assessment_engine.joint import _gather, joint_posterior
from assessment_engine.joint_prior import JointPrior
from assessment_engine.optimality import OPTIMALITY
from assessment_engine.replay import replay
from assessment_engine.rules import Estimation
from assessment_engine.selection import information_at

NAMES = ("x", "y", "z")


def compound(k: int, correlation: float) -> JointPrior:
    covariance = np.full((k, k), correlation) + (1.0 - correlation) * np.eye(k)
    return JointPrior(NAMES[:k], (0.0,) * k, tuple(map(tuple, covariance.tolist())))


def make_pool(n_each: int = 30, names: tuple[str, ...] = NAMES, seed: int = 3) -> ItemPool:
    random = np.random.default_rng(seed)
    items = []
    for name in names:
        for i in range(n_each):
            a, b = float(random.lognormal(0.1, 0.2)), float(random.normal())
            one = f"{name}{i:03}"
            match i % 4:
                case 0:
                    items.append(Item(one, name, "2PL", a, (b,)))
                case 1:
                    items.append(Item(one, name, "3PL", a, (b,), 0.2))
                case 2:
                    items.append(Item(one, name, "GRM", a, (b - 1.0, b, b + 0.8)))
                case _:
                    items.append(Item(one, name, "NRM", 1.0, (0.4, -0.3), slopes=(a, 2.0 * a)))
    return ItemPool(items)


POOL = make_pool()


def draw(pool: ItemPool, n: int, seed: int, *, soft: bool = False) -> list[Response]:
    random = np.random.default_rng(seed)
    found = []
    for place in random.permutation(len(pool))[:n]:
        item = pool.items[place]
        weights = random.dirichlet(np.ones(item.n_categories))
        hard = np.eye(item.n_categories)[random.integers(item.n_categories)]
        found.append(Response(item.id, tuple((weights if soft else hard).tolist())))
    return found


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_derivatives_are_those_of_the_log_likelihood(seed: int, soft: bool) -> None:
    prior = compound(3, 0.5)
    answers = _gather(prior, POOL, draw(POOL, 12, seed, soft=soft))
    assert answers is not None
    theta = np.random.default_rng(seed).normal(size=3)
    here, h = answers.at(theta), 1e-5
    for i, move in enumerate(h * np.eye(3)):
        above, below = answers.at(theta + move), answers.at(theta - move)
        assert here.score[i] == pytest.approx((above.value - below.value) / (2 * h), abs=1e-6)
        assert here.observed[i] == pytest.approx(
            -(above.score[i] - below.score[i]) / (2 * h), abs=1e-6
        )


def exact(
    prior: JointPrior, responses: list[Response], grid: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Means and SDs by quadrature over all dimensions."""
    k = len(prior.dimensions)
    mesh = np.stack(np.meshgrid(*[grid] * k, indexing="ij"), axis=-1) - np.array(prior.mean)
    precision = np.linalg.inv(np.array(prior.covariance))
    log = -0.5 * np.einsum("...i,ij,...j->...", mesh, precision, mesh)
    for i, name in enumerate(prior.dimensions):
        own = [one for one in responses if POOL[one.item].dimension == name]
        if own:
            shape = [1] * k
            shape[i] = len(grid)
            log = log + log_likelihood(POOL, own, grid).reshape(shape)
    mass = np.exp(log - log.max())
    mass /= mass.sum()
    means, sds = [], []
    for i in range(k):
        marginal = mass.sum(axis=tuple(j for j in range(k) if j != i))
        mean = float(marginal @ grid)
        means.append(mean)
        sds.append(float(np.sqrt(marginal @ (grid - mean) ** 2)))
    return np.array(means), np.array(sds)


@pytest.mark.parametrize(("k", "n_nodes", "correlation"), [(2, 241, 0.6), (3, 91, 0.7)])
@pytest.mark.parametrize("seed", range(6))
def test_means_and_sds_against_quadrature(
    k: int, n_nodes: int, correlation: float, seed: int
) -> None:
    """What the other dimensions say is taken as normal, by its exact moments."""
    prior = compound(k, correlation)
    responses = [one for one in draw(POOL, 24, seed) if POOL[one.item].dimension in NAMES[:k]]
    rules = Rules((), joint=prior)
    abilities = Abilities(rules, POOL, tuple(responses))
    means, sds = exact(prior, responses, np.linspace(-6.0, 6.0, n_nodes))
    for name, mean, sd in zip(prior.dimensions, means, sds, strict=True):
        density = abilities.density(name)
        assert density.mean == pytest.approx(mean, abs=0.002)
        assert density.sd == pytest.approx(sd, abs=0.005)


def test_independent_abilities_are_estimated_as_if_alone() -> None:
    responses = tuple(draw(POOL, 30, 5))
    joint = Abilities(Rules((), joint=compound(3, 0.0)), POOL, responses)
    alone = Abilities(Rules(()), POOL, responses)
    for name in NAMES:
        np.testing.assert_allclose(joint.density(name).mass, alone.density(name).mass, atol=1e-12)


def test_the_mode_of_each_dimension_is_the_joint_mode() -> None:
    responses = tuple(draw(POOL, 30, 6))
    rules = Rules((), joint=compound(3, 0.6), estimation=Estimation("MAP"))
    abilities = Abilities(rules, POOL, responses)
    assert abilities.mode is not None
    for i, name in enumerate(NAMES):
        assert abilities.estimate(name).theta == pytest.approx(abilities.mode.mean[i], abs=1e-8)


def test_without_answers_the_prior_comes_back() -> None:
    prior = JointPrior(("x", "y"), (0.3, -0.2), ((1.0, 0.4), (0.4, 0.8)))
    posterior = joint_posterior(prior, POOL, [])
    assert posterior.cavity("y") == pytest.approx((-0.2, 0.8**0.5))
    only_x = joint_posterior(prior, POOL, draw(POOL.subset(["x000", "x001"]), 2, 1))
    assert only_x.cavity("x") == pytest.approx((0.3, 1.0))
    assert only_x.cavity("y").sd < 0.8**0.5


def test_the_order_of_answers_and_items_changes_not_one_bit() -> None:
    prior, responses = compound(3, 0.5), draw(POOL, 4, 8)
    turned = ItemPool(reversed(POOL.items))
    found = {
        joint_posterior(prior, pool, list(order)).mean.tobytes()
        for order in permutations(responses)
        for pool in (POOL, turned)
    }
    assert len(found) == 1


def test_optimality_against_the_matrices_themselves() -> None:
    prior = compound(3, 0.5)
    posterior = joint_posterior(prior, POOL, draw(POOL, 30, 9))
    precision = np.linalg.inv(posterior.covariance)
    information = np.array([0.1, 0.7, 1.9])
    place = np.array([0, 1, 2])
    after = [
        precision + value * np.outer(e, e) for value, e in zip(information, np.eye(3), strict=True)
    ]
    bare = np.diag(posterior.precision)
    moved = [bare + value * np.outer(e, e) for value, e in zip(information, np.eye(3), strict=True)]
    expected = {
        "D-optimality": [np.linalg.slogdet(m)[1] - np.linalg.slogdet(bare)[1] for m in moved],
        "Bayesian D-optimality": [
            np.linalg.slogdet(m)[1] - np.linalg.slogdet(precision)[1] for m in after
        ],
        "A-optimality": [
            np.trace(posterior.covariance) - np.trace(np.linalg.inv(m)) for m in after
        ],
    }
    assert set(expected) == set(OPTIMALITY)
    for name, values in expected.items():
        got = OPTIMALITY[name](posterior, information, place)  # type: ignore[index]
        np.testing.assert_allclose(got, values, rtol=1e-9)


def test_a_sum_of_abilities_is_normal() -> None:
    prior = compound(2, 0.5)
    posterior = joint_posterior(prior, POOL, [])
    weights = np.array([1.0, 1.0])
    assert posterior.prob_sum_above(weights, 0.0) == pytest.approx(0.5)
    assert posterior.prob_sum_above(weights, 3.0**0.5) == pytest.approx(0.158655, abs=1e-6)


@pytest.mark.parametrize(
    ("prior", "word"),
    [
        (JointPrior(("x", "x"), (0.0, 0.0), ((1.0, 0.0), (0.0, 1.0))), "twice"),
        (JointPrior(("x",), (0.0,), ((1.0,),)), "lacks"),
        (JointPrior(("x", "y"), (0.0,), ((1.0, 0.0), (0.0, 1.0))), "means"),
        (JointPrior(("x", "y"), (0.0, 0.0), ((1.0, 0.2), (0.3, 1.0))), "symmetric"),
        (JointPrior(("x", "y"), (0.0, 0.0), ((1.0, 1.2), (1.2, 1.0))), "positive definite"),
    ],
)
def test_a_prior_that_cannot_be_is_refused(prior: JointPrior, word: str) -> None:
    sections = (Section("a", "x", 1, 5, 0.0), Section("b", "y", 1, 5, 0.0))
    with pytest.raises(RulesError, match=word):
        check_rules(Rules(sections, joint=prior), POOL)


SECTIONS = tuple(Section(name, name, 2, 25, 0.38) for name in NAMES)
BANK = make_pool(60, seed=11)


def lengths(rules: Rules, seeds: range) -> tuple[float, float]:
    """Mean length, and RMSE over dimensions, of simulated sittings."""
    cholesky = np.linalg.cholesky(np.array(compound(3, 0.7).covariance))
    n, errors = 0, []
    cuts = dict.fromkeys(NAMES, (-1.5, -0.5, 0.5, 1.5))
    for seed in seeds:
        theta = cholesky @ np.random.default_rng(seed).normal(size=3)
        log = simulate(rules, BANK, dict(zip(NAMES, theta.tolist(), strict=True)), seed)
        n += sum(isinstance(event, Offered) for event in log)
        found = profile(rules, BANK, log, cuts).dimensions
        errors += [found[name].ability.theta - theta[i] for i, name in enumerate(NAMES)]
    return n / len(seeds), float(np.sqrt(np.mean(np.square(errors))))


def test_correlation_saves_questions_at_the_same_precision() -> None:
    alone, error_alone = lengths(Rules(SECTIONS), range(60))
    together, error_together = lengths(Rules(SECTIONS, joint=compound(3, 0.7)), range(60))
    turns = Rules(SECTIONS, joint=compound(3, 0.7), across="Bayesian D-optimality")
    turning, error_turning = lengths(turns, range(60))
    assert together < 0.93 * alone
    assert turning < 0.9 * alone
    assert max(error_together, error_turning) < 1.12 * error_alone


def test_sections_take_turns_and_replay() -> None:
    rules = Rules(SECTIONS, joint=compound(3, 0.7), across="A-optimality")
    check_rules(rules, BANK)
    log = simulate(rules, BANK, dict.fromkeys(NAMES, 0.5), 3)
    order = [event.section for event in log if isinstance(event, Offered)]
    changes = sum(one != other for one, other in pairwise(order))
    assert changes > 3
    assert replay(rules, BANK, log, 3).identical
    found = profile(rules, BANK, log, dict.fromkeys(NAMES, (-1.5, -0.5, 0.5, 1.5)))
    assert {one.stop_reason for one in found.dimensions.values()} == {"se"}
    assert np.array(found.covariance).shape == (3, 3)
    most = information_at(BANK.dimensions["x"], 0.0)
    assert np.isfinite(most).all()


def test_turns_need_a_joint_prior_and_no_limits_of_sections() -> None:
    with pytest.raises(RulesError, match="needs a joint prior"):
        check_rules(Rules(SECTIONS, across="A-optimality"), BANK)
    timed = (replace(SECTIONS[0], time_limit=60.0), *SECTIONS[1:])
    rules = Rules(timed, joint=compound(3, 0.5), across="A-optimality")
    with pytest.raises(RulesError, match="take turns"):
        check_rules(rules, BANK)
